"""Pooling: windows that move over the input, each reduced to its maximum, its average or its norm.

Systems may take the minimum or the median instead, which no case means.

    y[n, c, i..] = reduce over t.. of x[n, c, i * stride - low + t * dilation ..]

What lies in the padding is not counted by a maximum and adds nothing to a sum. By `ceil` the last window may reach
beyond the padding, if it begins before the padding on the high side does. Where the size of the output is given
instead, window i of L along n samples is the bin from floor(i n / L) to ceil((i + 1) n / L), as in adaptive pooling.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import floordiv
from typing import Any

import numpy

from harness.canonical.window import Pairs
from harness.worker.spans import ceildiv, output_size, padding_pair, position, span

Settings = Mapping[str, Any]

KEPT = "ceil, with the last window even in the padding"
KEPT_UNPADDED = "ceil, with the last window even behind the input where nothing is padded"
"""Roundings that systems have: no window is dropped, or none without a padding (Caffe)."""
ZERO = "zero"
"""What systems take for the padding of a maximum."""
FIRST_CLIPPED = "a sum that becomes 0 at padded taps if it is below, first axis fastest"
LAST_CLIPPED = "a sum that becomes 0 at padded taps if it is below, last axis fastest"
CLIPPED = (FIRST_CLIPPED, LAST_CLIPPED)
"""What NNlib 0.6 takes for the padding of an average, and in which order it goes through the taps."""
SCALED = "scaled to the whole window"
"""What systems make of the norm of a window that reaches beyond the padding: its sum, times size / elements."""
MEDIAN, LOWER_MEDIAN = "median", "lower median"
"""Of as many numbers as 2 divides, the average of the two in the middle (NumPy), or the lower of them (PyTorch)."""
SMALL, MANY = 2**12, 2**9
"""Taps of all windows together up to which their places are kept, for so many settings."""


@dataclass(frozen=True)
class Axis:
    """The windows along one axis: input samples, taps, and the samples of padding on both sides."""

    n: int
    taps: int
    stride: int
    dilation: int
    low: int
    high: int
    rounding: str

    @cached_property
    def outputs(self) -> int:
        """Windows; none where the first does not fit."""
        padding, rounded = (self.low, self.high), floordiv if self.rounding == "floor" else ceildiv
        if span(self.taps, self.dilation) > self.n + sum(padding):
            return 0
        count = output_size(self.n, self.taps, self.stride, self.dilation, padding, rounded=rounded)
        beyond = position(count - 1, 0, self.stride, self.low, self.dilation) >= self.n
        return count - 1 if self.rounding == "ceil" and beyond else count

    @cached_property
    def places(self) -> numpy.ndarray:
        """(outputs, taps): where each tap stands, counted from the first sample of the input."""
        outputs, taps = numpy.arange(self.outputs)[:, None], numpy.arange(self.taps)
        return numpy.asarray(position(outputs, taps, self.stride, self.low, self.dilation))

    @cached_property
    def inside(self) -> numpy.ndarray:
        """(outputs, taps): which of them stand on the input."""
        return numpy.asarray((self.places >= 0) & (self.places < self.n))

    def counts(self, divisor: str) -> numpy.ndarray:
        """(outputs,): elements of a window that count; all, those before the end of the padding, those of the input."""
        if divisor == "window":
            return numpy.full(self.outputs, self.taps)
        counted = self.places < self.n + self.high if divisor == "padded" else self.inside
        return numpy.asarray(counted.sum(1))


@dataclass(frozen=True)
class Bins:
    """The windows along one axis that share its n samples among so many outputs; neighbours may have one in common."""

    n: int
    outputs: int

    @property
    def taps(self) -> int:
        """The samples of the longest bin, at most."""
        return self.n

    @property
    def edges(self) -> numpy.ndarray:
        """(outputs, 2): the first sample of each bin, and the one behind its last."""
        first = numpy.arange(self.outputs)
        return numpy.stack([first * self.n // self.outputs, -(-(first + 1) * self.n // self.outputs)], 1)

    @cached_property
    def places(self) -> numpy.ndarray:
        """(outputs, taps): the samples of each bin, and behind a short one some of the next."""
        first, last = self.edges.T
        return numpy.asarray(first[:, None] + numpy.arange((last - first).max(initial=0)))

    @cached_property
    def inside(self) -> numpy.ndarray:
        """(outputs, taps): which of them are its own."""
        return numpy.asarray(self.places < self.edges[:, 1:])

    def counts(self, divisor: str) -> numpy.ndarray:
        """(outputs,): the samples of each bin."""
        return numpy.asarray(self.inside.sum(1))


Axes = tuple[Axis | Bins, ...]


def axes_of(sizes: Sequence[int], settings: Settings) -> Axes:
    """The windows along each spatial axis of an input of these sizes."""
    rank = len(sizes)
    if "output_size" in settings:
        return tuple(map(Bins, sizes, per_axis(settings["output_size"], rank)))
    return moved(sizes, settings)


def moved(sizes: Sequence[int], settings: Settings) -> tuple[Axis, ...]:
    """The windows of one size that move along each spatial axis."""
    rank = len(sizes)
    window, stride, dilation = (per_axis(settings[key], rank) for key in ("window", "stride", "dilation"))
    pairs = pairs_of(sizes, settings)
    rounding = settings["rounding"]
    if rounding == KEPT_UNPADDED:
        rounding = "ceil" if any(map(any, pairs)) else KEPT
    each = zip(sizes, window, stride, dilation, pairs)
    return tuple(Axis(n, k, s, d, low, high, rounding) for n, k, s, d, (low, high) in each)


def per_axis(value: Any, rank: int) -> tuple[int, ...]:
    """One number for each axis."""
    return value if isinstance(value, tuple) else (value,) * rank


def pairs_of(sizes: Sequence[int], settings: Settings) -> Pairs:
    """(low, high) of each axis, where a word is given what it comes to."""
    padding, rank = settings["padding"], len(sizes)
    if not isinstance(padding, str):
        return padding if isinstance(padding, tuple) else ((padding, padding),) * rank
    steps = (per_axis(settings[key], rank) for key in ("window", "stride", "dilation"))
    return tuple(padding_pair(padding, *each) for each in zip(sizes, *steps))


def output_shape(shapes: Mapping[str, tuple[int, ...]], settings: Settings) -> tuple[int, ...]:
    return (*shapes["x"][:2], *(axis.outputs for axis in axes_of(shapes["x"][2:], settings)))


def rounds(settings: Settings) -> bool:
    return settings["reduce"] not in ("max", "min", LOWER_MEDIAN)


def formula(np: Any, arrays: Mapping[str, Any], settings: Settings) -> Any:
    """The reduction of every window."""
    total, count = _reduced(np, arrays["x"], settings)
    return total if count is None else total / count


def ways(settings: Settings) -> Iterator[Callable[..., Any]]:
    """A sum times the reciprocal of the count."""
    if settings["reduce"] == "average":
        yield _by_reciprocal


def _by_reciprocal(np: Any, arrays: Mapping[str, Any], settings: Settings) -> Any:
    total, count = _reduced(np, arrays["x"], settings)
    return total * (1 / np.maximum(count, 0.0))


def _reduced(np: Any, x: Any, settings: Settings) -> tuple[Any, numpy.ndarray | None]:
    """(what is made of each window, or its sum; what sums are to be divided by)."""
    axes, reduce, fill = axes_of(x.shape[2:], settings), settings["reduce"], settings.get("fill")
    rank = len(axes)
    taps = tuple(range(2 + rank, 2 + 2 * rank))
    index, inside = (_kept_tables if _small(axes) else _tables)(axes)
    seen = x[(slice(None), slice(None), *index)]
    if reduce in EXTREMES:
        name, beyond = EXTREMES[reduce]
        return getattr(np.where(inside, seen, 0.0 if fill == ZERO else beyond), name)(axis=taps), None
    if reduce in (MEDIAN, LOWER_MEDIAN):
        return _middle(np, np.where(inside, seen, math.inf), counted(axes, "valid"), reduce), None
    if reduce == "norm":
        powers = np.where(inside, np.abs(seen) ** float(settings["p"]), 0.0)
        return _norms(np, powers.sum(axis=taps), axes, settings), None
    total = _clipped(np, seen, inside, fill) if fill else np.where(inside, seen, 0.0).sum(axis=taps)
    return total, counted(axes, settings["divisor"])


EXTREMES = {"max": ("max", -math.inf), "min": ("min", math.inf)}
"""Reduction -> its function of an array, and what lies in the padding that it does not count."""


def _middle(np: Any, seen: Any, counts: numpy.ndarray, reduce: str) -> Any:
    """The medians of so many numbers of each window, those of (N, C, *outputs, *taps) that are largest left out."""
    line = np.sort(seen.reshape(*seen.shape[: 2 + counts.ndim], -1))
    places = numpy.ogrid[tuple(map(slice, counts.shape))]
    last = counts.astype(int)
    low, high = (line[(slice(None), slice(None), *places, at)] for at in ((last - 1) // 2, last // 2))
    middle = low if reduce == LOWER_MEDIAN else (low + high) / 2
    return np.where(line[..., -1] >= -math.inf, middle, line[..., -1])  # NaN, where one is


def _tables(axes: Axes) -> tuple[list[numpy.ndarray], numpy.ndarray]:
    """(for each axis where the taps of all windows stand, or the nearest sample; which of them stand on the input)."""
    rank = len(axes)
    index = [_along(numpy.clip(axis.places, 0, axis.n - 1), each, rank) for each, axis in enumerate(axes)]
    return index, numpy.asarray(math.prod(_along(axis.inside, each, rank) for each, axis in enumerate(axes)) > 0)


_kept_tables = lru_cache(MANY)(_tables)


def _small(axes: Axes) -> bool:
    return math.prod(axis.outputs * axis.taps for axis in axes) <= SMALL


def _norms(np: Any, total: Any, axes: Axes, settings: Settings) -> Any:
    """Roots of sums of powers."""
    if settings.get("overhang") == SCALED:
        total = total * (counted(axes, "window") / counted(axes, "padded"))
    return total ** (1 / float(settings["p"]))


def _clipped(np: Any, seen: Any, inside: numpy.ndarray, fill: str) -> Any:
    """Sums, tap after tap, that become 0 at each padded one where they are below."""
    sizes = inside.shape[inside.ndim // 2 :]
    total: Any = 0.0
    for tap in numpy.ndindex(*(sizes if fill == LAST_CLIPPED else sizes[::-1])):
        at = (..., *(tap if fill == LAST_CLIPPED else tap[::-1]))
        total = np.where(inside[at], total + seen[at], np.maximum(total, 0.0))
    return total


def counted(axes: Axes, divisor: str) -> numpy.ndarray:
    """(*outputs): by what the sum of each window is divided, float64."""
    return (_kept_counts if _small(axes) else _counts)(axes, divisor)


def _counts(axes: Axes, divisor: str) -> numpy.ndarray:
    tables = numpy.meshgrid(*(axis.counts(divisor) for axis in axes), indexing="ij")
    return numpy.asarray(math.prod(tables), numpy.float64)


_kept_counts = lru_cache(MANY)(_counts)


def _along(table: numpy.ndarray, axis: int, rank: int) -> numpy.ndarray:
    """A table (outputs, taps) of one axis where it stands among (*outputs, *taps) of all."""
    shape = [1] * (2 * rank)
    shape[axis], shape[rank + axis] = table.shape
    return table.reshape(shape)
