"""The report as markdown, for somebody who has read nothing else.

Sections of cases go to a temporary file as they come; only the cells of the matrix stay in memory. The same pieces give
the same bytes: nothing that was timed is in it, and date and versions stand in one place at the top.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.output import Spool, replacing
from harness.report import conventions, prose, section, words
from harness.report.matrix import Matrix, Table
from harness.report.tables import named, table
from harness.report.text import code, plain
from harness.report.verdicts import symbol
from harness.report.view import Piece, file_and_label
from harness.report.words import LEGEND, UNEXPECTED


class Markdown:
    """Takes pieces of `harness.report.results` one by one and writes the report; `header` is that of the run."""

    OURS = re.compile(f"# ({'|'.join(prose.TITLES)})\n".encode())

    def __init__(self, header: Mapping[str, Any]) -> None:
        self._header = header
        self._sections = Spool()
        self._matrix = Matrix()
        self._file = ""
        self._data: list[str] = []

    def add(self, piece: Piece) -> None:
        """Writes the section of one case."""
        number = self._matrix.add(piece)
        self._sections.add(f"{part}\n\n" for part in self._section(number, piece))

    def write(self, path: Path) -> None:
        """Writes the report of all pieces so far; raises OSError."""
        with replacing(path) as file:
            file.writelines(f"{part}\n\n" for part in self._beginning())
            file.writelines(self._sections.lines())

    def _section(self, number: int, piece: Piece) -> Iterator[str]:
        case = piece["case"]
        file, label = file_and_label(case["id"])
        anchor = f'<a id="case-{number}"></a>'
        data = list(section.data(case))
        if file != self._file:
            yield f"## {plain(case['title'])}"
            yield f"{anchor}{code(file)}"
            yield from section.introduction(case)
        elif label:
            yield anchor
        if label:
            yield f"### {plain(label)}"
        if file != self._file or data != self._data:
            yield from data
        self._file, self._data = file, data
        yield from section.body(piece)

    def _beginning(self) -> Iterator[str]:
        about = prose.about(self._matrix.operations)
        yield f"# {prose.title(about)}"
        yield prose.purpose(about)
        unmet = self._header.get("failures", ())
        yield f"**{self._matrix.outcome(unmet)}**"
        failures = (f"- {_link(number, name)}: {plain(failure)}" for number, name, failure in self._matrix.failures)
        yield from filter(None, ["\n".join([*(f"- {plain(each)}" for each in unmet), *failures])])
        yield "## What was run"
        yield "\n".join(f"- {plain(fact)}" for fact in words.environment(self._header))
        yield "## How to read it"
        yield from prose.how_to_read(about)
        unexpected = (f"**R** {UNEXPECTED}", "bold, with a cross: not what the case expects")
        yield table([*LEGEND.items(), unexpected], ["sign", "meaning"])
        yield "## Entry points and cases"
        for cells in self._matrix.tables():
            yield f"### {cells.title}"
            yield _cells(cells)
        sections = conventions.sections(self._header, self._matrix.operations)
        for number, each in enumerate(sections):
            yield from [] if number else ["## Conventions of the entry points"]
            yield from [f"### {each.title.capitalize()}"] if len(sections) > 1 else []
            yield each.about
            yield named(each.rows, each.heads)
            yield from filter(None, ["\n".join(f"- {plain(remark)}" for remark in each.remarks)])


def _cells(shown: Table) -> str:
    heads = [plain(name).replace(".", ".<br>") for name in shown.columns]
    lines = [
        [_link(line.number, line.case), *(symbol(mark) if mark else "" for mark in line.marks)] for line in shown.lines
    ]
    return table(lines, ["case", *heads])


def _link(number: int, name: str) -> str:
    return f"[{plain(name)}](#case-{number})"
