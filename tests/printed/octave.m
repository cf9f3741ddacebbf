% What Octave prints of arrays, each with its shape and exact values: octave-cli -q --no-init-file octave.m > octave.txt
1;
function exact(name, x)
  printf("#### %s|%s|%s\n", name, mat2str(size(x)), strjoin(arrayfun(@(v) sprintf("%.17g", v), x(:)', "UniformOutput", false), " "));
end
x = sin(reshape(1:6, 2, 3)) ; exact("matrix", x); x
y = cos(reshape(1:75, 5, 5, 3) * 7) * 3; exact("pages", y); y
z = [1 2; 3 4]; exact("whole", z); z
w = [1 2.5; 0 1e-5]; exact("an exact zero", w); w
v = [1 2.5; 0 123456.789]; exact("wide range", v); v
c = sin(reshape(1:90, 3, 30) * 5) * 4; exact("groups of columns", c); c
f = sin(reshape(1:4, 2, 2)) * 1000; exact("thousands", f); f
n = [NaN 1.5 Inf; -Inf 0 1]; exact("not finite", n); n
m = [NaN 1 Inf; -Inf 0 1]; exact("whole and not finite", m); m
k = single(sin(reshape(1:4, 2, 2))); exact("single", k); k
i = int32([1 -2; 3 400]); exact("int32", double(i)); i
s = [1; 2.5; 3]; exact("column", s); s
r = 1:30; exact("range", r); r
h = reshape(sin(1:24), 2, 3, 2, 2); exact("four axes", h); h
b = [100000.5 1]; exact("exponents", b); b
exact("display", x); disp(x)
fixed_point_format(true)
exact("a factor", f); f
g = sin(reshape(1:8, 2, 2, 2) * 3) * 1000; g(:,:,2) /= 7; exact("a factor of each page", g); g
d = 1000 * c(:, 1:20); exact("a factor and groups of columns", d); d
fixed_point_format(false)
format long
exact("long", x); x
exact("long and wide range", v); v
format short g
exact("short g", v); v
format
