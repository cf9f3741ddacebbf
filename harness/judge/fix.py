"""The code of a fix: a program in the terms of one system that computes what was observed, from the case's own arrays.

It is run in a worker of the system, on the case and on fresh data, before it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from harness.backends import TABLE
from harness.canonical.gaps import output
from harness.canonical.instance import Form
from harness.case.read import Case
from harness.operations.transforms.transform import Transform, applied, read
from harness.parent.outcome import Answered, Outcome
from harness.parent.pool import Pool
from harness.parent.talk import Program

Transforms = tuple[Transform, ...]

CLOSE = 1e-4
"""Share of the largest magnitude by which a float32 program may differ from the reference."""


class Proof(NamedTuple):
    """A program that held: what of, in which system, and its text."""

    transforms: Transforms
    system: str
    program: str


def proofs(case: Case, explanations: Iterable[Transforms], systems: Sequence[str]) -> Iterator[Proof]:
    """Each program that holds, as soon as it has: run in workers that are started for it, side by side."""
    tried, given = Proofs(case), set[tuple[Transforms, str]]()
    with Pool([TABLE[system] for system in systems]) as pool:
        attempts = [attempt for each in explanations for attempt in tried.attempts(each, pool.started)]
        for attempt in attempts:
            pool.submit(attempt.system, attempt, attempt.program)
        for _ in attempts:
            attempt, outcome = pool.collect()
            tried.take(attempt, outcome)
            for system, program in tried.code(attempt.transforms, systems).items():
                if (attempt.transforms, system) not in given:
                    given.add((attempt.transforms, system))
                    yield Proof(attempt.transforms, system, program)


@dataclass(frozen=True, eq=False)
class Attempt:
    """One run of a program: in which system, what is run, and the output that it must give."""

    transforms: Transforms
    system: str
    program: Program
    y: np.ndarray


class Proofs:
    """The programs of one case, each for some transforms and a system; whoever asks for them has them run."""

    def __init__(self, case: Case) -> None:
        self._case, self._programs = case, case.operation.program()
        self._written: dict[Transforms, dict[str, str]] = {}
        self._left: dict[tuple[Transforms, str], int] = {}

    def attempts(self, transforms: Transforms, systems: Iterable[str]) -> Iterator[Attempt]:
        """The runs that programs still need, each of them on the case and on fresh data; nothing is asked for twice."""
        if transforms not in self._written:
            self._written[transforms] = self._programs.programs(self._case, transforms)
        new = [each for each in systems if each in self._written[transforms] and (transforms, each) not in self._left]
        if not new:
            return
        self._left |= {(transforms, system): len(self._data) for system in new}
        for form, arrays in self._data:
            y = read(output(applied(form, transforms)), transforms, ())
            for system in new:
                yield Attempt(transforms, system, Program(self._written[transforms][system], arrays), y)

    def take(self, attempt: Attempt, outcome: Outcome) -> None:
        """Notes what an attempt came to."""
        if _gives(outcome, attempt):
            self._left[attempt.transforms, attempt.system] -= 1

    def code(self, transforms: Transforms, systems: Iterable[str]) -> dict[str, str]:
        """System -> program, of the programs that held in all of their attempts.

        What cannot be run here is given where it follows from a program that held.
        """
        held = [system for system in systems if self._left.get((transforms, system)) == 0]
        written = self._written.get(transforms, {})
        return {system: written[system] for system in (*held, *self._programs.FOLLOWING) if held and system in written}

    @cached_property
    def _data(self) -> list[tuple[Form, dict[str, np.ndarray]]]:
        """The case, and fresh random data of its shapes; each with the arrays as a program takes them."""
        form = self._case.meant()
        return [(each, self._programs.arrays(self._case, each)) for each in (form, self._programs.fresh(form))]


def _gives(outcome: Outcome, attempt: Attempt) -> bool:
    """Whether a program gave what it must, wherever that is a finite number: fresh data leave no gap."""
    if not isinstance(outcome, Answered) or outcome.array.shape != attempt.y.shape:
        return False
    known = np.isfinite(attempt.y)
    y, x = attempt.y[known], attempt.program.arrays["x"]
    size = max(*(float(np.abs(each).max(initial=0, where=np.isfinite(each))) for each in (x, y)), 1e-30)
    return bool((np.abs(outcome.array[known] - y) <= CLOSE * size).all())
