"""Resizing: each output is a sum of the samples about the place where it stands, axis by axis.

    y[.., i, ..] = sum over j of weight(place(i) - j) x[.., j, ..]

Weights are those of a line between two samples, of Keys' cubic (1981, "Cubic convolution interpolation for digital
image processing") with the coefficient a, of Lanczos' windowed sinc, or the shares of samples that an output covers
(area). With antialias they are stretched where the input is shrunk, and divided by their sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import numpy

from harness.canonical.arithmetic import plain
from harness.operations.resize_grid import KEPT, Line, Settings, Taps, covered, lines_of, made, nearest, within
from harness.operations.resize_spline import splined

RADIUS = {"linear": 1, "cubic": 2, "lanczos3": 3, "lanczos5": 5}
"""How far a sample may be from an output that it adds to, in samples."""
INTERPOLATIONS = ("nearest", *RADIUS, "area")


FLAT, TERMS = 0.25, 27
"""Half turns below which a sine is summed from its series, and the last power that 30 digits take there."""


def output_shape(shapes: Mapping[str, tuple[int, ...]], settings: Settings) -> tuple[int, ...]:
    return (*shapes["x"][:2], *made(shapes["x"][2:], settings))


def rounds(settings: Settings) -> bool:
    return bool(settings["interpolation"] != "nearest")


def formula(np: Any, arrays: Mapping[str, Any], settings: Settings) -> Any:
    """The input resized along one axis after another."""
    x = arrays["x"]
    for axis, line in enumerate(lines_of(x.shape[2:], settings), 2):
        x = _along(np, x, axis, line, settings)
    return x


def ways(settings: Settings) -> Iterator[Callable[..., Any]]:
    """Nothing is computed otherwise with larger errors."""
    return iter(())


def _along(np: Any, x: Any, axis: int, line: Line, settings: Settings) -> Any:
    before = (slice(None),) * axis
    if settings["interpolation"] == "nearest":
        return x[(*before, nearest(line, settings["nearest_rounding"]))]
    at, weights = _weighed(np, line, Weighing.of(settings))
    if settings["interpolation"] == "spline" and np is plain:  # each output has all samples: too many side by side
        return numpy.moveaxis(numpy.tensordot(weights, x[(*before, at[0])], (1, axis)), 0, axis)
    shape = (*at.shape, *(1,) * (x.ndim - axis - 1))
    return (x[(*before, at)] * weights.reshape(shape)).sum(axis=axis + 1)


class Weighing(NamedTuple):
    """The settings that weights depend on, besides the places of outputs."""

    kind: str
    coefficient: float
    outside: str
    antialias: bool
    whole: bool

    @classmethod
    def of(cls, settings: Settings) -> Weighing:
        get = settings.get
        whole = get("area_samples") == "whole"
        return cls(
            settings["interpolation"],
            get("cubic_coefficient", 0.0),
            get("outside", "edge"),
            bool(get("antialias")),
            whole,
        )


@lru_cache(maxsize=KEPT)
def _weighed(np: Any, line: Line, how: Weighing) -> tuple[numpy.ndarray, Any]:
    """(samples (m, taps), those outside held at the edge; their weights in the arithmetic `np`)."""
    if how.kind == "spline":
        return splined(np, line, _places(np, line), how.outside)
    at, weights = _covered(np, line, how) if how.kind == "area" else _summed(np, line, how)
    return numpy.clip(at, 0, line.n - 1), weights


def _summed(np: Any, line: Line, how: Weighing) -> tuple[numpy.ndarray, Any]:
    """(samples (m, taps), which may lie outside; their weights)."""
    taps = within(line, RADIUS[how.kind], how.antialias)
    weights = np.where(taps.met, _kernel(np, line, taps, how), 0.0)
    inside = (taps.at >= 0) & (taps.at < line.n)
    counted = np.where(inside, weights, 0.0) if how.outside == "renormalize" else weights
    if how.outside == "renormalize" or how.antialias or how.kind.startswith("lanczos"):
        counted = counted / _total(np, counted)
    return taps.at, np.where(inside, counted, 0.0) if how.outside == "zero" else counted


def _total(np: Any, weights: Any) -> Any:
    """The sum for each output; 1 where there is nothing to divide."""
    total = weights.sum(axis=1, keepdims=True)
    return np.where(np.abs(total) > 0.0, total, 1.0)


def _kernel(np: Any, line: Line, taps: Taps, how: Weighing) -> Any:
    """The weight of each tap, by its distance to where the output stands."""
    apart = np.abs(_places(np, line).reshape((line.m, 1)) - taps.at * 1.0) / exact(np, line.stretched(how.antialias))
    if how.kind == "linear":
        return np.maximum(1.0 - apart, 0.0)
    if how.kind == "cubic":
        return _cubic(np, apart, taps.apart <= 1, how.coefficient)
    radius = float(RADIUS[how.kind])
    return _sinc(np, apart, taps.apart) * _sinc(np, apart / radius, taps.apart / radius)


def _places(np: Any, line: Line) -> Any:
    """Where each output stands, in the arithmetic `np`, by the steps in which systems compute it."""
    if line.precision:
        return np.abs(numpy.zeros(line.m)) + numpy.array([float(each) for each in line.places])
    return (numpy.arange(line.m) + float(line.ahead)) * exact(np, line.step) + exact(np, line.shift)


def exact(np: Any, value: Fraction) -> Any:
    """A ratio in the arithmetic `np`, to all digits that it has."""
    high = float(value)
    return np.abs(numpy.zeros(1)) + high + float(value - Fraction(high))


def _cubic(np: Any, d: Any, near: numpy.ndarray, a: float) -> Any:
    inner = ((a + 2) * d - (a + 3)) * d * d + 1.0
    outer = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return np.where(near, inner, outer)


def _sinc(np: Any, d: Any, apart: numpy.ndarray) -> Any:
    """sin(pi d) / (pi d), by its series where that is flat: 0 would be divided by 0."""
    flat = apart < FLAT
    angle = d * np.pi
    square, series = angle * angle, np.abs(numpy.zeros(apart.shape))
    for n in range(TERMS, 1, -2):
        series = (series + 1.0) * square / -float(n * (n - 1))
    return np.where(flat, series + 1.0, np.sin(angle) / np.where(flat, 1.0, angle))


def _covered(np: Any, line: Line, how: Weighing) -> tuple[numpy.ndarray, Any]:
    """Shares of samples in the stretch of the input that each output covers; `whole`: all that it touches alike."""
    taps = covered(line)
    inside = taps.met & (taps.at < line.n)
    if how.whole:
        weights = np.abs(inside * 1.0)
    else:
        low = (numpy.arange(line.m) * exact(np, line.step)).reshape((line.m, 1))
        ends = np.minimum(taps.at + 1.0, low + exact(np, line.step)), np.maximum(taps.at * 1.0, low)
        weights = np.where(inside, np.maximum(ends[0] - ends[1], 0.0), 0.0)
    return taps.at, weights / _total(np, weights)


def matrix(line: Line, settings: Settings) -> numpy.ndarray:
    """(m, n): the weight of each sample in each output, in float64."""
    found = numpy.zeros((line.m, line.n))
    if settings["interpolation"] == "nearest":
        at, weights = nearest(line, settings["nearest_rounding"])[:, None], numpy.ones((line.m, 1))
    else:
        at, weights = _weighed(plain, line, Weighing.of(settings))
    numpy.add.at(found, (numpy.broadcast_to(numpy.arange(line.m)[:, None], at.shape), at), weights)
    return found
