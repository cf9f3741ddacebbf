"""What a system made of each value of an output: a factor and an offset of each channel, a function.

Numbers are read from the values where enough of them confirm it.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeGuard

import numpy as np

from harness.canonical.settled import BIAS, Settled, column
from harness.operations.activation_search import read_off
from harness.operations.by_settings.inferring import CONFIRMING, shortest
from harness.operations.by_settings.orders import Transforms
from harness.operations.by_settings.whole_numbers import is_whole, keeps, rounded_or_held
from harness.operations.transforms.endings import Activation, relu
from harness.operations.transforms.functions import FUNCTIONS
from harness.operations.transforms.transform import Transform
from harness.operations.transforms.values import Bias, Scale
from harness.operations.windowed.search.inference import SHARES as OF_ROOM
from harness.operations.windowed.search.inference import inferred
from harness.operations.windowed.search.naming import of_stated
from harness.operations.windowed.search.preparation import NAMES, NEARLY, errors, shortened, within

WITH_NUMBERS = ("identity", "clip", "leaky_relu", "celu", "hard_sigmoid", "threshold")
"""What changes nothing, and functions whose numbers have no usual values."""
RELU6 = FUNCTIONS["relu6"].high
MEANT = 64
"""How many times its error an output must be off for a factor or an offset to be read from it."""
HALF = 0.5 + 2.0**-20
"""Units of the last digit by which rounding may be off, and what float64 adds to that of float32."""
FINE = 8
"""By how much less than its room a value may be off that was rounded a few times only."""
NEUTRAL = {"factor": 1.0, "offset": 0.0}
"""What changes nothing."""
PLAIN = tuple(name for name, each in FUNCTIONS.items() if not each.usual and name not in WITH_NUMBERS)
"""Functions without numbers that change something."""
MOST = 0.25
"""Share of the elements that must have a factor or an offset which others tell a setting beside."""
SHARES = (0.5, 0.25, 0.75)
"""Where among the numbers of all elements that of so many is looked for."""


def fits(y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> bool:
    with np.errstate(invalid="ignore", over="ignore"):
        return not bool((np.abs(y - seen) > room).any()) and bool((np.isfinite(y) & np.isfinite(seen)).any())


def holds(y: np.ndarray, end: Transforms, seen: np.ndarray, room: np.ndarray) -> bool:
    """Whether changes of the values of an output give what was seen."""
    return keeps(y, end, seen, room) if is_whole(end) else fits(ended(y, end), seen, room)


def apart(y: np.ndarray, seen: np.ndarray, room: np.ndarray, terms: int) -> bool:
    """Whether they differ by more than what errors of rounding come to, which no factor or offset is to explain.

    terms: of which each element is the sum, and for all of which `room` is.
    """
    with np.errstate(invalid="ignore"):
        return bool((np.abs(y - seen) > max(MEANT / terms, 1) * room).any())


def ended(y: np.ndarray, end: Transforms) -> np.ndarray:
    for each in end:
        with np.errstate(all="ignore"):  # a maximum of no samples is minus infinity
            y = each.end(y)
        y = y * column(np.asarray(each.factors), y.ndim - 2) if isinstance(each, Scale) else y
        y = y + column(np.asarray(each.values), y.ndim - 2) if isinstance(each, Bias) else y
    return y


def ends(
    y: np.ndarray, seen: np.ndarray, room: np.ndarray, count: int = 1, functions: bool = True
) -> Iterator[Transforms]:
    """A factor, an offset or a function that fits, or both numbers, where enough different values confirm them; what
    makes whole numbers of the values."""
    yield from rounded_or_held(y, seen, room, count)
    if count == 2:
        yield from _lines(y, seen, room)
        return
    for kind in ("factor", "offset"):
        values = _one_or_each(kind, y, seen, room)
        if _useful(values, kind):
            yield (_end(kind, values),)
    yield from ((each,) for each in _functions(y, seen, room)) if functions else ()


def functions_of(way: Transforms) -> Iterator[Activation]:
    """The functions among changes."""
    return (each for each in way if isinstance(each, Activation))


def _useful(values: np.ndarray | None, kind: str) -> TypeGuard[np.ndarray]:
    """Whether there are numbers that change something."""
    return values is not None and not np.all(values == NEUTRAL[kind]) and bool(np.isfinite(values).all())


def _lines(y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> Iterator[Transforms]:
    """A factor, of all channels or of each, and the offset that it leaves."""
    for close, shape in itertools.product(_shares(room), ((-1, 1, 1), (y.shape[0], -1, *y.shape[2:]))):
        parts = [part.reshape(shape) for part in (y, seen, close)]
        if not _confirmed(*parts):
            continue
        known = np.isfinite(parts[0]) & np.isfinite(parts[1])
        factor = np.array(
            [_slope(*(part[:, each][known[:, each]] for part in parts)) for each in range(parts[0].shape[1])]
        )
        factors = np.resize(factor, y.shape[1])
        offsets = _one_or_each("offset", ended(y, (_end("factor", factors),)), seen, close)
        if _useful(factors, "factor") and _useful(offsets, "offset"):
            yield _end("factor", factors), _end("offset", offsets)
            return


def _shares(room: np.ndarray) -> list[np.ndarray]:
    """Rooms with smaller shares first of what all have in common, where that differs: arithmetic may have used but a
    share of it, beside digits that were printed."""
    common = float(room.min(initial=np.inf))
    shares = OF_ROOM[::-1] if (room > common).any() else OF_ROOM[:1]
    return [room - (1 - share) * common for share in shares]


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


def _functions(y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> Iterator[Activation]:
    """Functions of which each value was made: those with usual numbers, and those whose numbers the values tell."""
    if not _rises(y, seen, room):
        return
    usual = ((name, each.usual) for name, each in FUNCTIONS.items() if name in PLAIN or each.usual)
    with np.errstate(all="ignore"):
        told = list(read_off(y, seen, room))
    for name, numbers in itertools.chain(usual, _with_limits(told)):
        made = relu(seen) if name == "relu" else Activation(name, _numbers_of(numbers))
        if made.gives(seen, room) and _reached(made, seen, room):
            yield made


def _numbers_of(given: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    return tuple((key, float(value)) for key, value in given.items())


def _rises(y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> bool:
    """Whether larger ones of the values above zero were made into no smaller ones, as every function does.

    Of values that are all below zero nothing is asked but that they were made into several.
    """
    known = np.isfinite(y) & np.isfinite(seen)
    above = known & (y > 0)
    if known.any() and not above.any():
        return _confirmed(seen, y, room)
    order = np.argsort(y[above])
    values, off = seen[above][order], 2 * room[above].max(initial=0.0)
    return bool((np.diff(values) >= -off).all()) and values.size > CONFIRMING


def _with_limits(found: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Those that have one slope, or limits, of which one that is not told is none; without ReLU and ReLU6."""
    for name, numbers in found:
        if name == "clip" and (numbers.get("low"), numbers.get("high", RELU6)) != (0, RELU6):
            yield name, {"low": -np.inf, "high": np.inf, **numbers}
        sloped = name in ("elu", "celu") or (name == "leaky_relu" and numbers["slope"] != -1)  # which makes magnitudes
        if name == "hard_sigmoid" or (sloped and any(numbers.values())):
            yield name, numbers


def _reached(made: Activation, seen: np.ndarray, room: np.ndarray) -> bool:
    """Whether what it holds at a limit is seen there, of a function that differs from others by that limit."""
    return made.function != "relu6" or bool((np.abs(seen - RELU6) <= room).any())


def unnamed(
    form: Settled, y: np.ndarray, seen: np.ndarray, room: np.ndarray, count: int = 1, functions: bool = True
) -> Iterator[Transforms]:
    """The same; an offset that is the bias of the form once less or more has that name, and is left out."""
    for way in ends(y, seen, room, count, functions):
        biased = BIAS in form.arrays and any(isinstance(end, Bias) and _named(form, end, room) for end in way)
        if not biased:
            yield way


def reordered(form: Settled, way: Transforms, room: np.ndarray) -> Transforms:
    """The same, where an offset that makes the bias of the form another order of it has that name."""
    return tuple(_in_order(form, each, room) if isinstance(each, Bias) else each for each in way)


def _in_order(form: Settled, end: Bias, room: np.ndarray) -> Bias:
    stated = form.arrays.get(BIAS)
    if stated is None or BIAS in form.settings or len(stated) != len(end.values):
        return end
    off = MEANT * float(np.nanmax(room, initial=0))
    permuted = of_stated(np.asarray(end.values), np.full(len(stated), off), stated.astype(np.float64), 0)
    return next((each for each in permuted if each.kind == "permuted"), end)


def _named(form: Settled, end: Bias, room: np.ndarray) -> bool:
    """Whether an offset is the bias once less or more, or comes to another beside one that is."""
    apart = np.abs(np.abs(end.values) - np.abs(form.arrays[BIAS]))
    return BIAS in form.settings or bool((apart <= MEANT * np.nanmax(room, initial=0)).all())


def before_bias(form: Settled, seen: np.ndarray, room: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What was seen, and its errors, before the bias of the form was added."""
    if not form.times:
        return seen, room
    bias = form.times * form.arrays[BIAS].astype(np.float64)
    lost = np.spacing(np.nan_to_num(np.abs(seen)).astype(np.float64))
    return seen - column(bias, form.rank), room + lost


def of_most(y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> Iterator[Transform]:
    """A factor and an offset, one for all channels or one for each, that at least MOST of the elements have."""
    with np.errstate(all="ignore"):
        ratios, gaps = seen / np.where(np.abs(y) > MEANT * room, y, np.nan), seen - y
    given = set[Transform]()
    for kind, rough in (("factor", ratios), ("offset", gaps)):
        for axes, share in itertools.product((None, (0, *range(2, y.ndim))), SHARES):
            having = _having(kind, rough, axes, share, y, seen, room)
            found = None if having is None else _one_or_each(kind, y, np.where(having, seen, np.nan), room)
            if _useful(found, kind) and (kind == "offset" or found.all()) and (end := _end(kind, found)) not in given:
                given.add(end)
                yield end


def of_all(end: Transform, y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> Iterator[Transform]:
    """A factor or an offset as most elements have it, as all of them allow it; none where they do not."""
    kind = "factor" if isinstance(end, Scale) else "offset"
    found = _one_or_each(kind, y, seen, room)
    if _useful(found, kind):
        yield _end(kind, found)


def _having(
    kind: str,
    rough: np.ndarray,
    axes: tuple[int, ...] | None,
    share: float,
    y: np.ndarray,
    seen: np.ndarray,
    room: np.ndarray,
) -> np.ndarray | None:
    """Which elements have the number that is larger than a share of all, or of those along some axes; None of too
    few."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a channel nothing may be known
        known = np.where(np.isfinite(rough), rough, np.nan)
        middle = np.nanquantile(known, share, axis=axes, keepdims=True, method="nearest")
        having = np.abs(_made(kind, y, middle) - seen) <= MEANT * room
    return having if bool((having.mean(axis=axes) >= MOST).all()) else None


def without(end: Transform, seen: np.ndarray, room: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What was seen, and its errors, before a factor or an offset."""
    if isinstance(end, Scale):
        factor = column(np.asarray(end.factors), seen.ndim - 2)
        return seen / factor, room / np.abs(factor)
    assert isinstance(end, Bias)
    return seen - column(np.asarray(end.values), seen.ndim - 2), room


def _end(kind: str, values: np.ndarray) -> Transform:
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


def _one_or_each(kind: str, y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> np.ndarray | None:
    """One number for all channels, or else one for each; None where the values do not confirm it.

    Of those with which the values are off by least, as few roundings take little of their room, the shortest.
    """
    rooms = _once(seen), room / FINE, room
    for each in (False, True):
        shape = (y.shape[0], -1, *y.shape[2:]) if each else (-1, 1, 1)
        if not _confirmed(*(part.reshape(shape) for part in (y, seen, room))):
            continue
        told = [_numbers(kind, *(part.reshape(shape) for part in (y, seen, close))) for close in rooms[::-1]]
        for close, found in itertools.product(rooms, told):
            if fits(_made(kind, y, column(found, y.ndim - 2)), seen, close):
                return found if each else np.full(y.shape[1], found[0])
    return None


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


def _confirmed(y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> bool:
    """Whether each channel has enough different values that are more than their error."""
    known = np.isfinite(y) & np.isfinite(seen) & (np.abs(y) > room)
    y = np.where(known, y, 0.0)
    finest = np.spacing(np.abs(y).max(initial=1e-300))  # whole numbers may have no error
    steps = np.round(y / np.maximum(np.where(known, 4 * room, 1.0), finest))
    return all(len(np.unique(steps[:, each][known[:, each]])) > CONFIRMING for each in range(y.shape[1]))
