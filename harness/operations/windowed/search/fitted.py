"""What a system made of its sums, fitted to what was observed: factor and bias, activation, rounding, overflow.

Each way to end is undone: it leaves an interval for the number that it was made of, and what is left is a line for each
channel that keeps within the intervals (`intervals`). What holds is composed into transforms, fewest first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeGuard

import numpy as np

from harness.canonical.window import Linear
from harness.operations.transforms.endings import ROUNDINGS, Activation, OutputRounding, Overflow, relu
from harness.operations.transforms.functions import FUNCTIONS, TURNING
from harness.operations.transforms.transform import Transform, ended
from harness.operations.transforms.values import Bias
from harness.operations.windowed.search.inference import SHARES
from harness.operations.windowed.search.intervals import Intervals, Line
from harness.operations.windowed.search.naming import said
from harness.operations.windowed.search.variants import Transforms

ANY = Activation("")
"""What stands for any function without numbers."""
TIED = 3
"""Whole numbers that have the largest or the smallest value, from which on it looks like a limit."""
LEAST, EACH_CHANGE, EACH_NUMBER = 8.0, 8.0, 10.0
"""Bits that an output must say of a fit; those for each change of the sums, and for each number that is fitted."""
INTEGERS = ("uint8", "int8", "int16", "uint16", "int32", "uint32")
FORMATS = {name: (int(np.iinfo(name).min), int(np.iinfo(name).max)) for name in INTEGERS}
"""Ranges in which outputs overflow."""
INTERVALS = {"half_even": (-0.5, 0.5), "floor": (0.0, 1.0), "truncate": (0.0, 0.0), "ceil": (-1.0, 0.0)}
"""Rules of rounding, and how far what they round may lie below and above; `truncate` depends on the sign."""


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums z, what was seen of what was made of them, and its room for rounding errors: (channels, elements).

    dtype: of what was seen. changes: of the sums themselves.
    """

    z: np.ndarray
    seen: np.ndarray
    room: np.ndarray
    conv: Linear
    dtype: str
    changes: int

    @cached_property
    def values(self) -> np.ndarray:
        """What is known of what was seen, in order."""
        return np.sort(self.seen[np.isfinite(self.seen)])

    @cached_property
    def whole(self) -> bool:
        """Whether all that was seen are whole numbers."""
        return bool((self.values == np.rint(self.values)).all())

    @cached_property
    def of_whole(self) -> bool:
        """Whether all sums are whole numbers."""
        return bool((np.nan_to_num(self.z) == np.rint(np.nan_to_num(self.z))).all())

    @cached_property
    def limits(self) -> tuple[float, float]:
        """The smallest and the largest value, where several elements have it; else infinities."""
        low, high = (float(end) for end in self.values[[0, -1]])
        return (low if self._tied(low) else -math.inf), (high if self._tied(high) else math.inf)

    def _tied(self, value: float) -> bool:
        """Whether a value looks like a limit: numbers that are not whole are hardly equal by chance, or 0, or 6."""
        count = np.count_nonzero(self.values == value)
        return bool(count >= (TIED if self.whole else 2) or (value in (0.0, 6.0) and not self.whole))

    @cached_property
    def range(self) -> tuple[int, int] | None:
        """The range of the whole numbers that were seen: that of the dtype, or one whose ends they reach."""
        if self.dtype in FORMATS:
            return FORMATS[self.dtype]
        if not self.whole:
            return None
        least, most = self.values[0], self.values[-1]
        ends = [(low, high) for low, high in FORMATS.values() if low <= least and most <= high]
        return next((each for each in ends if least == each[0] or most == each[1]), None)


def fitted(sums: Sums) -> Iterator[Transforms]:
    """What may have been made of sums, by the transforms of it, fewest first."""
    if not sums.values.size or np.ptp(sums.values) == 0:
        return
    common = sums.room.min(initial=math.inf)  # of which arithmetic may have used but a share
    shares = SHARES[1:-1] if (sums.room > common).any() else SHARES[-2:-1] if sums.whole else ()
    tight = [replace(sums, room=sums.room - (1 - share) * common) for share in shares]
    found = {each: None for every in (*tight, sums) for way in _ways(every) for each in way}
    yield from _together(sorted(found, key=len))


def _together(every: Iterable[Transforms]) -> list[Transforms]:
    """Functions without numbers that give the same with the same other changes, as one: the first, and the others."""
    found: dict[Transforms, Transforms] = {}
    for each in every:
        key = tuple(ANY if _plain(change) else change for change in each)
        first = found.setdefault(key, each)
        if first is not each:
            others = {change.function: None for change in each if _plain(change)}
            found[key] = tuple(replace(c, others=(*c.others, *others)) if _plain(c) else c for c in first)
    return [*found.values()]


def _plain(change: Transform) -> TypeGuard[Activation]:
    return isinstance(change, Activation) and not change.parameters


def _ways(sums: Sums) -> Iterator[Iterator[Transforms]]:
    yield _limited(sums)
    if sums.range:
        yield _wrapped(sums)
    if sums.whole and not sums.of_whole:
        return
    yield _leaky(sums)
    yield _absolute(sums)
    for name, function in FUNCTIONS.items():
        if function.inverse and function.low <= sums.values[0] and sums.values[-1] <= function.high:
            yield _undone(sums, name)
    for name in TURNING:
        if sums.values[0] >= FUNCTIONS[name].low:
            yield _applied(sums, name)


# --- lines between limits: bias and scale, ReLU and clip, rounding, saturation ---------------------------------------


def _limited(sums: Sums) -> Iterator[Transforms]:
    """Lines that are rounded where what was seen is whole, with what lies beyond held at limits."""
    for low, high in _ends(sums):
        for rule in ("", *INTERVALS) if sums.whole else ("",):
            yield from _composed(sums, _intervals(sums, sums.seen, rule, low, high), low, high, rule)


def _ends(sums: Sums) -> list[tuple[float, float]]:
    """Limits that may have been set: none, and those that several elements reach."""
    low, high = sums.limits
    if sums.range:
        low = sums.range[0] if sums.values[0] == sums.range[0] else low
        high = sums.range[1] if sums.values[-1] == sums.range[1] else high
    return list(dict.fromkeys([(-math.inf, math.inf), (low, math.inf), (-math.inf, high), (low, high)]))


def _intervals(sums: Sums, seen: np.ndarray, rule: str, low: float, high: float) -> Intervals:
    below, above = INTERVALS.get(rule, (0.0, 0.0))
    least, most = seen + below, seen + above
    if rule == "truncate":
        least, most = np.where(seen > 0, seen, seen - 1), np.where(seen < 0, seen, seen + 1)
    least = np.where(seen <= low, -np.inf, least - sums.room)
    most = np.where(seen >= high, np.inf, most + sums.room)
    return Intervals(sums.z, least, most)


def _composed(sums: Sums, intervals: Intervals, low: float, high: float, rule: str) -> Iterator[Transforms]:
    """The transforms of the lines that hold, with limits and a rule of rounding."""
    for line in intervals.lines():
        ends = _limits(sums, low, high)
        if rule:
            rounded = _rounding(sums, line, rule, low, high)
            ends = (*(each for each in ends if isinstance(each, Activation)), rounded,
                    *(each for each in ends if not isinstance(each, Activation)))  # fmt: skip
        if ends or line.free:
            yield from _named(sums, intervals, line, ends)


def _limits(sums: Sums, low: float, high: float) -> Transforms:
    """The limits by their name."""
    if sums.range and (low, high) != (-math.inf, math.inf) and _whole_limits(sums, low, high):
        return (Overflow("saturate", *sums.range),)
    if (low, high) == (-math.inf, math.inf):
        return ()
    names = {(0.0, math.inf): relu(sums.values), (0.0, 6.0): Activation("relu6")}
    if (low, high) in names:
        return (names[low, high],)
    return (Activation("clip", (("low", low), ("high", high))),)


def _whole_limits(sums: Sums, low: float, high: float) -> bool:
    """Whether limits are those of the range of whole numbers, one of which may not have been reached."""
    assert sums.range
    within = low in (-math.inf, sums.range[0]) and high in (math.inf, sums.range[1])
    return within and (sums.dtype in FORMATS or (low, high) != (0, math.inf))


def _rounding(sums: Sums, line: Line, rule: str, low: float, high: float) -> OutputRounding:
    """The rules of rounding that give what was seen."""
    y = line.at(sums.z)
    known = np.isfinite(sums.seen) & np.isfinite(y)
    wrong = {}
    for name, rounding in ROUNDINGS.items():
        apart = np.clip(rounding.of(y), low, high) != sums.seen
        wrong[name] = int(np.count_nonzero(apart & known))
    fits = [name for name, count in wrong.items() if count == min(wrong.values())]
    first = rule if rule in fits else fits[0]
    return OutputRounding(first, tuple(name for name in fits if name != first))


def _named(sums: Sums, intervals: Intervals, line: Line, ends: Transforms) -> Iterator[Transforms]:
    """The line by its transforms, before `ends`, where enough is known to refute it."""
    if intervals.evidence(line) < LEAST + EACH_CHANGE * sums.changes + EACH_NUMBER * line.free:
        return
    found = (*(each for each in said(line, intervals, sums.conv) if each), *ends)
    own = all(getattr(each, "role", "output") == "output" for each in found)
    if ends or len(found) > 1 or not own:  # of a factor or an offset of sums alone there are candidates of their own
        yield found


# --- what is no line -------------------------------------------------------------------------------------------------


def _leaky(sums: Sums) -> Iterator[Transforms]:
    """A line whose negative values are multiplied by a slope."""
    if not ((sums.seen < 0).any() and (sums.seen > 0).any()):
        return
    positive = _intervals(sums, np.where(sums.seen > 0, sums.seen, np.nan), "", -math.inf, math.inf)
    beyond = replace(positive, high=np.where(sums.seen < 0, sums.room, positive.high))
    for line in beyond.lines():
        y = line.at(sums.z)
        negative = (sums.seen < 0) & (y < 0)
        ratio = (sums.seen[negative] / y[negative]) if negative.any() else np.ones(1)
        slope = _shortest(float(np.median(ratio)), float(np.abs(ratio - np.median(ratio)).mean()))
        if not 0 < slope < 1 - 1e-6:
            continue
        undone = np.where(sums.seen < 0, sums.seen / slope, sums.seen)
        whole = _intervals(replace(sums, room=sums.room / slope), undone, "", -math.inf, math.inf)
        if whole.hold(line):
            yield from _named(sums, whole, line, (Activation("leaky_relu", (("slope", slope),)),))


def _shortest(best: float, room: float) -> float:
    every = (float(f"{best:.{digits}g}") for digits in range(1, 16))
    return next((value for value in every if abs(value - best) <= 3 * room), best)


def _absolute(sums: Sums) -> Iterator[Transforms]:
    """The magnitude of a line, whose sign is that of its sums first, then that of a parabola through the squares."""
    if sums.values[0] < 0:
        return
    for sign in dict.fromkeys(_signs(sums)):
        signs = np.frombuffer(sign, np.int8).reshape(sums.z.shape)
        intervals = _intervals(sums, signs * sums.seen, "", -math.inf, math.inf)
        for line in intervals.lines():
            if (line.at(sums.z) < 0).any() and (line.a > 0).all():
                yield from _named(sums, intervals, line, (Activation("absolute"),))


def _signs(sums: Sums) -> Iterator[bytes]:
    z = np.nan_to_num(sums.z)
    yield np.where(z < 0, -1, 1).astype(np.int8).tobytes()
    known = np.isfinite(sums.z) & np.isfinite(sums.seen)
    shift = np.zeros((len(z), 1))
    for channel, chosen in enumerate(known):
        powers = np.vander(z[channel, chosen], 3)
        square, slope, _ = np.linalg.lstsq(powers, sums.seen[channel, chosen] ** 2, rcond=None)[0]
        shift[channel] = slope / (2 * square) if square > 0 else 0.0
    yield np.where(z + shift < 0, -1, 1).astype(np.int8).tobytes()


def _undone(sums: Sums, name: str) -> Iterator[Transforms]:
    """A line that went through a function which is one to one."""
    function = FUNCTIONS[name]
    assert function.inverse
    numbers = dict(function.usual)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ends = [function.inverse(np.clip(sums.seen + side * sums.room, function.low, function.high), **numbers)
                for side in (-1, 1)]  # fmt: skip
    low, high = (np.where(np.isnan(end), side * np.inf, end) for end, side in zip(ends, (-1, 1)))
    intervals = Intervals(sums.z, low, high)
    for line in intervals.lines():
        yield from _named(sums, intervals, line, (Activation(name, tuple(numbers.items())),))


def _applied(sums: Sums, name: str) -> Iterator[Transforms]:
    """The sums, without their bias, too, through a function that falls and rises."""
    ending = Activation(name)
    offsets = sums.conv.offsets.astype(np.float64)
    for left_out in (False, True) if offsets.any() else (False,):
        y = sums.z - left_out * offsets[:, None]
        made = ended(y, (ending,))
        if not (np.abs(made - sums.seen) > 2 * sums.room).any():
            plain = Intervals(y, sums.seen - sums.room, sums.seen + sums.room)
            if plain.evidence(Line(np.ones(len(y)), np.zeros(len(y)), 0)) >= LEAST + EACH_CHANGE * sums.changes:
                yield (*((Bias("missing"),) if left_out else ()), ending)


def _wrapped(sums: Sums) -> Iterator[Transforms]:
    """Whole numbers that go on from the other end of their range."""
    assert sums.range
    low, high = sums.range
    span = high - low + 1
    for rule in ("",) if sums.of_whole else INTERVALS:
        offset = 0.0 if rule in ("half_even", "") else 0.5
        turns = np.rint((sums.z - sums.seen - offset * np.where(sums.z < 0, -1, 1)) / span)
        if not np.nan_to_num(turns).any():
            return
        seen = sums.seen + turns * span
        intervals = _intervals(sums, seen, rule, -math.inf, math.inf)
        count = len(sums.z)
        line = Line(np.ones(count), np.zeros(count), 0)
        if intervals.hold(line):
            unwrapped = replace(sums, seen=seen)
            rounded = (_rounding(unwrapped, line, rule, -math.inf, math.inf),) if rule else ()
            yield from _named(sums, intervals, line, (*rounded, Overflow("wrap", low, high)))
