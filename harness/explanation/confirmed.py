"""Explanations that hold: what a search finds, confirmed on every element by the ladder of bounds."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from harness.explanation.separation import signatures
from harness.judge.evidence import Known, lacking
from harness.judge.reading import Reading
from harness.judge.verdict import SKIPPED, Judge, Observation, shown_by
from harness.operations.budget import Budget
from harness.operations.followed import searching
from harness.operations.operation import Question, Solution, Transforms
from harness.operations.transforms import in_order
from harness.operations.transforms.transform import NUMBER, Transform, detail
from harness.rounding.ladder import Fit
from harness.rounding.rungs import WIDE

LARGE = 2**21
"""Elements of an output beyond which bounds are worked out for the first ones only; float64 confirms the rest."""

NO_DIFFERENCE = "no difference"
"""What is said of an output that is what is meant, with no change."""

Held = tuple[tuple[Transform, ...], Fit, float, Known]
"""Changes that hold, the rung on which they do, the largest distance that they leave, and the values that they give."""


@dataclass(frozen=True)
class Explanation:
    """Changes that give what was observed.

    transforms: the changes. settings: what unknown settings were. group: explanations of one group come to the same on
    every input of this shape. tied: as simple as the first one, and not the only one. lacking: bits that the values do
    not carry and would have to for it to be certain. part: whether what is seen is taken for the first elements of a
    larger output.
    """

    transforms: tuple[Transform, ...]
    settings: tuple[Transform, ...]
    max_abs: float
    rung: str
    group: int
    lacking: float = 0.0
    tied: bool = False
    part: bool = False

    @property
    def changes(self) -> Transforms:
        """All that differs from the call as it is stated, in the order in which it applies."""
        return in_order((*self.settings, *self.transforms)) if self.settings else self.transforms

    @property
    def size(self) -> int:
        """What has to be assumed: the changes, and that what is seen is a part only."""
        return len(self.transforms) + self.part

    @property
    def detail(self) -> float:
        """Bits that the numbers take which were fitted."""
        return detail(self.changes)

    @property
    def by_conventions(self) -> bool:
        """Whether systems differ so, and not merely in weights."""
        return all(each.is_convention for each in self.transforms)

    @property
    def crops(self) -> bool:
        """Whether it leaves out what is there, with which nobody computes."""
        return any(each.crops for each in self.transforms)

    @property
    def words(self) -> str:
        """The explanation as a sentence."""
        changes = "; ".join(each.words() for each in self.transforms) or NO_DIFFERENCE
        found = "; ".join(each.found() for each in self.settings)
        part = ", if these are the first elements of a larger output" if self.part else ""
        return changes + part + (f" (left open, and found: {found})" if found else "")


@dataclass(frozen=True)
class Confirmed:
    """What a search came to.

    explanations: those that hold on every element, best first. left_out: candidates that were not looked at. whole: the
    number of changes up to which nothing was left out. tested: hypotheses that were decided. solution: where no
    convention holds, the weights that were applied. exact: the number of elements that were held against exact values,
    where the others were held against those of float64.
    """

    explanations: tuple[Explanation, ...]
    left_out: int = 0
    whole: int = 0
    tested: int = 0
    solution: Solution | None = None
    exact: int | None = None


@dataclass(frozen=True, eq=False)
class _Tested:
    """Hypotheses that are held against all that is seen. held: those that hold. counts: how many elements of each were
    held against exact values, None where all were."""

    judge: Judge
    seen: Observation
    question: Question
    held: list[Held] = field(default_factory=list)
    counts: list[int | None] = field(default_factory=list)

    def holds(self, transforms: Transforms) -> bool:
        """Whether these changes give what is seen."""
        looked, reading = _looked_at(self.judge, self.seen, transforms)
        fit, largest = self.judge.fit(looked, reading)
        if fit:
            self.held.append((transforms, fit, largest, self.judge.known(looked, reading)))
            self.counts.append(_exact(self.seen, reading))
        return fit is not None

    def meant(self) -> tuple[Fit | None, float]:
        """How what is meant fits, and the largest difference from it."""
        found = self.judge.fit(*_looked_at(self.judge, self.seen, ()))
        large = found[0] and self.question.observed.size > LARGE
        return self.judge.fit(self.seen, self.judge.intended) if large else found

    @property
    def explanations(self) -> tuple[Explanation, ...]:
        return tuple(_explanations(self.question, self.held, self.seen.dtype))

    @property
    def exact(self) -> int | None:
        return min((each for each in self.counts if each is not None), default=None)


def confirmed(
    judge: Judge,
    seen: Observation,
    question: Question,
    budget: Budget,
    deepest: int | None = None,
    beside: Transforms = (),
) -> Confirmed:
    """What a search of up to `deepest` changes, all by default, finds within a part of `budget`, confirmed on every
    element that is known; `beside` are changes that hold, and which it need not find."""
    if question.observed.ndim != question.form.rank + 2 or not np.isfinite(question.observed).any():
        return Confirmed(())
    tested = _Tested(judge, seen, question)
    intended, largest = tested.meant()
    skipped = (not intended or intended.finding) and judge.passed_on(seen) and tested.holds(SKIPPED)
    refuted = _refuted(tested, intended, largest) if intended and not skipped else False
    if isinstance(refuted, Confirmed):
        return refuted
    if beside:
        tested.holds(beside)
    return _searched(tested, _Hunt(searching(judge.case), budget, refuted), deepest, skipped)


def _refuted(tested: _Tested, intended: Fit, largest: float) -> Confirmed | bool:
    """Whether what is meant, which fits, is not what was computed; or what is confirmed, where no more is asked."""
    question = tested.question
    if intended.finding:  # what is the input unchanged was not rounded
        tested.holds(())
        return _all_whole(question)  # which another arithmetic gives, and rounding too
    if question.unknown:
        return False
    marks = _marks(tested.judge, question, intended)
    if marks and tested.holds(marks):
        # all values together mark it
        return Confirmed(tuple(replace(each, lacking=0.0) for each in tested.explanations))
    if marks is not None and intended.rung in WIDE:
        return True
    return _agreed(tested.judge, tested.seen, question, intended, largest)


@dataclass(frozen=True, eq=False)
class _Hunt:
    """A search of an operation. refuted: whether what is meant is none of its candidates."""

    room: Any
    budget: Budget
    refuted: bool

    def of(self, tested: _Tested, most: int) -> Any:
        """The search of up to `most` changes, done: what holds is among what is tested."""
        searched = self.room.Search(tested.question, most, budget=self.budget.for_search())
        for _ in self.room.explanations(searched, lambda found: (found or not self.refuted) and tested.holds(found)):
            pass
        return searched

    def besides(self, tested: _Tested) -> None:
        """Tests what may stand in place of what holds, or beside it."""
        for transforms, fit, *_ in list(tested.held):
            shown = [shown_by(fit, tested.seen.dtype)] if fit.finding else []
            for ways in self.room.besides(tested.question, (*transforms, *shown)):
                any(map(tested.holds, ways))


def _searched(tested: _Tested, hunt: _Hunt, deepest: int | None, skipped: bool) -> Confirmed:
    """What a search finds; where all that is seen is one number, of one change only, unless it finds something."""
    question = tested.question
    deepest = hunt.room.DEEPEST if deepest is None else deepest
    plain = all_equal(question) or (skipped and not question.unknown)
    searched = hunt.of(tested, min(deepest, 1) if plain else deepest)  # of these, what takes more is hardly so
    if plain and tested.held and not skipped:
        searched, plain = hunt.of(tested, deepest), False
    hunt.besides(tested)
    other = deepest and not tested.held and not plain  # they are changes
    solution = hunt.room.other_values(question, tested.holds) if other else None
    if plain:
        whole = min(deepest, 1, searched.whole)
        return Confirmed(tested.explanations, whole=whole, solution=solution, exact=tested.exact)
    counted = searched.left_out, searched.whole, searched.tested
    return Confirmed(tested.explanations, *counted, solution, tested.exact)


def all_equal(question: Question) -> bool:
    """Whether several values are known, and all of them are equal: they say nothing of how they were computed."""
    known = question.observed[np.isfinite(question.observed)]
    return known.size > 1 and bool(np.ptp(known) <= 2 * question.slack)


def _all_whole(question: Question) -> bool:
    """Whether all that is known are whole numbers."""
    values = question.observed[np.isfinite(question.observed)]
    return bool((values == np.rint(values)).all())


def _agreed(judge: Judge, seen: Observation, question: Question, fit: Fit, largest: float) -> Confirmed:
    """What is meant gives what is seen."""
    missing = lacking(judge.known(seen, judge.intended), (), (), question.form.rank)
    agrees = Explanation((), (), largest, fit.rung, 0, missing)
    return Confirmed((agrees,), exact=_exact(seen, judge.intended))


def _marks(judge: Judge, question: Question, intended: Fit) -> Transforms | None:
    """What explains better than rounding what is left beside what is meant; () where that has no name, None where
    nothing does. Printed data leave marks of their own."""
    if intended.rung == "exact" or judge.coarse:
        return None
    return searching(judge.case).marks(question)


def _looked_at(judge: Judge, seen: Observation, transforms: tuple[Transform, ...]) -> tuple[Observation, Reading]:
    """What is held against bounds: all that is seen, or the first of much."""
    reading = judge.reading(transforms) if transforms else judge.intended
    return judge.first(seen, reading) if seen.values.size > LARGE else (seen, reading)


def _exact(seen: Observation, reading: Reading) -> int | None:
    """The number of exact elements of a reading that was evaluated; None where all are."""
    return reading.exact if reading.exact < seen.values.size else None


def _explanations(question: Question, held: Sequence[Held], dtype: str) -> list[Explanation]:
    """What holds, the fewest changes first, under all of its names; in one group what always comes to the same."""
    signature = signatures(question.form)
    groups: dict[bytes, int] = {}
    found: dict[tuple[Transform, ...], Explanation] = {}
    for transforms, fit, largest, known in held:
        hidden = "".join(each.hidden for each in transforms).encode()
        group = groups.setdefault(signature(transforms) + hidden, len(groups))
        for named in _names(transforms):
            changes = (*named, shown_by(fit, dtype)) if fit.finding else named
            free = tuple(each for each in changes if question.is_free(each))
            own = tuple(each for each in changes if each not in free)
            missing = lacking(known, own, free, question.form.rank)
            found.setdefault((*own, *free), Explanation(own, free, largest, fit.rung, group, missing))
    every = sorted(found.values(), key=_simplicity)  # a finding of precision is one change more
    said = {(each.group, *(change.id for change in each.changes), each.words): each for each in reversed(every)}
    return [each for each in every if each in said.values()]


def _simplicity(explanation: Explanation) -> tuple[int, float]:
    """The number of changes, then what the numbers take that were fitted, by more than a part of one."""
    return len(explanation.transforms), explanation.detail // NUMBER


def _names(transforms: tuple[Transform, ...]) -> list[tuple[Transform, ...]]:
    """The changes, by every combination of their names."""
    return list(itertools.product(*(each.names for each in transforms)))
