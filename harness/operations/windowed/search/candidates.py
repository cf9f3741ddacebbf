"""Candidates: every combination of up to three changes whose output may be the observed one.

Cheap first. One output element is evaluated at once for all that input, kernel and padding may have undergone
(`response`). In the corner of an output that element stands where it does under every stride and every order of its
axes, so that what does not give its value falls for all of them together. What is left is evaluated at a few more
elements, and what survives that, in full (float64, `check`).
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from harness.canonical.window import Pairs, Window
from harness.operations.budget import Budget
from harness.operations.transforms import in_order, weight
from harness.operations.transforms.arrays import Resizing
from harness.operations.transforms.settings import AxisSwap, Dilation, Stride
from harness.operations.transforms.transform import Transform
from harness.operations.windowed.search import odd, paddings
from harness.operations.windowed.search.outputs import OPEN, Index, Reading, Shift, made, readings
from harness.operations.windowed.search.question import Question
from harness.operations.windowed.search.response import Batch, Hits, Point, Response
from harness.operations.windowed.search.samples import Seen, Sight, rises, sights
from harness.operations.windowed.search.sides import Field, Lows, Side, Sizes
from harness.operations.windowed.search.units import observed_in_units, of_output
from harness.operations.windowed.search.variants import Settings, Shelf, Transforms, Variant, bases
from harness.worker.spans import position

DEEPEST = 3
DECISION, CANDIDATE = 60_000, 130_000
"""Work (see `budget`) to decide hypotheses together, beside that for each of them, and to put a candidate together."""


@dataclass(frozen=True, eq=False)
class Choice:
    """Settings of one stride, readings and a shift: what is decided together.

    moved: whether they are taken with other paddings than the intended ones.
    """

    settings: list[Settings]
    sight: Sight
    shift: Shift
    moved: bool

    def point(self, place: Index) -> Point:
        """Where the window of an output element starts."""
        image, channel, *at = place
        stride = self.settings[0].window.stride
        return Point(image, channel, tuple(position(i, 0, step, 0, 1) for i, step in zip(at, stride)))


@dataclass(eq=False)
class Search:
    """One search, of up to `deepest` changes.

    rare: whether the changes are those of `odd`, with one other. budget: what it may do. tested: the hypotheses decided
    so far. left_out: candidates that were not evaluated in full, since there were too many. whole: the number of
    changes up to which all that fits was found; beyond it, some may have been left out.
    """

    question: Question
    deepest: int = DEEPEST
    quick: bool = False
    rare: bool = False
    budget: Budget = field(default_factory=lambda: Budget().for_search())
    tested: int = 0
    left_out: int = 0
    whole: int = DEEPEST

    def __post_init__(self) -> None:
        q, unit = self.question, of_output(self.question)
        asked = self._asked = observed_in_units(q, unit)
        self.made = not (self.quick or self.rare) and bool(made(asked))
        self._sights = sights(asked, self._readings())
        self._choices: dict[tuple[Side, Field, int, bool], list[Choice]] = {}
        self._sights_of: dict[tuple[str, bool], list[Sight]] = {}
        self._sides: list[Side] = []
        for base in [Variant((), q.form)] if self.quick or self.rare else bases(q):
            self._sides.append(Side(q, base, self.deepest, self.quick, self._sides, unit, self.rare))
            if self._sides[-1].whole < self.deepest:
                self.ends(self._sides[-1].whole + 1)

    def _readings(self) -> Iterable[Reading]:
        if self.quick:
            return [Reading((), self.question.observed.shape)]
        return odd.readings(self.question) if self.rare else readings(self.question)

    def level(self, count: int, made: bool = False) -> list[Transforms]:
        """The candidates with so many changes, likeliest first; with `made`, those that make something of the sums."""
        found = {frozenset(each): each for each in self._candidates(count, made)}
        if made and count == 1 and not rises(self._asked):
            found[frozenset({OPEN})] = (OPEN,)
        if self.rare:
            found = {key: each for key, each in found.items() if any(map(odd.is_odd, each))}
        if self.budget.spent:
            self.ends(count + made)
        return sorted(found.values(), key=lambda each: weight(each, self.question.form.rank))

    def ends(self, count: int) -> None:
        """The search comes to an end among so many changes."""
        self.whole = min(self.whole, count - 1)

    def _candidates(self, count: int, made: bool) -> Iterator[Transforms]:
        for side in self._sides:
            for batch, shelf in itertools.product(side.batches, side.shelves):
                if side.fits(batch, shelf):
                    for changes in shelf.numbers:
                        left = count - side.count - batch.count - changes
                        for field in side.fields_within(left):
                            yield from self._among(
                                self._chosen(side, field, left, made), side, batch, shelf, changes, field
                            )

    def _chosen(self, side: Side, field: Field, count: int, made: bool) -> list[Choice]:
        """What may be chosen besides batch and kernel with so many changes in all."""
        key = side, field, count, made
        if key not in self._choices:
            self._choices[key] = list(self._choose(side, field, count, made))
        return self._choices[key]

    def _choose(self, side: Side, field: Field, count: int, made: bool) -> Iterator[Choice]:
        number = self.question.count
        strides: dict[tuple[int, Sizes], list[Settings]] = defaultdict(list)
        for each in side.fields[field]:
            strides[number(each.transforms), each.window.stride].append(each)
        for shift in side.made if made else side.shifts:
            rest = count - number(shift.transforms)
            for ((changes, _), alike), sight in itertools.product(strides.items(), self._suited(shift)):
                left = rest - changes - sight.count
                if left == 0:
                    yield Choice(alike, sight, shift, moved=False)
                if left == ("padding" not in self.question.unknown):
                    yield Choice(alike, sight, shift, moved=True)

    def _suited(self, shift: Shift) -> list[Sight]:
        """The readings whose samples tell a shift; they are the same for all of its kind."""
        key = shift.kind, shift.factor == 1
        if key not in self._sights_of:
            self._sights_of[key] = [sight for sight in self._sights if sight.suits(shift)]
        return self._sights_of[key]

    def _among(
        self, choices: list[Choice], side: Side, batch: Batch, shelf: Shelf, changes: int, field: Field
    ) -> Iterator[Transforms]:
        """The candidates with kernels of a shelf that have so many changes."""
        whole = batch.shape[0], shelf.outputs
        choices = [choice for choice in choices if all(map(int.__le__, choice.sight.shape, whole))]
        if not choices:
            return
        kernels = side.kernels(shelf, changes)
        grid = side.grid(field[0], shelf.spatial, batch.shape[2:], any(each.moved for each in choices))
        slack, noise = self._asked.slack, kernels.noise
        for part in batch.parts(math.prod(map(len, grid)) * max(kernels.rows.shape[::2])):
            response = Response(part, kernels, *field, grid, slack, noise, self.budget, side.unit)
            for choice in choices:
                if self.budget.spent:
                    return
                each = math.prod(response.shape) if choice.moved else math.prod(response.shape[:2])
                self.tested += each * len(choice.settings) * len(choice.sight.seen)
                self.budget.take(DECISION)
                hits = _decisive(response, choice)
                if hits[0].size:
                    for settings in choice.settings:
                        hypotheses = _Hypotheses(self.question, side, response, choice, settings)
                        for seen in choice.sight.seen:
                            yield from self._paid(hypotheses.that_fit(seen, hits))

    def _paid(self, candidates: Iterator[Transforms]) -> Iterator[Transforms]:
        """The candidates, as far as there is work left for them: a constant output is what many give."""
        for each in candidates:
            self.budget.take(CANDIDATE)
            if self.budget.spent:
                return
            yield each


def _decisive(response: Response, choice: Choice) -> Hits:
    """What gives the decisive samples."""
    targets, points = choice.sight.targets, [choice.point(place) for place in choice.sight.places]
    if choice.shift.kind == "exact":
        return response.near(points[0], choice.shift, targets[0])
    if choice.shift.kind == "ordered":
        return response.ordered(points, choice.shift)
    first, other = (response.everywhere(point, choice.shift.times) for point in points)
    return np.nonzero(response.related(first, other, choice.shift, targets))


@dataclass(frozen=True, eq=False)
class _Hypotheses:
    """The hypotheses of a response under one of the settings of a choice."""

    question: Question
    side: Side
    response: Response
    choice: Choice
    settings: Settings

    def that_fit(self, seen: Seen, hits: Hits) -> Iterator[Transforms]:
        """Those among the hits that give all samples under one reading, by every name that they have."""
        shape, lows = seen.reading.shape, self._lows
        meant = [(pairs, _there(masks, hits)) for pairs, whole, masks in lows.meant if _may_be(shape, whole)]
        if not self.choice.moved:
            for pairs, keep in meant:
                for kernel, taken, *_ in self._surviving(seen, hits, keep):
                    found = self._sorted(seen, kernel, taken, *self.settings.transforms)
                    yield _padded(found, pairs, self.settings.window)
            return
        sizes = tuple(known or whole for known, whole in zip(shape[2:], lows.conv.output_shape[2:]))
        tried = [some if size else none for some, none, size in zip(lows.tried, lows.unseen, shape[2:])]
        elsewhere = np.logical_and.reduce([_there(tried, hits), *(~there for _, there in meant)])
        for kernel, taken, *index in self._surviving(seen, hits, elsewhere):
            low = tuple(int(axis[i]) for axis, i in zip(self.response.grid, index))
            for change in self.question.named(paddings.changes(lows.conv, low, sizes), lows.conv):
                yield self._sorted(seen, kernel, taken, *self.settings.transforms, change)

    @cached_property
    def _lows(self) -> Lows:
        kernels, batch = self.response.kernels, self.response.batch
        shape = (kernels.rows.shape[1], kernels.inputs, *kernels.spatial)
        return self.side.placing(self.settings.window, shape, batch.shape, self.response.grid)

    def _surviving(self, seen: Seen, hits: Hits, keep: np.ndarray) -> Iterator[tuple[int, ...]]:
        """Those of the hits to keep that give all samples."""
        shift = self.choice.shift
        hits = hits if keep.all() else tuple(index[keep] for index in hits)
        if shift.kind == "ordered":
            points = [self.choice.point(place) for place in seen.places]
            return zip(*(index.tolist() for index in self.response.in_order(points, hits, shift)))
        for target, place in list(zip(seen.targets, seen.places))[len(self.choice.sight.places) :]:
            if not hits[0].size:
                break
            found = self.response.at(self.choice.point(place), hits, shift.times)
            if shift.kind == "exact":
                fits = self.response.fits(found, shift, target)
            else:
                first = self.response.at(self.choice.point(seen.places[0]), hits, shift.times)
                fits = self.response.related(first, found, shift, (seen.targets[0], target))
            hits = tuple(index[fits] for index in hits)
        return zip(*(index.tolist() for index in hits))

    def _sorted(self, seen: Seen, kernel: int, taken: int, *settings: Transform) -> Transforms:
        every = (
            *self.side.transforms,
            *self.response.batch.transforms[taken],
            *self.response.kernels.transforms[kernel],
            *settings,
            *self.choice.shift.transforms,
            *seen.reading.transforms,
        )
        return in_order(every)


def _padded(transforms: Transforms, pairs: Pairs, window: Window) -> Transforms:
    """The changes, with what the intended padding comes to under those of settings or, without any, of sizes."""
    of_settings = any(isinstance(each, Stride | Dilation | AxisSwap) for each in transforms)
    if not of_settings and pairs == window.padding:
        return transforms
    told = (Stride, Dilation, AxisSwap) if of_settings else Resizing
    return tuple(replace(each, padding=pairs) if isinstance(each, told) else each for each in transforms)


def _there(masks: list[np.ndarray], hits: Hits) -> np.ndarray:
    """Which of the hits lie where the masks over the axes of the grid are set."""
    return np.asarray(np.logical_and.reduce([mask[index] for mask, index in zip(masks, hits[2:])]))


def _may_be(seen: Sizes, whole: Sizes) -> bool:
    """Whether an output of shape `whole` is what is seen, or holds it where but a part of its channels is seen."""
    partial = seen[:2] != whole[:2]
    return all(a == b or a == 0 < b or (partial and a < b) for a, b in zip(seen[2:], whole[2:]))
