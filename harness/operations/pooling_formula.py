"""Pooling: windows that move over the input, each reduced to its maximum, its average or its norm.

    y[n, c, i..] = reduce over t.. of x[n, c, i * stride - low + t * dilation ..]

What lies in the padding is not counted by a maximum and adds nothing to a sum. By `ceil` the last window may reach
beyond the padding, if it begins before the padding on the high side does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from harness.canonical.axis import position
from harness.canonical.window import Pairs, padding_pair, span

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Axis:
    """The windows along one axis: input samples, taps, and the samples of padding on both sides."""

    n: int
    taps: int
    stride: int
    dilation: int
    low: int
    high: int
    ceil: bool

    @property
    def outputs(self) -> int:
        """Windows; none where the first does not fit."""
        room = self.n + self.low + self.high - span(self.taps, self.dilation)
        if room < 0:
            return 0
        count = (-(-room // self.stride) if self.ceil else room // self.stride) + 1
        beyond = (count - 1) * self.stride >= self.n + self.low
        return count - 1 if self.ceil and beyond else count

    @property
    def places(self) -> numpy.ndarray:
        """(outputs, taps): where each tap stands, counted from the first sample of the input."""
        outputs, taps = numpy.arange(self.outputs)[:, None], numpy.arange(self.taps)
        return numpy.asarray(position(outputs, taps, self.stride, self.low, self.dilation))

    @property
    def inside(self) -> numpy.ndarray:
        """(outputs, taps): which of them stand on the input."""
        return numpy.asarray((self.places >= 0) & (self.places < self.n))

    def counts(self, divisor: str) -> numpy.ndarray:
        """(outputs,): elements of a window that count; all, those before the end of the padding, those of the input."""
        if divisor == "window":
            return numpy.full(self.outputs, self.taps)
        counted = self.places < self.n + self.high if divisor == "padded" else self.inside
        return numpy.asarray(counted.sum(1))


def axes_of(sizes: Sequence[int], settings: Settings) -> list[Axis]:
    """The windows along each spatial axis of an input of these sizes."""
    rank = len(sizes)
    window, stride, dilation = (per_axis(settings[key], rank) for key in ("window", "stride", "dilation"))
    pairs = pairs_of(sizes, settings)
    ceil = settings["rounding"] == "ceil"
    each = zip(sizes, window, stride, dilation, pairs)
    return [Axis(n, k, s, d, low, high, ceil) for n, k, s, d, (low, high) in each]


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
    return bool(settings["reduce"] != "max")


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
    """(maxima, norms or sums; what sums are to be divided by)."""
    axes = axes_of(x.shape[2:], settings)
    rank, reduce = len(axes), settings["reduce"]
    taps = tuple(range(2 + rank, 2 + 2 * rank))
    index = [_along(numpy.clip(axis.places, 0, axis.n - 1), each, rank) for each, axis in enumerate(axes)]
    inside = math.prod(_along(axis.inside, each, rank) for each, axis in enumerate(axes)) > 0
    seen = x[(slice(None), slice(None), *index)]
    if reduce == "max":
        return np.where(inside, seen, 0.0 if settings.get("fill") == "zero" else -math.inf).max(axis=taps), None
    if reduce == "norm":
        p = float(settings["p"])
        return (np.where(inside, np.abs(seen) ** p, 0.0).sum(axis=taps)) ** (1 / p), None
    total = np.where(inside, seen, 0.0).sum(axis=taps)
    return total, counted(axes, settings["divisor"])


def counted(axes: Sequence[Axis], divisor: str) -> numpy.ndarray:
    """(*outputs): by what the sum of each window is divided, float64."""
    tables = numpy.meshgrid(*(axis.counts(divisor) for axis in axes), indexing="ij")
    return numpy.asarray(math.prod(tables), numpy.float64)


def _along(table: numpy.ndarray, axis: int, rank: int) -> numpy.ndarray:
    """A table (outputs, taps) of one axis where it stands among (*outputs, *taps) of all."""
    shape = [1] * (2 * rank)
    shape[axis], shape[rank + axis] = table.shape
    return table.reshape(shape)
