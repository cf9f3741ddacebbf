"""How an input was prepared that gave an output: channels in another order, a factor and an offset of each of them.

    y[n, o, i] - bias[o] = sum over c of  a[c] (w[o, c] . X[n, order[c]]) + d[c] (w[o, c] . V)

with products summed over taps. X is what the output sees of the input. V is what it sees of ones in its place, so that
a border of zeros has none where the padding came last, and ones throughout where it came first. All unknowns are in one
linear system.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from harness.canonical.axis import seen_at
from harness.canonical.window import CONSTANT, Linear
from harness.operations.transforms import in_order
from harness.operations.transforms.boundary import Boundary
from harness.operations.transforms.grouping import ChannelOrder, Groups
from harness.operations.transforms.preparing import Offset
from harness.operations.transforms.transform import applied
from harness.operations.transforms.values import Bias, Scale
from harness.operations.windowed.search.naming import called, short
from harness.operations.windowed.search.outputs import FACTORS
from harness.operations.windowed.search.question import Question
from harness.operations.windowed.search.variants import Transforms

FIRST, EVERY = 3, 4000
"""Equations for each unknown by which a hypothesis is refuted; equations that are solved of one that is not."""
TERMS = 4_000_000
"""Terms that the sums of all equations may have together."""
SPARE = 6
"""Equations, at least, beyond the unknowns."""
SCALED, CHANNELS = 64, 12
"""Input channels up to which a factor of each is solved for, and their order, where each pair is an unknown."""
ROUNDING = 2.0**-19
"""Share of the terms of a sum by which float32 may be off."""
NEARLY = 4.0
"""How many times its room an equation may be off that are solved by least squares, which others within it may solve."""
LEAST = 1e-3
"""Share of the largest error of an output that each is taken to have at least."""
SAME = 1e-4
"""How far an element of a matrix that reorders channels may be from nothing, as a share of the largest."""
NAMES = {**FACTORS, "1 / 127.5": 1 / 127.5, "1 / 127": 1 / 127, "1 / 128": 1 / 128, "1 / 256": 1 / 256}
"""Factors of pictures that have a name."""

Ways = list[Transforms]
"""One explanation, with short numbers first, then as they were fitted."""


@dataclass(frozen=True, eq=False)
class Seen:
    """Some known outputs: `values` less the bias and what a padding adds that is filled with a number, `channel`, and
    by how much each may be off; what they see of each input channel under each tap,
    (outputs, C of the group, taps), and what of ones."""

    conv: Linear
    values: np.ndarray
    channel: np.ndarray
    room: np.ndarray
    x: np.ndarray
    ones: np.ndarray

    @classmethod
    def of(cls, conv: Linear, question: Question, places: np.ndarray) -> Seen:
        shape = (len(places), conv.w.shape[1], -1)
        unfilled = replace(conv, window=conv.window.bounded("zero")) if conv.window.filling else conv
        ones = replace(unfilled, x=np.ones_like(conv.x, np.float64))
        seen, there = (seen_at(each, places).reshape(shape) for each in (unfilled, ones))
        values = question.observed[tuple(places.T)] - conv.offsets.astype(np.float64)[places[:, 1]]
        found = cls(conv, values, places[:, 1], _room(question, places), seen, there)
        return replace(found, values=values - conv.window.filling * found.filled) if conv.window.filling else found

    @cached_property
    def w(self) -> np.ndarray:
        """The kernel of each output, (outputs, C, taps)."""
        w = self.conv.w.astype(np.float64)
        return np.asarray(w.reshape(*w.shape[:2], -1)[self.channel])

    @cached_property
    def mixed(self) -> np.ndarray:
        """Sums of the kernel of one channel with the input of another, (outputs, C * C)."""
        return np.asarray(np.einsum("pct,pdt->pcd", self.w, self.x).reshape(len(self.x), -1))

    @cached_property
    def own(self) -> np.ndarray:
        """What each channel of the input gives, (outputs, C)."""
        return self._of_inputs((self.w * self.x).sum(axis=2))

    def added(self, padded: bool) -> np.ndarray:
        """What an offset of one in each channel adds, (outputs, C)."""
        return self._of_inputs(self.w.sum(axis=2) if padded else (self.w * self.ones).sum(axis=2))

    def _of_inputs(self, each: np.ndarray) -> np.ndarray:
        """Numbers for the channels of an output's group, as those of all channels: 0 for what it does not see."""
        inputs, groups = each.shape[1], self.conv.window.groups
        first = self.channel * groups // len(self.conv.w) * inputs
        found = np.zeros((len(each), groups * inputs))
        np.put_along_axis(found, first[:, None] + np.arange(inputs), each, axis=1)
        return found

    @property
    def filled(self) -> np.ndarray:
        """What ones in the padding add, (outputs,)."""
        return np.asarray((self.added(True) - self.added(False)).sum(axis=1))

    def of_sums(self) -> np.ndarray:
        """What a bias of one in each output channel adds, (outputs, O)."""
        return np.asarray(np.eye(len(self.conv.w))[self.channel])

    def solved(self, matrix: np.ndarray, values: np.ndarray, slack: float, whole: bool = True) -> np.ndarray | None:
        """The unknowns, where they are fewer than the equations and give the values; `whole`: no other ones do."""
        known = np.isfinite(matrix).all(axis=1)
        matrix, values, weight = matrix[known], values[known], self.weight[known]
        if len(matrix) < matrix.shape[1] + SPARE:
            return None
        if not matrix.shape[1]:
            return None if np.abs(values).max() > slack else np.zeros(0)
        found, _, rank, _ = np.linalg.lstsq(matrix * weight[:, None], values * weight, rcond=None)
        room = slack + ROUNDING * float((np.abs(matrix) @ np.abs(found)).max(initial=0))
        fits = (rank == matrix.shape[1] or not whole) and np.abs(matrix @ found - values).max() <= room
        return np.asarray(found) if fits else None

    def with_order(self, order: tuple[int, ...]) -> Seen:
        return replace(self, x=self.x[:, list(order)])

    def ways(self, matrix: np.ndarray, values: np.ndarray, found: np.ndarray) -> Iterator[np.ndarray]:
        """The unknowns with short numbers, as they were found, and as no output is off by more than its room."""
        off = errors(matrix * self.weight[:, None], values * self.weight, found)
        yield from (shortened(found, off), found)
        if self.room.all() and 1 < (np.abs(matrix @ found - values) / self.room).max() <= NEARLY:
            best = within(matrix / self.room[:, None], values / self.room)
            yield from () if best is None else (shortened(best, off), best)

    @property
    def weight(self) -> np.ndarray:
        """What each output weighs beside others: the less, the more it may be off."""
        most = self.room.max(initial=0.0)
        return np.asarray(most / np.maximum(self.room, LEAST * most)) if most else np.ones(len(self.room))


def _room(question: Question, places: np.ndarray) -> np.ndarray:
    if question.room is None or question.room.shape != question.observed.shape:
        return np.full(len(places), question.slack)
    return np.asarray(question.room[tuple(places.T)])


def prepared(question: Question, every: Iterable[Transforms]) -> Iterator[Ways]:
    """Preparations of the input that give what was observed, with each of some changes of the window or the kernel."""
    places = _places(question)
    if not len(places) or np.ptp(question.observed[tuple(places.T)]) <= 2 * question.slack:
        return  # nothing of the input is left
    for changes in (each for some in every for each in _reversed_in_groups(question, some)):
        conv = applied(question.form, changes)
        if conv.output_shape == question.observed.shape:
            yield from _of_field(question, conv, changes, places)


def _reversed_in_groups(question: Question, changes: Transforms) -> list[Transforms]:
    """The changes, and those with the channels of the input reversed where groups allow no order to be solved for."""
    backwards = ChannelOrder("input", "reversed")
    alone = question.form.window.groups == 1 or any(isinstance(each, ChannelOrder | Groups) for each in changes)
    return [changes] if alone else [changes, in_order((*changes, backwards))]


def _places(question: Question) -> np.ndarray:
    """Known outputs, as many as are looked at: near the ends of the axes and anywhere by turns."""
    known = np.random.default_rng(0).permutation(np.argwhere(np.isfinite(question.observed)))
    known = known[: min(EVERY, TERMS // question.form.terms)]
    sizes, reach = question.observed.shape[2:], question.form.w.shape[2:]
    ends = ((known[:, 2:] < np.subtract(reach, 1)) | (known[:, 2:] > np.subtract(sizes, reach))).any(axis=1)
    turn = np.where(ends, np.cumsum(ends), np.cumsum(~ends))
    return known[np.argsort(turn, kind="stable")]


def _of_field(question: Question, conv: Linear, changes: Transforms, places: np.ndarray) -> Iterator[Ways]:
    channels = conv.x.shape[1]
    if channels > SCALED:
        return
    few = Seen.of(conv, question, places[: FIRST * (2 * channels + SPARE)])
    paddings = (False, True) if any(map(any, conv.window.padding)) else (False,)
    for padded in paddings:
        constant = few.of_sums() if padded else few.added(padded)
        if few.solved(np.hstack([few.own, constant]), few.values, question.slack, whole=False) is not None:
            yield from _simplest(question, Seen.of(conv, question, places), changes, (), padded)
            break  # the other one says the same where this one does
    if 1 < channels <= CHANNELS and conv.window.groups == 1:
        yield from _reordered(question, conv, changes, places, paddings)
    stated = conv.window.boundary in ("zero", CONSTANT) and not any(isinstance(each, Boundary) for each in changes)
    if paddings[1:] and max(conv.window.base_dilation) == 1 and stated:
        yield from _filled(question, few, changes)


def _reordered(
    question: Question, conv: Linear, changes: Transforms, places: np.ndarray, paddings: tuple[bool, ...]
) -> Iterator[Ways]:
    """Preparations in which channels change places, too."""
    channels = conv.x.shape[1]
    few = Seen.of(conv, question, places[: FIRST * (channels * (channels + 1) + SPARE)])
    for padded in paddings:
        constant = few.of_sums() if padded else few.added(padded)
        found = few.solved(np.hstack([few.mixed, constant]), few.values, question.slack, whole=False)
        order = None if found is None else _order(found[: channels**2].reshape(channels, channels))
        if order is not None:
            seen = Seen.of(conv, question, places).with_order(order)
            yield from _simplest(question, seen, changes, (_named_order(order),), padded)
            return


def _order(mixing: np.ndarray) -> tuple[int, ...] | None:
    """The channel that stands in place of each, if each has one of its own and not all are where they were."""
    order = np.abs(mixing).argmax(axis=1)
    rest = mixing.copy()
    rest[np.arange(len(mixing)), order] = 0
    plain = np.abs(rest).max() > SAME * np.abs(mixing).max() or sorted(order) == list(order)
    return None if plain or len(set(order.tolist())) < len(order) else tuple(order.tolist())


def _named_order(order: tuple[int, ...]) -> ChannelOrder:
    backwards = order == tuple(range(len(order)))[::-1]
    return ChannelOrder("input", "reversed") if backwards else ChannelOrder("input", "any", order=order)


def _filled(question: Question, few: Seen, changes: Transforms) -> Iterator[Ways]:
    """A padding that is filled with a number, or with another one."""
    column = few.filled[:, None]
    missing = few.values - few.own.sum(axis=1)
    found = few.solved(column, missing, question.slack) if np.count_nonzero(column) > 1 else None
    if found is not None and abs(found[0]) > question.slack:
        number = found + few.conv.window.filling
        ways = shortened(number, errors(column, missing, found)), number
        yield [in_order((*changes, Boundary(CONSTANT, float(way[0])))) for way in ways]


# --- the simplest numbers --------------------------------------------------------------------------------------------


def _simplest(question: Question, seen: Seen, changes: Transforms, order: Transforms, padded: bool) -> Iterator[Ways]:
    """The preparation with the fewest numbers that gives all values."""
    constants = ("none", "alike", "each", *(["sums"] if padded or not any(map(any, seen.conv.window.padding)) else []))
    for factors, offsets in itertools.product(("one", "alike", "each"), constants):
        constant = seen.of_sums() if offsets == "sums" else columns(seen.added(padded), offsets)
        parts = [columns(seen.own, factors), constant]
        values = seen.values - (seen.own.sum(axis=1) if factors == "one" else 0)
        matrix = np.hstack(parts)
        if (found := seen.solved(matrix, values, question.slack)) is None:
            continue
        count, channels = parts[0].shape[1], seen.conv.x.shape[1]
        kind = offsets if offsets == "sums" else "padded" if padded else ""
        named = [
            (*scaled(channels, way[:count]), *added(channels, way[count:], kind))
            for way in seen.ways(matrix, values, found)
        ]
        yield [in_order((*changes, *order, *each)) for each in named]
        return


def columns(each: np.ndarray, kind: str) -> np.ndarray:
    if kind in ("one", "none"):
        return each[:, :0]
    return each if kind == "each" else each.sum(axis=1, keepdims=True)


def errors(matrix: np.ndarray, values: np.ndarray, found: np.ndarray) -> np.ndarray:
    """By how much the unknowns may be off, as what they leave says: some standard deviations of least squares."""
    left = matrix @ found - values
    inverse = np.linalg.pinv(matrix)
    return np.asarray(5 * np.sqrt((inverse**2) @ (left**2)) + 2.0**-50 * np.abs(found))


def within(matrix: np.ndarray, values: np.ndarray) -> np.ndarray | None:
    """The unknowns with which no equation is off by more than 1: those of which the most off is so least."""
    from scipy.optimize import linprog  # a third of a second to import, for outputs that are rounded only

    count = matrix.shape[1]
    rows = np.vstack([np.column_stack([sign * matrix, -np.ones(len(matrix))]) for sign in (1, -1)])
    limits = np.concatenate([values, -values])
    free = [(None, None)] * count + [(0, None)]
    found = linprog([0.0] * count + [1.0], rows, limits, bounds=free, method="highs")
    return np.asarray(found.x[:count]) if found.status == 0 and found.x[-1] <= 1 else None


def shortened(found: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Numbers by their names, or with few digits, where these lie within their errors."""
    return np.array([_nearest(*each) for each in zip(found, errors)])


def _nearest(value: float, error: float) -> float:
    named = next((each for each in NAMES.values() if abs(each - value) <= error), None)
    return short(value, value - error, value + error) if named is None else named


def scaled(channels: int, factors: np.ndarray) -> Transforms:
    """The factors of the input's channels, which may be one for all."""
    if not len(factors) or (factors == 1).all():
        return ()
    name = next((name for name, factor in NAMES.items() if (factors == factor).all()), called(factors))
    return (Scale(name, tuple(np.resize(factors, channels).tolist()), "input"),)


def added(channels: int, offsets: np.ndarray, kind: str) -> Transforms:
    """What is added to the channels of the input, or to the sums."""
    if not offsets.any():
        return ()
    if kind == "sums":
        return (Bias("unknown", tuple(offsets.tolist())),)
    return (Offset(tuple(np.resize(offsets, channels).tolist()), kind == "padded"),)
