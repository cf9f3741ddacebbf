"""What a run of a few cases says on the terminal: who agrees with whom, why the others do not, what recordings are."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator, Sequence

from harness.explanation.answers import blindness
from harness.report import view, words
from harness.report.text import one_line
from harness.report.view import Piece

ITEM = "  - "
REMARKS = 3
"""Remarks on an output that is not explained for certain."""
FEW = 5
"""Cases up to which a run is a question that has an answer; beyond it is a survey, and has reports."""


class Said:
    """Takes pieces of `harness.report.results` one by one, and keeps what is said as long as they are few."""

    def __init__(self) -> None:
        self._cases = 0
        self._lines: list[str] = []

    def add(self, piece: Piece) -> None:
        """Puts one case into words."""
        self._cases += 1
        if self._cases <= FEW:
            self._lines += _of_case(piece)

    def lines(self, width: int | None = None) -> list[str]:
        """All of it, a line for each thing that is said, or lines of `width`; nothing where the cases were many."""
        said = self._lines if self._cases <= FEW else []
        return said if width is None else [line for each in said for line in _wrapped(each, width)]


def _of_case(piece: Piece) -> Iterator[str]:
    yield f"{view.short_name(piece['case']['id'])}: {one_line(piece['case']['title'])}"
    for found in view.classes(piece)["as_written"]:
        yield f"{ITEM}as written, {_names(found.members)}: {words.explanation(found.result)}"
    if blind := blindness(piece["case"]["power"]["blind"]):
        yield f"{ITEM}{blind}"
    for recorded, result in view.recordings(piece):
        origin = f" ({one_line(recorded['origin'])})" if recorded.get("origin") else ""
        yield f"{ITEM}recorded, {one_line(result['entry_point'])}{origin}: {words.recording(result)}"
        if result["verdict"] == "unexplained" or result.get("ambiguous"):
            yield from (f"{ITEM}{one_line(remark)}" for remark in result.get("remarks", ())[:REMARKS])
        for use, line in view.edits(result):
            yield f"{ITEM}the shortest edit {use}: {one_line(line)}"
    if any(result["verdict"] == "convention" for _, result in view.recordings(piece)):
        file, _ = view.file_and_label(piece["case"]["id"])
        yield f"{ITEM}{words.ALL_CODE}: harness explain {shlex.quote(one_line(file))}"


def _names(members: Sequence[str]) -> str:
    return ", ".join(map(one_line, members))


def _wrapped(line: str, width: int) -> list[str]:
    hanging = " " * len(ITEM) if line.startswith(ITEM) else ""
    return textwrap.wrap(line, width, subsequent_indent=hanging, break_long_words=False)
