"""Arithmetic that carries its errors: for every number, how far off a computed one may be (Higham 2002, section 3.3,
"running error analysis"; Wilkinson 1963).

Errors are in units of the roundoff u. Each operation adds one for its own rounding, as a share of its result; a
function such as the exponential adds LIBRARY. What was off before is carried through. Errors that are given with the
data, as those of printed digits, may be large: products of two errors and the change of a slope over them count, too.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from harness.canonical.arithmetic import plain
from harness.canonical.arithmetic.parts import Axes, Parts

U = 2.0**-53
"""What an error is a multiple of, where it is more than a count."""
LIBRARY = 8.0
"""Errors of a function of a library: 4 units in the last place. Vectorized ones promise 1 to 4 (SLEEF, Eigen, SVML)."""
FARTHEST = 1024.0
"""Beyond it from 0, the exponential is 0 or infinite."""
ERROR_FUNCTION = 16.0
"""Errors of an error function, in units of 1 and not of its value: approximations of it are of the form 1 - r(x).

oneDNN's in a GELU: Abramowitz & Stegun 1964, 7.1.26 (1.5e-7, and 6 units as its terms cancel near 0; 8.9 were measured
with SSE4.1 and AVX2), or with AVX-512 polynomials (11.6 were measured near 3.5).
"""


class Bounded(Parts):
    """Numbers `value`, float64, of which computed ones are off by at most `error` times u."""

    def __init__(self, value: Any, error: Any = 0.0) -> None:
        value, error = np.broadcast_arrays(np.asarray(value, np.float64), np.asarray(error, np.float64))
        self.parts = value, error

    @property
    def value(self) -> np.ndarray:
        return self.parts[0]

    @property
    def error(self) -> np.ndarray:
        return self.parts[1]

    @property
    def reach(self) -> np.ndarray:
        """The error as a distance."""
        return np.asarray(self.error * U)

    def __neg__(self) -> Bounded:
        return Bounded(-self.value, self.error)

    def __add__(self, other: Any) -> Bounded:
        other = lifted(other)
        total = self.value + other.value
        return Bounded(total, self.error + other.error + np.abs(total))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Bounded:
        return self + -lifted(other)

    def __rsub__(self, other: Any) -> Bounded:
        return lifted(other) - self

    def __mul__(self, other: Any) -> Bounded:
        other = lifted(other)
        product = self.value * other.value
        carried = np.abs(self.value) * other.error + (np.abs(other.value) + other.reach) * self.error
        return Bounded(product, carried + np.abs(product))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Bounded:
        other = lifted(other)
        quotient = self.value / other.value
        nearest = np.maximum(np.abs(other.value) - other.reach, 0.0)
        return Bounded(quotient, (self.error + np.abs(quotient) * other.error) / nearest + np.abs(quotient))

    def __rtruediv__(self, other: Any) -> Bounded:
        return lifted(other) / self

    def __pow__(self, power: Any) -> Bounded:
        if isinstance(power, int) and 0 < power <= 8:
            return self.raised(power)
        positive, power = self.value > 0, lifted(power)
        grown = exp(power * log(where(positive, self, 1.0)))
        return where(positive, grown, np.power(self.value, power.value))

    def __rpow__(self, base: Any) -> Bounded:
        return lifted(base) ** self

    def __gt__(self, other: Any) -> Doubtful:
        other = lifted(other)
        apart = self.value - other.value
        return Doubtful(apart > 0, np.abs(apart) <= self.reach + other.reach)

    def __ge__(self, other: Any) -> Doubtful:
        below: Doubtful = lifted(other) > self
        return below.turned()

    def __lt__(self, other: Any) -> Doubtful:
        return lifted(other) > self

    def __le__(self, other: Any) -> Doubtful:
        above: Doubtful = self > other
        return above.turned()

    def sum(self, axis: Axes, keepdims: bool = False) -> Bounded:
        """The sum in any order: min(n, 4 sqrt(n)) of its magnitudes, as roundings of one sum hardly all add up."""
        line = self.lined_up(axis)
        roundings = min(len(line) - 1, 4 * math.sqrt(len(line)))
        total = Bounded(line.value.sum(0), (line.error + roundings * np.abs(line.value)).sum(0))
        return self.kept(total, axis) if keepdims else total

    def max(self, axis: Axes, keepdims: bool = False) -> Bounded:
        return self.reduced(axis, maximum, keepdims)

    def min(self, axis: Axes, keepdims: bool = False) -> Bounded:
        return self.reduced(axis, minimum, keepdims)


class Doubtful:
    """Answers, and where errors could turn them round."""

    def __init__(self, value: np.ndarray, doubt: np.ndarray) -> None:
        self.value, self.doubt = value, doubt

    def __and__(self, other: Doubtful) -> Doubtful:
        return Doubtful(self.value & other.value, self.doubt | other.doubt)

    def __or__(self, other: Doubtful) -> Doubtful:
        return Doubtful(self.value | other.value, self.doubt | other.doubt)

    def turned(self) -> Doubtful:
        return Doubtful(np.logical_not(self.value), self.doubt)

    __invert__ = turned


def lifted(value: Any) -> Bounded:
    """An array as exact numbers, bounded ones as they are; a number of many digits was rounded once."""
    if isinstance(value, Bounded):
        return value
    rounded = isinstance(value, float) and math.isfinite(value) and float(np.float16(value)) != value
    return Bounded(value, np.abs(value) if rounded else 0.0)


# --- functions -------------------------------------------------------------------------------------------------------

pi = Bounded(np.pi, np.pi)


def _of_library(value: np.ndarray, carried: np.ndarray) -> Bounded:
    """A value of a function, whose own errors come to those that it carries through."""
    return Bounded(value, carried + LIBRARY * np.abs(value))


def where(condition: Any, chosen: Any, otherwise: Any) -> Bounded:
    """Where the condition is in doubt, either may have been chosen."""
    asked = condition if isinstance(condition, Doubtful) else Doubtful(np.asarray(condition), np.asarray(False))
    one, other = lifted(chosen), lifted(otherwise)
    with np.errstate(invalid="ignore"):
        either = np.maximum(one.error, other.error) + np.abs(one.value - other.value) / U
    value = np.where(asked.value, one.value, other.value)
    return Bounded(value, np.where(asked.doubt, either, np.where(asked.value, one.error, other.error)))


def exact(x: Any) -> Bounded:
    """The same numbers, taken for exact."""
    return Bounded(lifted(x).value)


def abs(x: Any) -> Bounded:
    x = lifted(x)
    return Bounded(np.abs(x.value), x.error)


def maximum(a: Any, b: Any) -> Bounded:
    """The larger one: off by no more than the one that is larger may be, or either where both may be it."""
    return _chosen(lifted(a), lifted(b), 1.0)


def minimum(a: Any, b: Any) -> Bounded:
    return _chosen(lifted(a), lifted(b), -1.0)


def sort(x: Any) -> Bounded:
    """Along the last axis, smallest first, NaN last: the number in each place is off by no more than any of them is."""
    x = lifted(x)
    return Bounded(np.sort(x.value), x.error.max(axis=-1, keepdims=True))


def _chosen(a: Bounded, b: Bounded, sign: float) -> Bounded:
    apart, reach = sign * (a.value - b.value), a.reach + b.reach
    both = np.where(np.abs(apart) <= reach, np.maximum(a.error, b.error), np.where(apart > 0, a.error, b.error))
    value = np.maximum(a.value, b.value) if sign > 0 else np.minimum(a.value, b.value)
    return Bounded(value, both)


def sqrt(x: Any) -> Bounded:
    x = lifted(x)
    root = np.sqrt(x.value)
    lowest = np.sqrt(np.maximum(x.value - x.reach, 0.0))
    return Bounded(root, np.where(x.error > 0, x.error / (root + lowest), 0.0) + np.abs(root))


def exp(x: Any) -> Bounded:
    """Off by |x| besides: where nothing fuses, x - n log 2 rounds n log 2 (a softmax of oneDNN with SSE4.1)."""
    x = lifted(x)
    reduced = np.minimum(np.abs(x.value), FARTHEST)
    return _of_library(np.exp(x.value), np.exp(x.value) * (np.expm1(x.reach) / U + reduced))


def expm1(x: Any) -> Bounded:
    x = lifted(x)
    return _of_library(np.expm1(x.value), np.exp(x.value) * np.expm1(x.reach) / U)


def log(x: Any) -> Bounded:
    x = lifted(x)
    return _of_library(np.log(x.value), x.error / np.maximum(x.value - x.reach, 0.0))


def log1p(x: Any) -> Bounded:
    x = lifted(x)
    return _of_library(np.log1p(x.value), x.error / np.maximum(1 + x.value - x.reach, 0.0))


def sin(x: Any) -> Bounded:
    """Nowhere steeper than 1; what is left of a whole number of half turns is as far off as the argument."""
    x = lifted(x)
    return Bounded(np.sin(x.value), x.error + LIBRARY * np.abs(np.sin(x.value)))


def tanh(x: Any) -> Bounded:
    """Steepest where it is nearest to 0."""
    x = lifted(x)
    nearest = np.maximum(np.abs(x.value) - x.reach, 0.0)
    return _of_library(np.tanh(x.value), (1 - np.tanh(nearest) ** 2) * x.error)


def erf(x: Any) -> Bounded:
    """Steepest where it is nearest to 0."""
    x = lifted(x)
    nearest = np.maximum(np.abs(x.value) - x.reach, 0.0)
    carried = 2 / math.sqrt(math.pi) * np.exp(-(nearest**2)) * x.error
    return Bounded(plain.erf(x.value), carried + ERROR_FUNCTION)
