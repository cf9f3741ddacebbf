"""The single changes on the output's side: along which axes it is read, and what is added to it or scales it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from harness.canonical.layout import canonical
from harness.canonical.window import Linear
from harness.operations.transforms.arrays import OutputAxes
from harness.operations.transforms.transform import Transform
from harness.operations.transforms.values import SCALES, Bias, Scale, scale_factors
from harness.operations.windowed.search.question import Question
from harness.operations.windowed.search.units import exponent, in_units
from harness.operations.windowed.search.variants import Transforms, rereads

Index = tuple[int, ...]
Places = np.ndarray
"""Indices of elements, one in each row."""
NOTHING = 2.0**-200
"""Share of the largest value that is too small to tell a factor."""
PROBES = 64
"""Places at which two readings are compared."""
FACTORS = {"2": 2.0, "0.5": 0.5, "-1": -1.0, "255": 255.0, "1 / 255": 1 / 255}
"""Scales that are plain numbers, looked for where too little is known to infer one."""


@dataclass(frozen=True)
class Reading:
    """How what is seen was read from the output y.

    shape: that of y, 0 for an axis whose length what is seen does not tell. places: indices of what is seen -> of y.
    """

    transforms: Transforms
    shape: tuple[int, ...]
    places: Callable[[Places], Places] = np.asarray


def readings(question: Question) -> Iterator[Reading]:
    """The output as it is, its axes in another order, an index at the wrong place, its buffer read otherwise."""
    shape, size = question.observed.shape, question.observed.size
    yield Reading((), shape)
    for order in _orders(shape):
        yield Reading((OutputAxes(order),), _inverse(order, shape), _Moved(order))
    for source in _slices(question):
        yield Reading((OutputAxes(source),), _inverse(source, shape), _Moved(source))
    probes = np.transpose(np.unravel_index(np.arange(0, size, max(size // PROBES, 1)), shape))
    known = {probes.tobytes()}
    for transform in rereads(question, "output"):
        places = _Reordered(transform.source, transform.target, shape)
        moved = places(probes).tobytes()
        if moved not in known:
            known.add(moved)
            yield Reading((transform,), shape, places)


@dataclass(frozen=True)
class _Moved:
    source: tuple[int, ...]

    def __call__(self, seen: Places) -> Places:
        places = np.zeros_like(seen)
        read = [axis for axis, source in enumerate(self.source) if source >= 0]
        places[:, [self.source[axis] for axis in read]] = seen[:, read]
        return places


@dataclass(frozen=True)
class _Reordered:
    source: str
    target: str
    shape: tuple[int, ...]

    def __call__(self, seen: Places) -> Places:
        letters = canonical("output", len(self.shape) - 2)
        there, back = ([letters.index(letter) for letter in each] for each in (self.target, self.source))
        flat = np.ravel_multi_index(seen[:, there].T, [self.shape[axis] for axis in there])
        places = np.empty_like(seen)
        places[:, back] = np.transpose(np.unravel_index(flat, [self.shape[axis] for axis in back]))
        return places


def _orders(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Orders of all axes; those that move axes of length 1 only come to nothing."""
    seen = set()
    for order in itertools.permutations(range(len(shape))):
        moved = tuple(axis for axis in order if shape[order.index(axis)] > 1)
        lengths = _inverse(order, shape)
        if (moved, lengths) not in seen:
            seen.add((moved, lengths))
            if list(order) != sorted(order) and (list(moved) != sorted(moved) or lengths != shape):
                yield order


def _slices(question: Question) -> Iterator[tuple[int, ...]]:
    """Readings that leave out an axis of y longer than 1 and read another one in its place."""
    shape, whole = question.observed.shape, question.form.output_shape
    seen = [axis for axis, size in enumerate(shape) if size > 1]
    if len(seen) == len(shape):
        return
    for axes in itertools.permutations(range(len(shape)), len(seen)):
        left_out = [axis for axis in range(len(shape)) if axis not in axes and whole[axis] > 1]
        if left_out and list(axes) != seen and all(shape[s] <= whole[a] or a > 1 for s, a in zip(seen, axes)):
            places = dict(zip(seen, axes))
            yield tuple(places.get(axis, -1) for axis in range(len(shape)))


def _inverse(source: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of y whose reading along `source` has `shape`; 0 where it does not tell."""
    lengths = [0] * len(shape)
    for axis, size in zip(source, shape):
        if axis >= 0:
            lengths[axis] = size
    return tuple(lengths)


@dataclass(frozen=True)
class Shift:
    """What is done to all values alike.

    times: how often the bias is added. kind: "exact", or what is inferred from the values: an "offset", a "factor".
    factor: what an exact value is multiplied by.
    """

    transforms: tuple[Transform, ...] = ()
    times: int = 1
    factor: float = 1.0
    kind: Literal["exact", "offset", "factor"] = "exact"

    def related(
        self, first: np.ndarray, other: np.ndarray, targets: tuple[float, ...], slack: float, noise: float
    ) -> np.ndarray:
        """Where two computed elements, off by `noise`, stand to each other as two observed ones, off by `slack`, do.

        An element that is not known (NaN) may stand to others as it likes.
        """
        start, target = targets
        if self.kind == "offset":
            return np.asarray(~(np.abs((other - first) - (target - start)) > 2 * (slack + noise)))
        room = slack * (np.abs(other) + np.abs(first)) + noise * (abs(start) + abs(target))
        return np.asarray(~((np.abs(first) <= noise) | (np.abs(other * start - first * target) > room)))


def shifts(question: Question, conv: Linear) -> list[Shift]:
    """Values as they are, the bias left out or added twice, an unknown bias or scale, and scales by their names."""
    found = [Shift()]
    if conv.offsets.any():
        found += [Shift((Bias("missing"),), 0), Shift((Bias("doubled"),), 2)]
    found += [Shift((Bias("unknown"),), kind="offset"), Shift((Scale("", ()),), kind="factor")]
    rules = {name: np.unique(scale_factors(name, conv.w)) for name in SCALES}
    alike = {name: float(factors[0]) for name, factors in rules.items() if len(factors) == 1}
    scales = {
        **FACTORS,
        **{name: factor for name, factor in alike.items() if math.isfinite(factor) and factor not in (0, 1)},
    }
    return found + [Shift((Scale(name, (factor,)),), factor=factor) for name, factor in scales.items()]


def inferred(kind: str, y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The offset or factor per output channel, and its limits, from what is known of `seen` (all (N, O, *spatial)).

    By least squares; the limits are those that a value within `room` of what is seen sets, in all places, or the value
    itself where they leave nothing. NaN for a channel of which nothing is known.
    """
    if kind == "factor":
        units = exponent(seen), exponent(y)
        scaled = _factors(in_units(y, units[1]), in_units(seen, units[0]), in_units(room, units[0]))
        best, low, high = (in_units(each, units[1] - units[0]) for each in scaled)
        return best, low, high
    known = np.isfinite(seen) & np.isfinite(y)
    missing = np.where(known, seen, 0) - np.where(known, y, 0)
    return _limited(_ratio(missing.sum(_axes(y)), known.sum(_axes(y))), known, missing - room, missing + room)


def _factors(y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Factors of numbers that are at most 1; what is almost nothing beside it does not tell."""
    known = np.isfinite(seen) & (np.abs(y) > NOTHING)
    y, seen = np.where(known, y, 1), np.where(known, seen, 0)
    best = _ratio((seen * y).sum(_axes(y)), np.where(known, y * y, 0).sum(_axes(y)))
    return _limited(best, known, *np.sort([(seen - room) / y, (seen + room) / y], axis=0))


def _limited(
    best: np.ndarray, known: np.ndarray, least: np.ndarray, most: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`best` with its limits per output channel, itself where they leave nothing."""
    low = np.where(known, least, -np.inf).max(_axes(known))
    high = np.where(known, most, np.inf).min(_axes(known))
    empty = ~(low <= high)
    return best, np.where(empty, best, low), np.where(empty, best, high)


def _axes(y: np.ndarray) -> tuple[int, ...]:
    """All axes but that of the output channels."""
    return (0, *range(2, y.ndim))


def _ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a / b, NaN where b is 0."""
    return np.asarray(np.divide(a, b, out=np.full(a.shape, np.nan), where=b != 0))
