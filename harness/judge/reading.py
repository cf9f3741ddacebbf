"""One way to read a case: what it means, changed by some transforms."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from harness.canonical import gaps
from harness.canonical.instance import Form
from harness.canonical.magnitudes import magnitudes
from harness.canonical.reference import evaluated
from harness.canonical.slack import slack_of
from harness.case.read import Case
from harness.operations.stated import Given
from harness.operations.transforms.endings import concluded
from harness.operations.transforms.transform import Transform, applied, beside, end_errors, ended, ends
from harness.rounding.formats import FLOAT64
from harness.rounding.ladder import Ladder
from harness.rounding.rungs import Magnitudes

PRODUCTS = 3 * 10**8
"""Products that are summed exactly; of a larger output the rest is float64's, and bounds take its rounding in."""
FIRST = 4
"""Output channels that are looked at first."""


class Reading:
    """One way to read a case: the intended form, changed by some transforms. Evaluated when it is needed.

    stated: the form with NaN for data that are not known; form has zeros there, and counts where computable.
    computable: mask of the outputs that see known data only, None for all. exact: elements of `y` that are exact, once
    it is there. first: whether all this is of the first image and output channels only.
    """

    def __init__(self, case: Case, transforms: tuple[Transform, ...] = (), first: bool = False) -> None:
        self.case, self.transforms, self.first, self.exact = case, transforms, first, 0
        self.form: Form = self._changed(case.meant())
        self.stated = self.form
        self.computable: np.ndarray | None = None
        if case.partial:
            self.form, self.computable = gaps.filled(self.stated), gaps.computable(self.stated)
        self.reads = any(transform.reads for transform in transforms)
        self._endings = beside(concluded(transforms, case.then), case.meant())
        self.ends = ends(self._endings)
        self._ladders: dict[str, Ladder] = {}

    @property
    def y(self) -> np.ndarray:
        """The output, of sums that are rounded once to float64; without meaning where it is not computable."""
        return self.end(self.sums)

    @cached_property
    def sums(self) -> np.ndarray:
        """What is summed, before anything is made of it, rounded once to float64 as far as PRODUCTS go."""
        y, self.exact = evaluated(self.form, PRODUCTS)
        return y

    def end(self, sums: np.ndarray) -> np.ndarray:
        """What is made of sums."""
        return ended(sums, self._endings)

    @cached_property
    def end_errors(self) -> np.ndarray | float:
        """How far off what is made of exact sums may be, in units of the roundoff."""
        return end_errors(self.sums, self._endings)

    def ladder(self, dtype: str) -> Ladder:
        """The ladder of bounds for sums of `dtype`."""
        if dtype not in self._ladders:
            own = 0.0 if self.sums.size == self.exact else FLOAT64.u
            self._ladders[dtype] = Ladder.of(self.form, self._magnitudes, self.sums, dtype, own)
        return self._ladders[dtype]

    @cached_property
    def input_slack(self) -> np.ndarray | float:
        """What the rounding of printed data may do to the output."""
        return slack_of(self.form, self._widened()) if self.case.printed else 0.0

    def _widened(self) -> Form:
        """The intended form of data that are half a unit of their printed digits larger."""
        larger = {role: _larger(given) for role, given in self.case.arrays.items()}
        return self._changed(self.case.given(**larger).meant())

    def _changed(self, form: Form) -> Form:
        whole: Form = applied(form, self.transforms)
        return whole.first(FIRST) if self.first else whole

    @cached_property
    def _magnitudes(self) -> Magnitudes:
        found: Magnitudes = magnitudes(self.form)
        return found


def _larger(given: Given) -> np.ndarray:
    return given.values.astype(np.float64) + (0.0 if given.half_unit is None else given.half_unit)


def largest(errors: np.ndarray | float) -> float:
    """The largest of some errors; 0 where there are none."""
    return float(np.max(errors, initial=0.0))
