"""Bounds on the rounding errors of sums, carried through what a system makes of each sum."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from harness.rounding.compare import distance
from harness.rounding.formats import DTYPES
from harness.rounding.ladder import EXACT, Fit, Ladder
from harness.rounding.rungs import RUNGS

OWN = 8
"""Roundings of a result that a function of it may take: libraries give tanh to a few units of the last place."""

End = Callable[[np.ndarray], np.ndarray]


def fit(
    ladder: Ladder, end: End, found: np.ndarray, dtype: str, extra: np.ndarray | float, known: np.ndarray | None
) -> tuple[Fit | None, float]:
    """The first rung of the sums that gives `found`, of `dtype`, when `end` is made of them; the largest distance.

    An element may lie as far from end(y) as end(y - bound) and end(y + bound) do, and its own rounding beyond.
    """
    expected = end(ladder.y)
    exact = expected.astype(dtype) if dtype in DTYPES else expected
    apart = distance(found, exact, known)
    largest = float(apart.max(initial=0.0))
    if not apart.any():
        return EXACT, largest
    own = OWN * DTYPES[dtype].u * np.abs(expected) if dtype in DTYPES else np.zeros(())
    for name, bound in _bounds(ladder):
        room = _reach(end, ladder.y, bound, expected) + own + extra
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = np.divide(apart, room, out=np.zeros_like(apart), where=apart > 0)
        if (share := float(shares.max(initial=0.0))) <= 1:
            return Fit(name, share), largest
    return None, largest


def _bounds(ladder: Ladder) -> Iterator[tuple[str, np.ndarray]]:
    """The rungs of summation; of exact sums there is only the rounding of what is made of them."""
    if ladder.exact_data:
        yield RUNGS[0].name, np.zeros(())
        return
    for rung in RUNGS[:2]:
        yield rung.name, ladder.bound(rung)


def _reach(end: End, y: np.ndarray, bound: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """How far what is made of a sum moves when the sum moves by its bound."""
    nearest = np.clip(0.0, y - bound, y + bound)  # where functions turn
    moved = [np.abs(end(each) - expected) for each in (y - bound, y + bound, nearest)]
    return np.asarray(np.max(moved, axis=0))
