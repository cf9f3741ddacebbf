"""Output elements of many hypotheses at once, in float32: kernel variants x input variants x paddings.

What one output element is under every padding is a response map: the windows that the paddings put under the element,
times all kernels, as one matrix product.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from harness.canonical.axis import sample
from harness.canonical.window import Linear
from harness.operations.budget import Budget
from harness.operations.windowed.search.outputs import Shift
from harness.operations.windowed.search.units import in_units
from harness.operations.windowed.search.variants import Order, Transforms
from harness.worker.spans import position

SINGLE = 2.0**-20
"""Share of the sum of magnitudes that float32 may be wrong by, with room for a thousand terms."""
FARTHEST = float(np.finfo(np.float32).max)
EACH, GATHERED, FOLLOWED = 6, 3, 20
"""Work (see `budget`): to compare an element, and, for each of its terms, to gather it for all or for one."""
AT_ONCE = 2**22
"""Numbers gathered at a time."""

Hits = tuple[np.ndarray, ...]
"""Indices into a response: kernels, inputs, low paddings along each axis."""


@dataclass(frozen=True)
class Point:
    """Where an output element stands: its image, its channel, and where its window starts before any padding."""

    image: int
    channel: int
    start: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Batch:
    """Variants of the input with equal sizes and as many changes; behind the end of every spatial axis stand a zero and
    what fills the padding.

    index: (variants, N, C, *spatial), int32, into `values`, which are float32 in units; NaN where one is not known.
    """

    transforms: list[Transforms]
    count: int
    index: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, orders: list[Order], count: int) -> Batch:
        """The batch of `orders`, which have one shape, of no values yet."""
        behind = [(0, 0)] * 3 + [(0, 1)] * (orders[0].index.ndim - 2)
        index = np.stack([each.index for each in orders])
        for each in range(2):
            index = np.pad(index, behind, constant_values=orders[0].index.size + each)
        return cls([each.transforms for each in orders], count, index, np.zeros(0, np.float32))

    def holding(self, conv: Linear, unit: int) -> Batch:
        """The same variants of another input, in units of 2**unit."""
        values = np.concatenate([conv.x.ravel().astype(np.float64), [0.0, conv.window.filling]])
        return replace(self, values=in_units(values, unit).astype(np.float32))

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """(N, C, *spatial), without what stands behind the ends."""
        return (*self.index.shape[1:3], *(size - 2 for size in self.index.shape[3:]))

    def parts(self, each: int) -> Iterator[Batch]:
        """The batch in parts, of which none takes many more than AT_ONCE numbers when a variant takes `each`."""
        step = max(AT_ONCE // each, 1)
        if step >= len(self.transforms):
            yield self
            return
        for start in range(0, len(self.transforms), step):
            some = slice(start, start + step)
            yield replace(self, transforms=self.transforms[some], index=self.index[some])


@dataclass(frozen=True, eq=False)
class Kernels:
    """Kernel variants of one shape: rows (variants, O, I * taps) and bias (variants, O), float32; NaN: not known."""

    transforms: list[Transforms]
    rows: np.ndarray
    bias: np.ndarray
    spatial: tuple[int, ...]
    groups: int

    @cached_property
    def inputs(self) -> int:
        """Input channels that an output sees."""
        return int(self.rows.shape[2]) // math.prod(self.spatial)

    @cached_property
    def noise(self) -> float:
        """How far off an output element is at most in float32, of inputs that are at most 1."""
        reach, bias = np.nansum(np.abs(self.rows), axis=2), np.nan_to_num(np.abs(self.bias))
        return SINGLE * float(reach.max() + bias.max())


@dataclass(frozen=True, eq=False)
class Response:
    """Output elements for `kernels` on a batch of inputs.

    grid: the low paddings of each spatial axis. slack, noise: how far off observed and computed values are at most.
    All values are in units of 2**unit.
    """

    batch: Batch
    kernels: Kernels
    dilation: tuple[int, ...]
    boundary: str
    base_dilation: tuple[int, ...]
    grid: list[np.ndarray]
    slack: float
    noise: float
    budget: Budget
    unit: int = 0
    _maps: dict[Point, np.ndarray] = field(default_factory=dict)
    _near: dict[tuple[Point, Shift], Hits] = field(default_factory=dict)
    _places: dict[tuple[int, int], np.ndarray] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        """(kernels, inputs, low paddings of each axis)."""
        return (len(self.kernels.rows), len(self.batch.transforms), *map(len, self.grid))

    def everywhere(self, point: Point, times: int) -> np.ndarray:
        """One output element in `shape`, with so many times the bias."""
        if point not in self._maps:
            self._maps[point] = self._product(point)
        self.budget.take(EACH * self._maps[point].size)
        bias = times * self.kernels.bias[:, point.channel]
        return self._maps[point] + bias.reshape(-1, *(1,) * (len(self.grid) + 1)) if bias.any() else self._maps[point]

    def _product(self, point: Point) -> np.ndarray:
        self.budget.take(
            math.prod(self.shape[1:]) * self.kernels.rows.shape[2] * (GATHERED + len(self.kernels.rows) // 8)
        )
        x = self._channels(point)
        places = np.zeros((1, 1), np.intp)
        for axis in range(len(self.grid)):  # taps and paddings of the axes so far, as flat indices
            spots = self._spots(axis, point).T
            places = places[:, np.newaxis, :, np.newaxis] * x.shape[2 + axis] + spots[:, np.newaxis]
            places = places.reshape(-1, places.shape[2] * places.shape[3])
        windows = self._gathered(x.reshape(*x.shape[:2], -1), places)
        columns = windows.reshape(len(x), self.kernels.rows.shape[2], -1)
        product: np.ndarray = self.kernels.rows[:, point.channel] @ columns  # input by input
        return product.swapaxes(0, 1).reshape(self.shape)

    def _gathered(self, x: np.ndarray, places: np.ndarray) -> np.ndarray:
        """The values at some places of each channel; all of it is looked up first where that is less to look up."""
        values = self.batch.values
        return values.take(x).take(places, axis=2) if places.size > x.shape[2] else values.take(x.take(places, axis=2))

    def near(self, point: Point, shift: Shift, target: float) -> Hits:
        """Where an output element, shifted, is the target; for one target at a point."""
        if (point, shift) not in self._near:
            self._near[point, shift] = np.nonzero(self.fits(self.everywhere(point, shift.times), shift, target))
        return self._near[point, shift]

    def fits(self, values: np.ndarray, shift: Shift, target: float) -> np.ndarray:
        """Where values, shifted exactly, may be the target; one that is not known (NaN) may be any."""
        if shift.modulus:
            apart = (np.ldexp(values - target, self.unit) + shift.modulus / 2) % shift.modulus - shift.modulus / 2
            return np.asarray(~(np.abs(apart) > 1 + math.ldexp(self.slack + self.noise, self.unit)))
        values = self._made(values, shift)
        middle, room = target / shift.factor, self.slack / abs(shift.factor) + self.noise
        low, high = min(max(middle - room, -FARTHEST), FARTHEST), min(max(middle + room, -FARTHEST), FARTHEST)
        return np.asarray(~((values < low) | (values > high)))

    def related(self, first: np.ndarray, other: np.ndarray, shift: Shift, targets: tuple[float, ...]) -> np.ndarray:
        """Where two elements may stand to each other as their targets do, but for what the shift leaves open."""
        return shift.related(first, other, targets, self.slack, self.noise)

    def _made(self, values: np.ndarray, shift: Shift) -> np.ndarray:
        """What the function of a shift makes of values."""
        if shift.function is None:
            return values
        return in_units(shift.function(in_units(values, -self.unit)), self.unit)

    def ordered(self, points: list[Point], shift: Shift) -> Hits:
        """Where elements rise from each of the points to the next, or fall."""
        values = [self._made(self.everywhere(point, shift.times), shift) for point in points]
        return np.nonzero(self._monotone(values))

    def _monotone(self, values: list[np.ndarray]) -> np.ndarray:
        """Where values rise, or fall, as far as their noise tells; of equal ones nothing makes different ones."""
        steps = [after - before for before, after in itertools.pairwise(values)]
        rise, fall = (np.logical_and.reduce([~(sign * step < -2 * self.noise) for step in steps]) for sign in (1, -1))
        return np.asarray((rise | fall) & np.logical_and.reduce([step != 0 for step in steps]))

    def in_order(self, points: list[Point], hits: Hits, shift: Shift) -> Hits:
        """Those of the hits at which elements rise, or fall, from each point to the next."""
        values: list[np.ndarray] = []
        for point in points:
            values.append(self._made(self.at(point, hits, shift.times), shift))
            if len(values) > 1:
                keep = self._monotone(values)
                hits, values = tuple(index[keep] for index in hits), [each[keep] for each in values]
            if not hits[0].size:
                break
        return hits

    def at(self, point: Point, hits: Hits, times: int) -> np.ndarray:
        """One output element for each of the hits, with so many times the bias."""
        self.budget.take(FOLLOWED * len(hits[0]) * self.kernels.rows.shape[2])
        step = max(AT_ONCE // self.kernels.rows.shape[2], 1)
        parts = range(0, len(hits[0]), step)
        values = [self._some(point, tuple(each[first : first + step] for each in hits)) for first in parts]
        bias = times * self.kernels.bias[hits[0], point.channel]
        return np.asarray(np.concatenate([*values, np.zeros(0, np.float32)]) + bias)

    def _some(self, point: Point, hits: Hits) -> np.ndarray:
        kernels, inputs, *low = hits
        rank, x = len(low), self._channels(point)
        spots = [self._spots(axis, point)[part] for axis, part in enumerate(low)]
        index = [
            each.reshape(len(each), 1, *(-1 if axis == other else 1 for other in range(rank)))
            for axis, each in enumerate(spots)
        ]
        channels = np.arange(x.shape[1]).reshape(1, -1, *(1,) * rank)
        windows = self.batch.values.take(x[(inputs.reshape(-1, *(1,) * (rank + 1)), channels, *index)])
        rows = self.kernels.rows[kernels, point.channel]
        return np.asarray(np.einsum("st,st->s", windows.reshape(rows.shape), rows))

    def _channels(self, point: Point) -> np.ndarray:
        """Indices of the channels that an output element sees: (variants, channels, *spatial)."""
        kernels = self.kernels
        group = point.channel * kernels.groups // kernels.rows.shape[1]
        part: np.ndarray = self.batch.index[:, point.image, group * kernels.inputs : (group + 1) * kernels.inputs]
        return part

    def _spots(self, axis: int, point: Point) -> np.ndarray:
        """Indices (paddings, taps) into the input's axis."""
        start, size = point.start[axis], self.batch.shape[2 + axis]
        if (axis, start) not in self._places:
            step, tap = self.dilation[axis], np.arange(self.kernels.spatial[axis])
            there = position(1, tap, start, self.grid[axis][:, np.newaxis], step)
            self._places[axis, start] = sample(there, size, self.boundary, self.base_dilation[axis])
        return self._places[axis, start]
