"""The report as markdown, for somebody who has read nothing else: an index, and beside it a file for each case file.

Sections of cases go to a temporary file as they come; only the cells of the matrix stay in memory. The same pieces give
the same bytes: nothing that was timed is in it, date and versions stand in one place of the index, and cases are
numbered in their own file, so that a new case changes no other one's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.output import Spool, replacing
from harness.report import conventions, habits, prose, section, words
from harness.report.leaves import Beside, Leaf, Leaves
from harness.report.matrix import Matrix, Table
from harness.report.said import FEW
from harness.report.tables import lines as cell_lines
from harness.report.tables import named, table
from harness.report.text import code, plain
from harness.report.verdicts import symbol
from harness.report.view import Piece, file_and_label
from harness.report.words import LEGEND, UNEXPECTED

MOST = 100
"""Failures that the index lists, and answers; more are counted, and stand in the files of their cases."""
MATRIX, CONVENTIONS = "matrix", "conventions"


class Markdown:
    """Takes pieces of `harness.report.results` one by one and writes the report; `header` is that of the run."""

    OURS = re.compile(f"# ({'|'.join(prose.TITLES)})\n".encode())

    def __init__(self, header: Mapping[str, Any]) -> None:
        self._header = header
        self._sections = Spool()
        self._leaves = Leaves([MATRIX, CONVENTIONS])
        self._matrix = Matrix()
        self._data: list[str] = []

    def add(self, piece: Piece) -> None:
        """Writes the section of one case."""
        self._matrix.add(piece)
        file, _ = file_and_label(piece["case"]["id"])
        parts = list(self._section(self._leaves.of(file, len(piece["case"]["failures"])), piece))
        self._leaves.last.lines += sum(part.count("\n") + 2 for part in parts)
        self._sections.add(f"{part}\n\n" for part in parts)

    def write(self, path: Path) -> None:
        """Writes the report of all pieces so far: the index to `path`, the files of cases to a folder of its name.

        What is left in that folder of an earlier report goes. Raises OSError.
        """
        beside, lines = Beside(path), self._sections.lines()
        told = conventions.sections(self._header, self._matrix.operations)
        for leaf in self._leaves.all:
            beside.copy(leaf, lines)
        beside.write(MATRIX, self._matrices())
        if told:
            beside.write(CONVENTIONS, _of_conventions(told))
        with replacing(path) as file:
            file.writelines(f"{part}\n\n" for part in self._index(path.stem, bool(told)))
        beside.clear()

    def _section(self, leaf: Leaf, piece: Piece) -> Iterator[str]:
        case = piece["case"]
        file, label = file_and_label(case["id"])
        anchor = f'<a id="case-{leaf.cases}"></a>'
        data = list(section.data(case))
        if leaf.cases == 1:
            yield f"# {plain(case['title'])}"
            yield f"{anchor}{code(file)}"
            yield from section.introduction(case)
        elif label:
            yield anchor
        if label:
            yield f"## {plain(label)}"
        if leaf.cases == 1 or data != self._data:
            yield from data
        self._data = data
        yield from section.body(piece)

    def _index(self, stem: str, told: bool) -> Iterator[str]:
        about = prose.about(self._matrix.operations)
        yield f"# {prose.title(about)}"
        yield prose.purpose(about)
        yield from self._outcome(stem)
        few = self._matrix.cases <= FEW
        yield from self._answers(stem) if few else self._looks()
        yield from self._habits()
        yield "## Cases"
        yield f"[Every entry point and every case in one table]({stem}/{MATRIX}.md)."
        yield table(list(self._leaves.rows(stem)), ["folder", "cases", "not as expected", "files"])
        yield from [] if few else self._answers(stem)
        yield "## How to read it"
        yield from prose.how_to_read(about)
        yield "## What was run"
        yield "\n".join(f"- {plain(fact)}" for fact in words.environment(self._header))
        if told:
            yield f"[The conventions of each entry point]({stem}/{CONVENTIONS}.md) that ran."

    def _outcome(self, stem: str) -> Iterator[str]:
        unmet = self._header.get("failures", ())
        yield f"**{self._matrix.outcome(unmet)}**"
        lines = [plain(each) for each in unmet]
        lines += [
            f"{self._link(number, name, f'{stem}/')}: {plain(why)}" for number, name, why in self._matrix.failures
        ]
        yield from _listed(lines)

    def _looks(self) -> Iterator[str]:
        found = habits.looks(self._header, self._matrix.operations)
        yield from ["## What differs at a first look"] if found else []
        for each in found:
            others = (f"- {plain(other)}: {plain(who)}" for other, who in each.others)
            yield "\n".join([f"{each.question} Most systems: {plain(each.usual)}.", "", *others])

    def _answers(self, stem: str) -> Iterator[str]:
        lines = [
            f"{self._link(each.number, each.case, f'{stem}/')}: the output of {code(each.system)} {plain(each.found)}."
            for each in self._matrix.answers
        ]
        yield from ["## What the recorded outputs are"] if lines else []
        yield from _listed(lines)

    def _habits(self) -> Iterator[str]:
        tables = habits.tables(self._header, self._matrix.operations)
        for number, each in enumerate(tables):
            yield from [] if number else ["## Which system does what"]
            yield from [f"### {each.title.capitalize()}"] if len(tables) > 1 else []
            yield table([[plain(name), *map(cell_lines, cells)] for name, *cells in each.rows], each.heads)

    def _matrices(self) -> Iterator[str]:
        yield "# Entry points and cases"
        unexpected = (f"**R** {UNEXPECTED}", "bold, with a cross: not what the case expects")
        yield table([*LEGEND.items(), unexpected], ["sign", "meaning"])
        for cells in self._matrix.tables():
            yield f"## {cells.title}"
            yield from filter(None, [words.folded(cells.folded)])
            yield from [self._cells(cells)] if cells.lines else []

    def _cells(self, shown: Table) -> str:
        heads = [plain(name).replace(".", ".<br>") for name in shown.columns]
        lines = [
            [self._link(line.number, line.case), *(symbol(mark) if mark else "" for mark in line.marks)]
            for line in shown.lines
        ]
        return table(lines, ["case", *heads])

    def _link(self, number: int, name: str, folder: str = "") -> str:
        return f"[{plain(name)}]({folder}{self._leaves.address(number)})"


def _of_conventions(sections: Sequence[conventions.Section]) -> Iterator[str]:
    yield "# Conventions of the entry points"
    for each in sections:
        yield from [f"## {each.title.capitalize()}"] if len(sections) > 1 else []
        yield each.about
        yield named(each.rows, each.heads)
        yield from filter(None, ["\n".join(f"- {plain(remark)}" for remark in each.remarks)])


def _listed(lines: list[str]) -> Iterator[str]:
    more = [f"and {len(lines) - MOST} more"] if len(lines) > MOST else []
    yield from filter(None, ["\n".join(f"- {line}" for line in [*lines[:MOST], *more])])
