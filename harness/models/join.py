"""What a layer that no operation is does with its tensors, and how it hands on their errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from harness.models.carried import Signal
from harness.rounding.formats import DTYPES, FLOAT64

Arrays = Sequence[np.ndarray]
Values = Callable[[Arrays], np.ndarray]
Errors = Callable[[Arrays, Arrays], np.ndarray]
ROUNDINGS = 4
"""Units of roundoff, of the sum of magnitudes, by which what a join gives may be off."""


@dataclass(frozen=True)
class Join:
    """What a layer does with its inputs, all of which have the axes that its own trace gives them.

    errors: what it makes of their errors. size: of the terms that are rounded, their magnitudes where it is left out.
    """

    words: str
    values: Values
    errors: Errors
    exact: bool = False
    size: Values | None = None

    def rounding(self, arrays: Arrays, dtype: str) -> np.ndarray:
        """How far its result may be off by its own rounding."""
        size = summed_magnitudes(arrays) if self.size is None else self.size(arrays)
        return np.asarray(ROUNDINGS * DTYPES.get(dtype, FLOAT64).u * size)

    def on(self, taken: Sequence[Signal]) -> Signal:
        """What it gives for `taken`, whose axes nobody says."""
        arrays = [each.values.astype(np.float64) for each in taken]
        y = self.values(arrays)
        spread = self.errors(arrays, [each.error for each in taken])
        if not self.exact:
            spread = spread + self.rounding(arrays, taken[0].dtype)
        return Signal(y, "", taken[0].dtype, spread)

    def gives(self, arrays: Arrays, y: np.ndarray) -> bool:
        """Whether it gives `y` of these arrays, to within a rounding."""
        found = self.values(arrays)
        if found.shape != y.shape:
            return False
        if self.exact:
            return bool((found == y).all())
        return bool((np.abs(found - y) <= np.broadcast_to(self.rounding(arrays, y.dtype.name), y.shape)).all())


def summed_magnitudes(arrays: Arrays) -> np.ndarray:
    return np.asarray(sum(np.broadcast_arrays(*map(np.abs, arrays))))


def of_magnitudes(function: Values, arrays: Arrays) -> np.ndarray:
    """What a function gives of the magnitudes."""
    return function([np.abs(each) for each in arrays])


def of_errors(function: Values, arrays: Arrays, errors: Arrays) -> np.ndarray:
    """What a function makes of errors as it makes it of values."""
    return function(errors)


def of_squares(function: Values, arrays: Arrays, errors: Arrays) -> np.ndarray:
    """What a sum makes of errors that are independent."""
    return np.asarray(np.sqrt(function([each**2 for each in errors])))
