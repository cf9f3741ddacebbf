"""The table of conventions says what is declared, and the page in docs is up to date."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.backends import scipy, tensorflow, torch
from harness.operations import TABLE, USUAL
from harness.operations.card import Card, Fault
from harness.report import conventions
from harness.report.markdown import Markdown
from harness.report.page import Html
from harness.report.results import piece
from tests.pieces import HEADER, report, settings, whole
from tests.test_probe import card_of, refusing

PAGE = Path(__file__).parent.parent / "docs" / "conventions.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == conventions.document(), (
        "run `python -m harness.report.conventions > docs/conventions.md`"
    )


def test_a_row_says_what_is_declared() -> None:
    declared = (torch.conv2d, tensorflow.conv2d, scipy.convolve2d)
    of_torch, of_tensorflow, of_scipy = (
        dict(zip(conventions.heads(USUAL), row)) for row in conventions.rows(each.as_json() for each in declared)
    )
    same = "its word for `same`, and what that is"
    assert (of_torch["computes"], of_scipy["computes"]) == ("cross-correlation", "convolution")
    assert of_tensorflow["input, kernel, output"] == "NHWC, HWIO, NHWC"
    assert of_torch[same] == "same: odd sample on the high side, stride 1 only"
    assert of_tensorflow[same] == "SAME: odd sample on the high side"
    assert of_scipy[same] == "same: centre at k // 2"
    assert (of_torch["padding by numbers"], of_scipy["padding by numbers"]) == ("the same on both sides", "no")
    assert of_scipy["boundaries"] == "zero, constant, wrap, symmetric"


@pytest.fixture(scope="module")
def header() -> dict[str, Any]:
    """That of a run, as JSON gives it back: one entry point was measured and has a fault, one declines every call."""
    honest = card_of(refusing)
    fault = Fault("numbers are wrong", "x (1, 1) <b>|*")
    faulty = Card("planted", "fake", "1", honest.conventions, honest.precision, honest.algorithm, [fault])
    silent = Card("silent", "fake", "1", unreadable="declines every call: not recorded", declined=True)
    cards = [faulty.as_json(), silent.as_json()]
    return json.loads(json.dumps({**HEADER, "entry_points": [torch.conv2d.as_json()], "cards": cards}))


def test_what_was_measured_is_shown_before_what_is_declared(header: dict[str, Any]) -> None:
    (shown,) = conventions.sections(header, [USUAL])
    assert shown.about.startswith("Measured")
    ((name, computes, _, padding, *_),) = shown.rows
    assert (name, computes) == ("planted", "cross-correlation")
    assert padding.split("\n") == ["same: same_upper", "valid: valid"]
    assert shown.remarks[0].startswith("same_upper: (low, high) = (T // 2, T - T // 2), T = ")
    assert shown.remarks[-2:] == [
        "planted contradicts itself: numbers are wrong; x (1, 1) <b>|*",
        "silent was not measured: declines every call: not recorded",
    ]


def test_a_run_without_cards_shows_what_is_declared_and_says_so(header: dict[str, Any]) -> None:
    (shown,) = conventions.sections({**header, "cards": []}, [USUAL])
    assert "*declares*" in shown.about
    assert "in this run only that was tried of which it says so" in " ".join(shown.about.split())
    assert [row[0] for row in shown.rows] == ["torch.nn.functional.conv2d"]
    assert conventions.sections(HEADER, [USUAL]) == []


def test_a_claim_that_depends_on_the_machine_says_so_and_where_it_was_refused() -> None:
    told = conv3d, depthwise, transposed = [
        each.as_json() for each in (tensorflow.conv3d, tensorflow.depthwise_conv2d, tensorflow.conv2d_transpose)
    ]
    cells = [dict(zip(conventions.heads(each["operation"]), *conventions.rows([each]))) for each in told]
    assert [each["dilation"] for each in cells] == ["yes; measured", "yes", "yes; measured"]
    assert cells[1]["stride"] == "yes; measured: a stride of its own for each axis"
    assert cells[2]["stride"] == "yes; measured: a stride with a dilation"
    conv3d["refused"] = {"dilation": [[3, "float16"], [3, "float64"]]}
    depthwise["refused"] = {"uneven_strides": [[2, "float64"]]}
    convolve = {**scipy.convolve.as_json(), "measured": ["dilation"]}
    convolve["refused"] = {"dilation": [[1, "float32"], [3, "float32"], *([rank, "float64"] for rank in (1, 2, 3))]}
    (volume,), (plane,) = conventions.rows([conv3d]), conventions.rows([depthwise])
    assert "no; not here as float32 in 1-D and 3-D, float64" in conventions.rows([convolve])[0]
    assert "yes; not here as float16, float64" in volume
    assert "yes; not here as float64: a stride of its own for each axis" in plane
    assert transposed["refused"] == {}


def test_there_is_a_table_for_each_operation_that_the_cases_are_about(tmp_path: Path) -> None:
    declared = [torch.conv2d.as_json(), torch.conv_transpose2d.as_json()]
    header = {**HEADER, "entry_points": declared}
    (only,) = conventions.sections(header, [USUAL])
    assert [row[0] for row in only.rows] == ["torch.nn.functional.conv2d"]
    _, other = conventions.sections(header, list(TABLE))
    assert other.title == "transposed convolution"
    ((name, transposes, layouts, *_, output_padding),) = other.rows
    assert (name, transposes, layouts) == (
        "torch.nn.functional.conv_transpose2d",
        "cross-correlation",
        "NCHW, IOHW, NCHW",
    )
    assert dict(zip(other.heads, other.rows[0]))["output padding"] == output_padding == "yes"
    about = settings(padding="valid", output_padding=[1, 0])
    pieces = [piece(report("a.yaml")), piece(report("b.yaml", operation="transposed_convolution", settings=about))]
    for kind, name in ((Markdown, "c.md"), (Html, "c.html")):
        written = kind(header)
        for each in pieces:
            written.add(each)
        written.write(tmp_path / name)
    markdown, page = whole(tmp_path / "c.md"), (tmp_path / "c.html").read_text("utf-8")
    assert markdown.startswith("# Which layers agree with which\n\nPeople move a layer from one system to another")
    assert "## Transposed convolution\n\nWhat each entry point that ran *declares*" in markdown
    assert "<h3>Transposed convolution</h3>" in page and "<h1>Which layers agree with which</h1>" in page
    assert "output padding 1 x 0" in markdown and "output padding 1 x 0" in page
    assert all(kind.OURS.match(text.encode()) for kind, text in ((Markdown, markdown), (Html, page)))


def test_both_reports_show_the_cards_of_the_run(header: dict[str, Any], tmp_path: Path) -> None:
    for kind, name in ((Markdown, "c.md"), (Html, "c.html")):
        written = kind(header)
        written.add(piece(report()))
        written.write(tmp_path / name)
    markdown, page = whole(tmp_path / "c.md"), (tmp_path / "c.html").read_text("utf-8")
    assert "| `planted` | cross-correlation | NCHW, OIHW, NCHW | same: same_upper<br>valid: valid |" in markdown
    assert "<td>same: same_upper<br>valid: valid" in page
    assert "silent was not measured" in markdown
    assert "silent was not measured" in page
    assert "<b>|*" not in markdown + page
    assert "*declares*" not in markdown + page
