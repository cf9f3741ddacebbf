"""An offset or a factor of each output channel, inferred from what was observed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.operations.windowed.search.units import exponent, in_units

NOTHING = 2.0**-200
"""Share of the largest value that is too small to tell a factor."""
DEVIATIONS, EXACT = 4.5, 2.0**-50
"""Standard deviations by which an inferred number may be off; share of a value by which float64 arithmetic may be."""
SHARES = (1.0, 1 / 4, 1 / 16, 1 / 64, 0.0)
"""Shares of the room for arithmetic with which limits are tried, as they leave something."""

Inferred = tuple[np.ndarray, np.ndarray, np.ndarray]
"""The number of each output channel, NaN where nothing is known of it, and its limits."""


def inferred(kind: str, y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> Inferred:
    """The offset or factor of y, by least squares, from what is known of `seen` (all (N, O, *spatial)).

    The limits are those that a value within `room` of what is seen sets, in all places, narrowed by how well the number
    is known; the number itself where they leave nothing.
    """
    room = np.broadcast_to(room, y.shape)
    if not np.nan_to_num(seen).any():  # zeros, of which everything is a share
        nothing = np.full(y.shape[1], np.nan)
        return nothing, nothing, nothing
    if kind == "factor":
        units = exponent(seen), exponent(y)
        scaled = _factor(in_units(y, units[1]), in_units(seen, units[0]), in_units(room, units[0]))
        best, low, high = (in_units(each, units[1] - units[0]) for each in scaled)
        return best, low, high
    known = np.isfinite(seen) & np.isfinite(y)
    missing = np.where(known, seen, 0) - np.where(known, y, 0)
    room = room + EXACT * np.abs(np.where(known, seen, 0)).max(initial=0)
    best, spread = _rounded_once(missing, known, seen, *_fitted(missing, known.astype(float), known, room))
    return _limited(best, spread, known, room, lambda room: (missing - room, missing + room))


def _factor(y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> Inferred:
    """Factors of numbers that are at most 1; what is almost nothing beside it does not tell."""
    known = np.isfinite(seen) & (np.abs(y) > NOTHING)
    y, seen = np.where(known, y, 1), np.where(known, seen, 0)
    best, spread = _fitted(seen, np.where(known, y, 0), known, room + EXACT)
    return _limited(best, spread, known, room, lambda room: np.sort([(seen - room) / y, (seen + room) / y], axis=0))


def _fitted(t: np.ndarray, x: np.ndarray, known: np.ndarray, room: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers a with which a x is t, each as exact as its `room`, and how far off they may be by what is left.

    What is left may be larger where x is: White 1980, "A heteroskedasticity-consistent covariance matrix estimator".
    """
    least = room.min(where=known, initial=np.inf)
    weights = np.where(known, (least / np.where(known, room, 1)) ** 2, 0)
    over, count = (weights * x * x).sum(_axes(x)), known.sum(_axes(x))
    best = _ratio((weights * x * t).sum(_axes(x)), over)
    left = np.where(known, t - x * best.reshape(-1, *(1,) * (x.ndim - 2)), 0)
    alike = (weights * left * left).sum(_axes(x)) / np.maximum(count, 1) * over
    error = DEVIATIONS * np.sqrt(np.maximum(alike, ((weights * x * left) ** 2).sum(_axes(x))))
    spread = np.divide(error, over, out=np.full(len(best), np.inf), where=over > 0)
    return best, np.where(count > 1, spread + EXACT * np.abs(best), np.inf)


def _rounded_once(
    missing: np.ndarray, known: np.ndarray, seen: np.ndarray, best: np.ndarray, spread: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The offsets that rounding once to float32 leaves, where it leaves some and less than `best` and its `spread`."""
    size, most = np.abs(np.where(known, seen, 0)), float(np.finfo(np.float32).max) / 2
    unit = np.where(size <= most, np.spacing(np.minimum(size, most).astype(np.float32)) / 2, np.inf)
    low = np.where(known, missing - unit, -np.inf).max(_axes(known))
    high = np.where(known, missing + unit, np.inf).min(_axes(known))
    held = (low <= high) & (high - low < 2 * spread) & np.isfinite(spread)
    low, high = np.where(held, low, best), np.where(held, high, best)
    return (low + high) / 2, np.where(held, (high - low) / 2, spread)


def _limited(
    best: np.ndarray,
    spread: np.ndarray,
    known: np.ndarray,
    room: np.ndarray,
    limits: Callable[..., Any],
) -> Inferred:
    """`best` with its limits per output channel, which `spread` narrows, or sets where they leave nothing.

    limits: those of each value by its room. Of what all have in common of it, arithmetic may have used but a share.
    """
    low, high = best - spread, best + spread
    common = float(room.min(where=known, initial=np.inf))
    printed = bool((room > common).any(where=known))
    for share in SHARES if printed else SHARES[:1]:
        least, most = limits(room - (1 - share) * common if printed else room)
        least = np.where(known, least, -np.inf).max(_axes(known))
        most = np.where(known, most, np.inf).min(_axes(known))
        held = least <= most
        low, high = np.where(held, least, low), np.where(held, most, high)
    best = np.clip(best, low, high)
    return best, np.maximum(low, best - spread), np.minimum(high, best + spread)


def _axes(y: np.ndarray) -> tuple[int, ...]:
    """All axes but that of the output channels."""
    return (0, *range(2, y.ndim))


def _ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a / b, NaN where b is 0."""
    return np.asarray(np.divide(a, b, out=np.full(a.shape, np.nan), where=b != 0))
