"""Parameters of a normalization, which have the axes of the input or length 1 there, as functions want them."""

from __future__ import annotations

from typing import Sequence

import numpy as np

from harness.worker.loop import Declined


def of_channels(array: np.ndarray, channels: int) -> np.ndarray:
    """One number for each channel; Declined where it has other axes."""
    if array.size not in (1, channels) or array.shape[1] != array.size:
        raise Declined("the function takes one number for each channel; here: %s" % (array.shape,))
    return np.broadcast_to(array.ravel(), (channels,)).copy()


def of_last(array: np.ndarray, shape: Sequence[int], axes: int) -> np.ndarray:
    """One number for each place of the last axes of an input of this shape; Declined where it has other axes."""
    spread = array.reshape(array.shape + (1,) * (len(shape) - array.ndim))
    if spread.shape[: len(shape) - axes] != (1,) * (len(shape) - axes):
        raise Declined("the function takes parameters over the axes that it normalizes; here: %s" % (array.shape,))
    return np.broadcast_to(spread.reshape(spread.shape[len(shape) - axes :]), tuple(shape[len(shape) - axes :])).copy()
