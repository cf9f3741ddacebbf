"""Drawn calls as cases, what comes of them, and the smallest one that still shows a find."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.case.read import Case
from harness.hunting.finds import Find, finds
from harness.operations import TABLE
from harness.operations.operation import Drawn
from harness.parent.pool import Pool
from harness.result import CaseReport
from harness.runner import Entries, run

ROUNDS = 200
"""Steps of shrinking; each makes one number smaller."""


@dataclass(frozen=True)
class Quarry:
    """A drawn call of an operation as a case, and what came of it."""

    drawn: Drawn
    case: Case
    report: CaseReport


def case_of(operation: str, drawn: Drawn, name: str = "drawn") -> Case | None:
    """The case of a drawn call; None where it leaves no output."""
    about = TABLE[operation]
    case = Case(operation=about, arrays=drawn.arrays(), settings=drawn.settings(), id=name, path=Path(), title=name)
    return case if min(case.meant().output_shape) > 0 else None


def evaluated(operation: str, calls: Sequence[Drawn], pool: Pool, entries: Entries) -> list[Quarry]:
    """What comes of calls, in their order; those that leave no output are passed over."""
    cases = [(drawn, case) for drawn in calls if (case := case_of(operation, drawn)) is not None]
    reports = run((case for _, case in cases), pool, entries)
    return [Quarry(drawn, case, report) for (drawn, case), report in zip(cases, reports, strict=True)]


Evaluate = Callable[[Sequence[Drawn]], Iterable[Quarry]]


def shrunk(quarry: Quarry, find: Find, evaluate: Evaluate) -> tuple[Quarry, Find]:
    """The smallest call that shows a find of the same kind, reached in steps that each make one thing simpler."""
    for _ in range(ROUNDS):
        weight = quarry.drawn.weight()
        calls = sorted(quarry.drawn.smaller(), key=lambda each: each.weight())
        found = _first([each for each in calls if each.weight() < weight], find, evaluate)
        if found is None:
            break
        quarry, find = found
    return quarry, find


def _first(calls: Sequence[Drawn], find: Find, evaluate: Evaluate) -> tuple[Quarry, Find] | None:
    """The first of some calls that shows a find of the same kind; ever more of them are made at once."""
    start, many = 0, 1
    while start < len(calls):
        for quarry in evaluate(calls[start : start + many]):
            for each in finds(quarry.report):
                if find.alike(each):
                    return quarry, each
        start, many = start + many, 2 * many
    return None


def entries_of(find: Find, entries: Entries) -> Entries:
    """The entry point of a find."""
    return [
        (backend, entry) for backend, entry in entries if (backend, entry.function) == (find.backend, find.function)
    ]
