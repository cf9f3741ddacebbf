"""What a walk came to, as JSON and in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.array_json import finite
from harness.models.repair import Ends
from harness.models.walk import AGREES, NOT_JUDGED, Judged, Walked
from harness.report.text import quantity, share
from harness.report.words import sided

SCARCELY = 1.1
"""Times what rounding may do up to which a difference is only a little more."""
NAMED = 5
"""Layers of a pair that are all named."""
LINES = 40
"""Lines of code of a fault that a terminal shows."""


def as_json(walked: Walked) -> dict[str, Any]:
    """The result of `harness walk --json`."""
    faults = [_fault(each) for each in walked.faults]
    return {
        "input": {
            "verdict": walked.preparation.verdict,
            "transforms": [dict(each) for each in walked.preparation.transforms],
        },
        "pairs": [_pair(each) for each in walked.pairs],
        "faults": faults,
        "unpaired": {"a": list(walked.unpaired[0]), "b": list(walked.unpaired[1])},
        "first": faults[0]["b"] if faults else None,
        "repaired": None if walked.repaired is None else _repaired(walked),
        **_remarks(walked),
    }


def _remarks(walked: Walked) -> dict[str, Any]:
    """What the traces say of their runs, where they say anything."""
    return {"remarks": dict(zip("ab", map(list, walked.remarks)))} if any(walked.remarks) else {}


def _pair(each: Judged) -> dict[str, Any]:
    return {
        "a": list(each.a),
        "b": list(each.b),
        "operation": each.operation,
        "layout": each.layout,
        "verdict": each.verdict,
        "transforms": [dict(change) for change in each.why.transforms],
        "rung": each.rung,
        "share": finite(each.share),
    }


def _fault(each: Judged) -> dict[str, Any]:
    return {
        "a": list(each.a),
        "b": list(each.b),
        "between": list(each.between) or None,
        "operation": each.operation,
        "transforms": [dict(change) for change in each.why.transforms],
        "alternatives": [[dict(change) for change in changes] for changes in each.why.alternatives],
        "words": each.why.words,
        "code": dict(each.why.code),
    }


def _repaired(walked: Walked) -> dict[str, Any]:
    assert walked.repaired is not None
    found = walked.repaired
    return {"verdict": found.verdict, "rung": found.rung, "share": finite(found.share)}


def text(walked: Walked, names: tuple[str, str]) -> str:
    """The walk as people read it; names: what A and B are called."""
    return "\n".join(_lines(walked, names))


def _lines(walked: Walked, names: tuple[str, str]) -> Iterator[str]:
    yield f"A: {names[0]}\nB: {names[1]}\n"
    yield headline(walked)
    yield f"  input: {walked.preparation.words or 'both are given the same'}"
    yield from (f"  {line}" for line in remarks(walked))
    for number, fault in enumerate(walked.faults, 1):
        yield f"\n{number}. {place(fault)}"
        yield f"   {told(fault)}"
        yield from (f"   or: {each}" for each in alternatives(fault))
        yield from _code(fault.why.code)
    yield "\nLayers of B, each on its own input:"
    yield from (f"  {line}" for line in _table(walked))
    yield from _unpaired(walked)
    yield ""
    yield from ends(walked)


def told(fault: Judged) -> str:
    """What to change in B."""
    return sided(fault.why.words, "B")


def alternatives(fault: Judged) -> list[str]:
    """Other explanations that are not of the same kinds as the first, each once."""
    kinds = [", ".join(each["id"] for each in changes) for changes in (fault.why.transforms, *fault.why.alternatives)]
    return [each for each in dict.fromkeys(kinds) if each != kinds[0]]


def layers(names: Sequence[str]) -> str:
    """Names of layers; of many, the first and the last."""
    if len(names) <= NAMED:
        return ", ".join(names)
    return f"{names[0]}, ..., {names[-1]} ({len(names)} layers)"


def remarks(walked: Walked) -> Iterator[str]:
    """What the traces say of their runs."""
    yield from (f"{side}: {each}" for side, told in zip("AB", walked.remarks) for each in told)


def headline(walked: Walked) -> str:
    """What came of it, in one sentence."""
    faults, unknown = len(walked.faults), sum(each.verdict == NOT_JUDGED for each in walked.pairs)
    judged = len(walked.pairs) - unknown
    rest = f"; {unknown} could not be judged" if unknown else ""
    if not faults and walked.preparation.verdict != AGREES:
        return f"The input differs; all {judged} pairs of layers agree, each on its own input{rest}."
    if not faults:
        return f"All {judged} pairs of layers agree{rest}."
    first = f", the first at {_names(walked.faults[0])}" if faults > 1 else ""
    return f"{faults} of {judged} pairs of layers differ{first}{rest}."


def place(fault: Judged) -> str:
    """Which layer of B a fault is in, and what that is in A."""
    mine = f", in A {layers(fault.a)}" if fault.a else ", nothing in A"
    return f"{_names(fault)}{mine}"


def _names(each: Judged) -> str:
    kind = f" ({each.operation})" if each.operation else ""
    if each.b:
        return f"{layers(each.b)}{kind}"
    return f"what was not traced between {' and '.join(each.between)}{kind}" if each.between else f"nothing{kind}"


def _code(code: Mapping[str, str]) -> Iterator[str]:
    for system, program in code.items():
        lines = program.splitlines()
        yield f"\n   {system}, tested: what B computes, from the arrays of A\n"
        yield from (f"       {line}" for line in lines[:LINES])
        if len(lines) > LINES:
            yield f"       ... {len(lines) - LINES} lines more"


def _table(walked: Walked) -> Iterator[str]:
    rows = [(layers(each.b) or "-", layers(each.a) or "-", verdict(each)) for each in walked.pairs]
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    for b, a, said in rows:
        yield f"{b:{widths[0]}}  {a:{widths[1]}}  {said}"


def verdict(each: Judged) -> str:
    """A verdict with its rung, or with what explains it."""
    if each.verdict == AGREES:
        return f"agrees ({each.rung}{f', {share(each.share)} of the bound' if each.share else ''})"
    if each.verdict == NOT_JUDGED:
        return f"not judged: {each.why.words}"
    return f"{each.verdict}: {', '.join(change['id'] for change in each.why.transforms) or each.why.words}"


def _unpaired(walked: Walked) -> Iterator[str]:
    for side, names in zip("AB", walked.unpaired):
        if names:
            yield f"  without a pair in {side}: {', '.join(names)}"


def ends(walked: Walked) -> Iterator[str]:
    """What the mended network gives, and whether the difference of the ends is what rounding makes."""
    found = walked.repaired
    if found is None:
        yield "The mended network could not be evaluated from end to end."
    elif found.verdict == AGREES and (walked.faults or walked.preparation.verdict != AGREES):
        yield f"With that mended, B gives the outputs of A: off by {share(found.share or 0)} of what rounding may do."
    elif found.verdict != AGREES:
        begins = f" What is left begins at {', '.join(found.begins)}." if found.begins else ""
        yield f"With that mended, B is not A yet.{begins}"
    if walked.ends is not None:
        yield _as_it_is(walked.ends)
    if found is not None and found.verdict == AGREES and walked.agrees:
        yield f"A's own outputs are off by {share(found.share or 0)} of it: neither side gives the exact numbers."


def _as_it_is(ends: Ends) -> str:
    """Whether the difference of the ends is acceptable."""
    if math.isinf(ends.largest):
        return "As it is, B gives outputs of another shape than A, or numbers that are none."
    begins = f"As it is, B is off by {ends.largest:.2g} at its outputs:"
    if ends.share is None:
        return f"{begins} {ends.relative:.2g} of the largest value; no bound is known, as some layers are not."
    if ends.share <= 1:
        return f"{begins} {share(ends.share)} of what rounding may do through all layers."
    if ends.share < SCARCELY:
        return f"{begins} a little more than rounding may do through all layers."
    return f"{begins} {quantity(ends.share)} times what rounding may do; no tolerance excuses it."
