"""Which system does what: the conventions of a run, a row for each system and a column for each habit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from harness.operations import TABLE
from harness.report import conventions

NAMED = 3
"""Functions that are named beside a habit which their system does not have as a whole; more are counted."""


class Habits(NamedTuple):
    """A table of plain texts for one operation; the name of a system stands first in each row."""

    title: str
    heads: Sequence[str]
    rows: list[list[str]]


def tables(header: Mapping[str, Any], operations: Collection[str]) -> list[Habits]:
    """The tables on a run with this header, one for each operation of which it says something."""
    return [_habits(name, each) for name, each in conventions.by_name(header, operations).items()]


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
    return "; ".join(f"{habit} ({_functions(names)})" for habit, names in habits.items())


def _functions(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
