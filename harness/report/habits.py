"""Which system does what: the conventions of a run, a row for each system and a column for each habit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from harness.operations import TABLE
from harness.report import conventions

NOTHING = "nothing"
"""A habit that need not be told beside others."""
NAMED = 3
"""Functions that are named beside a habit which their system does not have as a whole; more are counted."""


class Habits(NamedTuple):
    """A table of plain texts for one operation; the name of a system stands first in each row."""

    title: str
    heads: Sequence[str]
    rows: list[list[str]]


def tables(header: Mapping[str, Any], operations: Collection[str]) -> list[Habits]:
    """The tables on a run with this header, one for each operation of which it says something."""
    found = conventions.by_name(header, operations)
    declared = conventions.declared_by_name(header, operations)
    sections = {name: each if _tells(name, each) else declared.get(name) for name, each in found.items()}
    return [_habits(name, each) for name, each in sections.items() if each]


def _tells(operation: str, section: conventions.Section) -> bool:
    """Whether a section has a column that tells systems apart at a first look."""
    return any(head in TABLE[operation].shown().HABITS for head in section.heads)


def _habits(operation: str, section: conventions.Section) -> Habits:
    asked = TABLE[operation].shown().HABITS
    columns = [number for number, head in enumerate(section.heads) if head in asked]
    systems: dict[str, list[list[str]]] = {}
    for row in section.rows:
        systems.setdefault(row[0].partition(".")[0], []).append(row)
    rows = [[name, *(_cell(found, column) for column in columns)] for name, found in systems.items()]
    return Habits(section.title, ["system", *(asked[section.heads[column]] for column in columns)], rows)


def _cell(rows: Iterable[Sequence[str]], column: int) -> str:
    """What the functions of a system do; which of them, where they do not all do the same."""
    habits: dict[str, list[str]] = {}
    for row in rows:
        habits.setdefault(row[column].replace("\n", ", "), []).append(row[0].partition(".")[2] or row[0])
    if len(habits) == 1:
        return next(iter(habits))
    habits.pop(NOTHING, None)
    return "; ".join(f"{habit} ({_functions(names)})" for habit, names in habits.items())


def _functions(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
