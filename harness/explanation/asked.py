"""`harness explain`: recordings of a case, or the output of one entry point in terms of the call of another."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

import numpy as np

from harness.canonical import layout
from harness.canonical.layout import LayoutError
from harness.case.proposals import sized
from harness.case.read import Case, CaseError
from harness.explanation import answers
from harness.explanation.confirmed import Explanation
from harness.explanation.diagnosis import Answer, diagnose
from harness.explanation.few_wrong import with_few_wrong
from harness.judge import fix
from harness.judge.fix import Proof, Transforms
from harness.judge.verdict import Judge, Observation
from harness.operations.call import Unsupported
from harness.operations.spoken import FOLLOWING, SYSTEMS
from harness.operations.transforms import FINDINGS
from harness.operations.transforms.values import Arithmetic
from harness.parent.outcome import Answered
from harness.parent.pool import Pool
from harness.rounding.compare import dtype_name
from harness.systems import selection
from harness.systems.lower import lower
from harness.systems.selection import SelectionError
from harness.worker.entry import EntryPoint

CODED = 3
"""Explanations of one output whose code is run and shown."""
BASES = 4
"""Explanations of an output in whose terms another is told, where several fit."""
NAMES = {"tf.": "tensorflow"}
"""What people write for a system besides its name."""


@dataclass(frozen=True)
class Explained:
    """One output that was explained.

    changes: those of its first explanations, for which there is code. meant: those of the call that is meant, None
    where it is that of the output. letters: the axes of the output as it was given, "" where they are canonical.
    beside: what the other outputs of the case are said to be of. proofs: the edits and programs that held, where they
    were asked for.
    """

    system: str
    answer: Answer
    changes: tuple[Transforms, ...] = ()
    meant: Transforms | None = ()
    letters: str = ""
    beside: tuple[str, ...] = ()
    proofs: tuple[Proof, ...] = ()

    @property
    def verdict(self) -> str:
        """`agrees`, `convention` where named changes explain it, or `unexplained`."""
        if not self.answer.explanations or (self.answer.wrong and not self.transforms):
            return "unexplained"
        return "convention" if self.transforms else "agrees"

    @property
    def transforms(self) -> tuple[str, ...]:
        """Ids of the changes of the first explanation; () where there is no difference, or no explanation."""
        return tuple(each.id for first in self.answer.explanations[:1] for each in first.transforms)

    @property
    def words(self) -> str:
        """What to change, as a sentence; what is known where nothing explains it."""
        if self.answer.wrong and not self.transforms:
            return "; ".join(self.answer.remarks)
        if self.verdict == "unexplained":
            return "; ".join(["nothing that is known here explains it", *self.answer.remarks])
        return self.answer.explanations[0].words

    @property
    def own(self) -> tuple[str, ...]:
        """The systems that the output is said to be of, as far as code is written in their terms."""
        return named(self.system)

    @property
    def as_stated(self) -> bool:
        """Whether the output is that of the call as it stands, so that code would show what everybody knows."""
        return self.verdict == "agrees" and not self.answer.explanations[0].settings

    def systems(self) -> tuple[str, ...]:
        """NumPy, and those that the outputs of the case are said to be of: those in whose terms code is of use.

        Where nothing differs, it is of use only to show settings that were left open.
        """
        if self.as_stated:
            return ()
        others = (system for said in self.beside for system in named(said))
        return tuple(dict.fromkeys((SYSTEMS[0], *self.own, *others)))

    def programs(self, case: Case, systems: Sequence[str]) -> Iterator[Proof]:
        """The edits and the programs of some systems, each as soon as it has held: of the changes, and of what is meant
        the edits of those that the output is said to be of."""
        shown = tuple(each for each in self.changes if not any(isinstance(one, Arithmetic) for one in each))
        if not systems or not shown:  # no program shows another arithmetic
            return
        asked = (self.meant, *shown) if self.meant is not None and set(self.own) & set(systems) else shown
        given: set[tuple[str, str]] = set()  # an edit is the same under all names of a change
        for proof in fix.proofs(case, asked, systems, self.letters, edited=True):
            own = proof.edited and proof.system in self.own
            text = proof.system, proof.program
            if (proof.transforms != self.meant or own) and not (proof.edited and text in given):
                given.add(text)
                yield proof

    def without_code(self, systems: Sequence[str], proofs: Iterable[Proof]) -> tuple[str, ...]:
        """The systems of which code was wanted, and none of whose programs held."""
        held = {proof.system for proof in proofs if not proof.edited}
        coded = any(not any(isinstance(one, FINDINGS) for one in each) for each in self.changes)
        return tuple(each for each in systems if coded and each in SYSTEMS and each not in held)

    def as_json(self) -> dict[str, Any]:
        """What `harness explain --json` has of one recording."""
        held = sorted(self.proofs, key=_place)

        def of(changes: Transforms, edited: bool) -> dict[str, str]:
            found = (each for each in held if each.transforms == changes and each.edited is edited)
            return {each.system: each.program for each in found}

        texts = [(of(changes, False), of(changes, True)) for changes in self.changes]
        own = {} if self.meant is None else of(self.meant, True)
        return answers.as_json(self.system, self.answer, texts, own)

    def __str__(self) -> str:
        lines = [answers.text(self.system, self.answer)]
        return "\n".join([*lines, *map(self.told, told_once(self.proofs))])

    def told(self, proof: Proof) -> str:
        """An edit or a program that held, as people read it."""
        if proof.edited:
            return answers.edit_text(proof.system, proof.program, mends=proof.transforms == self.meant)
        words = dict(zip(self.changes, (each.words for each in self.answer.explanations)))
        return answers.program_text(proof.system, proof.program, words[proof.transforms])


def told_once(proofs: Iterable[Proof]) -> Iterator[Proof]:
    """Those that people read: a program that does the same under another name of the change is left out."""
    given: set[tuple[str, tuple[str, ...]]] = set()
    for proof in proofs:
        if (steps := (proof.system, _steps(proof.program))) not in given:
            given.add(steps)
            yield proof


def _steps(program: str) -> tuple[str, ...]:
    """What a program does, whatever its comments call it."""
    return tuple(line for line in program.splitlines() if not line.startswith("#"))


def blind(case: Case) -> tuple[str, ...]:
    """The conventions, in words, that the data of a case would not show."""
    found: tuple[str, ...] = case.operation.power().power(case.meant(), bool(case.partial), case.then).blind
    return found


def named(said: str) -> tuple[str, ...]:
    """The systems that are meant by what an output is said to be of."""
    words = said.lower()
    short = {system for word, system in NAMES.items() if word in words}
    return tuple(each for each in (*SYSTEMS, *FOLLOWING) if each in short or each.lower() in words)


def _place(proof: Proof) -> int:
    """Where JSON has the code of a system, whichever was done first."""
    return SYSTEMS.index(proof.system) if proof.system in SYSTEMS else len(SYSTEMS)


def demand_systems(names: Sequence[str]) -> None:
    """Raises SelectionError for a name of which no code is written."""
    known = (*SYSTEMS, *FOLLOWING)
    if isinstance(names, str):
        raise SelectionError(f"systems: expected a list of names, found the text {names!r}; write [{names!r}]")
    for name in names:
        if name not in known:
            near = f", perhaps {close[0]!r}" if (close := get_close_matches(str(name), known, 1, 0.5)) else ""
            raise SelectionError(f"systems: no code is written for {name!r}{near}; known are {', '.join(known)}")


def mended(case: Case, found: Explained, systems: Sequence[str]) -> Explained:
    """What was explained, with all edits and programs of some systems that hold."""
    return replace(found, proofs=tuple(found.programs(case, systems)))


def recordings(case: Case) -> Iterator[Explained]:
    """The recordings of a case in terms of the call that its settings describe, each as soon as it is explained."""
    if not case.recorded:
        raise CaseError(
            f"{case.id} has no recording to explain; add `recorded`, or name two entry points: explain A B CASE"
        )
    judge, systems = Judge(case), tuple(each.system for each in case.recorded)
    for recording in case.recorded:
        seen = judge.observe(recording)
        answer = with_few_wrong(judge, seen, diagnose(judge, seen))
        found = replace(_told(recording.system, judge, answer, recording.layout), beside=systems)
        coded = not found.as_stated or len(systems) == 1  # else the code of the others is what is wanted
        yield found if coded else replace(found, changes=())


def pair(case: Case, names: tuple[str, str], pool: Pool) -> Explained:
    """The output of entry point `names[1]` in terms of the call of `names[0]`, both as one would first write them.

    Raises SelectionError where one of them gives no output, or where that of the first cannot be explained itself.
    """
    meant, seen = (_observe(case, _entry(case, name, pool), pool) for name in names)
    judge = Judge(case)
    own = diagnose(judge, meant).explanations
    if not own:
        raise SelectionError(f"{names[0]}: what it computes for {case.id} cannot be told itself; begin with the case")
    return _explained(names[1], Judge(case, base=own[0].transforms), seen)


def between(case: Case, meant: Observation, seen: Observation, system: str) -> Explained:
    """An output `seen` in terms of the call that gave another, `meant`; settings that the case leaves open are those
    that this other call had.

    Where the other cannot be told itself, they agree if they are equal to the last bit, and nothing else is said.
    """
    judge, letters = Judge(case), case.recorded[0].layout
    settled = replace(case, unknown=frozenset())
    bases = [each.changes for each in diagnose(judge, meant).explanations[:BASES]]
    if not bases:
        return Explained(system, _of_equal(meant, seen))
    judges = [Judge(settled, base=base) for base in bases]
    answers = [(judge, diagnose(judge, seen)) for judge in judges]
    judge, answer = min(answers, key=lambda each: _changes(each[1]))
    return _told(system, judge, with_few_wrong(judge, seen, answer), letters)


def _changes(answer: Answer) -> float:
    """The number of changes of its first explanation, infinite where it has none."""
    return len(answer.explanations[0].transforms) if answer.explanations else math.inf


def _of_equal(meant: Observation, seen: Observation) -> Answer:
    """The answer about two outputs of which neither can be told."""
    known = int(np.count_nonzero(np.isfinite(seen.values)))
    if np.array_equal(meant.values, seen.values, equal_nan=True):
        return Answer((Explanation((), (), 0.0, "exact", 0),), False, known)
    words = "the output that is meant cannot be told itself, and the other is not equal to it"
    if meant.values.shape != seen.values.shape:
        shapes = [sized(each.values.shape) for each in (meant, seen)]
        words += "; that which is meant is {} (batch x channels x space), the other {}".format(*shapes)
    return Answer((), False, known, remarks=(words,))


def output(case: Case, name: str, pool: Pool, letters: str) -> np.ndarray:
    """What the entry point `name` gives for a case, as one would first write the call; axes in the order `letters`.

    Raises SelectionError where it gives none.
    """
    seen = _observe(case, _entry(case, name, pool), pool)
    try:
        return layout.from_canonical(seen.values, letters, "output")
    except LayoutError as error:
        raise SelectionError(f"{name} gives an output of shape {seen.values.shape}: {error}") from None


def _explained(system: str, judge: Judge, seen: Observation, letters: str = "") -> Explained:
    return _told(system, judge, diagnose(judge, seen), letters)


def _told(system: str, judge: Judge, answer: Answer, letters: str) -> Explained:
    differs = bool(answer.explanations and answer.explanations[0].transforms)
    first = answer.explanations[: CODED if differs else 1] if differs or not answer.wrong else ()
    changes = tuple((*judge.base, *each.changes) for each in first)
    settings = (each for explanation in first[:1] for each in explanation.settings)
    meant = (*judge.base, *settings) if differs or not first else None
    return Explained(system, answer, changes, meant, letters)


def _entry(case: Case, name: str, pool: Pool) -> tuple[str, EntryPoint]:
    """The backend and the entry point of a name; of variants that share it the plainest that takes the case.

    Raises SelectionError where these are none or several.
    """
    offered = pool.entry_points()
    found = [each for each in offered if selection.matches(each[1].name, name)]
    taking = [each for each in found if len(found) == 1 or _takes(case, each[1])] or found
    chosen = [each for each in taking if each[1].name == name] or selection.plainest(taking)
    if len(chosen) != 1:
        known = ", ".join(entry.name for _, entry in chosen or offered)
        raise SelectionError(f"{name}: expected one entry point, found {len(chosen)}; known: {known}")
    return chosen[0]


def _takes(case: Case, entry: EntryPoint) -> bool:
    with suppress(Unsupported):
        lower(case, entry, "as_written")
        return True
    return False


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
