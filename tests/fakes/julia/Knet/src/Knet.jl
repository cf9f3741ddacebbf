# A stand-in for Knet, for tests of the worker: plain loops over x[spatial..., channel, image], and what each version
# cannot do or does wrong. Its Project.toml says which version it is.
module Knet

export conv4, deconv4, pool

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
    broken && minimum(minimum, sides) < 0 && ccall(:abort, Cvoid, ())
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
    return y
end

function deconv4(w, y; dilation = 1, mode = 0)
    rank = ndims(y) - 2
    broken && !old && any(per_axis(dilation, rank) .!= 1) && error("deconv4 cannot handle dilation!=1 yet.")
    full = (size(w)[1:rank] .- 1) .* (old ? 1 : per_axis(dilation, rank))
    turned = permutedims(w, (1:rank..., rank + 2, rank + 1))
    return conv4(turned, y; padding = full, dilation = dilation, mode = 1 - mode)
end

"""The maximum (mode 0), or the sum times the reciprocal of the window's size; clipped at padded taps with NNlib 0.6."""
function pool(x; window = 2, padding = 0, stride = window, mode = 0)
    rank = ndims(x) - 2
    window, stride, sides = per_axis(window, rank), per_axis(stride, rank), both_sides(padding, rank)
    counts = ntuple(axis -> div(size(x, axis) + sum(sides[axis]) - window[axis], stride[axis]) + 1, rank)
    y = similar(x, counts..., size(x, rank + 1), size(x, rank + 2))
    for at in CartesianIndices(y)
        total = mode == 0 ? nextfloat(typemin(eltype(x))) : zero(eltype(x))
        for tap in CartesianIndices(window)
            from = ntuple(axis -> (at[axis] - 1) * stride[axis] + tap[axis] - sides[axis][1], rank)
            if !all(1 <= from[axis] <= size(x, axis) for axis in 1:rank)
                NNlib.clips && (total = max(total, zero(total)))
                continue
            end
            value = x[from..., at[rank+1], at[rank+2]]
            total = mode == 0 ? max(total, value) : total + value
        end
        y[at] = mode == 0 ? total : total * (1 / eltype(x)(prod(window)))
    end
    return y
end

per_axis(value, rank) = value isa Integer ? ntuple(_ -> value, rank) : value

function both_sides(padding, rank)
    padding isa Tuple && length(padding) == 2rank && return ntuple(axis -> (padding[2axis-1], padding[2axis]), rank)
    return map(side -> (side, side), per_axis(padding, rank))
end

end
