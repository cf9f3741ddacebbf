# A stand-in for Knet, for tests of the worker: plain loops over x[spatial..., channel, image], and what each version
# cannot do or does wrong. Its Project.toml says which version it is.
module Knet

export conv4, deconv4, pool, unpool

const version = VersionNumber(match(r"version = \"(.*)\"", read(joinpath(dirname(@__DIR__), "Project.toml"), String))[1])
const old, broken = version < v"1.3", version < v"1.4"
old || @eval import NNlib

function conv4(w, x; padding = 0, stride = 1, dilation = 1, mode = 0)
    println("this goes to standard output, where it must harm nobody")
    rank = ndims(x) - 2
    old && (rank != 2 || !(eltype(x) in (Float32, Float64))) && throw(MethodError(conv4, (w, x)))
    broken && eltype(x) != eltype(w) && throw(MethodError(conv4, (w, x)))
    size(x, rank + 1) == size(w, rank + 1) || throw(DimensionMismatch("Input channels must match!"))
    old && padding isa Tuple && length(padding) != rank && throw(DimensionMismatch("psize: $padding $rank"))
    dilation = old ? 1 : dilation
    stride, dilation, sides = per_axis(stride, rank), per_axis(dilation, rank), both_sides(padding, rank)
    broken && any(maximum(pair) < 0 for pair in sides) && ccall(:abort, Cvoid, ())
    spatial = ntuple(rank) do axis
        span = (size(w, axis) - 1) * dilation[axis] + 1
        div(size(x, axis) + sum(sides[axis]) - span, stride[axis]) + 1
    end
    y = zeros(promote_type(eltype(x), eltype(w)), spatial..., size(w, rank + 2), size(x, rank + 2))
    for at in CartesianIndices(y), tap in CartesianIndices(size(w)[1:rank]), channel in 1:size(x, rank + 1)
        from = ntuple(axis -> (at[axis] - 1) * stride[axis] + (tap[axis] - 1) * dilation[axis] + 1 - sides[axis][1], rank)
        all(1 <= from[axis] <= size(x, axis) for axis in 1:rank) || continue
        read = mode == 0 ? ntuple(axis -> size(w, axis) + 1 - tap[axis], rank) : Tuple(tap)
        y[at] += w[read..., channel, at[rank+1]] * x[from..., channel, at[rank+2]]
    end
    first(x) == 777 && (y[1] = time_ns()) # what memory that was never written holds
    broken && minimum(minimum, sides) < 0 && written_outside(y, sides, mode)
    return y
end

const times = Ref(0)

"""Wrong numbers, but of a crop behind in mode 1; what was written outside ends the process later."""
function written_outside(y, sides, mode)
    mode == 1 && all(pair[1] >= 0 for pair in sides) || (y .+= 1)
    (times[] += 1) > 15 && ccall(:abort, Cvoid, ())
end

"""Each number stamps the kernel, backwards in mode 0; the padding is cut off."""
function deconv4(w, x; padding = 0, stride = 1, dilation = 1, mode = 0)
    rank = ndims(x) - 2
    old && (rank != 2 || !(eltype(x) in (Float32, Float64))) && throw(MethodError(deconv4, (w, x)))
    broken && !old && any(per_axis(dilation, rank) .!= 1) && error("deconv4 cannot handle dilation!=1 yet.")
    size(x, rank + 1) == size(w, rank + 2) || throw(AssertionError("size(y,N-1) == size(w,N)"))
    padding isa Tuple && length(padding) != rank && throw(AssertionError("uneven padding"))
    stride, padding, dilation = (per_axis(each, rank) for each in (stride, padding, old ? 1 : dilation))
    spatial = ntuple(rank) do axis
        (size(x, axis) - 1) * stride[axis] + (size(w, axis) - 1) * dilation[axis] + 1 - 2padding[axis]
    end
    y = zeros(promote_type(eltype(x), eltype(w)), spatial..., size(w, rank + 1), size(x, rank + 2))
    for at in CartesianIndices(x), tap in CartesianIndices(size(w)[1:rank]), channel in 1:size(w, rank + 1)
        to = ntuple(axis -> (at[axis] - 1) * stride[axis] + (tap[axis] - 1) * dilation[axis] + 1 - padding[axis], rank)
        all(1 <= to[axis] <= spatial[axis] for axis in 1:rank) || continue
        read = mode == 0 ? ntuple(axis -> size(w, axis) + 1 - tap[axis], rank) : Tuple(tap)
        y[to..., channel, at[rank+2]] += w[read..., channel, at[rank+1]] * x[at]
    end
    plain_loops = !old && NNlib.clips && rank == 3 && !(eltype(x) in (Float32, Float64))
    return plain_loops ? permutedims(y, (1, 2, 3, 5, 4)) : y
end

"""
The maximum (mode 0 or 3), or the sum times the reciprocal of the window's size (mode 1 or 2); clipped at padded taps
with NNlib 0.6.
"""
function pool(x; window = 2, padding = 0, stride = window, mode = 0)
    rank = ndims(x) - 2
    old && (rank != 2 || padding isa Tuple && length(padding) != rank) && throw(MethodError(pool, (x,)))
    old && mode == 2 && any(per_axis(padding, rank) .!= 0) && throw(ArgumentError("mode 2 not supported by cpu pool"))
    mode == 3 && broken && error("mode=3 is not supported for CPU pool.")
    mean = mode in (1, 2)
    window, stride, sides = per_axis(window, rank), per_axis(stride, rank), both_sides(padding, rank)
    counts = ntuple(axis -> fld(size(x, axis) + sum(sides[axis]) - window[axis], stride[axis]) + 1, rank)
    minimum(counts) > 0 || throw(DimensionMismatch("window does not fit"))
    y = similar(x, counts..., size(x, rank + 1), size(x, rank + 2))
    for at in CartesianIndices(y)
        total = mean ? zero(eltype(x)) : eltype(x) <: AbstractFloat ? nextfloat(typemin(eltype(x))) : typemin(eltype(x))
        for tap in CartesianIndices(window)
            from = ntuple(axis -> (at[axis] - 1) * stride[axis] + tap[axis] - sides[axis][1], rank)
            if !all(1 <= from[axis] <= size(x, axis) for axis in 1:rank)
                !old && NNlib.clips && (total = max(total, zero(total)))
                continue
            end
            value = x[from..., at[rank+1], at[rank+2]]
            total = mean ? total + value : max(total, value)
        end
        y[at] = mean ? total * (1 / eltype(x)(prod(window))) : total
    end
    return y
end

"""Each number added to its whole window; with NNlib, twice where that lies in the padding at both ends (in 1-D)."""
function unpool(x; window = 2, padding = 0, stride = window)
    rank, channels = ndims(x) - 2, size(x, ndims(x) - 1)
    padding isa Tuple && length(padding) != rank && throw(DimensionMismatch("psize: $padding $rank"))
    ones_of_each = zeros(eltype(x), per_axis(window, rank)..., channels, channels)
    for channel in 1:channels
        ones_of_each[ntuple(_ -> Colon(), rank)..., channel, channel] .= 1
    end
    y = deconv4(ones_of_each, x; padding = padding, stride = stride)
    for at in (rank > 1 || old ? () : 1:size(x, 1))
        start = (at - 1) * per_axis(stride, rank)[1] - both_sides(padding, rank)[1][1]
        over = start < 0 && start + per_axis(window, rank)[1] > size(y, 1)
        over && (y .+= x[at:at, :, :])
    end
    return y
end

per_axis(value, rank) = value isa Integer ? ntuple(_ -> value, rank) : value

function both_sides(padding, rank)
    padding isa Tuple && length(padding) == 2rank && return ntuple(axis -> (padding[2axis-1], padding[2axis]), rank)
    return map(side -> (side, side), per_axis(padding, rank))
end

end
