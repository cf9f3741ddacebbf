"""`harness explain`: recordings of a case, or the output of one entry point in terms of the call of another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from harness.canonical.layout import LayoutError
from harness.case.read import Case, CaseError
from harness.explanation.diagnosis import Answer, diagnose
from harness.judge.verdict import Judge, Observation
from harness.operations.call import Unsupported
from harness.operations.spoken import SYSTEMS
from harness.operations.transforms.transform import Transform
from harness.parent.outcome import Answered
from harness.parent.pool import Pool
from harness.rounding.compare import dtype_name
from harness.systems import selection
from harness.systems.lower import lower
from harness.systems.selection import SelectionError
from harness.worker.entry import EntryPoint

CODED = 3
"""Explanations of one output whose code is run and shown."""
NAMES = {"tf.": "tensorflow"}
"""What people write for a system besides its name."""


@dataclass(frozen=True)
class Explained:
    """One output that was explained. changes: those of its first explanations, for which there is code."""

    system: str
    answer: Answer
    changes: tuple[tuple[Transform, ...], ...]

    def systems(self) -> tuple[str, ...]:
        """NumPy and the systems that the output is said to be of: those in whose terms code is of use."""
        said = self.system.lower()
        named = {system for word, system in NAMES.items() if word in said}
        return tuple(each for each in SYSTEMS if each == SYSTEMS[0] or each in named or each in said)


def recordings(case: Case) -> Iterator[Explained]:
    """The recordings of a case in terms of the call that its settings describe, each as soon as it is explained."""
    if not case.recorded:
        raise CaseError(
            f"{case.id} has no recording to explain; add `recorded`, or name two entry points: explain A B CASE"
        )
    judge = Judge(case)
    for recording in case.recorded:
        yield _explained(recording.system, judge, judge.observe(recording))


def pair(case: Case, names: tuple[str, str], pool: Pool) -> Explained:
    """The output of entry point `names[1]` in terms of the call of `names[0]`, both as one would first write them.

    Raises SelectionError where one of them gives no output, or where that of the first cannot be explained itself.
    """
    meant, seen = (_observe(case, _entry(name, pool), pool) for name in names)
    judge = Judge(case)
    own = diagnose(judge, meant).explanations
    if not own:
        raise SelectionError(f"{names[0]}: what it computes for {case.id} cannot be told itself; begin with the case")
    return _explained(names[1], Judge(case, base=own[0].transforms), seen)


def _explained(system: str, judge: Judge, seen: Observation) -> Explained:
    answer = diagnose(judge, seen)
    differs = answer.explanations and answer.explanations[0].transforms
    first = answer.explanations[:CODED] if differs else ()
    return Explained(system, answer, tuple((*judge.base, *each.settings, *each.transforms) for each in first))


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
