"""Numbers that are read from an output: what all of its elements allow, and the shortest number among that.

`seen` is NaN where an element is not known, `room` the error that each may have. A number is given only where more
different values confirm it than it takes to read it: any value would fit fewer.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

CONFIRMING = 3
"""Different values of which all must allow a number, beside the one that gives it."""
STEPS = 60
"""Halvings of an interval, down to neighbouring numbers."""
ENOUGH = 256
"""Elements that tell a root; what it comes to is held against all of them elsewhere."""


def share(basis: np.ndarray, seen: np.ndarray, room: np.ndarray, chosen: np.ndarray) -> float | None:
    """The c of seen = c basis, over the elements `chosen`."""
    where = chosen & np.isfinite(seen) & np.isfinite(basis) & (basis != 0)
    b, y, r = basis[where], seen[where], room[where]
    return _within(np.sort([(y - r) / b, (y + r) / b], axis=0), b)


def constant(seen: np.ndarray, room: np.ndarray, chosen: np.ndarray, basis: np.ndarray) -> float | None:
    """The c of seen = c, over the elements `chosen`, which differ in `basis`."""
    where = chosen & np.isfinite(seen)
    return _within(np.array([seen[where] - room[where], seen[where] + room[where]]), basis[where])


def root(
    value: Callable[[np.ndarray, np.ndarray], np.ndarray],
    basis: np.ndarray,
    seen: np.ndarray,
    room: np.ndarray,
    limits: tuple[float, float],
) -> float | None:
    """The p of seen = value(p, basis), monotone in p between positive limits; what does not tell p is left out."""
    where = np.isfinite(seen) & np.isfinite(basis)
    places = np.flatnonzero(where)
    places = places[:: max(len(places) // ENOUGH, 1)]
    b, y, r = basis.flat[places], seen.flat[places], room.flat[places]
    low, high = (value(np.full(b.shape, each), b) for each in limits)
    telling = np.isfinite(low) & np.isfinite(high) & (np.abs(high - low) > 64 * r)
    if not telling.any():
        return None
    b, y, r, rising = b[telling], y[telling], r[telling], (high > low)[telling]
    between = _allowed(lambda p: value(np.full(b.shape, p), b), y, r, np.where(rising, 1, -1), limits)
    return None if between is None else _within(np.array(between).reshape(2, 1), b)


def _allowed(
    value: Callable[[float], np.ndarray],
    seen: np.ndarray,
    room: np.ndarray,
    sign: np.ndarray,
    limits: tuple[float, float],
) -> tuple[float, float] | None:
    """Between which p every element allows it, halving intervals of its logarithm; None where two exclude each other.

    sign: 1 where the value rises with p, -1 where it falls.
    """

    def asks(at: float) -> tuple[bool, bool]:
        """Whether an element asks for more than this, and whether one asks for less."""
        off = (value(float(np.exp(at))) - seen) * sign
        return bool((off < -room).any()), not bool((off <= room).all())

    low, high = (float(np.log(each)) for each in limits)
    for _ in range(STEPS):
        middle = (low + high) / 2
        more, less = asks(middle)
        if more == less:
            break
        low, high = (middle, high) if more else (low, middle)
    if more or less:
        return None
    ends = _edge(lambda at: asks(at)[0], low, middle), _edge(lambda at: not asks(at)[1], middle, high)
    return float(np.exp(ends[0])), float(np.exp(ends[1]))


def _edge(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Up to where it holds, as it does at `low` and no longer at `high`."""
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return (low + high) / 2


def _within(limits: np.ndarray, basis: np.ndarray) -> float | None:
    """The shortest number within all limits (2, elements), where enough different elements set them."""
    if len(np.unique(basis)) <= CONFIRMING:
        return None
    low, high = float(limits[0].max()), float(limits[1].min())
    return shortest(low, high) if low <= high else None


def shortest(low: float, high: float, best: float | None = None) -> float:
    """The number with the fewest digits between two limits; `best`, or the middle, where there is none."""
    middle = (low + high) / 2
    usual = middle if best is None else best
    every = (float(f"{value:.{digits}g}") for digits in range(1, 16) for value in (usual, middle))
    return next((value for value in every if low <= value <= high), float(usual))
