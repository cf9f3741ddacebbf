"""A transposed convolution as systems say it: its kernel, and what is cut off the full output.

The canonical form has the kernel of a convolution, and pads the input between whose samples zeros stand.
"""

from __future__ import annotations

import numpy as np

from harness.canonical.window import Linear, Pairs
from harness.worker.spans import span


def grouped(w: np.ndarray, groups: int) -> np.ndarray:
    """(O / groups, I, *k), I being all input channels, as the canonical (O, I / groups, *k)."""
    outputs, inputs, *taps = w.shape
    return w.reshape(outputs, groups, inputs // groups, *taps).swapaxes(0, 1).reshape(groups * outputs, -1, *taps)


def ungrouped(w: np.ndarray, groups: int) -> np.ndarray:
    """The inverse of `grouped`."""
    outputs, inputs, *taps = w.shape
    apart = w.reshape(groups, outputs // groups, inputs, *taps).swapaxes(0, 1)
    return apart.reshape(outputs // groups, groups * inputs, *taps)


def cuts(form: Linear) -> Pairs:
    """(low, high) that are cut off the full output along each axis; negative: zeros are added there."""
    extents = map(span, form.w.shape[2:], form.window.dilation)
    return tuple((e - 1 - low, e - 1 - high) for e, (low, high) in zip(extents, form.window.padding))


def of_both_sides(form: Linear) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """The cut of both sides, and what stays of it on the high side (`output_padding`), each per axis.

    None where PyTorch, which says it so, takes no such numbers: they are 0 or more, the latter below the stride or the
    dilation.
    """
    cut, win = cuts(form), form.window
    lows, more = tuple(low for low, _ in cut), tuple(low - high for low, high in cut)
    steps = map(max, win.base_dilation, win.dilation)
    said = all(low >= 0 and 0 <= each < step for low, each, step in zip(lows, more, steps))
    return (lows, more) if said else None
