"""The matrix of entry points and cases: what stays in memory of each case while its section goes to disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from harness.report import words
from harness.report.view import MODES, Piece, Result, edits, operation_name, short_name

FULL = ("as_written",)
"""Modes whose tables have all cases; of a normalized call that agrees there is nothing to look for."""
AGREES = {"=", "≈", words.DECLINED}


class Mark(NamedTuple):
    """A cell: a sign of `words.LEGEND`, and whether it is not what the case expects."""

    sign: str
    unexpected: bool


@dataclass(frozen=True)
class Line:
    """A case in a table, with one cell for each column, None where the entry point was not run."""

    number: int
    case: str
    marks: tuple[Mark | None, ...]


@dataclass(frozen=True)
class Table:
    """Cases of one rank in one mode; its columns are entry points, without those that declined every case.

    groups: (backend, its entry points), next to each other, which together are the columns. folded: cases that are left
    out, as all that answered agrees there.
    """

    title: str
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    lines: tuple[Line, ...]
    folded: int

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(name for _, names in self.groups for name in names)


@dataclass(frozen=True)
class _Row:
    number: int
    case: str
    names: Mapping[str, tuple[str, ...]]
    marks: Mapping[str, tuple[Mark, ...]]


class Answer(NamedTuple):
    """What was found of a recording: the number and name of its case, what it is of, and the end of a sentence.

    edits: the shortest ones that held, and what they are for.
    """

    number: int
    case: str
    system: str
    found: str
    edits: list[tuple[str, str]]
    verdict: str

    @property
    def rank(self) -> int:
        """What is told first: what is to be changed, as a call or in words, before what agrees or is open."""
        return 0 if self.edits else 1 if self.verdict == "convention" else 2


class Matrix:
    """Takes pieces one by one, numbered from 1 in their order.

    backends: entry point -> backend. operations: what the cases are about, a set in the order of coming. answers: on
    the recordings.
    """

    def __init__(self) -> None:
        self.backends: dict[str, str] = {}
        self.cases = self.results = 0
        self.operations: dict[str, None] = {}
        self.failures: list[tuple[int, str, str]] = []
        self.answers: list[Answer] = []
        self._rows: dict[int, list[_Row]] = {}
        self._seen: dict[Any, Any] = {}

    def add(self, piece: Piece) -> int:
        """Keeps the row of a case; returns its number."""
        case, results = piece["case"], piece["results"]
        self.cases += 1
        self.operations[operation_name(case)] = None
        self.results += len(results)
        name = short_name(case["id"])
        self.failures += [(self.cases, name, failure) for failure in case["failures"]]
        recorded = (each for each in results if each["mode"] == "recorded")
        self.answers += [
            Answer(self.cases, name, each["entry_point"], words.answer(each), edits(each), each["verdict"])
            for each in recorded
        ]
        by_mode = {mode: [result for result in results if result["mode"] == mode] for mode in MODES}
        for result in by_mode["as_written"]:
            self.backends.setdefault(result["entry_point"], result["backend"])
        names = {mode: self._once(tuple(each["entry_point"] for each in row)) for mode, row in by_mode.items()}
        marks = {mode: self._once(tuple(map(mark, row))) for mode, row in by_mode.items()}
        row = _Row(self.cases, name, names, marks)
        self._rows.setdefault(len(case["input"]["shape"]) - 2, []).append(row)
        return self.cases

    def tables(self) -> Iterator[Table]:
        """The tables, as written first, each mode by rank."""
        for mode, title in MODES.items():
            for rank, rows in sorted(self._rows.items()):
                yield self._table(f"{title}, {rank}-D", rows, mode)

    def outcome(self, unmet: Sequence[str] = ()) -> str:
        """What came out, in a sentence; `unmet` is what did not come out of the run as a whole."""
        failures = len(self.failures) + len(unmet)
        outcome = f"{failures} not as expected" if failures else "all as expected"
        return f"{self.cases} case{'s' * (self.cases != 1)}, {self.results} results: {outcome}."

    def _table(self, title: str, rows: list[_Row], mode: str) -> Table:
        cases = [(row, dict(zip(row.names[mode], row.marks[mode]))) for row in rows]
        offered = dict.fromkeys(
            name for _, marks in cases for name, mark in marks.items() if mark.sign != words.DECLINED
        )
        groups: dict[str, list[str]] = {}
        for name in offered:
            groups.setdefault(self.backends.get(name, name), []).append(name)
        columns = [name for names in groups.values() for name in names]
        shown = [(row, marks) for row, marks in cases if mode in FULL or not _agrees(marks.values())]
        lines = (Line(row.number, row.case, tuple(map(marks.get, columns))) for row, marks in shown)
        return Table(
            title,
            tuple((backend, tuple(names)) for backend, names in groups.items()),
            tuple(lines),
            len(cases) - len(shown),
        )

    def _once(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """The one copy that is kept of rows that are alike."""
        return self._seen.setdefault(row, row)  # type: ignore[no-any-return]


def mark(result: Result) -> Mark:
    """The cell of a result."""
    return Mark(words.sign(result), result["expected"] is False)


def _agrees(marks: Iterable[Mark]) -> bool:
    return all(mark.sign in AGREES and not mark.unexpected for mark in marks)
