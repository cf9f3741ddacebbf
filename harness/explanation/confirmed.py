"""Explanations that hold: what a search finds, confirmed on every element by the ladder of bounds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.canonical.instance import Form
from harness.explanation.separation import signature
from harness.judge.evidence import Known, lacking
from harness.judge.verdict import Judge, Observation
from harness.operations.budget import Budget
from harness.operations.operation import Question, Solution
from harness.operations.transforms.transform import Transform
from harness.operations.transforms.values import Arithmetic
from harness.rounding.ladder import Fit

LARGE = 1_000_000
"""Elements of an output beyond which the bounds are worked out for a part of it; float64 then confirms the rest."""
LOOK = 4
"""Output channels of that part, which is of the first image."""

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
    def size(self) -> int:
        """What has to be assumed: the changes, and that what is seen is a part only."""
        return len(self.transforms) + self.part

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
        found = "; ".join(each.words() for each in self.settings)
        part = ", if these are the first elements of a larger output" if self.part else ""
        return changes + part + (f" (left open, and found: {found})" if found else "")


@dataclass(frozen=True)
class Confirmed:
    """What a search came to.

    explanations: those that hold on every element, best first. left_out: candidates that were not looked at. whole: the
    number of changes up to which nothing was left out. tested: hypotheses that were decided. solution: where no
    convention holds, the weights that were applied.
    """

    explanations: tuple[Explanation, ...]
    left_out: int = 0
    whole: int = 0
    tested: int = 0
    solution: Solution | None = None


def confirmed(
    judge: Judge, seen: Observation, question: Question, budget: Budget, deepest: int | None = None
) -> Confirmed:
    """What a search of up to `deepest` changes, all by default, finds within a part of `budget`, confirmed on every
    element that is known."""
    if question.observed.ndim != question.form.rank + 2 or not np.isfinite(question.observed).any():
        return Confirmed(())
    part = _part(judge, seen)
    intended, largest = judge.fit(seen, judge.intended) if _may_fit(part, ()) else (None, math.inf)
    if intended and not intended.finding and not question.unknown:
        by, of = part or (judge, seen)
        missing = lacking(by.known(of, by.intended), (), (), question.form.rank)
        return Confirmed((Explanation((), (), largest, intended.rung, 0, missing),))
    held: list[Held] = []

    def holds(transforms: tuple[Transform, ...]) -> bool:
        by, of = part if part and _local(transforms) else (judge, seen)
        reading = by.reading(transforms)
        fit, largest = by.fit(of, reading)
        if fit:
            held.append((transforms, fit, largest, by.known(of, reading)))
        return fit is not None

    if intended and intended.finding:
        holds(())
    room = judge.case.operation.search()
    deepest = room.DEEPEST if deepest is None else deepest
    searched = room.Search(question, deepest, budget=budget.for_search())
    for _ in room.explanations(searched, holds):
        pass
    solution = None if held else room.other_values(question, holds)
    alike = part[0].intended.form if part and all(_local(transforms) for transforms, *_ in held) else question.form
    explanations = tuple(_explanations(question, held, alike))
    return Confirmed(explanations, searched.left_out, searched.whole, searched.tested, solution)


def _local(transforms: Sequence[Transform]) -> bool:
    """Whether what a part of the images and output channels shows holds for all of them."""
    return all(each.local for each in transforms)


def _explanations(question: Question, held: Sequence[Held], form: Form) -> list[Explanation]:
    """What holds, the fewest changes first, under all of its names; in one group what comes to the same in `form`."""
    groups: dict[bytes, int] = {}
    found = []
    for transforms, fit, largest, known in held:
        group = groups.setdefault(signature(form, transforms), len(groups))
        for named in _names(transforms):
            changes = (*named, Arithmetic(fit.rung)) if fit.finding else named
            free = tuple(each for each in changes if question.is_free(each))
            own = tuple(each for each in changes if each not in free)
            missing = lacking(known, own, free, form.rank)
            found.append(Explanation(own, free, largest, fit.rung, group, missing))
    return sorted(found, key=lambda each: len(each.transforms))  # a finding of precision is one change more


def _names(transforms: tuple[Transform, ...]) -> list[tuple[Transform, ...]]:
    """The changes, by every combination of their names."""
    named = [(each, *each.other_names) for each in transforms]
    return list(itertools.product(*named))


def _part(judge: Judge, seen: Observation) -> tuple[Judge, Observation] | None:
    """The first images and output channels of a large case; None for a small one, or where groups tie channels."""
    case, values = judge.case, seen.values
    shape = judge.intended.form.output_shape
    if values.size <= LARGE or judge.base or values.shape[:2] != shape[:2]:
        return None
    arrays = case.operation.search().part(case, LOOK)
    if arrays is None:
        return None
    small = replace(case, arrays=arrays, recorded=())
    known = None if seen.known is None else seen.known[:1, :LOOK]
    slack = seen.slack[:1, :LOOK] if isinstance(seen.slack, np.ndarray) else seen.slack
    return Judge(small), replace(seen, values=values[:1, :LOOK], known=known, slack=slack)


def _may_fit(part: tuple[Judge, Observation] | None, transforms: tuple[Transform, ...]) -> bool:
    """False where already a part does not fit; so the whole need not be evaluated."""
    if part is None:
        return True
    judge, seen = part
    return judge.fit(seen, judge.reading(transforms))[0] is not None
