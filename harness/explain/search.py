"""Candidates: every combination of up to three changes whose output may be the observed one.

Cheap first: sizes that cannot come out are passed over. Then one output element is evaluated for all kernel variants
and paddings at once, by one matrix product of the gathered input windows (float32); what is left is evaluated at a few
more elements; and what survives that, in full (float64, `check`).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from harness.explain import paddings
from harness.explain.outputs import ENOUGH, Index, Reading, Shift, readings, shifts
from harness.explain.question import Question
from harness.explain.rank import weight
from harness.explain.variants import Shelf, Transforms, Variant, bases, inputs, kernels, windows
from harness.transform import CONVENTIONS, Dilation, Stride
from harness.window import Convolution, Pairs, padded

SAMPLES = 8
"""Output elements that a hypothesis must give before it is evaluated in full."""
SPREAD = 300
"""Output elements among which those of one channel are looked for."""
AT_ONCE = 2**22
"""Numbers gathered at a time."""
SINGLE = 2.0**-20
"""Share of the sum of magnitudes that float32 may be wrong by, with room for a thousand terms."""
ORDER = {kind: number for number, kind in enumerate(CONVENTIONS)}

Sizes = tuple[int, ...]
Hit = tuple[int, tuple[int, ...]]
"""A kernel variant, and the low paddings."""


@dataclass(eq=False)
class Search:
    """One search. tested: the hypotheses evaluated so far."""

    question: Question
    quick: bool = False
    tested: int = 0
    samples: list[Index] = field(init=False)
    spread: list[Index] = field(init=False)

    def __post_init__(self) -> None:
        q = self.question
        self.samples = samples(q.observed)
        self.spread = spread(q.observed)
        whole = [Variant((), q.conv)] if self.quick else list(bases(q))
        self._readings = [Reading((), q.observed.shape, tuple)] if self.quick else list(readings(q))
        self._sides: list[_Side] = []
        for base in whole:
            like = next((side for side in self._sides if side.takes_kernels_of(base.conv)), None)
            self._sides.append(_Side(q, base, self.quick, like.shelves if like else None))

    def level(self, count: int) -> list[Transforms]:
        """The candidates with so many changes, likeliest first."""
        if not self.samples:
            return []
        found = {frozenset(each): each for side in self._sides for each in self._of(side, count)}
        return sorted(found.values(), key=lambda each: weight(each, self.question.conv.rank))

    def _of(self, side: _Side, count: int) -> Iterator[Transforms]:
        parts: list[list[Any]] = [side.inputs, side.windows, self._readings, side.shifts]
        counted = [
            sorted(((self.question.count(each.transforms), each) for each in part), key=lambda pair: pair[0])
            for part in parts
        ]
        for (taken, window, reading, shift), left in _mixes(counted, count - self.question.count(side.transforms)):
            trial = _Trial(self, side, taken, window, reading, shift)
            for shelf in side.shelves:
                yield from trial.on(shelf, left)


def samples(observed: np.ndarray) -> list[Index]:
    """Places of known values: the largest ones, which tell most, in one image and channel, and its ends."""
    known = np.isfinite(observed)
    if not known.any():
        return []
    image, channel = (0, 0)
    if not known[0, 0].all():
        counts = known.sum(axis=tuple(range(2, observed.ndim)))
        image, channel = map(int, np.unravel_index(counts.argmax(), counts.shape))
    part, known = observed[image, channel], known[image, channel]
    flat = np.where(known, np.abs(part), -1.0).ravel()
    largest = np.argsort(flat, kind="stable")[::-1][: SAMPLES - 2]
    places = [place for place in dict.fromkeys([*largest.tolist(), flat.size - 1, 0]) if flat[place] >= 0]
    return [(image, channel, *map(int, np.unravel_index(place, observed.shape[2:]))) for place in places]


def spread(observed: np.ndarray) -> list[Index]:
    """Places of known values all over the output."""
    step = max(observed.size // SPREAD, 1)
    places = (tuple(map(int, np.unravel_index(flat, observed.shape))) for flat in range(0, observed.size, step))
    return [place for place in places if np.isfinite(observed[place])]


def _mixes(parts: Sequence[list[tuple[int, Any]]], left: int) -> Iterator[tuple[tuple[Any, ...], int]]:
    """One of each part while their counts, by which each part is sorted, do not exceed `left`; and what is left."""
    if left < 0:
        return
    if not parts:
        yield (), left
        return
    for count, each in parts[0]:
        if count > left:
            break
        for rest, remaining in _mixes(parts[1:], left - count):
            yield (each, *rest), remaining


class _Side:
    """All variants of one base, made once for all levels."""

    def __init__(self, question: Question, base: Variant, quick: bool, shelves: list[Shelf] | None) -> None:
        self.transforms, self.conv = base.transforms, base.conv
        conv = self.conv
        self.inputs = [_Input(Variant((), conv))] if quick else [_Input(each) for each in inputs(question, conv)]
        self.windows = [Variant((), conv)] if quick else list(windows(question, conv))
        self.shifts = [Shift()] if quick else shifts(question, conv)
        self.shelves = kernels(question, conv, quick) if shelves is None else shelves
        self.w, self.bias = conv.w.astype(np.float32).ravel(), conv.bias
        largest = float(np.abs(conv.x).max(initial=0)) * float(np.abs(conv.w).sum())
        self.slack = question.slack + SINGLE * (largest + (0 if conv.bias is None else float(np.abs(conv.bias).max())))
        self.sized: dict[tuple[int, int, Sizes], tuple[Convolution, list[tuple[Pairs, Sizes]]] | None] = {}
        self._rows: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}

    def takes_kernels_of(self, conv: Convolution) -> bool:
        """Whether the kernel variants of `conv`, which are indices only, are those of this base."""
        return conv.w.shape == self.conv.w.shape and conv.window == self.conv.window

    def rows(self, shelf: Shelf, output: int) -> tuple[np.ndarray, np.ndarray]:
        """The kernels (variants, I * taps) and biases (variants,) of one output channel."""
        key = id(shelf), output
        if key not in self._rows:
            bias = np.zeros(len(shelf.index), np.float32)
            if self.bias is not None and shelf.bias is not None:
                bias = self.bias[shelf.bias[:, output]].astype(np.float32)
            self._rows[key] = self.w[shelf.index[:, output]], bias
        return self._rows[key]


class _Input:
    """One variant of the input: (N, C, *spatial) with a zero behind the end of every spatial axis."""

    def __init__(self, variant: Variant) -> None:
        self.transforms = variant.transforms
        conv = variant.conv
        none = ((0, 0),) * conv.rank
        x = padded(replace(conv, window=replace(conv.window, padding=none, boundary="zero")))
        self.sizes = x.shape[2:]
        self.shape = conv.x.shape
        self.x = np.pad(x.astype(np.float32), [(0, 0), (0, 0), *((0, 1),) * conv.rank])


def source(position: np.ndarray, size: int, boundary: str) -> np.ndarray:
    """Where the sample at `position` of an axis of `size` comes from; `size` itself is the zero behind the end."""
    if boundary == "zero":
        return np.where((position >= 0) & (position < size), position, size)
    if boundary == "edge":
        return np.asarray(np.clip(position, 0, size - 1))
    period = {"wrap": size, "symmetric": 2 * size, "reflect": max(2 * size - 2, 1)}[boundary]
    folded = position % period
    mirror = period - (boundary == "symmetric")
    return folded if boundary == "wrap" else np.where(folded >= size, mirror - folded, folded)


class _Trial:
    """All kernel variants and paddings under one choice of everything else."""

    def __init__(
        self, search: Search, side: _Side, taken: _Input, window: Variant, reading: Reading, shift: Shift
    ) -> None:
        self.search, self.side, self.taken, self.reading, self.shift = search, side, taken, reading, shift
        self.changes = window.transforms
        self.window = window.conv.window
        self.question = search.question

    def on(self, shelf: Shelf, left: int) -> Iterator[Transforms]:
        """The candidates with kernels of one shelf that have `left` changes more."""
        changed = left if "padding" in self.question.unknown else left - 1
        if not shelf.has(left) and not shelf.has(changed):
            return
        sized = self._sized(shelf)
        if sized is None:
            return
        conv, pads, partial = sized
        free = [pair for pair, sizes in pads if self._seen_sizes(sizes, partial)]
        for pair in free:
            for k, _ in self._hits(shelf, shelf.counts == left, conv, [[low] for low, _ in pair]):
                yield self._named(shelf, k, pair)
        if shelf.has(changed):
            for k, low in self._hits(shelf, shelf.counts == changed, conv, self._lows(conv)):
                if all(tuple(each for each, _ in pair) != low for pair in free):
                    yield from self._padded(shelf, k, conv, low)

    def _sized(self, shelf: Shelf) -> tuple[Convolution, list[tuple[Pairs, Sizes]], bool] | None:
        """The convolution in shape only, its intended paddings with the sizes that they give, and whether but a part of
        the output's images or channels is seen; None where these or the groups rule the hypotheses out."""
        seen, whole = self.reading.shape[:2], (self.taken.shape[0], shelf.outputs)
        if seen[0] > whole[0] or seen[1] > whole[1]:
            return None
        key = id(self.window), id(shelf), self.taken.shape
        if key not in self.side.sized:
            self.side.sized[key] = self._shape_only(shelf)
        conv = self.side.sized[key]
        return None if conv is None else (*conv, seen != whole)

    def _shape_only(self, shelf: Shelf) -> tuple[Convolution, list[tuple[Pairs, Sizes]]] | None:
        if shelf.inputs * self.window.groups != self.taken.shape[1] or shelf.outputs % self.window.groups:
            return None
        x = np.broadcast_to(np.float32(0), self.taken.shape)
        w = np.broadcast_to(np.float32(0), (shelf.outputs, shelf.inputs, *shelf.spatial))
        conv = Convolution(x, w, None, self.window)
        pads = self.question.pads(conv)
        return conv, [
            (pair, replace(conv, window=replace(self.window, padding=pair)).output_shape[2:]) for pair in pads
        ]

    def _seen_sizes(self, sizes: Sizes, partial: bool) -> bool:
        """Whether an output of these sizes is what is seen, or holds it where only a part is seen."""
        pairs = zip(self.reading.shape[2:], sizes)
        return all(a == b or a == 0 < b or (partial and a < b) for a, b in pairs)

    def _lows(self, conv: Convolution) -> list[list[int]]:
        """Low paddings to try; only the intended one along an axis that is not seen."""
        return [
            paddings.lows(conv, axis, size) if size else [conv.window.padding[axis][0]]
            for axis, size in enumerate(self.reading.shape[2:])
        ]

    def _hits(self, shelf: Shelf, rows: np.ndarray, conv: Convolution, lows: list[list[int]]) -> Iterator[Hit]:
        """The kernels among `rows` and low paddings that give all samples."""
        chosen = np.flatnonzero(rows)
        if not chosen.size:
            return
        seen = self._samples()
        if not seen:
            return
        targets = [float(self.question.observed[place]) for place in seen]
        places = [self.reading.place(place) for place in seen]
        grid = [np.array(axis) for axis in lows]
        self.search.tested += chosen.size * math.prod(map(len, lows))
        values = self._everywhere(shelf, chosen, places[0], grid)
        first = None
        if self.shift.kind == "exact":
            alive = np.abs(values - np.float32(targets[0])) <= self.side.slack
        else:
            first, alive = values, np.abs(values) > (self.side.slack if self.shift.kind == "factor" else -1)
        which, *where = np.unravel_index(np.flatnonzero(alive), (len(chosen), *map(len, lows)))
        first = None if first is None else first.ravel()[np.flatnonzero(alive)]
        for place, target in zip(places[1:], targets[1:]):
            if not which.size:
                return
            low = [axis[index] for axis, index in zip(grid, where)]
            found = self._at(shelf, chosen[which], place, low)
            keep = self._fits(found, target, first, targets[0])
            which, where = which[keep], [index[keep] for index in where]
            first = None if first is None else first[keep]
        for k, *index in zip(which.tolist(), *(part.tolist() for part in where)):
            yield int(chosen[k]), tuple(axis[i] for axis, i in zip(lows, index))

    def _samples(self) -> list[Index]:
        """What is looked at; for what is inferred, places of one channel of the output, and enough of them."""
        if self.shift.kind == "exact":
            return self.search.samples
        channel = self.reading.place(self.search.samples[0])[1]
        places = dict.fromkeys([*self.search.samples, *self.search.spread])
        one = [place for place in places if self.reading.place(place)[1] == channel][:SAMPLES]
        return one if len(one) >= ENOUGH else []

    def _fits(self, found: np.ndarray, target: float, first: np.ndarray | None, start: float) -> np.ndarray:
        slack = self.side.slack
        if first is None:
            fits = np.abs(found - np.float32(target)) <= slack
        elif self.shift.kind == "offset":
            fits = np.abs((found - first) - np.float32(target - start)) <= 2 * slack
        else:
            fits = np.abs(found * np.float32(start) - first * np.float32(target)) <= slack * (
                np.abs(found) + np.abs(first) + abs(start) + abs(target)
            )
        return np.asarray(fits)

    def _everywhere(self, shelf: Shelf, chosen: np.ndarray, place: Index, grid: list[np.ndarray]) -> np.ndarray:
        """One output element for every chosen kernel and every combination of low paddings: (kernels, paddings)."""
        rows, bias = self.side.rows(shelf, place[1])
        spots = [self._spots(shelf, axis, place[axis + 2], low) for axis, low in enumerate(grid)]
        rank = len(grid)
        x = self._channels(shelf, place)
        block = x[np.ix_(np.arange(len(x)), *(spot.ravel() for spot in spots))]
        block = block.reshape(len(x), *itertools.chain.from_iterable(spot.shape for spot in spots))
        block = block.transpose(0, *range(2, 2 * rank + 1, 2), *range(1, 2 * rank, 2))
        values: np.ndarray = rows[chosen] @ block.reshape(rows.shape[1], -1)
        return np.asarray(values + self.shift.times * bias[chosen, np.newaxis])

    def _at(self, shelf: Shelf, kernels: np.ndarray, place: Index, low: list[np.ndarray]) -> np.ndarray:
        """One output element for each (kernel, low paddings) of the arrays."""
        rows, bias = self.side.rows(shelf, place[1])
        x, step = self._channels(shelf, place), max(AT_ONCE // rows.shape[1], 1)
        parts = []
        for start in range(0, len(kernels), step):
            some = slice(start, start + step)
            spots = [self._spots(shelf, axis, place[axis + 2], part[some]) for axis, part in enumerate(low)]
            rank = len(spots)
            index = [
                spot.reshape(len(spot), 1, *(-1 if other == axis else 1 for other in range(rank)))
                for axis, spot in enumerate(spots)
            ]
            windows = x[(np.arange(len(x)).reshape(1, -1, *(1,) * rank), *index)]
            parts.append(np.einsum("st,st->s", windows.reshape(len(windows), -1), rows[kernels[some]]))
        return np.asarray(np.concatenate(parts) + self.shift.times * bias[kernels])

    def _channels(self, shelf: Shelf, place: Index) -> np.ndarray:
        """The image and the channels that an output element sees."""
        group = place[1] * self.window.groups // shelf.outputs
        part: np.ndarray = self.taken.x[place[0], group * shelf.inputs : (group + 1) * shelf.inputs]
        return part

    def _spots(self, shelf: Shelf, axis: int, at: int, low: np.ndarray) -> np.ndarray:
        """Indices (paddings, taps) of the input along an axis under output element `at`."""
        taps = np.arange(shelf.spatial[axis]) * self.window.dilation[axis]
        positions = at * self.window.stride[axis] - low[:, np.newaxis] + taps
        return source(positions, self.taken.sizes[axis], self.window.boundary)

    def _padded(self, shelf: Shelf, k: int, conv: Convolution, low: tuple[int, ...]) -> Iterator[Transforms]:
        sizes = tuple(seen or whole for seen, whole in zip(self.reading.shape[2:], conv.output_shape[2:]))
        for change in paddings.changes(conv, low, sizes):
            yield self._sorted((*self._parts(shelf, k), *self.changes, change))

    def _named(self, shelf: Shelf, k: int, pads: Pairs) -> Transforms:
        changes = tuple(
            replace(each, padding=pads) if isinstance(each, Stride | Dilation) else each for each in self.changes
        )
        return self._sorted((*self._parts(shelf, k), *changes))

    def _parts(self, shelf: Shelf, k: int) -> Transforms:
        return (
            *self.side.transforms,
            *self.taken.transforms,
            *shelf.transforms[k],
            *self.shift.transforms,
            *self.reading.transforms,
        )

    def _sorted(self, transforms: Transforms) -> Transforms:
        return tuple(sorted(transforms, key=lambda each: ORDER[type(each)]))
