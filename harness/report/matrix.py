"""The matrix of entry points and cases: what stays in memory of each case while its section goes to disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from harness.operations import TABLE
from harness.report import prose, words
from harness.report.view import MODES, Piece, Result, edits, operation_name, short_name, who_gives_it

FULL = ("as_written",)
"""Modes whose tables have all cases; of a normalized call that agrees there is nothing to look for."""
AGREES = {"=", "≈", words.DECLINED}
RECORDED = "recorded"
"""The group of the columns of recordings."""
ORDER = list(TABLE)
"""Operations as tables of them stand."""
NAMED = 5
"""Recordings of a table that are columns by their names; more are numbered in each case."""


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
    """Cases of one operation and rank in one mode; its columns are entry points, without those that declined every
    case, and as written the recordings.

    groups: (backend, its entry points), next to each other, which together are the columns. folded: cases that are left
    out, as all that answered agrees there.
    """

    title: str
    mode: str
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    lines: tuple[Line, ...]
    folded: int

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(name for _, names in self.groups for name in names)

    @property
    def extent(self) -> str:
        """How large it is, as a window may show a part of it."""
        functions = [names for backend, names in self.groups if backend != RECORDED]
        counts = [(len(self.lines), "case"), (sum(map(len, functions)), "function"), (len(functions), "system")]
        return "{} on {} of {}.".format(*(f"{count} {what}{'s' * (count != 1)}" for count, what in counts))


@dataclass(frozen=True)
class _Row:
    number: int
    case: str
    names: Mapping[str, tuple[str, ...]]
    marks: Mapping[str, tuple[Mark, ...]]
    recorded: tuple[tuple[str, Mark], ...]


class Answer(NamedTuple):
    """What was found of a recording: the number and name of its case, what it is of, and the end of a sentence.

    edits: the shortest ones that held, and what they are for. mends: whether the first is one of its own system, to get
    what is meant. operation: what the case is about.
    """

    number: int
    case: str
    system: str
    found: str
    edits: list[tuple[str, str]]
    verdict: str
    mends: bool
    operation: str

    @property
    def rank(self) -> tuple[int, int]:
        """What is told first: how to mend a call, a change as a call or in words, then what agrees or is open.

        Of alike ones, in the order of the table of operations.
        """
        told = 0 if self.mends else 1 if self.edits else 2 if self.verdict == "convention" else 3
        return told, ORDER.index(self.operation)


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
        self._rows: dict[tuple[str, int], list[_Row]] = {}
        self._seen: dict[Any, Any] = {}

    def add(self, piece: Piece) -> int:
        """Keeps the row of a case; returns its number."""
        case, results = piece["case"], piece["results"]
        self.cases += 1
        self.operations[operation_name(case)] = None
        self.results += len(results)
        name = short_name(case["id"])
        self.failures += [(self.cases, name, failure) for failure in case["failures"]]
        recorded = [each for each in results if each["mode"] == RECORDED]
        self.answers += [_answer(self.cases, name, each, piece) for each in recorded]
        by_mode = {mode: [result for result in results if result["mode"] == mode] for mode in MODES}
        for result in by_mode["as_written"]:
            self.backends.setdefault(result["entry_point"], result["backend"])
        names = {mode: self._once(tuple(each["entry_point"] for each in row)) for mode, row in by_mode.items()}
        marks = {mode: self._once(tuple(map(mark, row))) for mode, row in by_mode.items()}
        told = tuple((each["entry_point"], mark(each)) for each in recorded)
        kind = operation_name(case), len(case["input"]["shape"]) - 2
        self._rows.setdefault(kind, []).append(_Row(self.cases, name, names, marks, told))
        return self.cases

    def tables(self) -> Iterator[Table]:
        """The tables, as written first, each mode by operation and rank."""
        for mode, title in MODES.items():
            for name, rank in sorted(self._rows, key=lambda kind: (ORDER.index(kind[0]), kind[1])):
                of = f"{prose.in_words(name)}, " if len(self.operations) > 1 else ""
                yield self._table(f"{title}, {of}{rank}-D", self._rows[name, rank], mode)

    def outcome(self, unmet: Sequence[str] = ()) -> str:
        """What came out, in a sentence; `unmet` is what did not come out of the run as a whole."""
        failures = len(self.failures) + len(unmet)
        outcome = f"{failures} not as expected" if failures else "all as expected"
        return f"{self.cases} case{'s' * (self.cases != 1)}, {self.results} results: {outcome}."

    def _table(self, title: str, rows: list[_Row], mode: str) -> Table:
        cases = list(zip(rows, _cells(rows, mode)))
        offered = dict.fromkeys(
            name for _, marks in cases for name, mark in marks.items() if mark.sign != words.DECLINED
        )
        groups: dict[str, list[str]] = {}
        for name in offered:
            groups.setdefault(self.backends.get(name, RECORDED), []).append(name)
        groups.update({RECORDED: groups.pop(RECORDED)} if RECORDED in groups else {})  # behind the others
        columns = [name for names in groups.values() for name in names]
        shown = [(row, marks) for row, marks in cases if mode in FULL or not _agrees(marks.values())]
        lines = (Line(row.number, row.case, tuple(map(marks.get, columns))) for row, marks in shown)
        return Table(
            title,
            mode,
            tuple((backend, tuple(names)) for backend, names in groups.items()),
            tuple(lines),
            len(cases) - len(shown),
        )

    def _once(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """The one copy that is kept of rows that are alike."""
        return self._seen.setdefault(row, row)  # type: ignore[no-any-return]


def _cells(rows: Sequence[_Row], mode: str) -> Iterator[dict[str, Mark]]:
    """The cells of each row by the head of their column."""
    heads = _heads(rows)
    for row in rows:
        recorded = _recorded(row, heads) if mode in FULL else {}
        yield {**dict(zip(row.names[mode], row.marks[mode])), **recorded}


def _heads(rows: Sequence[_Row]) -> Mapping[str, str] | None:
    """Name of a recording -> the head of its column; None where they are too many, or a case has two of one name."""
    alike = any(len(dict(row.recorded)) < len(row.recorded) for row in rows)
    names = dict.fromkeys(name for row in rows for name, _ in row.recorded)
    return None if alike or len(names) > NAMED else {name: f"{name} ({RECORDED})" for name in names}


def _recorded(row: _Row, heads: Mapping[str, str] | None) -> dict[str, Mark]:
    """The cells of the recordings of a case."""
    if heads is not None:
        return {heads[name]: mark for name, mark in row.recorded}
    return {f"recording {number}": mark for number, (_, mark) in enumerate(row.recorded, 1)}


def _answer(number: int, case: str, result: Result, piece: Piece) -> Answer:
    found = words.answer(result, who_gives_it(piece, result))
    mends = bool(result.get("own_edits"))
    about = operation_name(piece["case"])
    return Answer(number, case, result["entry_point"], found, edits(result), result["verdict"], mends, about)


def mark(result: Result) -> Mark:
    """The cell of a result."""
    return Mark(words.sign(result), result["expected"] is False)


def _agrees(marks: Iterable[Mark]) -> bool:
    return all(mark.sign in AGREES and not mark.unexpected for mark in marks)
