"""Number formats that systems compute in, and what these make of a number: rounded, wrapped, saturated, flushed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Rounding = Callable[[np.ndarray], np.ndarray]


def to_even(digits: int) -> Rounding:
    """Rounds float32 to `digits` binary digits, ties to even, as IEEE 754 does; its range is kept."""
    return lambda values: _cut(values, digits, lambda bits, drop: bits + (1 << (drop - 1)) - 1 + ((bits >> drop) & 1))


def away_from_zero(digits: int) -> Rounding:
    """Rounds float32 to `digits` binary digits, ties away from zero, as the conversion instructions of GPUs do."""
    return lambda values: _cut(values, digits, lambda bits, drop: bits + (1 << (drop - 1)))


def towards_zero(digits: int) -> Rounding:
    """Cuts float32 off after `digits` binary digits, as matrix units do that ignore the rest."""
    return lambda values: _cut(values, digits, lambda bits, drop: bits)


def significand(values: np.ndarray, digits: int) -> np.ndarray:
    """`values` rounded to so many binary digits, ties to even, in float64 and its range."""
    mantissa, exponent = np.frexp(values.astype(np.float64))
    return np.ldexp(np.rint(mantissa * 2.0**digits) / 2.0**digits, exponent)


def to_dtype(dtype: str) -> Rounding:
    """Rounds to a dtype of NumPy, with its range."""

    def rounding(values: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(values.astype(dtype).astype(np.float64))

    return rounding


def _cut(values: np.ndarray, digits: int, nudge: Callable[[np.ndarray, int], np.ndarray]) -> np.ndarray:
    """float32 whose last binary digits are set to zero once `nudge(bits, number of them)` has been applied."""
    drop = FLOAT32.digits - digits
    with np.errstate(over="ignore", under="ignore"):
        single = np.ascontiguousarray(values, np.float32)
    bits = nudge(single.view(np.uint32), drop) & np.uint32(0xFFFFFFFF ^ ((1 << drop) - 1))
    return np.where(np.isfinite(single), bits.astype(np.uint32).view(np.float32), single)


@dataclass(frozen=True)
class Format:
    """A floating-point format. roundings: the ways in which systems round to it, the usual one first.

    digits: binary digits of the significand. lowest: exponent of the smallest normal number. stored: whether results
    are kept in it, too; TF32 exists inside of a matrix unit only.
    """

    name: str
    digits: int
    lowest: int
    roundings: tuple[Rounding, ...]
    stored: bool = True

    @property
    def u(self) -> float:
        """The unit roundoff."""
        return 2.0**-self.digits

    @property
    def normal(self) -> float:
        """The smallest normal number; some systems take the subnormal ones below it for zero."""
        return 2.0**self.lowest

    @property
    def subnormal(self) -> float:
        """The spacing of the subnormal numbers."""
        return 2.0 ** (self.lowest + 1 - self.digits)

    def round(self, values: np.ndarray) -> np.ndarray:
        return self.roundings[0](values)

    def holds(self, values: np.ndarray) -> np.ndarray:
        """Where `values` are numbers of this format."""
        return np.asarray(self.round(values) == values)


FLOAT64 = Format("float64", 53, -1022, (to_dtype("float64"),))
FLOAT32 = Format("float32", 24, -126, (to_dtype("float32"),))
TF32 = Format("TF32", 11, -126, (to_even(11), away_from_zero(11), towards_zero(11)), stored=False)
FLOAT16 = Format("float16", 11, -14, (to_dtype("float16"),))
BFLOAT16 = Format("bfloat16", 8, -126, (to_even(8), towards_zero(8)))

FLOAT8 = Format("float8", 3, -14, (to_even(3),)), Format("float8", 4, -6, (to_even(4),))
LONG_DOUBLE = Format("long double", 64, -16382, (to_dtype("longdouble"),))

INPUTS = (TF32, BFLOAT16, FLOAT16)
"""Formats that systems round wider inputs to."""
DTYPES = {each.name: each for each in (FLOAT16, FLOAT32, FLOAT64)}
"""The floating-point dtypes of NumPy."""
FORMATS = {**DTYPES, **{each.name: each for each in INPUTS}}


def keeping(bits: int) -> str:
    """Names of the formats whose fraction has so many bits, one less than the significand has digits; "" for none."""
    every = (*FLOAT8, BFLOAT16, TF32, FLOAT16, FLOAT32, FLOAT64, LONG_DOUBLE)
    return " or ".join(each.name for each in every if each.digits == bits + 1)


def wrapped(values: np.ndarray, dtype: str) -> np.ndarray:
    """Whole numbers (float64) modulo 2**bits of an integer dtype, in its range: two's complement arithmetic."""
    info = np.iinfo(dtype)
    return np.asarray((values - info.min) % 2.0**info.bits + info.min)


def saturated(values: np.ndarray, dtype: str) -> np.ndarray:
    """Whole numbers (float64) held at the limits of an integer dtype."""
    info = np.iinfo(dtype)
    return np.asarray(np.clip(values, float(info.min), float(info.max)))


def flushed(values: np.ndarray, dtype: str) -> np.ndarray:
    """`values`, with zero for the subnormal numbers of `dtype`."""
    return np.where(np.abs(values) < DTYPES[dtype].normal, 0.0, values)
