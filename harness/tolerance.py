"""The ladder of bounds on rounding errors: how far a correct result may lie from the exact one, derived from the data.

Each rung is one small function with its formula and source, and one line in `RUNGS`; the first that holds is the
answer. In the formulas u is the unit roundoff of the result, n the number of terms of an element, y the exact output,
A = |x| conv |w| + |bias| and P = sqrt(x^2 conv w^2 + bias^2).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from harness.reference import Magnitudes
from harness.window import Convolution
from harness.worker.entry import Algorithm

DIGITS = {"float16": 11, "float32": 24, "float64": 53}
"""Binary digits of the significand of the floating-point types."""
SUBNORMAL = {"float16": 2.0**-24, "float32": 2.0**-149, "float64": 2.0**-1074}
"""Spacing of their subnormal numbers."""
BELOW_HALF = math.nextafter(0.5, 0.0)
"""Two conventions differ by at least 1 on integers, so no bound on integers may reach one half."""


def statistical(mags: Magnitudes, size: np.ndarray, u: float) -> np.ndarray:
    """4 u sqrt(n) (|y| + P): roundings that behave like independent random ones.

    Such roundings add up as sqrt(n) instead of n: Higham & Mary 2019, "A new approach to probabilistic rounding error
    analysis", SIAM J. Sci. Comput. 41. `size` is |y|.
    """
    return np.asarray(4 * u * math.sqrt(mags.n) * (size + mags.P))


def any_order(mags: Magnitudes, size: np.ndarray, u: float) -> np.ndarray:
    """n u A: holds for every order of summation, with fused operations or without.

    Jeannerod & Rump 2013, "Improved error bounds for inner products in floating-point arithmetic", SIAM J. Matrix
    Anal. Appl. 34: n u in place of gamma_n = n u / (1 - n u) (Higham 2002, section 3.1), without a limit on n.
    """
    return mags.n * u * mags.A


def fft(mags: Magnitudes, size: np.ndarray, u: float) -> np.ndarray:
    """((3 + 3 sqrt(5) + 3 b) L + sqrt(5) + I) u ||x|| ||w||, L = log2 of the transform length: one value for all.

    Percival 2003, "Rapid multiplication modulo the sum and difference of highly composite numbers", Math. Comp. 72,
    theorem 5.1, to first order in u; b = 1/sqrt(2) is the error of the trigonometric factors in units of u. I roundings
    more sum the input channels.
    """
    log_length = math.ceil(math.log2(max(mags.samples, 1)))
    factor = (3 + 3 * math.sqrt(5) + 3 / math.sqrt(2)) * log_length + math.sqrt(5) + mags.channels
    return np.asarray(factor * u * mags.x_norm * mags.w_norm)


@dataclass(frozen=True)
class Rung:
    """One bound, and the algorithms that it may excuse. `bound` takes the magnitudes, |y| and u."""

    name: str
    bound: Callable[[Magnitudes, np.ndarray, float], np.ndarray]
    algorithms: tuple[Algorithm, ...]


RUNGS = (
    Rung("statistical", statistical, ("direct", "fft")),
    Rung("summation order", any_order, ("direct", "fft")),
    Rung("fft", fft, ("fft",)),
)
"""From the smallest to the largest."""


@dataclass(frozen=True)
class Fit:
    """The rung that a difference fits, and the largest share of its bound that an element uses (0 to 1)."""

    rung: str
    share: float


EXACT = Fit("exact", 0.0)


@dataclass(frozen=True, eq=False)
class Ladder:
    """The rungs for results of one case in one dtype; each bound is computed when first needed, and kept."""

    mags: Magnitudes
    y: np.ndarray
    """The reference, (N, O, *spatial)."""
    dtype: str
    """NumPy's name of the dtype of the results; integers have no rung but `exact`."""
    exact_data: bool
    """Whether the data are exact on integers in `dtype`: then a direct algorithm has no rung but `exact`."""
    _bounds: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    @cached_property
    def expected(self) -> np.ndarray:
        """The reference rounded to the dtype: what an exact result equals, and what differences are taken from."""
        with np.errstate(over="ignore"):
            return self.y.astype(self.dtype) if self.dtype in DIGITS else self.y

    def fit(
        self, difference: np.ndarray, extra: np.ndarray | float = 0.0, algorithm: Algorithm = "direct"
    ) -> Fit | None:
        """The first rung that |result - `expected`| fits on every element, or None.

        `difference` is float64 in the shape of the output. `extra` is the slack of printed digits, per element or one
        for all: the rung "printed digits" when it suffices alone, and part of every rung after it.
        """
        if not difference.any():
            return EXACT
        if np.any(extra) and (fit := _fit("printed digits", difference, extra)):
            return fit
        if self.dtype not in DIGITS or (self.exact_data and algorithm == "direct"):
            return None
        fits = (_fit(rung.name, difference, self.bound(rung) + extra) for rung in RUNGS if algorithm in rung.algorithms)
        return next(filter(None, fits), None)

    def bound(self, rung: Rung) -> np.ndarray:
        """The bound of a rung on |result - `expected`|, per element (or one for all).

        To the rung's own formula come the rounding of `expected`, u |y|, and the underflow of n terms. At least a
        subnormal number where there is no bound since the output is not finite: only equality fits there.
        """
        if rung.name not in self._bounds:
            u = 2.0 ** -DIGITS[self.dtype]
            size = np.where(np.isfinite(self.y), np.abs(self.y), 0.0)
            bound = rung.bound(self.mags, size, u) + (u * size + self.mags.n * SUBNORMAL[self.dtype])
            self._bounds[rung.name] = np.minimum(bound, BELOW_HALF) if self.exact_data else bound
        return self._bounds[rung.name]


def ladder(mags: Magnitudes, y: np.ndarray, dtype: str, exact_data: bool) -> Ladder:
    """The ladder for results of `dtype` whose reference is `y`."""
    return Ladder(mags, y, dtype, exact_data)


def fit_by_hand(difference: np.ndarray, expected: np.ndarray, rtol: float, atol: float) -> Fit | None:
    """The rung "case tolerance", in place of the ladder: difference <= atol + rtol |expected|; None when it fails."""
    size = np.where(np.isfinite(expected), np.abs(expected), 0.0)
    return _fit("case tolerance", difference, atol + rtol * size) if difference.any() else EXACT


def exact_on_integers(conv: Convolution, dtype: str | None = None) -> bool:
    """Whether every sum is exact in `dtype` (by default that of the input), whatever the order of summation.

    So it is when all data are integers and n max|x| max|w| + max|bias| < 2**digits. Integer dtypes count as float64.
    """
    arrays = [conv.x, conv.w] if conv.bias is None else [conv.x, conv.w, conv.bias]
    # not the maximum of |array|: the least integer of a dtype has no absolute value in it
    x, w, *bias = (max(float(array.max(initial=0)), -float(array.min(initial=0))) for array in arrays)
    if not conv.terms * x * w + sum(bias) < 2.0 ** DIGITS.get(dtype or conv.x.dtype.name, 53):
        return False
    return all(array.dtype.kind in "iub" or bool((array == np.rint(array)).all()) for array in arrays)


def _fit(name: str, difference: np.ndarray, bound: np.ndarray | float) -> Fit | None:
    """`name` if the difference stays within the bound everywhere; no difference fits any bound, even 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.divide(difference, bound, out=np.zeros_like(difference), where=difference > 0)
    share = float(shares.max(initial=0.0))
    return Fit(name, share) if share <= 1 else None
