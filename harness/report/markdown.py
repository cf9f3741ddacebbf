"""The report as markdown, for somebody who has read nothing else.

Sections of cases go to a temporary file as they come; only the cells of the matrix stay in memory. The same pieces give
the same bytes: nothing that was timed is in it, and date and versions stand in one place at the top.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from harness.report import section
from harness.report.atomic import replacing
from harness.report.section import MODES, Piece
from harness.report.tables import table
from harness.report.text import code, plain
from harness.report.verdicts import DECLINED, LEGEND, UNEXPECTED, symbol

TITLE = "# Which convolutions agree with which"
PURPOSE = """\
People move a convolution from one system to another and the numbers differ. Each case below is one such convolution:
data, settings and what is meant. Every entry point (a function as its users know it) is called with it, and its numbers
are compared with a reference, evaluated in twice double precision, and with each other. What differs by a convention,
such as a kernel that is read backwards, is told from what differs by rounding."""
HOW_TO_READ = """\
**As written** is the call that a person would first write: axes in the order that the system wants, its own word for
the padding, the kernel as it is. **Normalized** is the call that makes the system compute what the case means; what it
takes is said in words. Entry points whose numbers agree with each other are a **class**; the numbers shown are those of
its first member. **Recorded** is an output that was obtained elsewhere.

Agreement has degrees. *Exactly*: equal to the last bit. *Statistical bound*: as close as rounding errors that behave
like chance leave it. *Any order of summation*: no order in which the terms can be added has a larger error. *FFT*: the
bound for a convolution by fast Fourier transform, whose errors spread over the output. The percentage says how much of
the bound is used."""


@dataclass(frozen=True)
class _Row:
    """A case in the matrix: its link, and for each mode the entry points that it was run on and their signs."""

    link: str
    names: Mapping[str, tuple[str, ...]]
    signs: Mapping[str, tuple[str, ...]]


class Markdown:
    """Takes pieces of `harness.report.results` one by one and writes the report; `header` is that of the run."""

    def __init__(self, header: Mapping[str, Any]) -> None:
        self._header = header
        self._sections = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 (closed with this object)
        weakref.finalize(self, self._sections.close)
        self._rows: dict[int, list[_Row]] = {}
        self._seen: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._failures: list[str] = []
        self._cases = self._results = 0
        self._file = ""
        self._data: list[str] = []

    def add(self, piece: Piece) -> None:
        """Writes the section of one case."""
        case, results = piece["case"], piece["results"]
        self._cases += 1
        self._results += len(results)
        link = f"[{plain(_short(case['id']))}](#case-{self._cases})"
        self._failures += [f"- {link}: {plain(failure)}" for failure in case["failures"]]
        rank = len(case["input"]["shape"]) - 2
        self._rows.setdefault(rank, []).append(self._row(link, results))
        self._sections.writelines(f"{part}\n\n" for part in self._section(piece))

    def write(self, path: Path) -> None:
        """Writes the report of all pieces so far; raises OSError."""
        with replacing(path) as file:
            file.writelines(f"{part}\n\n" for part in self._beginning())
            self._sections.seek(0)
            shutil.copyfileobj(self._sections, file)

    def _section(self, piece: Piece) -> Iterator[str]:
        case = piece["case"]
        file, label = _parts(case["id"])
        anchor = f'<a id="case-{self._cases}"></a>'
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

    def _row(self, link: str, results: Iterable[Mapping[str, Any]]) -> _Row:
        by_mode = {mode: [result for result in results if result["mode"] == mode] for mode in MODES}
        names = {mode: self._once(tuple(each["entry_point"] for each in row)) for mode, row in by_mode.items()}
        return _Row(link, names, {mode: self._once(tuple(map(symbol, row))) for mode, row in by_mode.items()})

    def _once(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """The one copy that is kept of rows that are alike."""
        return self._seen.setdefault(texts, texts)

    def _beginning(self) -> Iterator[str]:
        yield TITLE
        yield PURPOSE
        yield self._outcome()
        yield from filter(None, ["\n".join(self._failures)])
        yield "## What was run"
        yield _environment(self._header)
        yield "## How to read it"
        yield HOW_TO_READ
        unexpected = (f"**R** {UNEXPECTED}", "bold, with a cross: not what the case expects")
        yield table([*LEGEND.items(), unexpected], ["sign", "meaning"])
        yield "## Entry points and cases"
        for mode, title in MODES.items():
            for rank, rows in sorted(self._rows.items()):
                yield f"### {title}, {rank}-D"
                yield _matrix(rows, mode)

    def _outcome(self) -> str:
        unexpected = len(self._failures)
        outcome = f"{unexpected} not as expected" if unexpected else "all as expected"
        return f"**{self._cases} cases, {self._results} results: {outcome}.**"


def _matrix(rows: Iterable[_Row], mode: str) -> str:
    """Cases by entry points, without the entry points that declined every case."""
    cases = [(row.link, dict(zip(row.names[mode], row.signs[mode]))) for row in rows]
    columns = {name: None for _, signs in cases for name, sign in signs.items() if sign != DECLINED}
    heads = [plain(name).replace(".", ".<br>") for name in columns]
    lines = [[link, *(signs.get(name, "") for name in columns)] for link, signs in cases]
    return table(lines, ["case", *heads])


def _environment(header: Mapping[str, Any]) -> str:
    found = header["environment"]
    versions = [f"{plain(name)} {plain(about['version'])}" for name, about in found["backends"].items()]
    lines = [
        f"- frameworks: {', '.join(versions) or 'none'}",
        f"- Python {plain(found['python'])} on {plain(found['platform'])}",
        f"- processor: {plain(found['processor'])}",
        f"- harness {plain(header['harness'])}, {plain(header['created'])}",
        *(f"- not available: {plain(name)}: {plain(reason)}" for name, reason in found["unavailable"].items()),
    ]
    return "\n".join(lines)


def _parts(name: str) -> tuple[str, str]:
    """The file of a case's id, and the label of a member of its matrix."""
    file, bracket, label = name.rpartition("[")
    return (file, label.removesuffix("]")) if bracket and name.endswith("]") else (name, "")


def _short(name: str) -> str:
    file, label = _parts(name)
    return " ".join(filter(None, [PurePosixPath(file).stem, label.replace(",", ", ")]))
