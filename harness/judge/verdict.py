"""Verdicts: what is concluded of one output, and which outputs of a case agree."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from harness.canonical import gaps
from harness.canonical.axis import meets_input
from harness.canonical.reference import direct
from harness.case.read import Case
from harness.judge.evidence import Known
from harness.judge.reading import Reading, largest
from harness.operations.budget import OUTPUT, Budget
from harness.operations.followed import searching
from harness.operations.operation import Question, Searching
from harness.operations.spoken import main_roles
from harness.operations.stated import Recording
from harness.operations.transforms.endings import Overflow
from harness.operations.transforms.skipping import Skipped
from harness.operations.transforms.transform import Transform, ends, located
from harness.operations.transforms.values import Arithmetic
from harness.rounding import propagated
from harness.rounding.compare import Difference, difference, distance, dtype_name
from harness.rounding.ladder import Fit, fit_by_hand
from harness.rounding.noise import Noise, arithmetic
from harness.rounding.rungs import rough
from harness.worker.entry import Algorithm

SKIPPED = (Skipped(),)


@dataclass(frozen=True)
class Verdict:
    """What is concluded of one output.

    kind: "agrees", "convention" or "unexplained". fit: the rung that holds and the share of it that is used, None where
    none does. transforms: what explains a convention. max_abs: the largest distance from what the case means, None
    where the shapes differ. difference: how it differs; None where it agrees. group: outputs of one case with the same
    group agree with each other. left: the largest distance that the transforms leave of a convention.
    """

    kind: str
    fit: Fit | None
    transforms: tuple[Transform, ...]
    max_abs: float | None
    difference: Difference | None
    group: int
    left: float | None = None


def shown_by(fit: Fit, dtype: str) -> Transform:
    """The transform of a finding of the ladder in an output of `dtype`."""
    kinds: dict[str, Literal["wrap", "saturate"]] = {"integers wrap": "wrap", "integers saturate": "saturate"}
    if fit.rung not in kinds:
        return Arithmetic(fit.rung)
    info = np.iinfo(dtype)
    return Overflow(kinds[fit.rung], int(info.min), int(info.max))


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

    def placed(self, reading: Reading) -> Observation | None:
        """This observation in the shape of the output of `reading.form`, with what is not seen of it not known.

        None when that output does not have what is seen.
        """
        whole = reading.form.output_shape
        if self.values.shape == whole and (reading.first or not reading.reads):
            return self
        if min(whole) < 1:
            return None
        index = located(np.arange(math.prod(whole)).reshape(whole), reading.transforms, self.values.shape)
        if index.shape != self.values.shape:
            return None
        known, slack = np.zeros(whole, bool), np.zeros(whole)
        values = np.full(whole, np.nan, np.result_type(self.values, np.float32))
        values.flat[index] = self.values
        known.flat[index] = True if self.known is None else self.known
        slack.flat[index] = self.slack
        all_known = self.known is None and known.all()
        return replace(self, values=values, known=None if all_known else known, slack=slack)

    def first(self, shape: tuple[int, ...]) -> Observation:
        """The first images and channels, of which there are as many as in `shape`."""
        part = tuple(map(slice, shape[:2]))
        of_part = {name: each[part] for name, each in vars(self).items() if isinstance(each, np.ndarray)}
        return replace(self, **of_part)  # type: ignore[arg-type]

    def fit(self, reading: Reading) -> tuple[Fit | None, float]:
        """The rung of `reading` that holds, None when none does, and the largest distance."""
        known = self.comparable(reading)
        if known is not None and known.size and not known.any():
            return None, math.inf  # nothing to compare; of an empty output there is nothing that is not known
        if self.known is None and (by_hand := reading.case.tolerance):
            expected = reading.y if reading.ends else reading.ladder(self.dtype).expected
            apart = distance(self.values, expected, known)
            return fit_by_hand(apart, expected, by_hand.rtol, by_hand.atol), float(apart.max(initial=0.0))
        if reading.ends:
            return self._fit_of_ended(reading, known)
        ladder = reading.ladder(self.dtype)
        apart = distance(self.values, ladder.expected, known)
        largest = float(apart.max(initial=0.0))
        slack = self.slack if self.known is None else self.slack + reading.input_slack
        return ladder.fit(apart, slack, self.algorithm, self.values, known), largest

    def allowed(self, reading: Reading, rung: str) -> np.ndarray | float:
        """How far each element may be off by a rung of `reading`, and by what was printed."""
        ladder = reading.ladder(self.dtype)
        bound = next((ladder.bound(each) for each in ladder.rungs if each.name == rung), 0.0)
        return bound + (0.0 if self.known is None else self.slack + reading.input_slack)

    def _fit_of_ended(self, reading: Reading, known: np.ndarray | None) -> tuple[Fit | None, float]:
        """`fit` where something is made of each sum."""
        slack = self.slack if self.known is None else self.slack + reading.input_slack
        ladder = reading.ladder(arithmetic(self.dtype, reading.case.dtype))
        stated = None if ends(reading.transforms) else self.algorithm
        made = propagated.Made(reading.end, reading.end_errors, any(each.fitted for each in reading.transforms))
        return propagated.fit(ladder, made, self.values, self.dtype, slack, known, stated)

    def comparable(self, reading: Reading) -> np.ndarray | None:
        """Mask of the elements that are known here and computable of `reading`, None for all; both of one shape."""
        masks = [mask for mask in (self.known, reading.computable) if mask is not None]
        return np.logical_and.reduce(masks) if masks else None


class Judge:
    """Judges all outputs of one case; what it works out for one of them serves the others.

    Two outputs agree when both lie within the bounds of one reading of the case; outputs that no reading explains agree
    when they lie within the bounds of the intended reading of each other. The intended call is that of the case,
    changed by `base`.
    """

    def __init__(self, case: Case, base: tuple[Transform, ...] = ()) -> None:
        self.case, self.base = case, base
        self.intended = Reading(case, base)
        self._readings = [self.intended]
        self._strangers: list[Observation] = []

    def live(self, found: np.ndarray, algorithm: Algorithm) -> Verdict:
        """The verdict on `found`, a canonical output (N, O, *spatial) that an entry point gave."""
        return self._verdict(self.seen(found, algorithm))

    def seen(self, found: np.ndarray, algorithm: Algorithm) -> Observation:
        """A live output as an observation."""
        return Observation(found, self._dtype(found), algorithm)

    def _dtype(self, found: np.ndarray) -> str:
        """The dtype to judge a live output by: float32 for float64 data is a finding, not what was asked for."""
        asked = np.dtype(self.case.dtype)
        floats = found.dtype.kind == asked.kind == "f"
        return dtype_name(np.promote_types(found.dtype, asked) if floats else found.dtype)

    def recorded(self, recording: Recording) -> Verdict:
        """The verdict on a recording: unknown elements are passed over, printed digits give slack."""
        return self._verdict(self.observe(recording))

    def observe(self, recording: Recording) -> Observation:
        """A recording as an observation."""
        return Observation(recording.values, recording.dtype, "any", recording.known, recording.half_unit)

    def _verdict(self, seen: Observation) -> Verdict:
        for group, reading in enumerate(self._readings):
            fit, largest = self.fit(seen, reading)
            if fit and not fit.finding and not group:
                return Verdict("agrees", fit, (), largest, None, group)
            if fit and not (fit.finding and self.passed_on(seen)):
                return replace(self._explained(seen, fit, reading, group), left=largest)
        for transforms in self._candidates(seen):
            reading = self.reading(transforms)
            fit, largest = self.fit(seen, reading)
            if fit:
                self._readings.append(reading)
                return replace(self._explained(seen, fit, reading, len(self._readings) - 1), left=largest)
        return self._differs("unexplained", seen, None, (), self._stranger(seen))

    def reading(self, transforms: tuple[Transform, ...]) -> Reading:
        """The intended call changed by `transforms`."""
        return Reading(self.case, (*self.base, *transforms))

    def fit(self, seen: Observation, reading: Reading) -> tuple[Fit | None, float]:
        """The rung on which `reading` gives what is seen, None if it does not, and the largest distance.

        A change under which nothing of the input is seen explains nothing.
        """
        placed = seen.placed(reading)
        if placed is not None and placed.values.size and reading is not self.intended and not meets_input(reading.form):
            return None, np.inf
        return placed.fit(reading) if placed is not None and self._possible(placed, reading) else (None, np.inf)

    def first(self, seen: Observation, reading: Reading) -> tuple[Observation, Reading]:
        """Both for the first image and output channels; as they are where nothing is known of these."""
        placed, part = seen.placed(reading), Reading(self.case, reading.transforms, first=True)
        looked = seen if placed is None else placed.first(part.form.output_shape)
        useful = placed is not None and (looked.known is None or looked.known.any())
        return (looked, part) if useful else (seen, reading)

    def known(self, seen: Observation, reading: Reading) -> Known:
        """What is known of an output and computable of `reading`, which gives it."""
        placed = seen.placed(reading) or seen
        mask = placed.comparable(reading)
        there = np.ones(placed.values.shape, bool) if mask is None else mask
        room = self.noise(seen) + placed.slack + (0.0 if seen.known is None else reading.input_slack)
        meant = self._first_intended if reading.first else self.intended
        same = not reading.reads and reading.form.output_shape == meant.form.output_shape
        moved = distance(reading.y, meant.y) if same else np.full(there.shape, np.inf)
        if same and meant.computable is not None:
            moved = np.where(meant.computable, moved, np.inf)
        return Known.of(*(np.broadcast_to(each, there.shape)[there] for each in (placed.values, room, moved)))

    def room(self, seen: Observation) -> np.ndarray | float:
        """How far what is seen may lie from what is meant, per element of the latter: rounding, and printed digits."""
        printed = 0.0 if seen.known is None else largest(seen.slack) + self.intended.input_slack
        return self.intended.ladder(seen.dtype).room + printed

    @cached_property
    def _first_intended(self) -> Reading:
        return Reading(self.case, self.base, first=True)

    def _possible(self, seen: Observation, reading: Reading) -> bool:
        """Whether some data give all that is seen, where the case does not know them in full."""
        if reading.computable is None:
            return True
        values = np.where(True if seen.known is None else seen.known, seen.values, np.nan)
        share = rough(reading.form.terms, seen.dtype)
        slack = self.question(seen).slack + share * float(np.nanmax(np.abs(values), initial=0))
        return self._search.possible(reading.stated, values, slack, self.coarse)

    @cached_property
    def _search(self) -> Searching:
        """What is asked only where something differs."""
        return searching(self.case)

    @cached_property
    def coarse(self) -> float:
        """Half a unit of the last digit that was printed of the arrays, 0 where they are exact."""
        units = (self.case.arrays[role].half_unit for role in main_roles(self.case.operation))
        return max((largest(unit) for unit in units if unit is not None), default=0.0)

    def _explained(self, seen: Observation, fit: Fit, reading: Reading, group: int) -> Verdict:
        """The verdict on an output that a reading gives, perhaps in another arithmetic that nobody else then shares."""
        if not fit.finding:
            return self._differs("convention", seen, fit, reading.transforms, group)
        transforms = (*reading.transforms, shown_by(fit, seen.dtype))
        return self._differs("convention", seen, fit, transforms, self._stranger(seen))

    def _differs(
        self, kind: str, seen: Observation, fit: Fit | None, transforms: tuple[Transform, ...], group: int
    ) -> Verdict:
        same_shape = seen.values.shape == self.intended.form.output_shape
        known = seen.comparable(self.intended) if same_shape else seen.known
        off = difference(seen.values, self.intended.y, known)
        return Verdict(kind, fit, transforms, off.max_abs if off.same_shape else None, off, group)

    def question(self, seen: Observation) -> Question:
        """What `explain` is asked about an observation."""
        complex_ = seen.values.dtype.kind == "c"
        values = np.full(seen.values.shape, np.nan) if complex_ else seen.values.astype(np.float64)
        values = np.where(np.isfinite(values), values, np.nan)
        if self.intended.computable is not None:
            known = located(self.intended.computable, self.base, values.shape)
            values = np.where(known if known.shape == values.shape else known.any(), values, np.nan)
        noise = self.noise(seen)
        printed = 0.0 if seen.known is None else largest(self.intended.input_slack)
        return self._search.question(
            self.case,
            gaps.as_unknown(self.intended.stated),
            values if seen.known is None else np.where(seen.known, values, np.nan),
            noise + 2 * (largest(seen.slack) + printed),
            np.broadcast_to(noise + seen.slack, values.shape),
            seen.dtype,
        )

    def _candidates(self, seen: Observation) -> Iterator[tuple[Transform, ...]]:
        """Explanations to try: no layer at all, the most frequent causes, and all others for what is left."""
        if self.passed_on(seen):
            yield SKIPPED
        if seen.values.ndim != self.intended.form.rank + 2 or self._known_stranger(seen) is not None:
            return
        question = self.question(seen)
        yield from self._search.quick(question)
        search = self._search.Search(question, budget=Budget(OUTPUT).for_search())
        yield from self._search.explanations(search, lambda _: True)

    def passed_on(self, seen: Observation) -> bool:
        """Whether what is seen is the input, so far as it is known; what is not known of the input leaves that open."""
        form = self.intended.form
        if self.case.partial or seen.values.shape != form.arrays["x"].shape or self._adds_only:
            return False
        fit, _ = self.fit(seen, self.reading(SKIPPED))
        return fit is not None and not fit.finding

    @cached_property
    def _adds_only(self) -> bool:
        """Whether the layer does no more to its input than to add a bias, which tells more of what is left out."""
        form = self.intended.form
        return "bias" in form.arrays and np.array_equal(
            direct(gaps.filled(form.with_bias(None))), gaps.filled(form).arrays["x"]
        )

    def noise(self, seen: Observation) -> float:
        """An error that no value of `seen` exceeds by its arithmetic, for the search to start from."""
        form = gaps.filled(gaps.as_unknown(self.intended.form))
        return Noise.of(form, seen.values, seen.dtype, self.case.dtype).largest

    def _stranger(self, seen: Observation) -> int:
        """The group of an unexplained output, counted from -1 downwards: that of an earlier one that it agrees with."""
        number = self._known_stranger(seen)
        if number is None:
            self._strangers.append(seen)
            number = len(self._strangers) - 1
        return -1 - number

    def _known_stranger(self, seen: Observation) -> int | None:
        """The number of an earlier unexplained output that this one agrees with."""
        for number, other in enumerate(self._strangers):
            if other.values.shape == seen.values.shape and self._alike(seen, other):
                return number
        return None

    def _alike(self, seen: Observation, other: Observation) -> bool:
        apart = distance(seen.values, other.values)
        if seen.values.shape != self.intended.form.output_shape:
            return not apart.any()
        return self.intended.ladder(seen.dtype).fit(apart / 2, 0.0, seen.algorithm) is not None
