"""Arithmetic in twice the precision of float64: every number is the unevaluated sum of two (Dekker 1971).

Sums, products, quotients and roots are those of Joldes, Muller & Popescu 2017, "Tight and rigorous error bounds for
basic building blocks of double-word arithmetic", ACM Trans. Math. Softw. 44: relative errors below 2**-98. The other
functions reduce their argument and sum a series until its terms vanish; their relative errors are below 2**-90, which
tests hold against exact rational arithmetic. What is not finite is as in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.canonical.arithmetic.parts import Axes, Parts

SPLIT = 2.0**27 + 1
HALVINGS = 8
"""How often the argument of an exponential is halved."""


class Twofold(Parts):
    """Numbers `high + low`, each part a float64, low at most half a unit in the last place of high."""

    def __init__(self, high: Any, low: Any = 0.0) -> None:
        high, low = np.broadcast_arrays(np.asarray(high, np.float64), np.asarray(low, np.float64))
        self.parts = high, low

    @property
    def high(self) -> np.ndarray:
        return self.parts[0]

    @property
    def low(self) -> np.ndarray:
        return self.parts[1]

    @property
    def rounded(self) -> np.ndarray:
        """The nearest float64."""
        return np.asarray(self.high + self.low)

    def or_else(self, plain: np.ndarray) -> Twofold:
        """The same where it is finite, what float64 gives elsewhere: an infinity, or a quotient by one."""
        fine = np.isfinite(self.high)
        return self if fine.all() else where(fine, self, plain)

    def __neg__(self) -> Twofold:
        return Twofold(-self.high, -self.low)

    def __add__(self, other: Any) -> Twofold:
        other = lifted(other)
        total, lost = _two_sum(self.high, other.high)
        low, low_lost = _two_sum(self.low, other.low)
        high, lost = _fast_two_sum(total, lost + low)
        return _normal(high, lost + low_lost).or_else(total)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Twofold:
        return self + -lifted(other)

    def __rsub__(self, other: Any) -> Twofold:
        return lifted(other) - self

    def __mul__(self, other: Any) -> Twofold:
        other = lifted(other)
        product, lost = _two_product(self.high, other.high)
        return _normal(product, lost + (self.high * other.low + self.low * other.high))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Twofold:
        other = lifted(other)
        first = self.high / other.high
        rest = self - other * Twofold(first)
        second = rest.high / other.high
        rest = rest - other * Twofold(second)
        found = _normal(*_fast_two_sum(first, second)) + Twofold(_finite(rest.high / other.high))
        return found.or_else(first)

    def __rtruediv__(self, other: Any) -> Twofold:
        return lifted(other) / self

    def __pow__(self, power: Any) -> Twofold:
        """A whole power is a product; another one takes a logarithm, and is as in float64 for a base that has none."""
        if isinstance(power, int) and 0 < power <= 8:
            return self.raised(power)
        power = lifted(power)
        return where(self > 0, exp(power * log(where(self > 0, self, 1.0))), np.power(self.high, power.high))

    def __rpow__(self, base: Any) -> Twofold:
        return lifted(base) ** self

    def __gt__(self, other: Any) -> np.ndarray:
        other = lifted(other)
        return np.asarray((self.high > other.high) | ((self.high == other.high) & (self.low > other.low)))

    def __lt__(self, other: Any) -> np.ndarray:
        return lifted(other) > self

    def __ge__(self, other: Any) -> np.ndarray:
        other = lifted(other)
        return np.asarray((self > other) | ((self.high == other.high) & (self.low == other.low)))

    def __le__(self, other: Any) -> np.ndarray:
        return lifted(other) >= self

    def sum(self, axis: Axes, keepdims: bool = False) -> Twofold:
        return self.reduced(axis, Twofold.__add__, keepdims)

    def max(self, axis: Axes, keepdims: bool = False) -> Twofold:
        return self.reduced(axis, maximum, keepdims)

    def min(self, axis: Axes, keepdims: bool = False) -> Twofold:
        return self.reduced(axis, minimum, keepdims)


def lifted(value: Any) -> Twofold:
    """A number or an array as twofold numbers, and these as they are."""
    return value if isinstance(value, Twofold) else Twofold(value)


def _finite(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, 0.0)


def _normal(high: np.ndarray, low: np.ndarray) -> Twofold:
    """high + low with low as small as can be; where high is not finite there is no low."""
    total, rest = _fast_two_sum(high, low)
    fine = np.isfinite(high) & np.isfinite(rest)
    return Twofold(np.where(fine, total, high), np.where(fine, rest, 0.0))


def _fast_two_sum(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    total = a + b
    return total, b - (total - a)


def _two_sum(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    total = a + b
    kept = total - a
    return total, (a - (total - kept)) + (b - kept)


def _two_product(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """a b rounded, and what the rounding lost (Dekker 1971, with Veltkamp's split)."""
    product = a * b
    a_high, b_high = (SPLIT * each - (SPLIT * each - each) for each in (a, b))
    a_low, b_low = a - a_high, b - b_high
    return product, a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)


# --- functions -------------------------------------------------------------------------------------------------------

pi = Twofold(3.141592653589793, 1.2246467991473532e-16)
_LN2 = Twofold(0.6931471805599453, 2.3190468138462996e-17)


def exact(x: Any) -> Twofold:
    """The same numbers, taken for exact."""
    return lifted(x)


def abs(x: Any) -> Twofold:
    x = lifted(x)
    return where(x.high < 0, -x, x)


def where(condition: Any, chosen: Any, otherwise: Any) -> Twofold:
    one, other = lifted(chosen), lifted(otherwise)
    return Twofold(*(np.where(condition, *pair) for pair in zip(one.parts, other.parts)))


def maximum(a: Any, b: Any) -> Twofold:
    """The larger one, NaN where one is."""
    a, b = lifted(a), lifted(b)
    return where((a > b) | np.isnan(a.high), a, b)


def minimum(a: Any, b: Any) -> Twofold:
    """The smaller one, NaN where one is."""
    a, b = lifted(a), lifted(b)
    return where((a < b) | np.isnan(a.high), a, b)


def sort(x: Any) -> Twofold:
    """Along the last axis, smallest first, NaN last."""
    high, low = lifted(x).parts
    order = np.lexsort((low, high), axis=-1)
    return Twofold(*(np.take_along_axis(each, order, -1) for each in (high, low)))


def sqrt(x: Any) -> Twofold:
    """Newton's step from the root in float64."""
    x = lifted(x)
    root = np.sqrt(x.high)
    usable = np.isfinite(root) & (root > 0)
    near = np.where(usable, root, 1.0)
    rest = where(usable, x, 1.0) - Twofold(near) * Twofold(near)
    return where(usable, Twofold(near) + Twofold(rest.high / (2 * near)), Twofold(root))


def expm1(x: Any) -> Twofold:
    """e**x - 1: the series of an argument that is small, or the exponential."""
    x = lifted(x)
    small = np.abs(x.high) < 0.5
    return where(small, _expm1(where(small, x, 0.0)), exp(x) - 1)


def exp(x: Any) -> Twofold:
    """2**k e**r with |r| <= log(2) / 2."""
    x = lifted(x)
    inside = np.clip(np.nan_to_num(x.high), -760.0, 720.0)
    inner = Twofold(inside, np.where(inside == x.high, x.low, 0.0))
    k = np.rint(inside / _LN2.high)
    grown = _expm1(inner - Twofold(k) * _LN2) + 1
    half = np.floor(k / 2).astype(int)  # in two steps, as 2**k alone may overflow
    found = [np.ldexp(np.ldexp(each, half), k.astype(int) - half) for each in grown.parts]
    return where(np.isnan(x.high), x, where(x.high == -np.inf, 0.0, _normal(found[0], found[1])))


def _expm1(r: Twofold) -> Twofold:
    """e**r - 1 for |r| < 1/2: Taylor's series of r / 2**8, then (1 + p)**2 - 1 = p (2 + p) as often."""
    r = r.moved(lambda each: np.ldexp(each, -HALVINGS))
    p = Twofold(np.zeros(r.shape))
    for n in range(12, 0, -1):
        p = r * (p + 1) / float(n)
    for _ in range(HALVINGS):
        p = p * (p + 2)
    return p


def log(x: Any) -> Twofold:
    """Newton's step y + (x e**-y - 1) from the logarithm in float64, which doubles the digits."""
    x = lifted(x)
    usable = np.isfinite(x.high) & (x.high > 0)
    inner = where(usable, x, 1.0)
    close = np.abs(inner.high - 1) < 0.0625
    fraction, exponent = np.frexp(inner.high)
    scaled = inner.moved(lambda each: np.ldexp(each, -exponent))  # or e**-y could overflow
    y = Twofold(np.log(fraction))
    found = y + _log1p_small(scaled * exp(-y) - 1) + Twofold(exponent) * _LN2
    with np.errstate(divide="ignore", invalid="ignore"):
        return where(usable, where(close, _log1p_small(where(close, inner - 1, 0.0)), found), Twofold(np.log(x.high)))


def log1p(x: Any) -> Twofold:
    """log(1 + x)."""
    x = lifted(x)
    small = np.abs(x.high) < 0.0625
    return where(small, _log1p_small(where(small, x, 0.0)), log(x + 1))


def _log1p_small(x: Twofold) -> Twofold:
    """2 (s + s**3 / 3 + s**5 / 5 ...) with s = x / (2 + x), |x| < 1/16."""
    s = x / (x + 2)
    square, total = s * s, Twofold(np.zeros(s.shape))
    for n in range(23, 0, -2):
        total = total * square + 1 / Twofold(float(n))
    return 2 * s * total


def sin(x: Any) -> Twofold:
    """Taylor's series of what is left of a whole number of half turns, at most half of one."""
    x = lifted(x)
    turns = np.rint(x.high / pi.high)
    rest = x - Twofold(turns) * pi
    square, total = rest * rest, Twofold(np.zeros(x.shape))
    for n in range(33, 1, -2):
        total = square * (total + 1) / -float(n * (n - 1))
    return where(turns % 2 == 1, -rest * (total + 1), rest * (total + 1))


def tanh(x: Any) -> Twofold:
    """-t / (2 + t) with t = e**(-2 |x|) - 1, of the sign of x."""
    x = lifted(x)
    t = expm1(-2 * abs(x))
    return where(x.high < 0, t / (t + 2), -t / (t + 2))


def erf(x: Any) -> Twofold:
    """2 / sqrt(pi) e**(-x**2) (x + 2 x**3 / 3 + 4 x**5 / 15 + ...), all of whose terms have one sign; Abramowitz &
    Stegun 1964, 7.1.6. Beyond 8.7 it is 1 to more digits than there are."""
    x = lifted(x)
    inner = where(np.abs(x.high) < 8.7, x, 0.0)
    square, term = inner * inner, inner
    total, n = inner, 0
    while np.any(np.abs(term.high) > np.abs(total.high) * 2.0**-108):
        n += 1
        term = term * square * (2 / Twofold(2.0 * n + 1))
        total = total + term
    found = 2 / sqrt(pi) * exp(-square) * total
    return where(np.abs(x.high) < 8.7, found, Twofold(np.sign(x.high)))
