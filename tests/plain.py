"""The canonical form by plain loops over the kernel's taps, and convolutions to evaluate: what other tests rest on."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from harness.canonical.window import BOUNDARIES, Linear, Window, padded
from harness.worker.entry import Settings
from tests.fakes.honest import correlate


def evaluate(conv: Linear) -> np.ndarray:
    """(N, O, *spatial): exact on integer-valued data that are small enough."""
    win = conv.window
    kernel = np.flip(conv.w, tuple(axis + 2 for axis, flag in enumerate(win.reversal) if flag))
    unpadded = [(0, 0)] * conv.rank
    return correlate(padded(conv), kernel, Settings(win.stride, win.dilation, unpadded, win.groups, bias=conv.bias))


def integers(shape: tuple[int, ...], seed: int, dtype: str = "float64") -> np.ndarray:
    """Whole numbers, none of them 0: from -9 to 9, 1 to 3 in 8 bits, where small sums would overflow."""
    stream = np.random.default_rng(seed)
    if np.dtype(dtype).itemsize == 1:
        return stream.integers(1, 4, shape).astype(dtype)
    size, sign = stream.integers(1, 10, shape), stream.choice([-1, 1], shape)
    return (size if dtype.startswith("u") else size * sign).astype(dtype)


@st.composite
def convolutions(draw: Any, lowest: int = -2, base_dilation: bool = False) -> Linear:
    """Convolutions of integer-valued data with at least one output; no padding below `lowest`."""
    rank = draw(st.integers(1, 3))

    def per_axis(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.lists(st.integers(low, high), min_size=rank, max_size=rank)))

    groups, inputs, multiplier = (draw(st.integers(1, 2)) for _ in range(3))
    outputs, seed = groups * multiplier, draw(st.integers(0, 99))
    window = Window(
        stride=per_axis(1, 3),
        dilation=per_axis(1, 2),
        padding=tuple(zip(per_axis(lowest, 3), per_axis(lowest, 3), strict=True)),
        reversal=tuple(bool(flag) for flag in per_axis(0, 1)),
        base_dilation=per_axis(1, 2) if base_dilation else (),
        groups=groups,
        boundary=draw(st.sampled_from(sorted(BOUNDARIES))),
        constant=draw(st.integers(-9, 9)),
    )
    x = integers((draw(st.integers(1, 2)), groups * inputs, *per_axis(1, 6)), seed)
    w = integers((outputs, inputs, *per_axis(1, 3)), seed + 1)
    conv = Linear(x, w, integers((outputs,), seed + 2) if draw(st.booleans()) else None, window)
    assume(min(conv.output_shape) > 0)
    return conv
