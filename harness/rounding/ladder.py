"""The ladder of bounds on rounding errors: the first rung of `harness.rounding.rungs` that holds is the answer.

Arithmetic that is less precise than the result's dtype is a finding, not an agreement. `FINDINGS` are tested by the
sharper hypothesis: what that arithmetic gives is computed, and the result must lie within rounding of it. Formulas are
in the terms of `rungs`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np

from harness.canonical.instance import Form
from harness.canonical.reference import direct
from harness.rounding import marks
from harness.rounding.compare import distance
from harness.rounding.formats import (
    BFLOAT16,
    DTYPES,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    TF32,
    Format,
    Rounding,
    flushed,
    saturated,
    wrapped,
)
from harness.rounding.rungs import CASE_TOLERANCE, ENOUGH, PRINTED_DIGITS, Magnitudes, Rung, rungs_of
from harness.worker.entry import Algorithm

BELOW_HALF = math.nextafter(0.5, 0.0)
"""Two conventions differ by at least 1 on integers, so no bound on integers may reach one half."""
FEW_ROUNDINGS = 16
"""Errors of so many roundings of one element are never said to stand out."""


# --- findings: what other arithmetic gives ---------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """What an arithmetic gives: within `bound` of `expected`. shown: whether the result itself bears its marks.

    Where it does not, the result must lie much closer to `expected` than to the exact output.
    """

    expected: np.ndarray
    bound: np.ndarray
    shown: bool = False


def low_inputs(fmt: Format, ladder: Ladder, found: np.ndarray) -> Iterator[Hypothesis]:
    """Input and weights rounded to a format, the products summed in float32, the output perhaps rounded to it again.

    Blanchard, Higham, Lopez, Mary & Pranesh 2020, "Mixed precision block fused multiply-add", SIAM J. Sci. Comput. 42:
    (2 u_low + n u_high) A. The part in u_low is computed here; what is left are the bounds of float32, twice, because
    matrix units may round towards zero.
    """
    if ladder.dtype not in DTYPES or fmt.digits >= DTYPES[ladder.dtype].digits:
        return
    stored = fmt.stored and marks.bears(fmt, ladder.expected, found)
    summed = (
        2 * sum(ladder.by_formula(rung, FLOAT32.u) for rung in ladder.rungs[:2]) + ladder.mags.n * FLOAT32.subnormal
    )
    for way, rounding in enumerate(fmt.roundings):
        y = ladder.rounded_inputs(f"{fmt.name} {way}", rounding)
        yield Hypothesis(y, summed + 2 * FLOAT32.u * np.abs(y))
        if stored:
            yield Hypothesis(fmt.round(y), summed + 2 * fmt.u * np.abs(y), shown=True)


def low_accumulation(fmt: Format, ladder: Ladder, found: np.ndarray) -> Iterator[Hypothesis]:
    """8 u sqrt(n) (|y| + P): data and partial sums in a format, so that every result is a number of it.

    Twice the statistical bound, for the rounding of the data (Higham & Mary 2019, see `statistical`).
    """
    if ladder.dtype not in DTYPES or fmt.digits > DTYPES[ladder.dtype].digits:
        return
    if ladder.form.exact_in(fmt.digits):
        return
    if fmt.name == ladder.dtype or marks.bears(fmt, ladder.expected, found):
        yield Hypothesis(ladder.y, 2 * ladder.by_formula(ladder.rungs[0], fmt.u), shown=True)


def flushed_to_zero(ladder: Ladder, found: np.ndarray) -> Iterator[Hypothesis]:
    """n times the smallest normal number: input, products or output that are subnormal count as zero.

    Higham 2002, section 2.8: the underflow term of the standard model, without gradual underflow.
    """
    dtype = ladder.dtype
    if dtype not in DTYPES or dtype == FLOAT16.name:  # which is computed in float32, and there its numbers are normal
        return
    u, smallest = DTYPES[dtype].u, DTYPES[dtype].normal
    if not np.any((ladder.mags.A * u < smallest) & (ladder.mags.A > 0)):
        return
    y = ladder.rounded_inputs("flushed", lambda values: flushed(values, dtype))
    yield Hypothesis(flushed(y, dtype), ladder.by_formula(ladder.rungs[-1], u) + ladder.mags.n * smallest, shown=True)


def spread(ladder: Ladder, found: np.ndarray) -> Iterator[Hypothesis]:
    """A NaN or an infinity of the data reaches outputs that do not see it; the other outputs are right.

    A direct sum reads only what the weights reach; a transform (FFT, Winograd) mixes all that is in its tile.
    """
    lost = ~np.isfinite(found)
    if found.dtype.kind == "f" and not lost.all(where=~np.isfinite(ladder.y)):
        return
    if lost.any() and not ladder.finite_data:
        bound = sum(ladder.bound(rung) for rung in ladder.rungs[:2])
        yield Hypothesis(np.where(lost, found, ladder.expected), np.asarray(bound), shown=True)


def whole_numbers(
    limit: Callable[[np.ndarray, str], np.ndarray], ladder: Ladder, found: np.ndarray
) -> Iterator[Hypothesis]:
    """Exactly what an integer dtype makes of sums beyond its range: no tolerance, another arithmetic."""
    if np.dtype(ladder.dtype).kind in "iu":
        yield Hypothesis(limit(ladder.y, ladder.dtype), np.zeros(()), shown=True)


@dataclass(frozen=True)
class Finding:
    """An arithmetic that is not the dtype's own; `hypotheses` takes the ladder and the result.

    u: unit roundoff of data and output, beyond 4 u A of which there is no need to look; 0 where there is no such limit.
    """

    name: str
    hypotheses: Callable[[Ladder, np.ndarray], Iterator[Hypothesis]]
    u: float = 0.0


FINDINGS = (
    Finding("float32 arithmetic", partial(low_inputs, FLOAT32), FLOAT32.u),
    Finding("TF32 inputs", partial(low_inputs, TF32), TF32.u),
    Finding("bfloat16 inputs", partial(low_inputs, BFLOAT16), BFLOAT16.u),
    Finding("float16 inputs", partial(low_inputs, FLOAT16), FLOAT16.u),
    Finding("bfloat16 accumulation", partial(low_accumulation, BFLOAT16)),
    Finding("float16 accumulation", partial(low_accumulation, FLOAT16)),
    Finding("integers wrap", partial(whole_numbers, wrapped)),
    Finding("integers saturate", partial(whole_numbers, saturated)),
    Finding("subnormals flushed to zero", flushed_to_zero),
    Finding("non-finite values spread", spread),
)
"""Where float16 and TF32 come to the same numbers, which they do between 2^-14 and 2^16, TF32 is named."""


# --- the ladder of one case ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fit:
    """The rung that a difference fits, and the largest share of its bound that an element uses (0 to 1).

    finding: whether the rung is another arithmetic, which is to be told and is no agreement.
    """

    rung: str
    share: float
    finding: bool = False


EXACT = Fit("exact", 0.0)


@dataclass(frozen=True, eq=False)
class Ladder:
    """The rungs for results of one case in one dtype; each bound is computed when first needed, and kept."""

    form: Form
    mags: Magnitudes
    y: np.ndarray
    """The reference, (N, O, *spatial)."""
    dtype: str
    """NumPy's name of the dtype of the results; integers have no rung but `exact`."""
    exact_data: bool
    """Whether the data are exact on integers in `dtype`: then a direct algorithm has no rung but `exact`."""
    own: float = 0.0
    """Unit roundoff of the arithmetic in which `y` was summed, 0 where it is exact."""
    _bounds: dict[str, np.ndarray] = field(default_factory=dict, repr=False)
    _outputs: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, form: Form, mags: Magnitudes, y: np.ndarray, dtype: str, own: float = 0.0) -> Ladder:
        """The ladder for results of `dtype` whose reference is `y`."""
        return cls(form, mags, y, dtype, form.exact_in(DTYPES.get(dtype, FLOAT64).digits), own)

    @cached_property
    def expected(self) -> np.ndarray:
        """The reference rounded to the dtype: what an exact result equals, and what differences are taken from."""
        with np.errstate(over="ignore", under="ignore"):
            return self.y.astype(self.dtype) if self.dtype in DTYPES else self.y

    @cached_property
    def size(self) -> np.ndarray:
        """|y|, 0 where it is not finite."""
        return np.where(np.isfinite(self.y), np.abs(self.y), 0.0)

    @cached_property
    def finite_data(self) -> bool:
        """Whether neither input nor weights hold a NaN or an infinity."""
        return all(bool(np.isfinite(self.form.arrays[name]).all()) for name in self.form.factors)

    @cached_property
    def rungs(self) -> tuple[Rung, ...]:
        """The rungs of this form, from the smallest to the largest; findings come behind the first."""
        return rungs_of(self.mags)

    def fit(
        self,
        difference: np.ndarray,
        extra: np.ndarray | float = 0.0,
        algorithm: Algorithm = "direct",
        found: np.ndarray | None = None,
        known: np.ndarray | None = None,
    ) -> Fit | None:
        """The first rung that |found - `expected`| fits on every element, or None.

        `difference` is float64 in the shape of the output, 0 where `known` is False. `extra` is the slack of printed
        digits, per element or one for all: the rung "printed digits" when it suffices alone, and part of every rung
        after it. Findings come before the bounds that are wider than ordinary rounding; they need `found` itself.
        """
        if not difference.any():
            return EXACT
        if np.any(extra) and (fit := _fit(PRINTED_DIGITS.name, difference, extra)):
            return fit
        if fit := self._climb(self.rungs[:1], difference, extra, algorithm):
            return fit
        if found is not None and (fit := self._finding(found, known, extra, difference)):
            return fit
        return self._climb(self.rungs[1:], difference, extra, algorithm)

    @property
    def room(self) -> np.ndarray | float:
        """What some order of summation leaves of a difference, per element."""
        return self.bound(self.rungs[:2][-1]) if self.dtype in DTYPES and not self.exact_data else 0.0

    def bound(self, rung: Rung) -> np.ndarray:
        """The bound of a rung on |result - `expected`|, per element (or one for all).

        To the rung's own formula come the rounding of `expected`, u |y|, and the underflow of n terms. At least a
        subnormal number where there is no bound since the output is not finite: only equality fits there. float16 is
        summed in float32 and rounded at the end; summing in float16 is a finding. Where the reference is not exact, its
        own rounding comes to it, as far as it is `statistical`.
        """
        if rung.name not in self._bounds:
            fmt = DTYPES[self.dtype]
            own = self.by_formula(rung, min(fmt.u, FLOAT32.u))
            own = own + (self.by_formula(self.rungs[0], self.own) if self.own else 0.0)
            bound = own + (max(fmt.u, 2 * fmt.u - FLOAT32.u) * self.size + self.mags.n * fmt.subnormal)
            self._bounds[rung.name] = np.minimum(bound, BELOW_HALF) if self.exact_data else bound
        return self._bounds[rung.name]

    def by_formula(self, rung: Rung, u: float) -> np.ndarray:
        """The bound of a rung by its formula alone, for arithmetic of this unit roundoff."""
        return rung.bound(self.mags, self.size, u)

    def rounded_inputs(self, name: str, rounding: Rounding) -> np.ndarray:
        """The output (float64) for input and weights rounded in a way, `name`, under which it is kept."""
        if name not in self._outputs:
            self._outputs[name] = direct(self.form.map(rounding, *self.form.factors))
        return self._outputs[name]

    def _climb(
        self, rungs: tuple[Rung, ...], difference: np.ndarray, extra: np.ndarray | float, algorithm: Algorithm
    ) -> Fit | None:
        """The first of some rungs that holds, unless one element stands out."""
        if self.dtype not in DTYPES:
            return None
        for rung in rungs:
            if self.serves(rung, algorithm):
                bound = self.bound(rung) + extra
                fit = _fit(rung.name, difference, bound)
                if fit and not self._stands_out(difference, bound, rung):
                    return fit
        return None

    def serves(self, rung: Rung, algorithm: Algorithm) -> bool:
        """Whether a rung may excuse what an algorithm gives, of a floating-point dtype.

        Of exact data a direct sum leaves nothing. Where nobody said which algorithm it was, there must be outputs
        enough to tell its noise from a fault.
        """
        if algorithm not in rung.algorithms:
            return False
        if "direct" in rung.algorithms:
            return algorithm == "fft" or not self.exact_data
        return algorithm != "any" or self.y.size >= ENOUGH

    def _finding(
        self, found: np.ndarray, known: np.ndarray | None, extra: np.ndarray | float, difference: np.ndarray
    ) -> Fit | None:
        """The first finding that explains `found`."""
        before = _root_mean_square(difference)
        for finding in FINDINGS:
            if finding.u and np.any(difference > 4 * finding.u * self.mags.A + extra):
                continue
            for hypothesis in finding.hypotheses(self, found):
                apart = distance(found, hypothesis.expected, known)
                fit = _fit(finding.name, apart, hypothesis.bound + extra)
                # printed digits bear marks of their own
                if fit and ((hypothesis.shown and not np.any(extra)) or _root_mean_square(apart) < before / 4):
                    return replace(fit, finding=True)
        return None

    def _stands_out(self, difference: np.ndarray, bound: np.ndarray | float, rung: Rung) -> bool:
        """Whether one element is so far off, compared with all others, that this is no rounding but a fault in it."""
        if difference.size < ENOUGH:
            return False
        shares = _shares(difference, bound)
        worst = shares.argmax()
        others = float(np.square(np.delete(shares, worst)).sum()) / max(int(np.count_nonzero(self.mags.P)), 1)
        fmt = DTYPES[self.dtype]
        scale = self.size + self.mags.P
        few = FEW_ROUNDINGS * fmt.u * (scale.max() if rung.spread else scale.flat[worst]) + self.mags.n * fmt.subnormal
        return bool(shares.flat[worst] > rung.tail * math.sqrt(others) and difference.flat[worst] > few)


def fit_by_hand(difference: np.ndarray, expected: np.ndarray, rtol: float, atol: float) -> Fit | None:
    """The rung "case tolerance", in place of the ladder: difference <= atol + rtol |expected|; None when it fails."""
    size = np.where(np.isfinite(expected), np.abs(expected), 0.0)
    return _fit(CASE_TOLERANCE.name, difference, atol + rtol * size) if difference.any() else EXACT


def _fit(name: str, difference: np.ndarray, bound: np.ndarray | float) -> Fit | None:
    """`name` if the difference stays within the bound everywhere; no difference fits any bound, even 0."""
    share = float(_shares(difference, bound).max(initial=0.0))
    return Fit(name, share) if share <= 1 else None


def _shares(difference: np.ndarray, bound: np.ndarray | float) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        shares: np.ndarray = np.divide(difference, bound, out=np.zeros_like(difference), where=difference > 0)
    return shares


def _root_mean_square(difference: np.ndarray) -> float:
    finite = difference[np.isfinite(difference)]
    largest = float(finite.max(initial=0.0))  # whose square may be no number
    return largest * math.sqrt(float(np.mean(np.square(finite / largest)))) if largest else 0.0
