"""The forms of printouts one by one: values, digits and dtypes, what is left out of them, and broken texts."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.grammar import printouts
from harness.grammar.printouts import PrintoutError, found, lines

OLD_TORCH = """
(0 ,.,.) =
 -0.1257  0.5000
  1.0000 -2.2500

(1 ,.,.) =
  0.0000  3.0000
  1.5000  4.0000
[torch.FloatTensor of size 2x2x2]
"""
MATLAB = """
x =

   1.0e+03 *

  Columns 1 through 2

    0.0010    1.2346
         0   -0.5000

  Column 3

    2.0000
    3.0000
"""
LUA = """
Columns 1 to 2
 0.5000  1.5000
 2.5000  3.5000

Columns 3 to 3
 4.5000
 5.5000
[torch.DoubleTensor of dimension 2x3]
"""
FORMS = {
    "a prompt": (">>> x\narray([1.5, 2.25])\n>>> ", [1.5, 2.25], [0.005, 0.005]),
    "IPython": ("In [3]: x\nOut[3]: array([[1.5]], dtype=float32)", [[1.5]], [[0.05]]),
    "typed at a prompt": (">>> x = np.array([[1, 2.5]])", [[1, 2.5]], [[0, 0]]),
    "whole as floats": ("array([1., 2., 3.])", [1, 2, 3], [5e-9] * 3),
    "whole": ("[[1 2]\n [3 4]]", [[1, 2], [3, 4]], [[0, 0], [0, 0]]),
    "cut to nothing": ("[-0.  1.]", [-0.0, 1], [0.5, 0.5]),
    "PyTorch, whole": ("tensor([1., 2.], device='cuda:0', grad_fn=<ReluBackward0>)", [1, 2], [0, 0]),
    "PyTorch": ("tensor([1.0000, 2.5000], requires_grad=True)", [1, 2.5], [0.5e-4, 0.5e-4]),
    "old PyTorch": (OLD_TORCH, [[[-0.1257, 0.5], [1, -2.25]], [[0, 3], [1.5, 4]]], np.full((2, 2, 2), 0.5e-4)),
    "Lua Torch": (LUA, [[0.5, 1.5, 4.5], [2.5, 3.5, 5.5]], np.full((2, 3), 0.5e-4)),
    "MATLAB with a factor": (MATLAB, [[1, 1234.6, 2000], [0, -500, 3000]], [[0.05, 0.05, 0.05], [0, 0.05, 0.05]]),
    "MATLAB, literal": ("k = [1 2.5; -3 4.25];", [[1, 2.5], [-3, 4.25]], [[0.005, 0.05], [0.005, 0.005]]),
    "Java": ("[[1.0, 2.5], [0.1, 1.0E10]]", [[1, 2.5], [0.1, 1e10]], [[0.05, 0.05], [0.05, 0.5e9]]),
    "Java in full": ("[[0.3333333333333333, 2.0]]", [[0.3333333333333333, 2]], [[0.5e-16, 0.5e-15]]),
    "C": ("float w[2][2] = {{1.5f, -2}, {.25f, 1e-3f}};", [[1.5, -2], [0.25, 1e-3]], [[0, 0], [0, 0]]),
    "C++": ("{{1.50, 2.00},\n {3.25, 4.00}}", [[1.5, 2], [3.25, 4]], [[0.005] * 2] * 2),
    "C with comments": ("int k[] =\n{1, /* one */ 2, // two\n3};", [1, 2, 3], [0, 0, 0]),
    "Julia's inline": ("Float32[1.5, 2.0]", [1.5, 2], [0.05, 0.05]),
    "MXNet": ("\n[[1.5 2. ]]\n<NDArray 1x2 @cpu(0)>", [[1.5, 2]], [[0.05, 0.05]]),
    "a table": ("1.50 2.00\n3.00 4.25\n", [[1.5, 2], [3, 4.25]], [[0.005, 0.005], [0.005, 0.005]]),
    "a table that is spaced out": ("\n1 2\n\n3 4\n\n\n", [[1, 2], [3, 4]], [[0, 0], [0, 0]]),
    "a semicolon table with decimal commas": (
        "1,5;2,25\n3;4,0\n",
        [[1.5, 2.25], [3, 4]],
        [[0.05, 0.005], [0.005, 0.05]],
    ),
    "a blank table with decimal commas": ("0,5 2,25\n3,0 4,0\n", [[0.5, 2.25], [3, 4]], [[0.05, 0.005], [0.05, 0.05]]),
    "a comma table of whole numbers": ("1,5\n2,25\n", [[1, 5], [2, 25]], [[0, 0], [0, 0]]),
    "a minus sign of a page": ("\u22121.5 2.5", [[-1.5, 2.5]], [[0.05, 0.05]]),
    "labels in words": ("权重是相同的如下:\n\nw\n[[1.25]]", [[1.25]], [[0.005]]),
    "masked": ("[1.5 -- 2.5]", [1.5, np.nan, 2.5], [0.05, 0, 0.05]),
    "R's missing": ("[1] 1.5  NA Inf", [1.5, np.nan, np.inf], [0.05, 0, 0]),
    "R, to be read again": (
        "structure(c(1.5, 3, 2.25, 4), dim = c(2L, 2L))",
        [[1.5, 2.25], [3, 4]],
        None,
    ),
    "R's array": ("array(c(1,2,3,4,5,6),\n  dim=c(3,2))\n> ", [[1, 4], [2, 5], [3, 6]], np.zeros((3, 2))),
    "PyTorch in C++": (" 1.5000  2.0000\n[ CPUFloatType{1,2} ]", [[1.5, 2]], [[0.5e-4, 0.5e-4]]),
    "pages of PyTorch in C++": ("(1,1,.,.) = \n  1.5\n[ CPUFloatType{1,1,1,1} ]", [[[[1.5]]]], [[[[0.05]]]]),
    "Octave's diagonal": (
        "x =\n\nDiagonal Matrix\n\n   1.5000        0\n        0   2.5000\n\n",
        [[1.5, 0], [0, 2.5]],
        None,
    ),
    "Keras": ("<Variable path=k, shape=(1, 2), dtype=float32, value=[[1.5  2.25]]>", [[1.5, 2.25]], None),
    "Paddle": (
        "Tensor(shape=[1, 2], dtype=float32, place=Place(cpu), stop_gradient=True,\n  [[1.5, 2.25]])",
        [[1.5, 2.25]],
        None,
    ),
    "JavaScript": ("Float32Array(2) [ 1.5, 2.25 ]", [1.5, 2.25], None),
    "numbers of NumPy in a list": ("[np.float64(1.5), np.float32(2.25)]", [1.5, 2.25], None),
    "a page without a name": ("(:,:,1) =\n\n    1.5\n\n(:,:,2) =\n\n    2.5\n", [[[1.5, 2.5]]], None),
    "its shape before it": ("torch.Size([1, 2])\ntensor([[1.5000, 2.0000]])", [[1.5, 2]], None),
    "one list in another": ("[[[[7]]]]", [[[[7]]]], [[[[0]]]]),
    "large and whole": ("9007199254740993 1", [[9007199254740992, 1]], [[1, 0]]),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms(form: str) -> None:
    printed, values, half = FORMS[form]
    shown = printouts.read(printed)
    np.testing.assert_array_equal(shown.values, values)
    if half is not None:
        np.testing.assert_allclose(shown.half_unit, half, rtol=1e-6)


@pytest.mark.parametrize(
    ("printed", "dtype"),
    [
        ("array([1.5])", "float64"),
        ("array([1])", "int64"),
        ("array([1.5], dtype=float16)", "float16"),
        ("Array([1.5],      dtype=float32)", "float32"),
        ("DeviceArray([1.5], dtype=bfloat16)", "bfloat16"),
        ("tensor([1.5000])", "float32"),
        ("tensor([1])", "int64"),
        ("tensor([1.5000], dtype=torch.float64)", "float64"),
        ("<tf.Tensor: id=7, shape=(1,), dtype=float16, numpy=array([1.5], dtype=float16)>", "float16"),
        ("tf.Tensor([1.5], shape=(1,), dtype=float64)", "float64"),
        ("[1.5]", None),
        ("1×1 Matrix{Float32}:\n 1.5", "float32"),
        ("1×1 view(::Array{Float64,2}, 1:1, 1:1) with eltype Float64:\n 1.5", "float64"),
        ("1.5\n[torch.cuda.HalfTensor of size 1x1 (GPU 0)]", "float16"),
        ("x =\n\n  1×1 single matrix\n\n   1.5\n", "float32"),
        ("double[][] k = {{1.5}}", "float64"),
    ],
)
def test_the_dtype_that_a_text_states(printed: str, dtype: str | None) -> None:
    assert printouts.read(printed).dtype == dtype


@pytest.mark.parametrize(
    ("printed", "shape", "values"),
    [
        ("[1. 2. ... 9.]", (5,), [1, 2, np.nan, np.nan, 9]),
        ("[1 2 3...]", (5,), [1, 2, 3, np.nan, np.nan]),
        ("array([1., 2., ..., 9.], shape=(5,))", None, [1, 2, np.nan, np.nan, 9]),
        (
            "array([[1, ..., 3],\n ...,\n [7, ..., 9]], shape=(3, 4))",
            None,
            [[1, *[np.nan] * 2, 3], [np.nan] * 4, [7, *[np.nan] * 2, 9]],
        ),
        ("1 … 3\n⋮ ⋱ ⋮\n7 … 9", (3, 3), [[1, np.nan, 3], [np.nan] * 3, [7, np.nan, 9]]),
        ("1 2\n3 4\n...", (3, 2), [[1, 2], [3, 4], [np.nan] * 2]),
        ("[[1, 2]]", (2, 3), [[1, 2, np.nan], [np.nan] * 3]),
    ],
)
def test_elements_that_are_left_out_are_not_known(
    printed: str, shape: tuple[int, ...] | None, values: list[Any]
) -> None:
    shown = printouts.read(printed, shape)
    np.testing.assert_array_equal(shown.values, values)
    np.testing.assert_array_equal(shown.known, ~np.isnan(shown.values))


# --- broken texts ----------------------------------------------------------------------------------------------------

BROKEN = [
    ("[1.0 2.0; 3.0 4.0;;; 5.0 6.0; 7.0 8.0]", 1, 18, "a Julia literal of more than two axes; paste what display(x)"),
    ("", 1, 1, "no numbers here"),
    (">>> x\n\n", 1, 1, "no numbers here"),
    ("[[1, 2],\n [3, 4]", 2, 8, "the text ends inside of the list that begins in line 1; is it cut off?"),
    ("[[1, 2],\n [3]]", 2, 4, "ragged: 1 elements in this list, 2 in those before it"),
    ("[[1, 2], 3]", 1, 10, "a number among lists: 3"),
    ("[1, [2]]", 1, 5, "a list among numbers"),
    ("[1, 2\n 3]", 2, 2, "expected a comma before this"),
    ("[1 2, 3]", 1, 7, "a comma before this only"),
    ("[1,, 2]", 1, 4, "a number is missing before this comma"),
    ("[[]]", 1, 3, "an empty list; expected numbers"),
    ("[1, 2}", 1, 6, "expected ']', as a '[' is open since line 1"),
    ("[1, x]", 1, 5, "expected a number, found 'x'"),
    ("[1, 'a']", 1, 5, "expected a number, found \"'a'\""),
    ("[1 ... 2 ... 3]", 1, 10, "`...` stands twice in this list"),
    ("[[1 ... 2]\n [3 4 ...]]", 2, 10, "`...` stands at another place than in the lists before"),
    ("[1 ... 3]", 1, 1, "elements were left out here, and nothing says how many; give the `shape`"),
    ("[1, 2]\n[3, 4]", 2, 1, "expected the end of the array, found '[3, 4]'; give one array at a time"),
    ("array([1, 2]) + 1", 1, 15, "expected the end of the array, found '+ 1'"),
    ("array([1., 2.], shape=(3,))", 1, 1, "the text says that the shape is [3], but what is printed has shape [2]"),
    ("[" * 17, 1, 17, "lists nested more than 16 deep"),
    ("[1.+2.j]", 1, 2, "complex numbers are not compared; give the real or the imaginary part"),
    ("array([1., 2.], dtype=complex64)", 1, 7, "complex numbers are not compared"),
    ("2-element Array{Complex{Int64},1}:\n 1 + 2im\n 3 + 0im", 2, 4, "complex numbers are not compared"),
    ("<tf.Tensor 'x:0' shape=(5, 5) dtype=float32>", 1, 1, "a tensor without numbers; print its value"),
    (
        "tensor(indices=tensor([[0]]), values=tensor([1.]), size=(2,))",
        1,
        1,
        "a sparse tensor; print it with to_dense()",
    ),
    ("tensor(3.5000)", 1, 1, "no numbers here"),
    ("[1 2; 3]", 1, 8, "ragged: 1 elements in this list, 2 in those before it"),
    ("[[1; 2]]", 1, 4, "expected no ';' here"),
    ("1 2\n3 4\n\n5 6\n7 8\n", 4, 1, "behind a blank line: is this another array, or a page of the same?"),
    ("1 2\n3\n", 2, 1, "ragged: 1 numbers in this line, 2 in those before it"),
    ("1 2\n3 x\n", 2, 3, "expected a number, found 'x'"),
    ("1,2\n3,,4\n", 2, 3, "a number is missing before this ','"),
    ("1.5;2,5\n", 1, 5, "expected a number, found '2,5'"),
    ("0,05\n1,5\n", 1, 1, "is the comma a decimal point or does it separate numbers?"),
    ("1e999", 1, 1, "expected a number, found '1e999'"),
    ("1 2\nKeyboardInterrupt\n", 2, 1, "expected a number, found 'KeyboardInterrupt'"),
    ("x =\n\n 1 2\n\ny =\n\n 3 4\n", 5, 1, "expected the end of the array, found 'y ='"),
    (
        "2×2 Array{Float64,2}:\n 1.0 2.0\n",
        2,
        1,
        "the text says that the shape is [2, 2], but what is printed has shape [1, 2]",
    ),
    ("2×2×2 Array{Float64,3}:\n[:, :, 1] =\n 1.0\n 2.0\n\n[:, :, 2] =\n", 6, 1, "the text ends before the numbers"),
    ("[:, :, 1] =\n 1 2\n\n[:, :, 2] =\n 1\n", 4, 1, "this page has shape [1, 1], the first [1, 2]; is it cut off?"),
    ("[:, :, 1] =\n 1\n\n[:, :, 3] =\n 1\n", 5, 1, "page 2 is missing; is the text cut off?"),
    ("[:, :, 1] =\n 1\n\n[:, :, 1] =\n 1\n", 5, 1, "pages with indices of several lengths, or the same page twice"),
    ("[:, :, 1, 1] =\n 1\n[:, :, 2, 2] =\n 1\n", 4, 1, "2 pages, where their indices ask for (2, 2)"),
    ("1 2\n[:, :, 1] =\n 1\n", 2, 1, "a page begins here, but what stands before it is none, or empty"),
    ("3-element Array{Float64,1}:\n", 1, 1, "the text ends before the numbers"),
    (
        "Columns 1 through 2:\n 1 2\nColumns 4 through 5:\n 1 2\n",
        3,
        1,
        "expected columns 3 to 4, 2 as printed, found 4 to 5",
    ),
    (
        "Columns 1 through 2:\n 1 2\n 3 4\nColumn 3:\n 1\n",
        4,
        1,
        "1 rows of these columns, 2 of those before; is it cut off?",
    ),
    ("     [,1] [,2]\n[1,]    1    3\n[3,]    2    4\n", 3, 1, "expected row 2, found row 3; is a line missing?"),
    ("1 ⋯ 2\n3 4 ⋯\n", 2, 1, "columns were left out at another place than in the lines before"),
    ("1 2\n⋮\n3 4\n⋮\n5 6", 5, 1, "rows were left out in line 2, too"),
]


@pytest.mark.parametrize(("printed", "line", "column", "message"), BROKEN)
def test_a_broken_text_says_where_and_what(printed: str, line: int, column: int, message: str) -> None:
    with pytest.raises(PrintoutError) as caught:
        printouts.read(printed)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("printed", "shape", "message"),
    [
        ("[1, 2, 3]", (2,), "`shape` says that the shape is [2], but what is printed has shape [3]"),
        ("[1 ... 3]", (2,), "`shape` says that the shape is [2], but what is printed has shape [2]"),
        ("[1, 2, 3]", (3, 1), "`shape` says that the shape is [3, 1], but what is printed has shape [3]"),
        ("[1 ... 3]", (2**23,), "8388608 elements; a printed array may have 4194304"),
    ],
)
def test_a_shape_that_does_not_fit(printed: str, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(PrintoutError) as caught:
        printouts.read(printed, shape)
    assert str(caught.value).startswith(message)


@settings(max_examples=300)
@given(st.text("[]{}(),;:=.…⋮-+0123456789eE \n\tx×jnaif#%/*<>'\"", max_size=60))
def test_any_text_is_read_or_refused(printed: str) -> None:
    with contextlib.suppress(PrintoutError):
        shown = printouts.read(printed)
        assert shown.values.shape == shown.known.shape == shown.half_unit.shape == shown.lines.shape
        assert 1 <= shown.lines[shown.known].max(initial=1) <= printed.count("\n") + 1


MANY = ["[" * 10**6, "x[" * 10**6, "a:" * 10**6 + "|", "= " * 10**6, "[1/*" * 10**6, "\n" * 10**6, "1" * 10**6]
BEHIND = [
    "INFO" + " " * 10**6,
    "INFO " + "a:" * 10**6,
    "a" + " " * 10**6 + "x",
    "me@" + "x " * 10**6,
    "| " * 10**6 + "x",
]


@pytest.mark.parametrize("printed", [*MANY, *BEHIND, "structure(c(" + "1,\n" * 10**5 + "), dim=c(9L))"])
def test_a_hostile_text_is_refused_at_once(printed: str) -> None:
    """Not by the clock: in time that is not linear the test would not end."""
    with pytest.raises(PrintoutError):
        printouts.read(printed)


def test_size_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LARGEST_PRINTOUT", 9)
    monkeypatch.setattr(lines, "MOST_PRINTED", 3)
    monkeypatch.setattr(found, "MOST_PRINTED", 3)
    assert printouts.read("[1, 2, 3]").values.size == 3
    with pytest.raises(PrintoutError, match="10 characters; a printout may have 9: put large arrays into .npy files"):
        printouts.read("[1, 2, 30]")
    with pytest.raises(PrintoutError, match="more than 3 numbers; put large arrays into .npy files"):
        printouts.read("[1 2 3 4]")
    with pytest.raises(PrintoutError, match="4 elements; a printed array may have 3: put it into a .npy file"):
        printouts.read("[1 ... 2]", (4,))


@pytest.mark.parametrize("write", [str, repr])
@pytest.mark.parametrize(
    "array",
    [
        np.arange(20.0) / 7,
        np.arange(48.0).reshape(6, 8) / 3 - 5,
        np.arange(480).reshape(6, 8, 10),
        np.arange(30, dtype=np.float32) * 1e9,
        np.linspace(-1e-7, 1, 36).reshape(6, 6),
    ],
)
def test_what_old_numpy_leaves_out_has_a_comma_behind_its_dots(write, array):
    """Before 1.14, also where blanks stand between numbers: `[0 1 ..., 8 9]`."""
    with np.printoptions(threshold=10, edgeitems=2, legacy="1.13"):
        text = write(array)
    assert "...," in text
    shown = printouts.read(text, array.shape)
    known = ~np.isnan(shown.values)
    assert np.count_nonzero(known) == np.prod(np.minimum(array.shape, 4))
    assert (np.abs(shown.values - array)[known] <= np.broadcast_to(shown.half_unit, array.shape)[known] * 1.001).all()


PLAIN = "[[1. 2.]\n [3. 4.]]\n"


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + PLAIN,
        f"```\n{PLAIN}```\n",
        f"```python\n{PLAIN}```",
        f"~~~\n{PLAIN}~~~\n",
        "> [[1. 2.]\n>  [3. 4.]]\n>\n",
        ">> [[1. 2.]\n>>  [3. 4.]]\n",
        "> ```\n> [[1. 2.]\n>  [3. 4.]]\n> ```\n",
        "［[1. 2.]\n [3. 4.]］",
        "输出：\n" + PLAIN,
        "输出：" + PLAIN,
        "\u3000" + PLAIN,
    ],
)
def test_what_a_text_is_wrapped_in_is_passed_over(text):
    np.testing.assert_array_equal(printouts.read(text).values, [[1, 2], [3, 4]])


def test_a_fault_in_a_quoted_text_keeps_its_line_and_column():
    with pytest.raises(PrintoutError, match="expected a number, found 'x'") as raised:
        printouts.read("> ```\n> [[1. 2.]\n>  [3. x]]\n> ```\n")
    assert (raised.value.line, raised.value.column) == (3, 8)


NUMPY = "array([[-1.5 ,  2.25],\n       [ 3.  ,  4.5 ]], dtype=float32)"
TORCH = "tensor([[-1.5000,  2.2500],\n        [ 3.0000,  4.5000]])"
TABLE = "-1.5 2.25\n3.0 4.5"
PROMPTS = [
    *(
        ">>> ",
        "ipdb> ",
        "(Pdb) ",
        "(Pdb++) ",
        "(gdb) ",
        "In [3]: ",
        "In [3]: x\nOut[3]: ",
        "[3]: x\n[3]: ",
        "julia> x\n",
    ),
    *("(Pdb) p x\n", "ipdb> print(x)\n", "$ python3 port.py\n", "(base) me@host:~/port$ python port.py\n", "(2, 2)\n"),
]
LOGS = [
    *(
        "INFO:root:",
        "INFO:__main__:x = ",
        "[INFO] ",
        "DEBUG: ",
        "[12:00:00] ",
        "[rank0]: ",
        "I0501 12:00:00.123456 17 net.cc:12] ",
    ),
    *("2024-05-01 12:00:00,123 - root - INFO - ", "2024-05-01 12:00:00,123 INFO ", "2024-05-01T12:00:00.123Z "),
    *("2024-05-01 12:00:00.123 | INFO     | __main__:<module>:3 - ", "WARNING:tensorflow:", "INFO - "),
]
LINES = [*LOGS, "web_1  | ", "# ", "// ", "% ", "> ", "| ", "E       ", "+ "]


@pytest.mark.parametrize("array", [NUMPY, TORCH])
@pytest.mark.parametrize("before", [*PROMPTS, *LOGS])
def test_what_stands_before_an_array_is_passed_over(before, array):
    assert printouts.read(before + array).values.tolist() == [[-1.5, 2.25], [3, 4.5]]


@pytest.mark.parametrize("array", [NUMPY, TORCH, TABLE])
@pytest.mark.parametrize("before", LINES)
def test_what_stands_before_each_line_is_passed_over(before, array):
    text = "\n".join(before.removesuffix("x = ") + line for line in array.split("\n"))
    assert printouts.read(text).values.tolist() == [[-1.5, 2.25], [3, 4.5]]


@pytest.mark.parametrize("cut", ["row", "number"])
@pytest.mark.parametrize("before", [each for each in LINES if each not in ("# ", "% ")])
def test_a_line_without_what_stands_before_the_others_is_not_dropped(before, cut):
    lines = [f"{before.removesuffix('x = ')}{line}" for line in ("1.5 2.5", "3.5 4.5", "5.5 6.5")]
    lines[1] = "3.5 4.5" if cut == "row" else f"{lines[1]} 7"
    with contextlib.suppress(PrintoutError):
        assert printouts.read("\n".join(lines)).values.tolist() == [[1.5, 2.5], [3.5, 4.5], [5.5, 6.5]]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "1.5 | 2.5\n3.5 | 4.5",
            "12:00:00,1 2.5\n12:00:01,3 4.5",
            "1.5 2.5 (3)\n3.5 4.5",
            "5% 3\n4% 4",
            "#1 1.5\n#2 2.5",
        ),
        *(
            "- 1.5 2\n- 3 4",
            "[[5% , 3],\n [4, 2]]",
            "1: 2 3\n2: 4 5",
            "[1]: 2 3",
            "torch.Size([3, 2])\n[[1.5, 2.5], [3.5, 4.5]]",
        ),
        *(
            "structure(c(1, 2, 3), dim = c(2L, 2L))",
            "structure(c(1, 2), dim = c(1L, 2L)) 3",
            " 1.5  2.5\n[ CPUFloatType{2,2} ]",
        ),
        "<Variable path=k, shape=(3, 2), dtype=float32, value=[[1.5  2.25]\n [3.   4.5 ]]>",
        "Tensor(shape=[2, 2], dtype=float32, place=Place(cpu), stop_gradient=True,\n  [[1.5, 2.25]])",
    ],
)
def test_numbers_are_never_dropped_silently(text):
    with pytest.raises(PrintoutError):
        printouts.read(text)
