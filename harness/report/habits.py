"""Which system does what: the conventions of a run, a row for each system and a column for each habit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from harness.operations import TABLE
from harness.report import cards, conventions, prose

NOTHING = "nothing"
"""A habit that need not be told beside others."""
NONE = "none"
"""What stands in a cell for a function that has no such thing."""
NAMED = 3
"""Functions that are named beside a habit which their system does not have as a whole; more are counted."""


FAULTS = "faults in some calls"
"""The head of what was found wrong of functions that were measured."""


class Habits(NamedTuple):
    """A table of plain texts for one operation; the name of a system stands first in each row.

    A cell may have several lines.
    """

    title: str
    heads: Sequence[str]
    rows: list[list[str]]


def tables(header: Mapping[str, Any], operations: Collection[str]) -> list[Habits]:
    """The tables on a run with this header, one for each operation of which it says something."""
    found = [(name, _functions_of(name, header)) for name in TABLE if name in operations]
    return [_habits(name, functions) for name, functions in found if functions]


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


def _functions_of(operation: str, header: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Function -> head -> cell: what it declares, which is brief, before what a card measured, then its faults."""
    asked = TABLE[operation].shown().HABITS
    functions: dict[str, dict[str, str]] = {}
    for sections in (conventions.declared_by_name, conventions.measured_by_name):
        for section in sections(header, [operation]).values():
            for name, *row in section.rows:
                found = {head: cell for head, cell in zip(section.heads[1:], row) if head in asked}
                functions[name] = found | functions.get(name, {})
    for name, words, _ in cards.faults(header.get("cards", ())):
        if name in functions:
            told = functions[name].get(FAULTS)
            functions[name][FAULTS] = f"{told}, {words}" if told and words not in told else words
    return functions


def _habits(operation: str, functions: Mapping[str, Mapping[str, str]]) -> Habits:
    """Systems that have a cell under a head nobody else has leave those of the others empty."""
    named = {**TABLE[operation].shown().HABITS, FAULTS: FAULTS}
    heads = [head for head in named if any(head in cells for cells in functions.values())]
    systems: dict[str, dict[str, Mapping[str, str]]] = {}
    for name, cells in functions.items():
        system, _, function = name.partition(".")
        systems.setdefault(system, {})[function or name] = cells
    rows = [[system, *(_cell(found, head) for head in heads)] for system, found in systems.items()]
    return Habits(prose.in_words(operation), ["system", *map(named.__getitem__, heads)], rows)


def _cell(functions: Mapping[str, Mapping[str, str]], head: str) -> str:
    """What the functions of a system do; which of them, where they do not all do the same."""
    habits: dict[str, list[str]] = {}
    for name, cells in functions.items():
        habits.setdefault(cells.get(head, ""), []).append(name)
    if len(habits) == 1:
        return next(iter(habits))
    for each in (NOTHING, NONE, ""):
        habits.pop(each, None)
    return "\n".join(f"{habit} ({_functions(names)})" for habit, names in habits.items())


def _functions(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
