"""Why a layer of B is not what A's means: what an explanation is, and the code that proves it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harness.backends import TABLE
from harness.case.read import Case
from harness.explanation.answers import transform_json
from harness.explanation.diagnosis import Answer, diagnose
from harness.judge import fix
from harness.judge.verdict import Judge, Observation
from harness.operations.spoken import SYSTEMS
from harness.operations.transforms.transform import Transform
from harness.parent.pool import Pool

Changes = tuple[Mapping[str, Any], ...]
"""Transforms as JSON has them: `id`, and what it is about."""
USUAL = "numpy"


@dataclass(frozen=True)
class Why:
    """What explains a fault. transforms: () where nothing does. alternatives: others that the data do not rule out.

    to_prove: the case of A's layer on B's input, and the changes that give what B gave. code: system -> program that
    does so, and was run.
    """

    transforms: Changes = ()
    alternatives: tuple[Changes, ...] = ()
    words: str = ""
    to_prove: tuple[Case, tuple[Transform, ...]] | None = None
    code: Mapping[str, str] = field(default_factory=dict)

    @property
    def proven(self) -> tuple[Transform, ...]:
        """The changes that are to be proven."""
        return self.to_prove[1] if self.to_prove else ()


def searched(judge: Judge, seen: Observation) -> Why | None:
    """What the operation's own search finds, as `harness explain` does; None where that is nothing."""
    answer = diagnose(judge, seen)
    if not answer.explanations or not answer.explanations[0].transforms:
        return None
    first = answer.explanations[0]
    return Why(
        tuple(transform_json(each) for each in first.transforms),
        tuple(_alternatives(answer)),
        first.words,
        (judge.case, first.transforms),
    )


def _alternatives(answer: Answer) -> Iterator[Changes]:
    """Explanations that are as simple as the first and do not come to the same."""
    first = answer.explanations[0]
    for each in answer.explanations[1:]:
        if len(each.transforms) == len(first.transforms) and each.group != first.group:
            yield tuple(transform_json(change) for change in each.transforms)


def coded(whys: Sequence[Why], system: str) -> list[Why]:
    """The same with the programs that held, in this system, or in NumPy where it does not run here."""
    for wanted in dict.fromkeys((system, USUAL)):
        whys = _coded(whys, wanted) if any(each.to_prove and not each.code for each in whys) else whys
    return list(whys)


def _coded(whys: Sequence[Why], system: str) -> list[Why]:
    """Programs of all that have none yet, run in one worker."""
    tried = {index: fix.Proofs(each.to_prove[0]) for index, each in enumerate(whys) if each.to_prove and not each.code}
    with Pool([TABLE[system]]) as pool:
        running = pool.started
        for index, proofs in tried.items():
            for attempt in proofs.attempts(whys[index].proven, running):
                pool.submit(system, (index, attempt), attempt.program)
                of, outcome = pool.collect()
                tried[of[0]].take(of[1], outcome)
        found = {index: proofs.code(whys[index].proven, running) for index, proofs in tried.items()}
    held = {index: {system: programs[system]} for index, programs in found.items() if system in programs}
    return [replace(each, code=held.get(index, each.code)) for index, each in enumerate(whys)]


def system_of(name: str) -> str:
    """The system in which programs for a traced one are written."""
    lower = name.lower()
    return next((each for each in SYSTEMS if each in lower), "tensorflow" if "keras" in lower else USUAL)
