# A stand-in for Knet, for tests of the worker: conv4 and deconv4 by plain loops over x[spatial..., channel, image].
module Knet

export conv4, deconv4

function conv4(w, x; padding = 0, stride = 1, dilation = 1, mode = 0)
    println("this goes to standard output, where it must harm nobody")
    rank = ndims(x) - 2
    size(x, rank + 1) == size(w, rank + 1) || throw(DimensionMismatch("Input channels must match!"))
    stride, dilation, sides = per_axis(stride, rank), per_axis(dilation, rank), both_sides(padding, rank)
    spatial = ntuple(rank) do axis
        span = (size(w, axis) - 1) * dilation[axis] + 1
        div(size(x, axis) + sum(sides[axis]) - span, stride[axis]) + 1
    end
    y = zeros(eltype(x), spatial..., size(w, rank + 2), size(x, rank + 2))
    for at in CartesianIndices(y), tap in CartesianIndices(size(w)[1:rank]), channel in 1:size(x, rank + 1)
        from = ntuple(axis -> (at[axis] - 1) * stride[axis] + (tap[axis] - 1) * dilation[axis] + 1 - sides[axis][1], rank)
        all(1 <= from[axis] <= size(x, axis) for axis in 1:rank) || continue
        read = mode == 0 ? ntuple(axis -> size(w, axis) + 1 - tap[axis], rank) : Tuple(tap)
        y[at] += w[read..., channel, at[rank+1]] * x[from..., channel, at[rank+2]]
    end
    return y
end

function deconv4(w, y; dilation = 1, mode = 0)
    rank = ndims(y) - 2
    full = (size(w)[1:rank] .- 1) .* per_axis(dilation, rank)
    turned = permutedims(w, (1:rank..., rank + 2, rank + 1))
    return conv4(turned, y; padding = full, dilation = dilation, mode = 1 - mode)
end

per_axis(value, rank) = value isa Integer ? ntuple(_ -> value, rank) : value

function both_sides(padding, rank)
    padding isa Tuple && length(padding) == 2rank && return ntuple(axis -> (padding[2axis-1], padding[2axis]), rank)
    return map(side -> (side, side), per_axis(padding, rank))
end

end
