"""The conventions of all entry points, a table for each operation: as measured where a run has cards, else as declared.

`python -m harness.report.conventions > docs/conventions.md` writes the page of all declarations.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from harness.backends import TABLE as BACKENDS
from harness.operations import TABLE
from harness.report import cards, prose
from harness.report.tables import named
from harness.report.view import by_operation
from harness.worker.entry import from_json

INTRODUCTION = """\
# Conventions of each framework

What each entry point declares, and what `tests/test_backends.py` holds against the numbers that it computes. This page
is generated: `python -m harness.report.conventions > docs/conventions.md`. What is *measured* depends on the machine: a
worker tries it when it starts ([processors.md](processors.md))."""

PICTURES = "pictures"
"""The folder of pictures beside the page, which `harness.report.drawing` writes."""


class Section(NamedTuple):
    """What a report says of conventions: a text with marks as in `harness.report.prose`, and plain texts.

    title: the operation. rows: under `heads`, the name of an entry point first; a cell may have several lines. remarks:
    stand below.
    """

    title: str
    about: str
    heads: Sequence[str]
    rows: list[list[str]]
    remarks: list[str]


def sections(header: Mapping[str, Any], operations: Collection[str]) -> list[Section]:
    """The sections on a run with this header, one for each of these operations of which it says something."""
    return list((measured_by_name(header, operations) or declared_by_name(header, operations)).values())


def measured_by_name(header: Mapping[str, Any], operations: Collection[str]) -> dict[str, Section]:
    """What the cards of each of these operations say, by the name of the operation."""
    measured = by_operation(header.get("cards", ()))
    return {name: _measured(name, measured[name]) for name in operations if name in measured}


def declared_by_name(header: Mapping[str, Any], operations: Collection[str]) -> dict[str, Section]:
    """What entry points of each of these operations declare, whether they were measured or not."""
    declared = by_operation(header.get("entry_points", ()))
    return {
        name: Section(prose.in_words(name), prose.declared(name), heads(name), rows(declared[name]), [])
        for name in operations
        if name in declared
    }


def _measured(name: str, found: Sequence[cards.Found]) -> Section:
    return Section(
        prose.in_words(name), prose.measured(name), cards.heads(name), cards.rows(found), list(_remarks(name, found))
    )


def _remarks(name: str, measured: Sequence[cards.Found]) -> Iterator[str]:
    for rule, formula in cards.rules(measured).items():
        yield f"{rule}: {TABLE[name].shown().RULE} = {formula}"
    for entry, words, call in cards.faults(measured):
        yield f"{entry} contradicts itself: {words}; {call}"
    for entry, reason in cards.unreadable(measured).items():
        yield f"{entry} was not measured: {reason}"


def heads(name: str) -> list[str]:
    """The heads of a table of declarations of an operation."""
    return [cards.ENTRY, *TABLE[name].shown().DECLARED_HEADS]


def rows(declarations: Iterable[Mapping[str, Any]]) -> list[list[str]]:
    """A row of plain texts under `heads` for each declaration (`EntryPoint.as_json`)."""
    entries = map(from_json, declarations)
    return [[entry.name, *TABLE[entry.operation].shown().declared(entry)] for entry in entries]


def document() -> str:
    """The page of all declarations in the table of backends; imports no framework."""
    return "\n\n".join([INTRODUCTION, *_of_operations(by_operation(_declared()))]) + "\n"


def _of_operations(declared: Mapping[str, list[Mapping[str, Any]]]) -> Iterator[str]:
    for name, found in declared.items():
        yield f"## {prose.in_words(name).capitalize()}"
        yield TABLE[name].shown().DECLARED_LEGEND
        yield from (f"![{picture.caption}]({PICTURES}/{file}.svg)" for file, picture in TABLE[name].shown().examples())
        yield named(rows(found), heads(name))


def _declared() -> Iterator[dict[str, Any]]:
    for backend in BACKENDS.values():
        for entry in importlib.import_module(backend.module).ENTRY_POINTS:
            yield entry.as_json()


if __name__ == "__main__":
    print(document(), end="")
