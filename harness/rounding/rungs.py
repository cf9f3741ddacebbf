"""Bounds on rounding errors, derived from the data: what a correct result may lie off the exact one.

Each rung is one small function with its formula and source, and one line in `RUNGS`. In the formulas u is the unit
roundoff of the arithmetic, n the number of terms of an element, y the exact output, A what the form is of |x|, |w| and
|bias|, and P the root of what it is of their squares.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

import numpy as np

from harness.canonical.magnitudes import Magnitudes as OfSums
from harness.canonical.settled import Errors
from harness.rounding import winograd
from harness.rounding.formats import DTYPES, FLOAT64
from harness.worker.entry import Algorithm

Magnitudes = OfSums | Errors
"""What bounds are made of: those of a linear form, or of a formula."""
ENOUGH = 32
"""Outputs from which on the errors of all of them say whether one of them is a fault."""


def rough(terms: int, dtype: str) -> float:
    """Share of the sum of its terms' magnitudes that an output of `dtype` is off by at most, generously: 4 (n + 2) u.

    For searches; what they find is held against the ladder. Other dtypes are taken for float64.
    """
    return 4 * (terms + 2) * DTYPES.get(dtype, FLOAT64).u


def statistical(mags: OfSums, size: np.ndarray, u: float) -> np.ndarray:
    """4 u sqrt(n) (|y| + P): roundings that behave like independent random ones.

    Such roundings add up as sqrt(n) instead of n: Higham & Mary 2019, "A new approach to probabilistic rounding error
    analysis", SIAM J. Sci. Comput. 41. `size` is |y|.
    """
    return np.asarray(4 * u * math.sqrt(mags.n) * (size + mags.P))


def any_order(mags: OfSums, size: np.ndarray, u: float) -> np.ndarray:
    """n u A, up to half a term: holds for every order of summation, with fused operations or without.

    Jeannerod & Rump 2013, "Improved error bounds for inner products in floating-point arithmetic", SIAM J. Matrix
    Anal. Appl. 34: n u in place of gamma_n = n u / (1 - n u) (Higham 2002, section 3.1), without a limit on n.
    """
    return np.asarray(np.minimum(mags.n * u * mags.A, _half_a_term(mags)))


def winograd_tiles(m: int, mags: OfSums, size: np.ndarray, u: float) -> np.ndarray:
    """4 u sqrt(d (2 (m + r - 1) + r) + I) a^d max(P), up to half a term: F(m, r) along d axes, I channels.

    a is `winograd.amplification`. One value for each image and output channel, since an error spreads over its tile.
    There must be outputs enough to tell its noise from a fault.
    """
    if set(mags.taps) != {3} or mags.steps != {1} or size.size < ENOUGH:
        return np.zeros(())
    axes = size.ndim - 2
    roundings = axes * (2 * (m + 2) + 3) + mags.channels
    largest = _over_space(mags.P)
    bound = 4 * u * math.sqrt(roundings) * winograd.amplification(m, 3) ** axes * largest
    return np.asarray(np.minimum(bound, _over_space(_half_a_term(mags))))


def fft(mags: OfSums, size: np.ndarray, u: float) -> np.ndarray:
    """((3 + 3 sqrt(5) + 3 b) L + sqrt(5) + I) u ||x|| ||w||, up to half a term; L = log2 of the transform length.

    Percival 2003, "Rapid multiplication modulo the sum and difference of highly composite numbers", Math. Comp. 72,
    theorem 5.1, to first order in u (likewise Higham 2002, section 24.1); b = 1/sqrt(2) is the error of the
    trigonometric factors in units of u. I roundings more sum the input channels. One value for all elements.
    """
    log_length = math.ceil(math.log2(max(mags.samples, 1)))
    factor = (3 + 3 * math.sqrt(5) + 3 / math.sqrt(2)) * log_length + math.sqrt(5) + mags.channels
    bound = factor * u * mags.x_norm * mags.w_norm
    half = _half_a_term(mags).max(initial=0.0)
    return np.asarray(min(bound, half) if half else bound)  # outputs that see padding alone have no term to miss


def _half_a_term(mags: OfSums) -> np.ndarray:
    """P / (2 sqrt(n)): no bound may excuse that a term is missing, so none reaches the size of one."""
    return np.asarray(mags.P / (2 * math.sqrt(mags.n)))


def _over_space(values: np.ndarray) -> np.ndarray:
    """(N, O, 1 ...): the largest value of each image and output channel."""
    largest: np.ndarray = values.max(axis=tuple(range(2, values.ndim)), keepdims=True, initial=0.0)
    return largest


def each_step(mags: Errors, size: np.ndarray, u: float) -> np.ndarray:
    """u (A + |y|): every step of the formula rounded, and its errors carried on (Higham 2002, section 3.3)."""
    return np.asarray(u * (mags.A + size))


@dataclass(frozen=True)
class Told:
    """A bound as results have it. words: what people read that a result lies within."""

    name: str
    words: str


@dataclass(frozen=True)
class Rung(Told):
    """One bound, and the algorithms that it may excuse. `bound` takes the magnitudes, |y| and u.

    tail: how many times the root mean square of all errors, each as a share of the bound, one of them may reach.
    spread: whether an error of an element is as large as all of them make it, also where its own terms are small.
    """

    bound: Callable[[Any, np.ndarray, float], np.ndarray]
    algorithms: tuple[Algorithm, ...] = get_args(Algorithm)
    tail: float = 12
    spread: bool = False


BOUND = "the bound"
RUNGS = (
    Rung("statistical", "the statistical bound", statistical),
    Rung("summation order", "the bound for any order of summation", any_order),
    Rung("Winograd F(2,3)", f"{BOUND} Winograd F(2,3)", partial(winograd_tiles, 2), ("winograd", "any"), tail=32),
    Rung("Winograd F(4,3)", f"{BOUND} Winograd F(4,3)", partial(winograd_tiles, 4), ("winograd", "any"), tail=32),
    Rung("fft", "the bound for FFT", fft, ("fft", "any"), spread=True),
)
"""Those of a linear form, from the smallest to the largest. The last outputs of a Winograd tile are much less accurate
than the others."""
STEPS = (Rung("rounding of each step", "the bound for the rounding of each step", each_step),)
"""Those of a formula."""
PRINTED_DIGITS = Told("printed digits", "what the rounding of the printed digits allows")
CASE_TOLERANCE = Told("case tolerance", "the tolerance that the case sets")
"""Those that no arithmetic gives."""
_WORDS = {each.name: each.words for each in (*RUNGS, *STEPS, PRINTED_DIGITS, CASE_TOLERANCE)}
WIDE = frozenset(rung.name for rung in RUNGS if "direct" not in rung.algorithms)
"""Those that are wider than what any order of summation may be off by."""


def in_words(name: str) -> str:
    """The bound of this name as people read it; results may come from another version, which has others."""
    return _WORDS.get(name, f"{BOUND} {name}")


def rungs_of(mags: Magnitudes) -> tuple[Rung, ...]:
    """The rungs of the form that has these magnitudes."""
    return STEPS if isinstance(mags, Errors) else RUNGS
