"""`harness explain`: recordings of a case, or the output of one entry point in terms of the call of another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness.canonical.layout import LayoutError
from harness.case.read import Case, CaseError
from harness.explanation.diagnosis import Answer, diagnose
from harness.judge import fix
from harness.judge.verdict import Judge, Observation
from harness.operations.call import Unsupported
from harness.parent.outcome import Answered
from harness.parent.pool import Pool
from harness.rounding.compare import dtype_name
from harness.systems import selection
from harness.systems.lower import lower
from harness.systems.selection import SelectionError
from harness.worker.entry import EntryPoint

CODED = 3
"""Explanations of one output whose code is run and shown."""


@dataclass(frozen=True)
class Explained:
    """One output that was explained, and the programs that held for its first explanations."""

    system: str
    answer: Answer
    code: tuple[dict[str, str], ...]


def recordings(case: Case, systems: Sequence[str]) -> Iterator[Explained]:
    """The recordings of a case in terms of the call that its settings describe; code for `systems`."""
    if not case.recorded:
        raise CaseError(
            f"{case.id} has no recording to explain; add `recorded`, or name two entry points: explain A B CASE"
        )
    judge = Judge(case)
    for recording in case.recorded:
        answer = diagnose(judge, judge.observe(recording))
        yield Explained(recording.system, answer, _code(judge, answer, systems))


def pair(case: Case, names: tuple[str, str], pool: Pool, systems: Sequence[str]) -> Explained:
    """The output of entry point `names[1]` in terms of the call of `names[0]`, both as one would first write them.

    Raises SelectionError where one of them gives no output, or where that of the first cannot be explained itself.
    """
    meant, seen = (_observe(case, _entry(name, pool), pool) for name in names)
    judge = Judge(case)
    own = diagnose(judge, meant).explanations
    if not own:
        raise SelectionError(f"{names[0]}: what it computes for {case.id} cannot be told itself; begin with the case")
    judge = Judge(case, base=own[0].transforms)
    answer = diagnose(judge, seen)
    return Explained(names[1], answer, _code(judge, answer, systems))


def _code(judge: Judge, answer: Answer, systems: Sequence[str]) -> tuple[dict[str, str], ...]:
    first = [(*judge.base, *each.settings, *each.transforms) for each in answer.explanations[:CODED]]
    if not systems or not answer.explanations or not answer.explanations[0].transforms:
        return ()
    return tuple(fix.proven(judge.case, first, systems))


def _entry(name: str, pool: Pool) -> tuple[str, EntryPoint]:
    offered = pool.entry_points()
    found = [each for each in offered if each[1].name == name] or [
        each for each in offered if selection.matches(each[1].name, name)
    ]
    if len(found) != 1:
        known = ", ".join(entry.name for _, entry in found or offered)
        raise SelectionError(f"{name}: expected one entry point, found {len(found)}; known: {known}")
    return found[0]


def _observe(case: Case, entry: tuple[str, EntryPoint], pool: Pool) -> Observation:
    backend, point = entry
    try:
        call = lower(case, point, "as_written")
        pool.submit(backend, point.name, call)
        pool.flush()
        _, outcome = pool.collect()
        if not isinstance(outcome, Answered):
            raise SelectionError(f"{point.name} gives no output for {case.id}: {outcome.reason}")
        values = np.asarray(call.canonical(outcome.array))
    except (Unsupported, LayoutError) as error:
        raise SelectionError(f"{point.name} gives no output for {case.id}: {error}") from None
    return Observation(values, dtype_name(values.dtype), point.algorithm)
