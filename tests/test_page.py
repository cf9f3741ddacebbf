"""The HTML page: well formed, complete, loads nothing, takes hostile text as text, small, the same bytes each time."""

from __future__ import annotations

import base64
import gc
import json
import re
import shlex
import tracemalloc
import zlib
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.array_json import describe
from harness.report import results, words
from harness.report.packing import PACKED
from harness.report.page import Html
from harness.result import CaseReport
from tests.pieces import HEADER, as_of_many_systems, both, report, result

HOSTILE = (
    "</code></script><script>alert(1)</script> <img src=x onerror=alert(1)> \" ' {{ 7 * 7 }} \x1b[31m \u202e \ud800"
)
VOID = {"meta", "link", "input"}
CELLS = {"td", "th", "li"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    text: str = ""
    inside: list[Element] = field(default_factory=list)

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())


class Page(HTMLParser):
    """All elements of a page; demands that every element ends where it should."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(text)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len(dict(attrs)), f"an attribute of {tag} stands twice"
        if tag in CELLS and self._open[-1].tag in CELLS:
            self._open.pop()
        element = Element(tag, {key: value or "" for key, value in attrs}, inside=list(self._open))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self._open[-1].tag != tag and self._open[-1].tag in CELLS:
            self._open.pop()
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str, **attributes: str) -> list[Element]:
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [
            each
            for each in self.elements
            if each.tag == tag
            and all(set(value.split()) <= set(each.attributes.get(key, "").split()) for key, value in wanted.items())
        ]


def written(path: Path, *reports: CaseReport, header: Any = HEADER, **extra: Any) -> str:
    pieces = [results.piece(each) for each in reports]
    for found in (found for piece in pieces for found in piece["results"]):
        found.update(extra)
    return written_of(path, *pieces, header=header)


def written_of(path: Path, *pieces: results.Piece, header: Any = HEADER) -> str:
    page = Html(header)
    for piece in pieces:
        page.add(piece)
    page.write(path)
    return path.read_text(encoding="utf-8")


def every_verdict() -> tuple[Any, ...]:
    kinds: dict[str, dict[str, Any]] = {
        "=": {},
        "≈": {"rung": "statistical", "bound_share": 0.43, "max_abs": 1e-7},
        "R": {"verdict": "convention", "transforms": ("reverse_kernel",), "words": ("turn it",)},
        "P": {"verdict": "convention", "transforms": ("padding_split",), "words": ("shift it",)},
        "RP": {"verdict": "convention", "transforms": ("reverse_kernel", "padding_split"), "words": ("both",)},
        "C": {"verdict": "convention", "transforms": ("channel_order",), "words": ("swap",)},
        "?": {"verdict": "unexplained", "rung": None},
        "·": {"verdict": "declined"},
        "!": {"verdict": "raised"},
        "†": {"verdict": "died"},
        "‡": {"verdict": "broken"},
    }
    assert list(kinds) == list(words.KINDS)
    return both(*(result(f"f{number}", **fields) for number, fields in enumerate(kinds.values())))


def marks_of(page: Page) -> list[list[str]]:
    """The cells of each row of the matrix, from which its script draws them."""
    return [row.attributes["data-marks"].split(" ") for row in page.all("tr") if "data-marks" in row.attributes]


def test_every_verdict_has_a_word_a_sign_and_a_class(tmp_path: Path) -> None:
    page = Page(written(tmp_path / "c.html", report(results=every_verdict())))
    assert marks_of(page)[0] == [sign for sign in words.KINDS if sign != words.DECLINED]
    (matrix,) = (each for each in page.all("section") if each.attributes.get("id") == "matrix")
    assert json.loads(matrix.attributes["data-kinds"]) == words.KINDS
    for kind in words.KINDS.values():
        assert f'.matrix .{kind} a::after {{ content: " {kind}"; }}' in page.all("style")[0].text
    assert {each.attributes["data-backend"] for each in page.all("th") if "data-backend" in each.attributes} == {
        "torch"
    }


def test_a_row_of_the_matrix_has_a_cell_for_each_column_also_where_nothing_was_run(tmp_path: Path) -> None:
    reports = [report(f"{name}.yaml", both(result(name))) for name in "fg"]
    page = Page(written(tmp_path / "c.html", *reports))
    assert marks_of(page)[:2] == [["=", "-"], ["-", "="]]


def test_what_is_not_expected_is_marked_and_listed(tmp_path: Path) -> None:
    surprise = result("f", verdict="unexplained", rung=None, expected=False)
    page = Page(written(tmp_path / "c.html", report(results=both(surprise), failures=("it failed",))))
    assert marks_of(page) == [["✗?"]]
    assert "it failed" in page.all("header")[0].text
    assert "1 not as expected" in page.all("p", class_="outcome bad")[0].text


def test_every_link_leads_somewhere_and_every_row_to_its_case(tmp_path: Path) -> None:
    reports = [report(f"cases/{name}.yaml[{label}]", every_verdict()) for name in "ab" for label in ("x=1", "x=2")]
    page = Page(written(tmp_path / "c.html", *reports))
    ids = Counter(each.attributes["id"] for each in page.elements if "id" in each.attributes)
    assert max(ids.values()) == 1
    for link in page.all("a"):
        target = link.attributes["href"]
        assert target.startswith("#") and target[1:] in ids, target
    rows = [each for each in page.all("tr") if any("matrix" in up.classes for up in each.inside)]
    for row in rows:
        links = [each.attributes["href"] for each in page.all("a") if row in each.inside]
        assert len(links) == (1 if "x=" in row.text else 0), row.text  # which the script puts on every cell


def test_the_numbers_of_the_page_are_those_of_the_results(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(1, 2, 3, 4)).astype("float32")
    page = Page(written(tmp_path / "c.html", report(x=x)))
    planes = [each for each in page.all("pre", class_="named") if each.inside[-2].text.strip().startswith("Input")]
    names, found = zip(*(each.text.split("\n", 1) for each in planes))
    assert names == ("channel 0", "channel 1")
    found = [each.split() for each in found]
    np.testing.assert_array_equal(np.array(found, "float32").reshape(x.shape), x)


def test_large_arrays_are_a_summary_and_a_corner(tmp_path: Path) -> None:
    page = written(tmp_path / "c.html", report(x=np.arange(400, dtype="float32").reshape(1, 1, 20, 20)))
    assert "min 0, max 399" in page
    assert '<pre class="named">corner:\n0 1 2 3 4\n' in page


def test_the_code_of_an_explanation_can_be_copied(tmp_path: Path) -> None:
    code = "y = f(x[::-1]) if a < b else None\n"
    first = {"words": "turn <it>", "code": {"torch": code}, "tied": True}
    explanations = [
        first,
        {"words": ["shift it"], "code": {}, "tied": True},
        {"words": "no", "code": {}, "tied": False},
    ]
    page = Page(written(tmp_path / "c.html", report(results=(result(),)), explanations=explanations))
    assert [each.text for each in page.all("code") if any(up.tag == "figure" for up in each.inside)] == [code]
    assert [each.text for each in page.all("figcaption") if "code" in each.inside[-1].classes] == ["torch"]
    assert "These data cannot tell it from: shift it." in [each.text for each in page.all("p")]


TURNED = {"words": "turn it", "transforms": [{"id": "reverse_kernel", "axes": [0, 1]}], "edits": {"torch": "f(<w>)"}}


def test_what_differs_is_drawn_once_and_the_shortest_edit_stands_beside_the_answer(tmp_path: Path) -> None:
    recorded = result("mine", "recorded", verdict="convention", words=("turn it",))
    piece = results.piece(report(results=(*both(result()), recorded)))
    for each in piece["results"]:
        each["explanations"], each["own_edits"] = [TURNED], {"Knet": "conv4()"} if each["mode"] == "recorded" else {}
    page = Page(written_of(tmp_path / "c.html", piece, piece))
    assert [each.attributes["role"] for each in page.all("svg")] == ["img"]
    assert {each.attributes["data-drawing"] for each in page.all("figure") if "drawing" in each.classes} == {"0"}
    answers = [each.text for each in page.all("li") if "The shortest edit" in each.text]
    assert len(answers) == 2
    assert "The shortest edit in Knet, to get what is meant (rewritten from tested code):" in answers[0]
    assert {"conv4()", "f(<w>)"} <= {each.text for each in page.all("code")}


@pytest.mark.parametrize(
    "transforms", [["reverse_kernel"], [{"id": HOSTILE}], [{"id": "boundary", "boundary": HOSTILE}]]
)
def test_what_a_file_says_of_an_explanation_is_drawn_only_where_it_can_be(tmp_path: Path, transforms: Any) -> None:
    piece = results.piece(report())
    piece["results"][0]["explanations"] = [{**TURNED, "transforms": transforms, "edits": {HOSTILE: HOSTILE}}]
    page = Page(written_of(tmp_path / "c.html", piece))
    assert not page.all("svg")
    assert not any("onerror" in each.attributes for each in page.elements)


def test_a_recording_that_differs_names_the_command_for_its_code_and_no_other(tmp_path: Path) -> None:
    recorded = result("mine", "recorded", verdict="unexplained", rung=None)
    name = "cases/a'; touch hacked; '.yaml"
    page = Page(written(tmp_path / "c.html", report(name, (*both(result()), recorded))))
    (command,) = (each.text for each in page.all("code") if "explain" in each.text)
    assert shlex.split(command) == ["harness", "explain", name]


def test_recordings_are_shown_with_origin_verdict_and_numbers(tmp_path: Path) -> None:
    x = np.arange(6, dtype="float64").reshape(1, 1, 2, 3)
    recorded = result("Theano 1.0", "recorded", rung="printed digits", bound_share=0.5)
    shown = [{"system": "Theano 1.0", "origin": "a log", **describe(x)}]
    text = written(tmp_path / "c.html", report(results=(*both(result()), recorded), recorded=shown))
    assert "Recorded: Theano 1.0" in text
    digits = {
        each.attributes["id"]: each.attributes.get("data-digits")
        for each in Page(text).all("figure")
        if "id" in each.attributes
    }
    assert digits == {"o-1-0": "24", "o-1-recorded-1": "0"}  # decimal digits that were printed, not those of a dtype
    assert "(a log)" in text
    assert "uses 50 % of what the rounding of the printed digits allows" in text


def test_what_else_can_be_said_of_a_recording_follows_it(tmp_path: Path) -> None:
    found = result("mine", "recorded", remarks=("first <b>", "then"))
    assert "<ul><li>first &lt;b&gt;</li><li>then</li></ul>" in written(
        tmp_path / "r.html", report(results=(*both(result()), found))
    )


def test_conventions_come_from_the_declarations_of_the_run(tmp_path: Path) -> None:
    from harness.backends import torch

    declared = [{**torch.conv2d.as_json(), "backend": "torch"}]
    page = Page(written(tmp_path / "c.html", report(), header={**HEADER, "entry_points": declared}))
    (section,) = page.all("section", id="conventions")
    assert "torch.nn.functional.conv2d" in section.text
    assert "NCHW, OIHW, NCHW" in section.text
    assert not Page(written(tmp_path / "c.html", report())).all("section", id="conventions")


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    about: dict[str, Any] = dict.fromkeys(("title", "why", "text", "source"), HOSTILE)
    hostile = both(
        result(HOSTILE, backend=HOSTILE, verdict="raised", reason=HOSTILE),
        result("b", verdict="convention", transforms=(HOSTILE,), words=(HOSTILE,)),
    )
    shown = [{"system": HOSTILE, "origin": HOSTILE, **describe(np.zeros((1, 1, 1)))}]
    recorded = result(HOSTILE, "recorded", reason=HOSTILE)
    given = report(f"{HOSTILE}.yaml", (*hostile, recorded), failures=(HOSTILE,), recorded=shown, **about)
    backends = {HOSTILE: {"version": HOSTILE}}
    environment = {**HEADER["environment"], "backends": backends, "unavailable": {HOSTILE: HOSTILE}}  # type: ignore[dict-item]
    text = written(tmp_path / "c.html", given, header={**HEADER, "environment": environment})
    page = Page(text)
    assert {each.attributes.get("type") for each in page.all("script")} == {None, "application/json"}
    assert sum(not each.attributes for each in page.all("script")) == 2
    assert not page.all("img")
    assert not any(name.startswith("on") for each in page.elements for name in each.attributes)
    assert "\x1b" not in text and "\u202e" not in text
    assert "49" not in page.all("section", class_="case")[0].text
    assert "alert(1)" in page.all("p", class_="title")[0].text


@pytest.mark.parametrize(
    ("source", "link"), [("https://a.b/c?d=e&f", True), ("javascript:alert(1)", False), ("a book", False)]
)
def test_only_web_addresses_become_links(tmp_path: Path, source: str, link: bool) -> None:
    page = Page(written(tmp_path / "c.html", report(source=source)))
    assert [each.attributes["href"] for each in page.all("a") if ":" in each.attributes["href"]] == [source] * link


def test_the_page_loads_nothing(tmp_path: Path) -> None:
    text = written(tmp_path / "c.html", report())
    page = Page(text)
    assert not [each for each in page.elements if "src" in each.attributes]
    assert [each.attributes["href"] for each in page.all("link")] == ["data:,"]
    assert "default-src 'none'" in text
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|import\(", text)


def test_the_same_pieces_give_the_same_bytes(tmp_path: Path) -> None:
    reports = [report(f"{name}.yaml", every_verdict()) for name in "ab"]
    assert written(tmp_path / "1.html", *reports) == written(tmp_path / "2.html", *reports)


def test_two_hundred_cases_on_twelve_systems_take_less_than_two_megabytes(tmp_path: Path) -> None:
    page = Html(HEADER)
    for number in range(200):
        page.add(as_of_many_systems(number))
    page.write(tmp_path / "c.html")
    text = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert len(text.encode()) < 800_000
    parts = re.findall('<script type="text/plain" class="part">(.*?)</script>', text)
    rests = [rest for part in parts for rest in zlib.decompress(base64.b64decode(part)).decode().split("\f")]
    assert len(rests) == 200
    assert all(rest.count("np.einsum") == 2 for rest in rests)


def test_of_many_cases_the_page_has_the_headings_as_they_are(tmp_path: Path) -> None:
    reports = [report(f"cases/{number}.yaml", title=f"title {number}") for number in range(PACKED + 1)]
    many, few = (Page(written(tmp_path / "c.html", *some)) for some in (reports, reports[:-1]))
    for page, count in ((many, PACKED + 1), (few, PACKED)):
        sections = page.all("section", class_="case")
        assert [each.text.split()[0] for each in sections] == [str(number) for number in range(count)]
        assert all(f"title {number} " in each.text for number, each in enumerate(sections))
    assert not few.all("script", class_="part")
    assert len(many.all("script", class_="part")) == 6
    assert not many.all("table", class_="verdicts")


def test_memory_hardly_grows_with_the_number_of_cases(tmp_path: Path) -> None:
    """A piece is some 20 kB; a row of the matrix may stay."""

    def kept(count: int) -> int:
        page = Html(HEADER)
        page.add(results.piece(report("0.yaml")))
        tracemalloc.start()
        for number in range(count):
            page.add(results.piece(report(f"{number}.yaml", both(result("a"), result("b")), text="long, " * 4000)))
        gc.collect()
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return held

    assert kept(150) - kept(50) < 100 * 1500


def test_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "c.html"
    path.write_text("old")

    def break_off(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("harness.output.Spool.lines", break_off)
    with pytest.raises(OSError, match="disk full"):
        written(path, report())
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("c.html", "old")]
