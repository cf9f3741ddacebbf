"""The single changes on the output's side: along which axes it is read, and what is added to it or scales it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from harness.explain.question import Question
from harness.explain.variants import Transforms, rereads
from harness.layout import canonical
from harness.transform import Bias, OutputAxes, Scale, Transform
from harness.window import Convolution

Index = tuple[int, ...]
PROBES = 64
"""Places at which two readings are compared."""
ENOUGH = 4
"""Known values of one output channel from which a bias or a scale that nobody stated may be inferred."""


@dataclass(frozen=True)
class Reading:
    """How what is seen was read from the output y.

    shape: that of y, 0 for an axis whose length what is seen does not tell. place: index of what is seen -> index of y.
    """

    transforms: Transforms
    shape: tuple[int, ...]
    place: Callable[[Index], Index]


def readings(question: Question) -> Iterator[Reading]:
    """The output as it is, its axes in another order, an index at the wrong place, its buffer read otherwise."""
    shape, size = question.observed.shape, question.observed.size
    yield Reading((), shape, tuple)
    for order in _orders(shape):
        yield Reading((OutputAxes(order),), _inverse(order, shape), _Moved(order))
    for source in _slices(question):
        yield Reading((OutputAxes(source),), _inverse(source, shape), _Moved(source))
    probes = [tuple(map(int, np.unravel_index(flat, shape))) for flat in range(0, size, max(size // PROBES, 1))]
    known = {tuple(probes)}
    for transform in rereads(question, "output"):
        place = _Reordered(transform.source, transform.target, shape)
        moved = tuple(map(place, probes))
        if moved not in known:
            known.add(moved)
            yield Reading((transform,), shape, place)


@dataclass(frozen=True)
class _Moved:
    source: tuple[int, ...]

    def __call__(self, index: Index) -> Index:
        place = [0] * len(index)
        for axis, i in zip(self.source, index):
            if axis >= 0:
                place[axis] = i
        return tuple(place)


@dataclass(frozen=True)
class _Reordered:
    source: str
    target: str
    shape: tuple[int, ...]

    def __call__(self, index: Index) -> Index:
        letters = canonical("output", len(index) - 2)
        there = [letters.index(letter) for letter in self.target]
        flat = np.ravel_multi_index([index[axis] for axis in there], [self.shape[axis] for axis in there])
        places = np.unravel_index(flat, [self.shape[letters.index(letter)] for letter in self.source])
        return tuple(int(places[self.source.index(letter)]) for letter in letters)


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
    shape, whole = question.observed.shape, question.conv.output_shape
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
    """

    transforms: tuple[Transform, ...] = ()
    times: int = 1
    kind: Literal["exact", "offset", "factor"] = "exact"


def shifts(question: Question, conv: Convolution) -> list[Shift]:
    """Values as they are, the bias left out or added twice; where enough is known, an unknown bias or scale."""
    found = [Shift()]
    if conv.bias is not None and conv.bias.any():
        found += [Shift((Bias("missing"),), 0), Shift((Bias("doubled"),), 2)]
    known = np.isfinite(question.observed).sum(axis=(0, *range(2, conv.x.ndim)))
    if known.max(initial=0) >= ENOUGH:
        found += [Shift((Bias("unknown"),), 1, "offset"), Shift((Scale("", ()),), 1, "factor")]
    return found


def inferred(kind: str, y: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """The offset or factor per output channel, by least squares over what is known of `seen` (both (N, O, *spatial)).

    NaN for a channel of which nothing is known.
    """
    axes = (0, *range(2, y.ndim))
    known = np.isfinite(seen)
    with np.errstate(divide="ignore", invalid="ignore"):
        if kind == "offset":
            offset: np.ndarray = np.where(known, seen - y, 0).sum(axes) / known.sum(axes)
            return offset
        factor: np.ndarray = np.where(known, seen * y, 0).sum(axes) / np.where(known, y * y, 0).sum(axes)
        return factor
