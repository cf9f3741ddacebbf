"""What `harness explain` says: answers as JSON and as text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from harness.array_json import finite
from harness.explanation.confirmed import NO_DIFFERENCE, Explanation
from harness.explanation.diagnosis import Answer
from harness.operations.spoken import FOLLOWING
from harness.operations.transforms.transform import Transform

BLIND = "these data cannot tell what the case means from"
AS_MEANT = "these are the numbers that are meant"
NAMED = 4
"""Conventions that a terminal names of those that the data do not show."""
Code = Mapping[str, str]
"""System -> program that held when it was run."""


def as_json(system: str, answer: Answer, held: Sequence[tuple[Code, Code]], own: Code) -> dict[str, Any]:
    """An answer as JSON has it; `held` are programs and shortest edits of the first explanations, `own` the edits with
    which the system of the output gives what is meant."""
    texts = [*held, *(({}, {}) for _ in answer.explanations[len(held) :])]
    return {
        "system": system,
        "explanations": [
            explanation_json(each, *own_texts) for each, own_texts in zip(answer.explanations, texts, strict=True)
        ],
        "own_edits": dict(own),
        "ambiguous": answer.ambiguous,
        "seconds": answer.seconds,
        "known": answer.known,
        "more": answer.more,
        "separation": answer.separation.as_json() if answer.separation else None,
        "remarks": list(answer.remarks),
    }


def explanation_json(explanation: Explanation, code: Code, edits: Code) -> dict[str, Any]:
    """One explanation as JSON has it, with the programs and the shortest edits that held."""
    return {
        "transforms": [transform_json(each) for each in explanation.transforms],
        "settings": [transform_json(each) for each in explanation.settings],
        "words": explanation.words,
        "code": dict(code),
        "edits": dict(edits),
        "max_abs": finite(explanation.max_abs),
        "rung": explanation.rung,
        "tied": explanation.tied,
        "group": explanation.group,
    }


def transform_json(transform: Transform) -> dict[str, Any]:
    """A transform: its id, and what it is about."""
    return {"id": transform.id, **_as_json(transform)}


def _as_json(value: Any) -> Any:
    """A value as JSON gives it back, lists in place of tuples; of a dataclass the fields that its `repr` has."""
    if is_dataclass(value):
        return {each.name: _as_json(getattr(value, each.name)) for each in fields(value) if each.repr}
    return [_as_json(each) for each in value] if isinstance(value, list | tuple) else value


def blindness(blind: Sequence[str]) -> str:
    """What the data of a case would not show, in one sentence; "" where they show all of it."""
    if not blind:
        return ""
    more = f" and {len(blind) - NAMED} more" if len(blind) > NAMED else ""
    return f"{BLIND}: {'; '.join(blind[:NAMED])}{more}; `harness check --strengthen` draws data that can"


def text(system: str, answer: Answer) -> str:
    """An answer as people read it."""
    return "\n".join(_lines(system, answer))


def program_text(system: str, program: str, words: str) -> str:
    """A program that held in `system`, as people read it; `words` say what it does."""
    return "\n".join([f"\n  {system}, {_held(system)}: {words}\n", *("    " + line for line in program.splitlines())])


def edit_text(system: str, line: str, mends: bool) -> str:
    """The shortest edit that held in `system`, as people read it; `mends`: whether it gives what is meant."""
    return f"  {edit_words(system, mends)}: {line}"


def edit_words(system: str, mends: bool) -> str:
    """What a shortest edit is for, and how it is known."""
    gives = "what is meant" if mends else "these numbers"
    taken = ", on tensors" if system == "torch" else ""  # whose programs take arrays
    return f"in {system}, to get {gives} ({_held(system)}{taken})"


def _held(system: str) -> str:
    return "rewritten from tested code" if system in FOLLOWING else "tested"


def _lines(system: str, answer: Answer) -> Iterator[str]:
    yield f"{system}  ({answer.known} known values, {answer.seconds:.2f} s)"
    if not answer.explanations:
        yield f"  {'nothing that is known here explains it' if answer.known else 'none of it can be computed'}"
    for number, each in enumerate(answer.explanations):
        names = ", ".join(change.id for change in each.transforms) or NO_DIFFERENCE
        yield f"  {number + 1}. {names} ({each.rung}){_standing(answer, number)}"
        yield f"     {each.words if each.transforms else each.words.replace(NO_DIFFERENCE, AS_MEANT, 1)}"
    if answer.more:
        yield f"  and {answer.more} more"
    yield from (f"  * {remark}" for remark in answer.remarks)
    if answer.separation:
        yield f"  * data that tell them apart, for a case file: {json.dumps(answer.separation.as_json())}"


def _standing(answer: Answer, number: int) -> str:
    """How an explanation stands beside the first one, in brackets."""
    tied = answer.ambiguous and answer.explanations[number].tied
    if number and _same(answer, number):
        return f"{'  [ties]' if tied else ''}  [another name for the one above]"
    if tied:
        return "  [ties]"
    if number:
        return "  [fits too, and is less likely]"
    return "  [not certain]" if answer.ambiguous else ""


def _same(answer: Answer, number: int) -> bool:
    before, here = answer.explanations[number - 1], answer.explanations[number]
    return before.group == here.group and len(before.transforms) == len(here.transforms)
