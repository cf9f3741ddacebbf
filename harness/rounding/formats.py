"""Number formats that systems compute in, and what these make of a number: rounded, wrapped, saturated, flushed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from harness.transform.base import Transform

FLOAT32_DIGITS = 24
SMALLEST_NORMAL = {"float32": 2.0**-126, "float64": 2.0**-1022}
"""Below these a floating-point type has subnormal numbers, which some systems take for zero."""

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


def to_dtype(dtype: str) -> Rounding:
    """Rounds to a dtype of NumPy, with its range."""

    def rounding(values: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(values.astype(dtype).astype(np.float64))

    return rounding


def _cut(values: np.ndarray, digits: int, nudge: Callable[[np.ndarray, int], np.ndarray]) -> np.ndarray:
    """float32 whose last binary digits are set to zero once `nudge(bits, number of them)` has been applied."""
    drop = FLOAT32_DIGITS - digits
    with np.errstate(over="ignore", under="ignore"):
        single = np.ascontiguousarray(values, np.float32)
    bits = nudge(single.view(np.uint32), drop) & np.uint32(0xFFFFFFFF ^ ((1 << drop) - 1))
    return np.where(np.isfinite(single), bits.astype(np.uint32).view(np.float32), single)


@dataclass(frozen=True)
class Format:
    """A floating-point format. roundings: the ways in which systems round to it, the usual one first.

    stored: whether results are kept in it, too; TF32 exists inside of a matrix unit only.
    """

    name: str
    digits: int
    roundings: tuple[Rounding, ...]
    stored: bool = True

    @property
    def u(self) -> float:
        """The unit roundoff."""
        return 2.0**-self.digits

    def round(self, values: np.ndarray) -> np.ndarray:
        return self.roundings[0](values)

    def holds(self, values: np.ndarray) -> np.ndarray:
        """Where `values` are numbers of this format."""
        return np.asarray(self.round(values) == values)


FLOAT32 = Format("float32", 24, (to_dtype("float32"),))
TF32 = Format("TF32", 11, (to_even(11), away_from_zero(11), towards_zero(11)), stored=False)
FLOAT16 = Format("float16", 11, (to_dtype("float16"),))
BFLOAT16 = Format("bfloat16", 8, (to_even(8), towards_zero(8)))


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
    return np.where(np.abs(values) < SMALLEST_NORMAL[dtype], 0.0, values)


@dataclass(frozen=True)
class Arithmetic(Transform):
    """The system computes the intended convolution in another arithmetic: a finding of the ladder, by its name."""

    id = "precision"

    finding: str

    def words(self) -> str:
        return f"choose full precision where it matters; the system's arithmetic shows {self.finding}"
