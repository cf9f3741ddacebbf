"""Lines through intervals: the simplest a z + b, with numbers per output channel, that keeps within limits everywhere.

What a system makes of a sum, undone, leaves an interval for what it was made of. z, low and high are
(channels, elements), in float64; an interval without ends says nothing, and where z is NaN nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

EVIDENCE = 20.0
"""Bits that one element may say of a line, at most."""
ZERO_POINTS = 2
"""Whole offsets above and below the one fitted that are tried."""
ROUNDS = 12
"""Times that violated limits are added to a linear program."""
AT_ONCE = 400
"""Limits that are added at a time."""
SOME = 1024
"""Elements of each channel that are looked at before many more are."""


@dataclass(frozen=True, eq=False)
class Line:
    """a z + b, with a and b for each channel. free: numbers of them that were fitted."""

    a: np.ndarray
    b: np.ndarray
    free: int

    def at(self, z: np.ndarray) -> np.ndarray:
        return np.asarray(self.a[:, None] * z + self.b[:, None])


@dataclass(frozen=True, eq=False)
class Intervals:
    """Limits of a z + b for each z."""

    z: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @cached_property
    def closed(self) -> np.ndarray:
        """Which elements have both limits."""
        return np.asarray(np.isfinite(self.low) & np.isfinite(self.high) & np.isfinite(self.z))

    @cached_property
    def middle(self) -> np.ndarray:
        low, high = (np.where(self.closed, each, 0) for each in (self.low, self.high))
        return np.asarray((low + high) / 2)

    @cached_property
    def _weights(self) -> np.ndarray:
        width = np.where(self.closed, self.high - np.where(self.closed, self.low, 0), np.inf)
        least = max(float(width.min(initial=np.inf)), float(np.finfo(float).tiny))
        return np.asarray(np.where(self.closed, (least / np.maximum(width, least)) ** 2, 0.0))

    @cached_property
    def some(self) -> Intervals | None:
        """At least SOME elements of each channel that have both limits; None where there are not many more."""
        known = [np.flatnonzero(each) for each in self.closed]
        if min(map(len, known), default=0) < SOME:
            return None
        chosen = np.unique(np.concatenate([each[:: len(each) // SOME] for each in known]))
        parts = (self.z, self.low, self.high)
        return Intervals(*(each[:, chosen] for each in parts)) if 4 * chosen.size < self.z.shape[1] else None

    def hold(self, line: Line) -> bool:
        """Whether a line keeps within all limits."""
        values = line.at(self.z)
        return not bool(((values < self.low) | (values > self.high)).any())

    def evidence(self, line: Line) -> float:
        """Bits by which the limits could have refuted a line: how much narrower they are than the line's own range.

        None where there are no more values than numbers that were fitted to them.
        """
        values = line.at(self.z)[self.closed]
        if values.size <= line.free:
            return 0.0
        width = (self.high - self.low)[self.closed]
        with np.errstate(divide="ignore", over="ignore"):
            bits = np.log2(np.ptp(values) / np.maximum(width, np.finfo(float).tiny))
        return float(np.clip(bits, 0, EVIDENCE).sum())

    def lines(self) -> Iterator[Line]:
        """Lines that hold, those with the fewest fitted numbers first; not all of one number of them."""
        if self.some and not any(True for _ in self.some.lines()):  # what holds for all of them holds for some
            return
        count = len(self.z)
        one, zero = np.ones(count), np.zeros(count)
        yield from self._holding([Line(one, zero, 0)])
        if not self.closed.any():  # nothing is known
            return
        both = [Line(*self._both(), 2 * count)]
        if not self._near(both[0]):
            return
        offset, factor = self._offset(one), self._factor()
        if count > 1:
            shared = self._shared()
            both.insert(0, Line(shared, self._offset(shared), count + 1))
        yield from self._holding([Line(one, offset, count), Line(factor, zero, count)])
        yield from self._holding(self._of_zero_point(both[0]))
        held = list(self._holding(both))
        yield from held
        if not held:
            yield from self._holding([line for each in both if self._near(each) for line in self._programmed(each)])

    def _near(self, line: Line) -> bool:
        """Whether a line of least squares leaves its limits by little, as one does that could be moved within them."""
        values, low, high = (each[self.closed] for each in (line.at(self.z), self.low, self.high))
        return bool((np.maximum(values - high, low - values) <= high - low).all())

    def _holding(self, lines: list[Line]) -> Iterator[Line]:
        yield from (line for line in lines if self.hold(line))

    def _offset(self, a: np.ndarray) -> np.ndarray:
        """The offset of each channel for these factors; that of all together where nothing is known of one."""
        apart = np.where(self.closed, self.middle - a[:, None] * np.where(self.closed, self.z, 0), 0)
        weights = self._weights.sum(axis=1)
        b = np.divide((self._weights * apart).sum(axis=1), weights, out=np.zeros(len(a)), where=weights > 0)
        return self._within(b, self.low - a[:, None] * self.z, self.high - a[:, None] * self.z)

    def _factor(self, b: float = 0.0) -> np.ndarray:
        """The factor of each channel with an offset."""
        z, weights = np.where(self.closed, self.z, 0), self._weights
        over = (weights * z * z).sum(axis=1)
        a = np.divide((weights * z * (self.middle - b)).sum(axis=1), over, out=np.ones(len(z)), where=over > 0)
        return self._within(a, *self._factors(b))

    def _factors(self, b: float) -> tuple[np.ndarray, np.ndarray]:
        """The limits of the factor that each element sets."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ends = np.sort([(self.low - b) / self.z, (self.high - b) / self.z], axis=0)
        told = self.z != 0
        return np.where(told, ends[0], -np.inf), np.where(told, ends[1], np.inf)

    def _of_zero_point(self, like: Line) -> list[Line]:
        """Lines whose offset is one whole number for all channels: one factor for all, then one for each."""
        count, middle = len(self.z), float(np.median(like.b))
        found = []
        for b in np.rint(middle) + np.arange(-ZERO_POINTS, ZERO_POINTS + 1):
            low, high = (end.reshape(1, -1) for end in self._factors(b))
            shared = self._within(np.array([float(np.median(like.a))]), low, high)
            found.append(Line(np.repeat(shared, count), np.full(count, b), 2))
            found.append(Line(self._factor(b), np.full(count, b), 1 + count))
        return sorted(found, key=lambda line: line.free)

    def _within(self, best: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """`best`, or the middle of what all limits leave where it is beyond that."""
        least = np.max(np.where(np.isfinite(low), low, -np.inf), axis=1)
        most = np.min(np.where(np.isfinite(high), high, np.inf), axis=1)
        outside = ((best < least) | (best > most)) & np.isfinite(least) & np.isfinite(most) & (least <= most)
        return np.where(outside, (np.where(outside, least, 0) + np.where(outside, most, 0)) / 2, best)

    def _both(self) -> tuple[np.ndarray, np.ndarray]:
        """Factor and offset of each channel by weighted least squares; (1, 0) where nothing is known."""
        weights, z = self._weights, np.where(self.closed, self.z, 0)
        total = np.maximum(weights.sum(axis=1), np.finfo(float).tiny)
        mean_z, mean_t = ((weights * each).sum(axis=1) / total for each in (z, self.middle))
        dz, dt = z - mean_z[:, None], self.middle - mean_t[:, None]
        over = (weights * dz * dz).sum(axis=1)
        a = np.divide((weights * dz * dt).sum(axis=1), over, out=np.ones(len(z)), where=over > 0)
        return a, np.where(weights.any(axis=1), mean_t - a * mean_z, 0.0)

    def _shared(self) -> np.ndarray:
        """One factor for all channels, whatever their offsets."""
        weights, z = self._weights, np.where(self.closed, self.z, 0)
        total = np.maximum(weights.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        dz = z - (weights * z).sum(axis=1, keepdims=True) / total
        over = float((weights * dz * dz).sum())
        return np.full(len(z), float((weights * dz * self.middle).sum()) / over if over else 1.0)

    def _programmed(self, line: Line) -> Iterator[Line]:
        """The line that keeps farthest within its limits, by a linear program; violated ones are added until none is.

        With one factor for all channels where `line` has.
        """
        from scipy.optimize import linprog  # a third of a second to import, for outputs that are rounded only

        count = len(self.z)
        factors = line.free - count
        shared = factors < count
        bounds = [*self._rows(shared, self.high, 1.0), *self._rows(shared, self.low, -1.0)]
        matrix, limit = (np.concatenate(parts) for parts in zip(*bounds))
        chosen = np.zeros(len(limit), bool)
        solution = np.concatenate([line.a[:factors], line.b, [0.0]])
        for _ in range(ROUNDS):
            over = matrix @ solution - limit
            if not (over > 0).any():
                break
            chosen[np.argsort(-over)[:AT_ONCE]] = True
            cost = np.zeros(len(solution))
            cost[-1] = -1.0  # the room that all limits leave
            free = [(None, None)] * (len(solution) - 1) + [(None, 1.0)]
            found = linprog(cost, matrix[chosen] + _room(len(solution)), limit[chosen], bounds=free, method="highs")
            if found.status != 0 or found.x[-1] < 0:
                return
            solution = np.concatenate([found.x[:-1], [0.0]])
        a = np.full(count, solution[0]) if shared else solution[:count]
        yield Line(a, solution[factors:-1], factors + count)

    def _rows(self, shared: bool, limits: np.ndarray, sign: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Rows and right sides of the limits of each channel: sign (a z + b) + room <= sign limit."""
        count = len(self.z)
        factors = 1 if shared else count
        for channel, (z, limit) in enumerate(zip(self.z, limits)):
            known = np.isfinite(limit) & np.isfinite(z)
            rows = np.zeros((int(known.sum()), factors + count + 1))
            rows[:, 0 if shared else channel] = sign * z[known]
            rows[:, factors + channel] = sign
            yield rows, sign * limit[known]


def _room(columns: int) -> np.ndarray:
    room = np.zeros(columns)
    room[-1] = 1.0
    return room
