"""A find as a case file: it demands what is right, and says who gives what, so that it fails once the fault is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from harness.canonical import layout
from harness.case.template import quoted
from harness.hunting.chase import Found
from harness.operations.call import MODES


def text(found: Found, version: str, seed: int) -> str:
    """The case file of a find in a backend of this version."""
    return "\n".join([*_lines(found, version, seed), ""])


def _lines(found: Found, version: str, seed: int) -> Iterator[str]:
    find, case = found.find, found.quarry.case
    called = "called as written" if find.mode == "as_written" else "called as the case means it"
    yield f"title: {quoted(f'{find.function}, {called}: {in_words(found)}')}"
    why = f"Seen in {find.backend} {version}: {find.words}. Found by harness hunt, seed {seed}, call {found.number}."
    yield f"why: {quoted(why)}"
    yield f"operation: {found.operation}"
    for role, given in case.arrays.items():
        narrow = given.layout == case.operation.ROLES[role].vector
        stands = given.values.ravel() if narrow else layout.from_canonical(given.values, given.layout, role)
        values = json.dumps(stands.tolist())
        if narrow:
            yield f"{role}: {values}"
            continue
        yield f"{role}:\n  layout: {given.layout}"
        if role == "input":
            yield f"  dtype: {case.dtype}"
        yield f"  values: {values}"
    yield from (f"{key}: {json.dumps(value)}" for key, value in case.said().items())
    yield from _expected(found.quarry.report.classes)


def _expected(classes: Mapping[str, Any]) -> Iterator[str]:
    """The classes of agreement that came out."""
    given = {mode: classes[mode] for mode in MODES if classes[mode]}
    if given:
        yield "expect:"
    for mode, found in given.items():
        yield f"  {mode}:"
        yield from (f"    - {json.dumps(members)}" for members in found)


def in_words(found: Found) -> str:
    """What is found, and of which settings it is."""
    find, matters = found.find, ", ".join(found.quarry.drawn.matters()) or "nothing special"
    return f"{find.kind} with {matters}"
