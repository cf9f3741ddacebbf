"""Why a layer of B is not what A's means: what an explanation is, and the code that proves it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.explanation.answers import transform_json
from harness.explanation.diagnosis import Answer, diagnose
from harness.judge import fix
from harness.judge.verdict import Judge, Observation
from harness.models.matching import Walker
from harness.operations.spoken import SYSTEMS
from harness.operations.transforms.transform import Transform

Changes = tuple[Mapping[str, Any], ...]
"""Transforms as JSON has them: `id`, and what it is about."""
USUAL = "numpy"


@dataclass(frozen=True)
class Why:
    """What explains a fault. transforms: () where nothing does. alternatives: others that the data do not rule out.

    code: system -> program that computes what B gave, and was run.
    """

    transforms: Changes = ()
    alternatives: tuple[Changes, ...] = ()
    words: str = ""
    code: Mapping[str, str] | None = None


def searched(walker: Walker, judge: Judge, seen: Observation) -> Why | None:
    """What the operation's own search finds, as `harness explain` does; None where that is nothing."""
    answer = diagnose(judge, seen)
    if not answer.explanations or not answer.explanations[0].transforms:
        return None
    first = answer.explanations[0]
    return Why(
        tuple(transform_json(each) for each in first.transforms),
        tuple(_alternatives(answer)),
        first.words,
        code(walker, judge, first.transforms),
    )


def _alternatives(answer: Answer) -> Iterator[Changes]:
    """Explanations that are as simple as the first and do not come to the same."""
    first = answer.explanations[0]
    for each in answer.explanations[1:]:
        if len(each.transforms) == len(first.transforms) and each.group != first.group:
            yield tuple(transform_json(change) for change in each.transforms)


def code(walker: Walker, judge: Judge, transforms: Sequence[Transform]) -> Mapping[str, str]:
    """A program in B's system, or in NumPy where that does not run here."""
    system = system_of(walker.b.trace.system)
    for wanted in dict.fromkeys((system, USUAL)):
        found = {each.system: each.program for each in fix.proofs(judge.case, [tuple(transforms)], [wanted])}
        if wanted in found:
            return {wanted: found[wanted]}
    return {}


def system_of(name: str) -> str:
    """The system in which programs for a traced one are written."""
    lower = name.lower()
    if "keras" in lower or "tf" in lower.split("."):
        return "tensorflow"
    return next((each for each in SYSTEMS if each in lower), USUAL)
