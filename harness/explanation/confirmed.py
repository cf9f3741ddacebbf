"""Explanations that hold: what a search finds, confirmed on every element by the ladder of bounds."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
        changes = "; ".join(each.words() for each in self.transforms) or "no difference"
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
    intended, largest = judge.fit(*_looked_at(judge, seen, ()))
    if intended and question.observed.size > LARGE:
        intended, largest = judge.fit(seen, judge.intended)
    held: list[Held] = []
    counts: list[int | None] = []

    def holds(transforms: tuple[Transform, ...]) -> bool:
        looked, reading = _looked_at(judge, seen, transforms)
        fit, largest = judge.fit(looked, reading)
        if fit:
            held.append((transforms, fit, largest, judge.known(looked, reading)))
            counts.append(_exact(seen, reading))
        return fit is not None

    skipped = (not intended or intended.finding) and judge.passed_on(seen) and holds(SKIPPED)
    refuted = False
    if intended and intended.finding and not skipped:  # what is the input unchanged was not rounded
        holds(())
        refuted = _all_whole(question)  # which another arithmetic gives, and rounding too
    elif intended and not skipped and not question.unknown:
        marks = _marks(judge, question, intended)
        if marks and holds(marks):
            found = _explanations(question, held, seen.dtype)
            return Confirmed(tuple(replace(each, lacking=0.0) for each in found))  # all values together mark it
        refuted = marks is not None and intended.rung in WIDE
        if not refuted:
            return _agreed(judge, seen, question, intended, largest)
    if beside:
        holds(beside)
    room = searching(judge.case)
    deepest = room.DEEPEST if deepest is None else deepest

    def search(most: int) -> Any:
        searched = room.Search(question, most, budget=budget.for_search())
        for _ in room.explanations(searched, lambda found: holds(found) if found or not refuted else False):
            pass
        return searched

    plain = all_equal(question) or (skipped and not question.unknown)
    searched = search(min(deepest, 1) if plain else deepest)  # of these, what takes more is hardly so
    if plain and held and not skipped:
        searched, plain = search(deepest), False
    for transforms, fit, *_ in list(held):
        for ways in room.besides(question, (*transforms, *([shown_by(fit, seen.dtype)] if fit.finding else ()))):
            any(map(holds, ways))
    solution = room.other_values(question, holds) if deepest and not held and not plain else None  # they are changes
    explanations = tuple(_explanations(question, held, seen.dtype))
    exact = min((each for each in counts if each is not None), default=None)
    if plain:
        return Confirmed(explanations, whole=min(deepest, 1, searched.whole), solution=solution, exact=exact)
    return Confirmed(explanations, searched.left_out, searched.whole, searched.tested, solution, exact)


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
    named = [(each, *each.other_names) for each in transforms]
    return list(itertools.product(*named))
