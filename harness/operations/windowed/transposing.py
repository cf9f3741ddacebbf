"""The kernel of a transposed convolution, as systems have it and as the canonical form has it."""

from __future__ import annotations

import numpy as np


def grouped(w: np.ndarray, groups: int) -> np.ndarray:
    """(O / groups, I, *k), I being all input channels, as the canonical (O, I / groups, *k)."""
    outputs, inputs, *taps = w.shape
    return w.reshape(outputs, groups, inputs // groups, *taps).swapaxes(0, 1).reshape(groups * outputs, -1, *taps)


def ungrouped(w: np.ndarray, groups: int) -> np.ndarray:
    """The inverse of `grouped`."""
    outputs, inputs, *taps = w.shape
    apart = w.reshape(groups, outputs // groups, inputs, *taps).swapaxes(0, 1)
    return apart.reshape(outputs // groups, groups * inputs, *taps)
