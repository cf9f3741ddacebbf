"""Which system does what: the conventions of a run, a row for each system and a column for each habit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from harness.operations import TABLE
from harness.report import conventions

NOTHING = "nothing"
"""A habit that need not be told beside others."""
NONE = "none"
"""What stands in a cell for a function that has no such thing."""
NAMED = 3
"""Functions that are named beside a habit which their system does not have as a whole; more are counted."""


class Habits(NamedTuple):
    """A table of plain texts for one operation; the name of a system stands first in each row."""

    title: str
    heads: Sequence[str]
    rows: list[list[str]]


def tables(header: Mapping[str, Any], operations: Collection[str]) -> list[Habits]:
    """The tables on a run with this header, one for each operation of which it says something."""
    operations = [name for name in TABLE if name in operations]
    found = conventions.by_name(header, operations)
    declared = conventions.declared_by_name(header, operations)
    sections = {name: each if _tells(name, each) else declared.get(name) for name, each in found.items()}
    return [_habits(name, each) for name, each in sections.items() if each]


class Look(NamedTuple):
    """A habit at a first look, as a question: what most systems do, and what others do instead, with who they are."""

    question: str
    usual: str
    others: list[tuple[str, str]]


def looks(header: Mapping[str, Any], operations: Collection[str]) -> list[Look]:
    """The habits of the first operation that asks for some, as entry points declare them; none where all agree."""
    for name, section in conventions.declared_by_name(header, [each for each in TABLE if each in operations]).items():
        asked = TABLE[name].shown().QUESTIONS
        columns = [number for number, head in enumerate(section.heads) if head in asked]
        if columns:
            found = (_look(asked[section.heads[column]], section.rows, column) for column in columns)
            return [each for each in found if each.others]
    return []


def _look(question: str, rows: Iterable[Sequence[str]], column: int) -> Look:
    """Who does what, of functions that may do several things; what a function is told comes before a colon."""
    doing: dict[str, dict[str, list[str]]] = {}
    all_of: dict[str, list[str]] = {}
    for row in rows:
        system, _, function = row[0].partition(".")
        all_of.setdefault(system, []).append(function)
        for told, habit in map(_parted, row[column].split("; ")):
            doing.setdefault(habit, {}).setdefault(system, []).append(f"{function} {told}".strip())
    doing.pop(NONE, None)
    usual = max(doing, key=lambda each: len(doing[each]), default=NONE)
    differing = (each for each in doing if each != usual and not each.startswith(f"{usual}, "))  # that is in part so
    others = sorted(differing, key=lambda each: -len(doing[each]))
    return Look(question, usual, [(each, ", ".join(_who(doing[each], all_of))) for each in others])


def _parted(part: str) -> tuple[str, str]:
    """What a function is told, in brackets, where that is a word by itself as SAME_LOWER, and what it does then."""
    told, _, habit = part.rpartition(": ")
    return (f"[{told}]" if "_" in told else ""), habit


def _who(doing: Mapping[str, list[str]], all_of: Mapping[str, list[str]]) -> Iterator[str]:
    """The systems, with their functions where it is not all of them."""
    for system, functions in doing.items():
        plain = functions == all_of[system]
        yield system if plain else f"{system} ({_functions(functions)})"


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
