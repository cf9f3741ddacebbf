"""The code of a fix: a program in the terms of one system that computes what was observed, from the case's own arrays.

It is run in a worker of the system, on the case and on fresh data, before it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from harness.backends import TABLE
from harness.canonical import layout
from harness.canonical.gaps import output
from harness.canonical.instance import Form
from harness.case.read import Case
from harness.judge import own_dtypes
from harness.operations.spoken import SYSTEMS
from harness.operations.transforms import FINDINGS
from harness.operations.transforms.endings import concluded
from harness.operations.transforms.transform import Transform, applied, beside, read
from harness.parent.outcome import Answered, Outcome
from harness.parent.pool import Pool
from harness.parent.talk import Program

Transforms = tuple[Transform, ...]

CLOSE = 1e-4
"""Share of the largest magnitude by which a float32 program may differ from the reference."""


class Proof(NamedTuple):
    """What held: of which changes, in which system, and its text. edited: whether it is an edit, and not a program."""

    transforms: Transforms
    system: str
    program: str
    edited: bool = False


def proofs(
    case: Case, explanations: Iterable[Transforms], systems: Sequence[str], letters: str = "", edited: bool = False
) -> Iterator[Proof]:
    """Each program that holds, as soon as it has: run in workers that are started for it, side by side.

    systems: whose programs are given; what cannot be run follows from what held, of NumPy where nothing else is asked
    for. letters: the axes of the outputs, canonical ones for "". edited: whether edits are given, too, before programs.
    """
    tried, given = Proofs(case, letters), set[Proof]()
    running = [system for system in systems if system in TABLE and system in SYSTEMS] or [SYSTEMS[0]]
    asked = list(dict.fromkeys(explanations))
    with Pool([TABLE[system] for system in running]) as pool:
        attempts = [
            attempt
            for kind in ((True, False) if edited else (False,))
            for each in asked
            for attempt in tried.attempts(each, pool.started, kind)
        ]
        for attempt in attempts:
            pool.submit(attempt.system, attempt, attempt.program)
        for _ in attempts:
            attempt, outcome = pool.collect()
            tried.take(attempt, outcome)
            for proof in tried.held(attempt.transforms, running, edited):
                if proof.system in systems and proof not in given:
                    given.add(proof)
                    yield proof


@dataclass(frozen=True, eq=False)
class Attempt:
    """One run of a program, or of an edit: in which system, what is run, and the output that it must give."""

    transforms: Transforms
    edited: bool
    system: str
    program: Program
    y: np.ndarray


class Proofs:
    """The programs of one case, each for some transforms and a system; whoever asks for them has them run.

    letters: the axes of their outputs, canonical ones for "".
    """

    def __init__(self, case: Case, letters: str = "") -> None:
        self._case, self._programs = case, case.operation.program()
        self._letters = letters or layout.canonical("output", case.rank)
        self._dtypes = own_dtypes.known(case.stored)
        self._written: dict[tuple[Transforms, bool], dict[str, str]] = {}
        self._lines: dict[Transforms, dict[str, str]] = {}
        self._left: dict[tuple[Transforms, bool, str], int] = {}

    def attempts(self, transforms: Transforms, systems: Iterable[str], edited: bool = False) -> Iterator[Attempt]:
        """The runs that programs, or edits, still need, each on the case and on fresh data; none is asked for twice."""
        if (transforms, edited) not in self._written:
            self._written[transforms, edited] = self._texts(transforms, edited)
        written = self._written[transforms, edited]
        new = [each for each in systems if each in written and (transforms, edited, each) not in self._left]
        if not new:
            return
        self._left |= {(transforms, edited, system): len(self._data) for system in new}
        for form, arrays in self._data:
            endings = beside(concluded(transforms, self._case.then), form)
            y = self._as_shown(read(output(applied(form, transforms)), endings, ()))
            for system in new:
                taken = self._in_own_dtypes(arrays, form, system) if edited else arrays
                yield Attempt(transforms, edited, system, Program(written[system], taken), y)

    def take(self, attempt: Attempt, outcome: Outcome) -> None:
        """Notes what an attempt came to."""
        if _gives(outcome, attempt):
            self._left[attempt.transforms, attempt.edited, attempt.system] -= 1

    def held(self, transforms: Transforms, systems: Sequence[str], edited: bool = False) -> Iterator[Proof]:
        """What held in all of its attempts, edits first where they are asked for."""
        for system, line in self.edits(transforms, systems).items() if edited else ():
            yield Proof(transforms, system, line, True)
        for system, program in self.code(transforms, systems).items():
            yield Proof(transforms, system, program)

    def code(self, transforms: Transforms, systems: Iterable[str]) -> dict[str, str]:
        """System -> program, of the programs that held in all of their attempts.

        What cannot be run here is given where it follows from a program that held.
        """
        held = self._held(transforms, systems, edited=False)
        written = self._written.get((transforms, False), {})
        return {system: written[system] for system in (*held, *self._programs.FOLLOWING) if held and system in written}

    def edits(self, transforms: Transforms, systems: Sequence[str]) -> dict[str, str]:
        """System -> the shortest edit, of those that held; what cannot be run here follows from what held."""
        held = self._held(transforms, systems, edited=True)
        follows = self._programs.FOLLOWING if held or self._held(transforms, systems, edited=False) else ()
        lines = self._lines.get(transforms, {})
        return {system: lines[system] for system in (*held, *follows) if system in lines}

    def _held(self, transforms: Transforms, systems: Iterable[str], edited: bool) -> list[str]:
        return [system for system in systems if self._left.get((transforms, edited, system)) == 0]

    def _texts(self, transforms: Transforms, edited: bool) -> dict[str, str]:
        """System -> what is run; nothing of what no call shows."""
        if any(isinstance(each, FINDINGS) for each in transforms):
            return {}
        if not edited:
            return self._programs.programs(self._case, concluded(transforms, self._case.then), self._letters)
        found = self._programs.edits(self._case, concluded(transforms, self._case.then), self._letters)
        edits = {
            system: own_dtypes.in_own_dtypes(system, each.line, each.program, self._dtypes)
            for system, each in found.items()
        }
        self._lines[transforms] = {system: each.line for system, each in edits.items()}
        return {system: each.program for system, each in edits.items()}

    def _in_own_dtypes(self, arrays: Mapping[str, np.ndarray], form: Form, system: str) -> dict[str, np.ndarray]:
        """The arrays of an edit: those of the case in the dtypes of their files, fresh ones in one that fits."""
        wide = np.dtype("float32" if form.arrays["x"].dtype == np.float32 else "float64")
        fits = self._dtypes if form is self._data[0][0] or own_dtypes.stand_as_they_are(self._dtypes) else {}
        own = {name: own_dtypes.held_as(dtype, system) for name, dtype in fits.items()}
        return {name: each.astype(own.get(name, wide)) for name, each in arrays.items()}

    def _as_shown(self, y: np.ndarray) -> np.ndarray:
        """A canonical output with the axes of the programs' outputs: of one that these leave out, the first."""
        canonical = layout.canonical("output", self._case.rank)
        taken = y[tuple(slice(None) if letter in self._letters else slice(0, 1) for letter in canonical)]
        return layout.from_canonical(taken, self._letters, "output")

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
