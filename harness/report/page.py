"""The report as one HTML page that opens from disk and loads nothing.

Made of the same header and pieces as the markdown. Sections of cases go to a temporary file as they come; only the
cells of the matrix stay in memory. Numbers stand in the page as text; its script draws heat maps and differences.
"""

from __future__ import annotations

import functools
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from harness.operations.panels import Picture
from harness.output import Spool, replacing
from harness.report import blocks, conventions, habits, prose, view, words
from harness.report.drawing import drawn
from harness.report.matrix import RECORDED, Answer, Mark, Matrix, mark
from harness.report.packing import PACKED, packed
from harness.report.said import FEW
from harness.report.steps import unshown
from harness.report.text import brief_line, one_line, printable
from harness.report.view import MODES, Piece
from harness.rounding.formats import DTYPES

TEMPLATES = "templates"
SHOWN = 3
"""Answers on recordings at the top of the page of many cases."""
NOT_RUN = "-"
"""What stands in a row of the matrix for an entry point that was not run."""


class Html:
    """Takes pieces of `harness.report.results` one by one and writes the page; `header` is that of the run."""

    OURS = re.compile(f"<!DOCTYPE html>.*<title>({'|'.join(prose.TITLES)})</title>".encode(), re.DOTALL)

    def __init__(self, header: Mapping[str, Any]) -> None:
        self._header = header
        self._sections = Spool()
        self._templates = templates()
        self._texts: dict[str, int] = {}
        self._drawings: dict[Markup, int] = {}
        self._templates.globals |= {"once": self._once, "numbers": self._numbers, "drawing": self._drawing}
        self._case = self._templates.get_template("case.html.j2")
        self._matrix = Matrix()
        self._file, self._first = "", 0
        self._data: list[Mapping[str, Any]] = []

    def add(self, piece: Piece) -> None:
        """Writes the section of one case."""
        case = piece["case"]
        number = self._matrix.add(piece)
        file, _ = view.file_and_label(case["id"])
        data = list(view.arrays(case).values())
        classes = view.classes(piece)
        if file != self._file:
            self._file, self._first, self._data = file, number, []
        section = self._case.render(
            number=number,
            first=self._first,
            case=case,
            arrays=view.arrays(case),
            settings=view.settings(case),
            file=file,
            name=view.short_name(case["id"]),
            show_data=data != self._data,
            like=_like(classes),
            classes=classes,
            unshown=unshown(piece, classes),
            meant=view.meant(piece),
            recordings=list(view.recordings(piece)),
            rows=view.rows(piece, to_the_bit=True),
            reasons=list(view.reasons(piece)),
        )
        self._data = data
        self._sections.add([section.rstrip("\n"), "\n"])

    def write(self, path: Path) -> None:
        """Writes the page of all pieces so far; raises OSError."""
        page = self._templates.get_template("page.html.j2")
        about = prose.about(self._matrix.operations)
        with replacing(path) as file:
            file.writelines(
                page.generate(
                    header=self._header,
                    matrix=self._matrix,
                    backends=[
                        *sorted(set(self._matrix.backends.values())),
                        *([RECORDED] if self._matrix.answers else []),
                    ],
                    few=FEW,
                    shown=SHOWN if self._matrix.cases > FEW else FEW,
                    answers=self._answers(),
                    habits=habits.tables(self._header, self._matrix.operations),
                    looks=habits.looks(self._header, self._matrix.operations) if self._matrix.cases > FEW else [],
                    sections=self._in_page(),
                    texts=list(self._texts),
                    drawings=list(self._drawings),
                    title=prose.title(about),
                    purpose=prose.purpose(about),
                    how_to_read=prose.how_to_read(about),
                    conventions=conventions.sections(self._header, self._matrix.operations),
                    style=self._source("style.css"),
                    scripts=[self._source("script.js"), self._source("finding.js")],
                )
            )

    def _answers(self) -> list[Answer]:
        """All of few cases; of many the one of each that is told first."""
        ranked = sorted(self._matrix.answers, key=lambda each: each.rank)
        if self._matrix.cases <= FEW:
            return ranked
        first: dict[int, Answer] = {}
        for each in ranked:
            first.setdefault(each.number, each)
        return list(first.values())

    def _in_page(self) -> Iterator[Markup]:
        """The sections as they stand in the page."""
        lines = self._sections.lines()
        return map(Markup, lines if self._matrix.cases <= PACKED else packed(lines))

    def _once(self, tag: str, texts: Iterable[str]) -> Markup:
        """An element for texts that recur, as names and steps do: the page has each once, its script fills them in."""
        return Markup(f'<{tag} data-t="{self._numbers(texts)}"></{tag}>')

    def _numbers(self, texts: Iterable[str]) -> str:
        """The numbers of these texts among those that the page has once."""
        return " ".join(str(self._texts.setdefault(one_line(text), len(self._texts))) for text in texts)

    def _drawing(self, picture: Picture) -> int:
        """The number of a drawing; the page has each once, its script puts it where it belongs."""
        return self._drawings.setdefault(drawn(picture), len(self._drawings))

    def _source(self, name: str) -> Markup:
        loader = self._templates.loader
        assert loader
        return Markup(loader.get_source(self._templates, name)[0])


def _like(classes: Mapping[str, list[view.AgreementClass]]) -> str:
    """Which array of a section is what the case means."""
    agreeing = (each for found in classes.values() for each in found if each.result["verdict"] == "agrees")
    return next((str(each.figure) for each in agreeing), "reference")


def templates() -> Environment:
    """The templates of pages, and what they know."""
    found = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=PackageLoader("harness.report", TEMPLATES),
        finalize=_clean,
    )
    found.globals |= {"words": words, "MODES": MODES, "when": view.when}
    found.globals |= {"tied": view.tied, "code_of": view.code, "badge": _badge, "kind_of": _kind}
    found.globals |= {"edits_of": view.edits, "pictures_of": view.pictures}
    found.globals |= {"mark": mark, "kind": blocks.kind, "planes": blocks.planes, "lines": blocks.lines}
    found.globals |= {"summary": blocks.summary}
    found.globals |= {"digits": {name: each.digits for name, each in DTYPES.items()}}
    found.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    found.filters |= {"line": one_line, "brief": brief_line, "packages": _packages}
    found.filters |= {"in_row": _in_row, "emphasis": _emphasis, "linked": _linked, "shell": shlex.quote}
    return found


def _clean(value: Any) -> Any:
    """A text of others without control characters and what turns the direction of writing; lines are kept."""
    if not isinstance(value, str) or value.isprintable() or isinstance(value, Markup):
        return value
    return "\n".join(map(printable, value.split("\n")))


@functools.cache
def _kind(mark: Mark) -> Markup:
    """The classes of a verdict, as the value of an attribute."""
    return Markup('"{} bad"' if mark.unexpected else "{}").format(words.KINDS[mark.sign])


@functools.cache
def _badge(mark: Mark) -> Markup:
    """A verdict in sign, word and colour."""
    kind, cross = words.KINDS[mark.sign], words.UNEXPECTED if mark.unexpected else ""
    return Markup('<b class="{}{}">{}{} {}</b>').format(kind, " bad" if cross else "", cross, mark.sign, kind)


def _in_row(mark: Mark | None) -> str:
    """A cell of the matrix as the script of the page reads it: a cross and a sign, or NOT_RUN."""
    return f"{words.UNEXPECTED if mark.unexpected else ''}{mark.sign}" if mark else NOT_RUN


def _packages(names: Iterable[str]) -> str:
    """How many of these entry points each package has; their names stand in the matrix."""
    counts = Counter(one_line(name).split(".")[0] for name in names)
    return ", ".join(f"{count} of {package}" for package, count in counts.items())


def _emphasis(text: str) -> Markup:
    """A text of `harness.report.prose` with its marked words as elements."""
    strong = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(escape(text)))
    return Markup(re.sub(r"\*(.+?)\*", r"<em>\1</em>", strong))


def _linked(text: str) -> Markup:
    """A text, as a link where it is a web address and nothing else."""
    if re.fullmatch(r"https?://[^\s\"<>]+", text):
        return Markup('<a href="{0}" rel="noreferrer">{0}</a>').format(text)
    return escape(one_line(text))
