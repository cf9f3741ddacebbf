"""Verdicts: what is concluded of one output, and which outputs of a case agree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from harness import explain, tolerance
from harness.case import Case, Recording
from harness.compare import Difference, difference, distance, dtype_name
from harness.reference import Magnitudes, direct, evaluate, magnitudes
from harness.tolerance import Fit, Ladder
from harness.transform import Transform
from harness.worker.entry import Algorithm


@dataclass(frozen=True)
class Verdict:
    """What is concluded of one output.

    kind: "agrees", "convention" or "unexplained". fit: the rung that holds and the share of it that is used, None where
    none does. transforms: what explains a convention. max_abs: the largest distance from what the case means, None
    where the shapes differ. difference: how it differs; None where it agrees. group: outputs of one case with the same
    group agree with each other.
    """

    kind: str
    fit: Fit | None
    transforms: tuple[Transform, ...]
    max_abs: float | None
    difference: Difference | None
    group: int


class Reading:
    """One way to read a case: the intended convolution, changed by some transforms. Evaluated when it is needed."""

    def __init__(self, case: Case, transforms: tuple[Transform, ...] = ()) -> None:
        self.case, self.transforms = case, transforms
        self.conv = case.convolution()
        for transform in transforms:
            self.conv = transform.differ(self.conv)
        self._ladders: dict[str, Ladder] = {}

    @cached_property
    def y(self) -> np.ndarray:
        """The exact output, rounded once to float64."""
        return evaluate(self.conv)

    def ladder(self, dtype: str) -> Ladder:
        """The ladder of bounds for results of `dtype`."""
        if dtype not in self._ladders:
            exact = tolerance.exact_on_integers(self.conv, dtype)
            self._ladders[dtype] = Ladder(self._magnitudes, self.y, dtype, exact)
        return self._ladders[dtype]

    @cached_property
    def input_slack(self) -> np.ndarray | float:
        """What the rounding of the printed input (dx) and kernel (dw) may do to the output: A_w*dx + A_x*dw + dx*dw."""
        if self.case.x_half_unit is None and self.case.w_half_unit is None:
            return 0.0
        x, w = np.abs(self.conv.x.astype(np.float64)), np.abs(self.conv.w.astype(np.float64))
        wide_x = x if self.case.x_half_unit is None else x + self.case.x_half_unit
        wide_w = w if self.case.w_half_unit is None else w + self.case.w_half_unit
        largest = direct(replace(self.conv, x=wide_x, w=wide_w, bias=None))
        slack: np.ndarray = largest - direct(replace(self.conv, x=x, w=w, bias=None))
        return slack

    @cached_property
    def _magnitudes(self) -> Magnitudes:
        return magnitudes(self.conv)


@dataclass(frozen=True, eq=False)
class Observation:
    """An output and what is known of it: canonical (N, O, *spatial).

    known: mask of the elements that are known, None for all. slack: half units of printed digits, 0 for live results.
    """

    values: np.ndarray
    dtype: str
    algorithm: Algorithm
    known: np.ndarray | None = None
    slack: np.ndarray | float = 0.0

    def fit(self, reading: Reading) -> tuple[Fit | None, float]:
        """The rung of `reading` that holds, None when none does, and the largest distance."""
        ladder = reading.ladder(self.dtype)
        apart = distance(self.values, ladder.expected, self.known)
        largest = float(apart.max(initial=0.0))
        if self.known is None and reading.case.tolerance:
            by_hand = reading.case.tolerance
            return tolerance.fit_by_hand(apart, ladder.expected, by_hand.rtol, by_hand.atol), largest
        slack = self.slack if self.known is None else self.slack + reading.input_slack
        return ladder.fit(apart, slack, self.algorithm), largest


class Judge:
    """Judges all outputs of one case; what it works out for one of them serves the others.

    Two outputs agree when both lie within the bounds of one reading of the case; outputs that no reading explains agree
    when they lie within the bounds of the intended reading of each other.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self.intended = Reading(case)
        self._readings = [self.intended]
        self._strangers: list[Observation] = []

    def live(self, found: np.ndarray, algorithm: Algorithm) -> Verdict:
        """The verdict on `found`, a canonical output (N, O, *spatial) that an entry point gave."""
        return self._verdict(Observation(found, dtype_name(found.dtype), algorithm))

    def recorded(self, recording: Recording) -> Verdict:
        """The verdict on a recording: unknown elements are passed over, printed digits give slack."""
        return self._verdict(
            Observation(recording.values, recording.dtype, "direct", recording.known, recording.half_unit)
        )

    def _verdict(self, seen: Observation) -> Verdict:
        for group, reading in enumerate(self._readings):
            fit, largest = self._fit(seen, reading)
            if fit and not group:
                return Verdict("agrees", fit, (), largest, None, group)
            if fit:
                return self._differs("convention", seen, fit, reading.transforms, group)
        for transforms in explain.candidates(self.intended.conv, seen.values, self._rough_slack(seen)):
            reading = Reading(self.case, transforms)
            fit, _ = self._fit(seen, reading)
            if fit:
                self._readings.append(reading)
                return self._differs("convention", seen, fit, transforms, len(self._readings) - 1)
        return self._differs("unexplained", seen, None, (), self._stranger(seen))

    def _fit(self, seen: Observation, reading: Reading) -> tuple[Fit | None, float]:
        if seen.values.shape != reading.conv.output_shape:
            return None, np.inf
        return seen.fit(reading)

    def _differs(
        self, kind: str, seen: Observation, fit: Fit | None, transforms: tuple[Transform, ...], group: int
    ) -> Verdict:
        off = difference(seen.values, self.intended.y, seen.known)
        return Verdict(kind, fit, transforms, off.max_abs if off.same_shape else None, off, group)

    def _rough_slack(self, seen: Observation) -> float:
        """An error that no value of `seen` exceeds, for the search to start from."""
        conv = self.intended.conv
        u = 2.0 ** -tolerance.DIGITS.get(seen.dtype, 53)
        size = float(np.abs(conv.x).max(initial=0)) * float(
            np.abs(conv.w).sum(axis=tuple(range(1, conv.w.ndim))).max(initial=0)
        )
        slack = float(np.max(seen.slack)) + (0.0 if seen.known is None else float(np.max(self.intended.input_slack)))
        return 4 * (conv.terms + 2) * u * size + 2 * slack

    def _stranger(self, seen: Observation) -> int:
        """The group of an unexplained output, counted from -1 downwards: that of an earlier one that it agrees with."""
        for number, other in enumerate(self._strangers):
            if other.values.shape == seen.values.shape and self._alike(seen, other):
                return -1 - number
        self._strangers.append(seen)
        return -len(self._strangers)

    def _alike(self, seen: Observation, other: Observation) -> bool:
        apart = distance(seen.values, other.values)
        if seen.values.shape != self.intended.conv.output_shape:
            return not apart.any()
        return self.intended.ladder(seen.dtype).fit(apart / 2, 0.0, seen.algorithm) is not None
