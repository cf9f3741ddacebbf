"""Numbers that were fitted, as people would say them: a factor by its name, a bias as it was left out or negated."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from harness.canonical.window import Linear
from harness.operations.transforms.values import SCALES, Bias, Scale, scale_factors
from harness.operations.windowed.search.inference import DEVIATIONS, EXACT
from harness.operations.windowed.search.intervals import Intervals, Line
from harness.operations.windowed.search.outputs import FACTORS

RARER_FACTORS = {"3": 3.0, "4": 4.0, "256": 256.0, "1 / 256": 1 / 256, "1 / 3": 1 / 3, "0.25": 0.25}
STATED = 2.0**-22
"""Share of a stated bias by which rounding to float32 may have changed it."""
CHANCE = 0.05
"""Share of a unit of its last digit that the limits of a number may be apart for it to be called by that digit."""

Said = tuple[Scale | None, Bias | None]


def said(line: Line, intervals: Intervals, conv: Linear) -> Said:
    """The factors and the offsets of a line, by names or short numbers with which it still holds; else as fitted."""
    room_a, room_b = uncertainty(line, intervals)
    factors = [*_named(line.a, room_a, conv.w), _plain(line.a, room_a)]
    for name, a in itertools.chain(factors, [("", line.a)]):
        if (scale := _besides_the_bias(name, a, line, room_b, conv)) and intervals.hold(Line(a, _kept(a, conv), 0)):
            return scale, None
        b = line.b + (line.a - a) * _centre(intervals)
        for bias, offset in _biases(a, b, room_b + np.abs(line.a - a) * np.abs(_centre(intervals)), conv):
            if intervals.hold(Line(a, offset, 0)):
                return (None if (a == 1).all() else Scale(name or called(a), tuple(a.tolist()))), bias
    return Scale(called(line.a), tuple(line.a.tolist())), Bias("unknown", tuple(line.b.tolist()))


def _besides_the_bias(name: str, a: np.ndarray, line: Line, room: np.ndarray, conv: Linear) -> Scale | None:
    """The scale of the input or the kernel, if it is so that the stated bias is added to what it scaled."""
    if not conv.offsets.any() or (a == 1).all() or (np.abs(line.b - _kept(a, conv)) > room + np.abs(line.a - a)).any():
        return None
    if (a == a[0]).all() and name not in SCALES and name != "-1":
        return Scale(name or called(a), (float(a[0]),), "input")
    return Scale(name or called(a), tuple(a.tolist()), "kernel")


def _kept(a: np.ndarray, conv: Linear) -> np.ndarray:
    """What is added to a (z + bias) where it is a z + bias."""
    return np.asarray((1 - a) * conv.offsets.astype(np.float64))


def uncertainty(line: Line, intervals: Intervals) -> tuple[np.ndarray, np.ndarray]:
    """By how much factors and offsets may be off, as what they leave unexplained says."""
    closed, z = intervals.closed, np.where(intervals.closed, intervals.z, 0)
    count = np.maximum(closed.sum(axis=1), 1)
    left = np.where(closed, intervals.middle - line.at(z), 0)
    size = np.abs(intervals.middle).max(axis=1) + np.abs(line.b)
    error = DEVIATIONS * np.sqrt((left**2).sum(axis=1)) / count + EXACT * size
    apart = np.where(closed, z - _centre(intervals)[:, None], 0)
    width = np.sqrt((apart**2).sum(axis=1) / count)
    where = DEVIATIONS * np.sqrt(((apart * left) ** 2).sum(axis=1)) / count  # what is left is larger for larger values
    alike = np.divide(error, width, out=np.zeros(len(z)), where=width > 0)
    return np.maximum(alike, np.divide(where, width**2, out=np.zeros(len(z)), where=width > 0)), error


def _centre(intervals: Intervals) -> np.ndarray:
    closed = intervals.closed
    return np.asarray(np.where(closed, intervals.z, 0).sum(axis=1) / np.maximum(closed.sum(axis=1), 1))


def _named(a: np.ndarray, room: np.ndarray, w: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Factors that have a name, within `room` of `a`; 1 among them."""
    rules = {name: scale_factors(name, w) for name in SCALES}
    plain = {name: np.full(len(a), factor) for name, factor in {"1": 1.0, **FACTORS, **RARER_FACTORS}.items()}
    for name, factors in {**plain, **rules}.items():
        if (np.abs(factors - a) <= room).all():
            yield name, factors


def _plain(a: np.ndarray, room: np.ndarray) -> tuple[str, np.ndarray]:
    return "", np.array([short(*each) for each in zip(a, a - room, a + room)])


def called(a: np.ndarray) -> str:
    """The name of factors that have none."""
    values = a[:1] if (a == a[0]).all() else a[:8]
    return "a factor of " + ", ".join(f"{value:.7g}" for value in values)


def _biases(a: np.ndarray, b: np.ndarray, room: np.ndarray, conv: Linear) -> Iterator[tuple[Bias | None, np.ndarray]]:
    """Offsets within `room` of b: none, those that the stated bias explains, short numbers, b itself."""
    if (np.abs(b) <= room).all():
        yield None, np.zeros(len(b))
    stated, inputs = conv.offsets, conv.w.shape[1]
    for bias in of_stated(b / np.where(a == 0, 1, a), room / np.where(a == 0, 1, np.abs(a)), stated, inputs):
        yield bias, a * (bias.added(stated) - stated)
    shortened = np.array([short(*each) for each in zip(b, b - room, b + room)])
    for values in (shortened, b):
        yield Bias("unknown", tuple(values.tolist())), values


def of_stated(b: np.ndarray, room: np.ndarray, stated: np.ndarray, inputs: int) -> Iterator[Bias]:
    """What may have been done with the stated bias so that `b` was added besides it.

    inputs: channels of the input that an output sees.
    """
    if not stated.any():
        return
    kinds = [Bias(kind) for kind in ("missing", "doubled", "negated")]
    if inputs > 2:
        kinds.append(Bias("for each channel", times=inputs))
    total = b + stated
    order = np.argsort(stated)[np.argsort(np.argsort(total))]
    if list(order) != sorted(order):
        kinds.append(Bias("permuted", order=tuple(order.tolist())))
    for bias in kinds:
        if (np.abs(bias.added(stated) - total) <= room + STATED * np.abs(stated)).all():
            yield bias


def short(best: float, low: float, high: float) -> float:
    """`best`, with so few digits that it hardly lies between two limits by chance; all of them where it has many."""
    if best == 0 or not low <= best <= high:
        return float(best)
    for digits in range(1, 16):
        value, unit = float(f"{best:.{digits}g}"), 10.0 ** (math.floor(math.log10(abs(best))) + 1 - digits)
        if low <= value <= high and high - low < CHANCE * unit:
            return value
    return float(best)
