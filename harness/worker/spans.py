"""Where windows stand along one axis, and how far they reach: the one place of this arithmetic.

Both sides of the pipe ask it, so it needs the standard library only, and is written for Python 3.8.
"""

from __future__ import annotations

import operator
from functools import lru_cache
from typing import Any, Callable, Tuple


def position(output: Any, tap: Any, stride: Any, low: Any, dilation: Any) -> Any:
    """Where a tap of an output stands, counted from the first sample of the input; numbers or arrays that broadcast."""
    return stride * output - low + dilation * tap


def span(size: int, dilation: int) -> int:
    """Samples from the first to the last of `size` samples that stand `dilation` apart (the dilated kernel size)."""
    return (size - 1) * dilation + 1


def reach(outputs: int, k: int, stride: int, dilation: int) -> int:
    """Samples along one axis from the first to the last that so many outputs see."""
    return (outputs - 1) * stride + span(k, dilation)


def output_size(
    n: int,
    k: int,
    stride: int,
    dilation: int,
    padding: Tuple[int, int],
    base_dilation: int = 1,
    rounded: Callable[[int, int], int] = operator.floordiv,
) -> int:
    """Output samples along one axis; below 1 where the window does not fit.

    rounded: how what is left is divided by the stride; XLA's rule is the floor of what fits.
    """
    return rounded(span(n, base_dilation) + sum(padding) - span(k, dilation), stride) + 1


def ceildiv(size: int, step: int) -> int:
    """How many steps it takes to go at least so far."""
    return -(-size // step)


@lru_cache(4096)
def padding_pair(recipe: str, n: int, k: int, stride: int = 1, dilation: int = 1) -> Tuple[int, int]:
    """(low, high) that a named padding comes to along one axis of input size n and kernel size k.

    valid       no padding
    full        every output that sees at least one input sample
    same_upper  ceil(n / stride) outputs, the odd sample on the high side: TensorFlow, JAX, ONNX SAME_UPPER
    same_lower  likewise, on the low side: JAX and ONNX SAME_LOWER
    same_half   centre at k // 2 whatever the stride: NumPy, SciPy, OpenCV
    half        k // 2 on both sides, so that an even kernel gives one output more: Theano

    `same` is read as `same_upper`. Raises KeyError for another name.
    """
    extent = span(k, dilation)
    if recipe == "valid":
        return 0, 0
    if recipe == "full":
        return extent - 1, extent - 1
    if recipe == "half":
        return extent // 2, extent // 2
    if recipe == "same_half":
        return extent // 2, extent - 1 - extent // 2
    total = max(reach(ceildiv(n, stride), k, stride, dilation) - n, 0)
    low = {"same": total // 2, "same_upper": total // 2, "same_lower": total - total // 2}[recipe]
    return low, total - low


def cut_pair(recipe: str, k: int, stride: int = 1, dilation: int = 1) -> Tuple[int, int]:
    """(low, high) that a named padding cuts off the full output of a transposed convolution along one axis.

    The full output of n samples has (n - 1) stride + e of them, e being the dilated kernel's size; negative amounts add
    zeros.

    valid         nothing
    valid_filled  nothing, and where the stride is larger than the kernel, zeros up to n stride: Keras, JAX
    same          the output has n stride samples, and max(0, (e - stride) // 2) are cut on the low side: TensorFlow,
                  Keras, JAX, ONNX SAME_UPPER
    same_lower    likewise, with the odd sample cut on the low side: ONNX SAME_LOWER
    same_clipped  as same, but nothing is added where the stride is larger than the kernel: ONNX Runtime's SAME_UPPER

    Raises KeyError for another name.
    """
    extent = span(k, dilation)
    if recipe == "valid":
        return 0, 0
    if recipe == "valid_filled":
        return 0, min(extent - stride, 0)
    if recipe == "same_clipped":
        return max(extent - stride, 0) // 2, max(extent - stride, 0) - max(extent - stride, 0) // 2
    low = {"same": (extent - stride) // 2, "same_lower": (extent - stride + 1) // 2}[recipe]
    return max(low, 0), extent - stride - max(low, 0)
