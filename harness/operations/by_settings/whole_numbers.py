"""Whole numbers that a system made of its outputs: rounded by a rule, held at the ends of a format or wrapped in it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.operations.by_settings.orders import Transforms
from harness.operations.transforms.endings import ROUNDINGS, OutputRounding, Overflow
from harness.operations.transforms.transform import Transform

FORMATS = tuple(np.iinfo(name) for name in ("uint8", "int8", "uint16", "int16", "int32", "uint32"))
"""Formats in which outputs overflow."""


def rounded_or_held(y: np.ndarray, seen: np.ndarray, room: np.ndarray, count: int) -> Iterator[Transforms]:
    """Rounding or an overflow, or with a count of 2 both, by which whole numbers were made of outputs that may be so
    far off."""
    y, known = _finite(y), np.isfinite(seen)
    if not known.any() or (seen[known] != np.rint(seen[known])).any():
        return
    are_whole = bool((y[known] == np.rint(y[known])).all())
    if count == 1 + (not are_whole):
        for overflow in _overflows(seen[known]):
            before, allowed = _undone(overflow, y, seen), _beyond(overflow, seen)
            if are_whole:
                found = (np.abs(before - y) <= room) | allowed
                yield from ((overflow,),) if found[known].all() else ()
            else:
                yield from ((each, overflow) for each in _rounding(y, before, room, known & ~allowed))
    elif count == 1:
        yield from ((each,) for each in _rounding(y, seen, room, known))


def keeps(y: np.ndarray, end: Transforms, seen: np.ndarray, room: np.ndarray) -> bool:
    """Whether changes, among which are such, give what was seen of outputs that may be so far off."""
    y, known = _finite(y), np.isfinite(seen)
    low, high = (_ended(each, end)[known] for each in (y - room, y + room))
    wraps = any(isinstance(each, Overflow) and each.kind == "wrap" for each in end)
    between = np.asarray((low <= seen[known]) & (seen[known] <= high))
    return bool((between | (wraps & (low > high))).all())


def _finite(y: np.ndarray) -> np.ndarray:
    """NaN for a maximum of no samples, which is no whole number."""
    return np.where(np.isfinite(y), y, np.nan)


def is_whole(end: Transforms) -> bool:
    """Whether changes of the values end in whole numbers."""
    return any(isinstance(each, OutputRounding | Overflow) for each in end)


def _ended(y: np.ndarray, end: Transforms) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        for each in end:
            y = np.asarray(each.end(y))
    return y


def _overflows(values: np.ndarray) -> Iterator[Overflow]:
    """Of the narrowest format that the values keep to, held where they reach one of its ends."""
    low, high = float(values.min()), float(values.max())
    fitting = (each for each in FORMATS if each.min <= low and high <= each.max)
    for info in list(fitting)[:1]:
        if low == info.min or high == info.max:
            yield Overflow("saturate", int(info.min), int(info.max))
        yield Overflow("wrap", int(info.min), int(info.max))


def _undone(overflow: Overflow, y: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """What was seen before it was wrapped around."""
    if overflow.kind == "saturate":
        return seen
    span = overflow.high - overflow.low + 1
    return np.asarray(seen + np.rint((y - seen) / span) * span)


def _beyond(overflow: Overflow, seen: np.ndarray) -> np.ndarray:
    """Where a value may have been any beyond a limit; it is looked at once more when all is known."""
    limits = (overflow.low, overflow.high) if overflow.kind == "saturate" else ()
    return np.isin(seen, limits)


def _rounding(y: np.ndarray, seen: np.ndarray, room: np.ndarray, known: np.ndarray) -> Iterator[Transform]:
    """The rules of rounding by which the fewest outputs would be others, as one change, where that may be rounding."""
    y, seen, room = y[known], seen[known], np.broadcast_to(room, known.shape)[known]
    wrong = {name: int(np.count_nonzero(rule.of(y) != seen)) for name, rule in ROUNDINGS.items()}
    first, *others = [name for name, count in wrong.items() if count == min(wrong.values())]
    rule = ROUNDINGS[first]
    if ((rule.of(y - room) <= seen) & (seen <= rule.of(y + room))).all() and y.size:
        yield OutputRounding(first, tuple(others))
