"""A factor and an offset that a system has in an output, one for all channels or one for each.

Numbers are read from the values where enough of them confirm it.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TypeGuard

import numpy as np

from harness.canonical.settled import column
from harness.operations.by_settings.inferring import CONFIRMING, shortest
from harness.operations.by_settings.orders import Transforms
from harness.operations.transforms.transform import Transform
from harness.operations.transforms.values import Bias, Scale
from harness.operations.windowed.search.inference import inferred
from harness.operations.windowed.search.preparation import NAMES, NEARLY, errors, shortened, within

MEANT = 64
"""How many times its error an output must be off for a factor or an offset to be read from it."""
HALF = 0.5 + 2.0**-20
"""Units of the last digit by which rounding may be off, and what float64 adds to that of float32."""
SLIGHT = 2.0**-48
"""Share of a value by which float64 arithmetic with a number that was read may be off."""
FINE = 8
"""By how much less than its room a value may be off that was rounded a few times only."""
NEUTRAL = {"factor": 1.0, "offset": 0.0}
"""What changes nothing."""
OF_ROOM = (1.0, 1 / 4, 1 / 16, 1 / 64, 1 / 256, 1 / 1024, 0.0)
"""Shares of the room for arithmetic that are tried."""
MOST = 0.25
"""Share of the elements that must have a factor or an offset which others tell a setting beside."""
SHARES = (0.5, 0.25, 0.75)
"""Where among the numbers of all elements that of so many is looked for."""


def fits(y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> bool:
    with np.errstate(invalid="ignore", over="ignore"):
        return not bool((np.abs(y - seen) > room).any()) and bool((np.isfinite(y) & np.isfinite(seen)).any())


def ended(y: np.ndarray, end: Transforms) -> np.ndarray:
    for each in end:
        with np.errstate(all="ignore"):  # a maximum of no samples is minus infinity
            y = each.end(y)
        y = y * column(np.asarray(each.factors), y.ndim - 2) if isinstance(each, Scale) else y
        y = y + column(np.asarray(each.values), y.ndim - 2) if isinstance(each, Bias) else y
    return y


def useful(values: np.ndarray | None, kind: str) -> TypeGuard[np.ndarray]:
    """Whether there are numbers that change something."""
    return values is not None and not np.all(values == NEUTRAL[kind]) and bool(np.isfinite(values).all())


def lines(y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> Iterator[Transforms]:
    """A factor, of all channels or of each, and the offset that it leaves."""
    for close, shape in itertools.product(shares(room), ((-1, 1, 1), (y.shape[0], -1, *y.shape[2:]))):
        parts = [part.reshape(shape) for part in (y, seen, close)]
        if not confirmed(*parts, read=2):
            continue
        known = np.isfinite(parts[0]) & np.isfinite(parts[1])
        factor = np.array(
            [_slope(*(part[:, each][known[:, each]] for part in parts)) for each in range(parts[0].shape[1])]
        )
        factors = np.resize(factor, y.shape[1])
        offsets = one_or_each("offset", ended(y, (as_end("factor", factors),)), seen, close)
        if useful(factors, "factor") and useful(offsets, "offset"):
            yield as_end("factor", factors), as_end("offset", offsets)
            return


def shares(room: np.ndarray) -> list[np.ndarray]:
    """Rooms with smaller shares first of what all have in common, where that differs: arithmetic may have used but a
    share of it, beside digits that were printed."""
    common = float(room.min(initial=np.inf))
    every = OF_ROOM[::-1] if (room > common).any() else OF_ROOM[:1]
    return [room - (1 - share) * common for share in every]


def _slope(y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> float:
    """The slope of the line through what was seen, with as many digits as its errors leave."""
    weight = room.min(initial=np.inf) / room if room.all() else np.ones(room.shape)
    line = np.column_stack([y, np.ones_like(y)])
    found, _, rank, _ = np.linalg.lstsq(line * weight[:, None], seen * weight, rcond=None)
    if rank < 2:
        return np.nan
    off = errors(line * weight[:, None], seen * weight, found)[0]
    return float(shortened(_nearer(line, seen, room, found)[:1], np.array([off]))[0])


def _nearer(line: np.ndarray, seen: np.ndarray, room: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Slope and offset of a line; where some are a little further from it than their room, those with which the most
    off is so least."""
    left = np.abs(line @ found - seen)
    if not room.all() or not 1 < (left / room).max() <= NEARLY:
        return found
    better = within(line / room[:, None], seen / room)
    return found if better is None else better


def of_most(y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> Iterator[Transform]:
    """A factor and an offset, one for all channels or one for each, that at least MOST of the elements have."""
    with np.errstate(all="ignore"):
        ratios, gaps = seen / np.where(np.abs(y) > MEANT * room, y, np.nan), seen - y
    given = set[Transform]()
    for kind, rough in (("factor", ratios), ("offset", gaps)):
        for axes, share in itertools.product((None, (0, *range(2, y.ndim))), SHARES):
            having = _having(_made_by(kind, y, rough, axes, share), seen, room, axes)
            found = None if having is None else one_or_each(kind, y, np.where(having, seen, np.nan), room)
            if useful(found, kind) and (kind == "offset" or found.all()) and (end := as_end(kind, found)) not in given:
                given.add(end)
                yield end


def of_all(end: Transform, y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> Iterator[Transform]:
    """A factor or an offset as most elements have it, as all of them allow it; none where they do not."""
    kind = "factor" if isinstance(end, Scale) else "offset"
    found = one_or_each(kind, y, seen, room)
    if useful(found, kind):
        yield as_end(kind, found)


Axes = tuple[int, ...] | None
"""Axes of an output along which elements have one number in common; None: all of them."""


def _made_by(kind: str, y: np.ndarray, rough: np.ndarray, axes: Axes, share: float) -> np.ndarray:
    """An output with the number that is larger than a share of those that elements along some axes have."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a channel nothing may be known
        known = np.where(np.isfinite(rough), rough, np.nan)
        return _made(kind, y, np.nanquantile(known, share, axis=axes, keepdims=True, method="nearest"))


def _having(made: np.ndarray, seen: np.ndarray, room: np.ndarray, axes: Axes) -> np.ndarray | None:
    """Which elements are as made; None where too few are of those along some axes."""
    with np.errstate(all="ignore"):
        having = np.abs(made - seen) <= MEANT * room
    return having if bool((having.mean(axis=axes) >= MOST).all()) else None


def without(end: Transform, seen: np.ndarray, room: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What was seen, and its errors, before a factor or an offset."""
    if isinstance(end, Scale):
        factor = column(np.asarray(end.factors), seen.ndim - 2)
        return seen / factor, room / np.abs(factor)
    assert isinstance(end, Bias)
    return seen - column(np.asarray(end.values), seen.ndim - 2), room


def as_end(kind: str, values: np.ndarray) -> Transform:
    """The factor or the offset of each channel as a transform."""
    end = tuple(values.tolist())
    if kind == "offset":
        return Bias("unknown", end)
    named = (name for name, factor in NAMES.items() if (values == factor).all())
    told = ", ".join(dict.fromkeys(f"{each:.6g}" for each in values[:8]))
    return Scale(next(named, f"a factor of {told}"), end)


def _shortest(kind: str, low: float, high: float, best: float) -> float:
    """A factor that has a name, or else the number with the fewest digits."""
    named = (factor for factor in NAMES.values() if kind == "factor" and low <= factor <= high)
    return next(named, shortest(low, high, best))


def one_or_each(kind: str, y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> np.ndarray | None:
    """One number for all channels, or else one for each; None where the values do not confirm it.

    Of those with which the values are off by least, as few roundings take little of their room, the shortest.
    """
    rooms = _once(seen), room / FINE, room
    for each in (False, True):
        shape = (y.shape[0], -1, *y.shape[2:]) if each else (-1, 1, 1)
        parts = [part.reshape(shape) for part in (y, seen, room)]
        if _allowed(kind, *parts) and confirmed(*parts):
            found = _within(kind, y, seen, rooms, shape)
            if found is not None:
                return found if each else np.full(y.shape[1], found[0])
    return None


def _within(
    kind: str, y: np.ndarray, seen: np.ndarray, rooms: Sequence[np.ndarray], shape: tuple[int, ...]
) -> np.ndarray | None:
    """The numbers of channels, in this shape, that leave the first of some rooms; each room is read once, the widest
    first."""
    numbers = cache(lambda room: _numbers(kind, *(part.reshape(shape) for part in (y, seen, rooms[room]))))
    for close, room in itertools.product(rooms, reversed(range(len(rooms)))):
        if fits(_made(kind, y, column(numbers(room), y.ndim - 2)), seen, close):
            return numbers(room)
    return None


def _allowed(kind: str, y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> bool:
    """Whether one number of each channel may give all of its values; of most candidates none does."""
    with np.errstate(all="ignore"):
        room = room + SLIGHT * (np.abs(seen) + np.abs(y))
        low, high = seen - room, seen + room
        low, high = (low - y, high - y) if kind == "offset" else np.sort([low / y, high / y], axis=0)
        axes = (0, *range(2, y.ndim))
        return not bool((np.fmax.reduce(low, axis=axes) > np.fmin.reduce(high, axis=axes)).any())


def _made(kind: str, y: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """An output with a factor, or with an offset."""
    return np.asarray(y * numbers if kind == "factor" else y + numbers)


def _numbers(kind: str, y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> np.ndarray:
    """The number of each channel that has the fewest digits of those that the room leaves."""
    with np.errstate(all="ignore"):
        best, low, high = inferred(kind, y, seen, room)
        return np.array([_shortest(kind, *limits) for limits in zip(low, high, best)])


def _once(seen: np.ndarray) -> np.ndarray:
    """By how much values are off that were rounded once, to the narrower format that holds all of them."""
    with np.errstate(over="ignore", invalid="ignore"):  # beyond the largest number of a format there is no next one
        single = seen.astype(np.float32)
        narrow = np.array_equal(single, seen, equal_nan=True)
        return np.spacing(np.abs(single if narrow else seen)).astype(np.float64) * HALF


def confirmed(y: np.ndarray, seen: np.ndarray, room: np.ndarray, *, read: int = 1) -> bool:
    """Whether all channels have enough different values that are more than their error, and each of them more than the
    numbers that are `read` of it."""
    known = np.isfinite(y) & np.isfinite(seen) & (np.abs(y) > room)
    y = np.where(known, y, 0.0)
    finest = np.spacing(np.abs(y).max(initial=1e-300))  # whole numbers may have no error
    steps = np.round(y / np.maximum(np.where(known, 4 * room, 1.0), finest))
    counts = np.array([len(np.unique(steps[:, each][known[:, each]])) for each in range(y.shape[1])])
    return bool((counts > read).all() and (counts - read).sum() + read > CONFIRMING)
