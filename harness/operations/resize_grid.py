"""Where the outputs of a resize stand in its input, exactly; formulas of ONNX's `Resize` for each name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

Settings = Mapping[str, Any]
COORDINATES = ("half_pixel", "half_pixel_symmetric", "align_corners", "asymmetric", "pytorch_half_pixel")
ROUNDINGS = ("floor", "ceil", "prefer_floor", "prefer_ceil")
SIZES: Mapping[str, Callable[[Fraction], int]] = {"floor": math.floor, "half_even": round, "ceil": math.ceil}
"""How a size is made of n scale."""
TABLE = 1024
"""Places between two samples for which TensorFlow's cubic kernels keep weights."""
ROUNDED: Mapping[str, type[np.floating[Any]]] = {
    "float32 step": np.float32,
    "float32 scale": np.float32,
    "float64 scale": np.float64,
}
"""In what systems have the places of nearest samples: times the samples of the input for one of the output, or by the
factor, by which float32 divides, and whose reciprocal float64 has."""
QUANTIZED = f"1/{TABLE}"
HALF, NONE = Fraction(1, 2), Fraction(0)


KEPT = 512
"""Lines and tables of weights that are kept, since a search asks for the same ones again and again."""


@dataclass(frozen=True, eq=False)
class Line:
    """Outputs along one axis: output i of `m` stands at (i + ahead) step + shift among `n` samples.

    shrunk: samples of the input for one of the output. precision: of ROUNDED, or QUANTIZED: in which places are kept.
    """

    n: int
    m: int
    shrunk: Fraction
    step: Fraction
    ahead: Fraction = NONE
    shift: Fraction = NONE
    precision: str = ""

    @cached_property
    def places(self) -> tuple[Fraction, ...]:
        """Where each output stands."""
        if self.precision in ROUNDED:
            return tuple(Fraction(float(each)) for each in self._rounded())
        places = [(i + self.ahead) * self.step + self.shift for i in range(self.m)]
        return tuple(Fraction(round(at * TABLE), TABLE) if self.precision else at for at in places)

    def _rounded(self) -> np.ndarray:
        kind = ROUNDED[self.precision]
        at = np.arange(self.m, dtype=kind) + kind(float(self.ahead))
        if self.precision == "float32 step" or not self.step:
            at = at * kind(float(self.step))
        else:
            scale = kind(float(1 / self.step))
            at = at / scale if kind is np.float32 else at * (1 / scale)
        return np.asarray(at + kind(float(self.shift)))

    def stretched(self, antialias: bool) -> Fraction:
        """How much wider the weights are; with antialiasing as much as the input is shrunk."""
        return max(Fraction(1), self.shrunk) if antialias else Fraction(1)


def lines_of(sizes: Sequence[int], settings: Settings) -> list[Line]:
    """The outputs along each axis of an input of these sizes."""
    return [_line(*each) for each in zip(sizes, *_per_axis(sizes, settings))]


def _per_axis(sizes: Sequence[int], settings: Settings) -> list[Sequence[Any]]:
    rank = len(sizes)
    scale = settings.get("scale") or (None,) * rank
    return [
        made(sizes, settings),
        scale if isinstance(scale, tuple) else (scale,) * rank,
        (settings.get("coordinates", "asymmetric"),) * rank,
        (settings.get("coordinate_precision", ""),) * rank,
    ]


def made(sizes: Sequence[int], settings: Settings) -> tuple[int, ...]:
    """The sizes of the output: those that are given, or n scale rounded down, unless `size_rounding` says otherwise."""
    size, scale = settings.get("size"), settings.get("scale")
    if size is None:
        factors = scale if isinstance(scale, tuple) else (scale,) * len(sizes)
        rule = SIZES[settings.get("size_rounding", "floor")]
        return tuple(rule(n * decimal(factor)) for n, factor in zip(sizes, factors))
    return size if isinstance(size, tuple) else (size,) * len(sizes)


def decimal(scale: float | None) -> Fraction:
    """A factor as it is written, which is what is meant by it: 1.7 is 17/10."""
    return Fraction(repr(float(1 if scale is None else scale)))


@lru_cache(maxsize=8 * KEPT)
def _line(n: int, m: int, scale: float | None, coordinates: str, precision: str) -> Line:
    shrunk = Fraction(n, max(m, 1)) if scale is None else 1 / decimal(scale)
    if coordinates == "align_corners":
        return Line(n, m, shrunk, Fraction(n - 1, m - 1) if m > 1 else NONE, precision=precision)
    if coordinates == "pytorch_half_pixel" and m == 1:
        return Line(n, m, shrunk, NONE, precision=precision)
    if coordinates == "asymmetric":
        return Line(n, m, shrunk, shrunk, precision=precision)
    shift = (n - m * shrunk) / 2 if coordinates == "half_pixel_symmetric" else NONE
    return Line(n, m, shrunk, shrunk, HALF, shift - HALF, precision)


# --- which samples an output meets -----------------------------------------------------------------------------------


@lru_cache(maxsize=KEPT)
def nearest(line: Line, rounding: str) -> np.ndarray:
    """(m,): the sample nearest to each output by a rule of ROUNDINGS, held inside the input."""
    rule: Callable[[Fraction], int] = {
        "floor": math.floor,
        "ceil": math.ceil,
        "prefer_floor": lambda at: math.ceil(at - HALF),
        "prefer_ceil": lambda at: math.floor(at + HALF),
    }[rounding]
    return np.asarray(np.clip(np.array([rule(at) for at in line.places], int), 0, line.n - 1))


@dataclass(frozen=True, eq=False)
class Taps:
    """What outputs meet along one axis. at: (m, taps) samples, which may lie outside. met: whether they are met at all.
    apart: how far from the output, in stretched samples, to float64."""

    at: np.ndarray
    met: np.ndarray
    apart: np.ndarray


@lru_cache(maxsize=KEPT)
def within(line: Line, radius: int, antialias: bool) -> Taps:
    """The samples no further than `radius`, stretched, from each output, those just at the end among them."""
    stretch = line.stretched(antialias)
    reach = radius * stretch
    at = _counted([math.ceil(place - reach) for place in line.places], math.floor(2 * reach) + 1)
    last = np.array([math.floor(place + reach) for place in line.places], int)
    highs = np.array([float(place) for place in line.places])
    lows = np.array([float(place - Fraction(high)) for place, high in zip(line.places, highs)])
    apart = np.abs((highs[:, None] - at) + lows[:, None]) / float(stretch)
    return Taps(at, at <= last[:, None], apart)


def _counted(lows: Sequence[int], count: int) -> np.ndarray:
    """(m, count): whole numbers from each of `lows` on."""
    return np.array(lows, int).reshape(-1, 1) + np.arange(count)


@lru_cache(maxsize=KEPT)
def covered(line: Line) -> Taps:
    """The samples that each output covers, from i step to (i + 1) step; each sample is one wide."""
    ends = [(math.floor(i * line.step), math.ceil((i + 1) * line.step)) for i in range(line.m)]
    at = _counted([low for low, _ in ends], max([high - low for low, high in ends], default=0))
    met = at < np.array([high for _, high in ends], int)[:, None]
    return Taps(at, met, np.zeros(at.shape))
