"""How much work a formula is: the numbers that NumPy computes on the way, counted by the arrays that it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

DEAR = 5
"""Additions that take the time of a function that is a series."""
CHEAP = (np.add, np.subtract, np.multiply, np.divide, np.maximum, np.minimum, np.absolute, np.negative, np.sqrt)
"""What takes the time of an addition, as comparisons do."""


class Counted(np.ndarray):
    """An array that adds the size of all that is computed with it to `tally`, which all that comes of it shares."""

    tally: list[int]

    def __array_finalize__(self, other: Any) -> None:
        self.tally = getattr(other, "tally", [])

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **how: Any) -> Any:
        plain = [np.asarray(each) for each in inputs]
        how |= {"out": tuple(map(np.asarray, out))} if (out := how.get("out")) else {}
        found = getattr(ufunc, method)(*plain, **how)
        compared = getattr(found, "dtype", None) == np.bool_
        return self._counted(found, plain, 1 if compared or ufunc in CHEAP else DEAR)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, arguments: Iterable[Any], how: Mapping[str, Any]
    ) -> Any:
        found = np.asarray(super().__array_function__(function, types, arguments, how))
        return self._counted(found, [], 1)

    def __getitem__(self, at: Any) -> Any:
        found = np.asarray(super().__getitem__(at))
        if np.may_share_memory(found, np.asarray(self)):
            return lifted(found, self.tally)
        return self._counted(found, [], 1)

    def _counted(self, found: np.ndarray, met: Sequence[np.ndarray], each: int) -> Counted:
        """What was computed of arrays that met, as one of these."""
        self.tally.append(each * max(one.size for one in (np.asarray(found), *met)))
        return lifted(found, self.tally)


def lifted(values: Any, tally: list[int]) -> Counted:
    """An array that counts in a tally what is computed with it."""
    counted = np.asarray(values).view(Counted)
    counted.tally = tally
    return counted
