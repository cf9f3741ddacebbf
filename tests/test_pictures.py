"""Pictures of what differs say what is computed, and what is hostile or too large has none."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.canonical.window import Linear, Window
from harness.explanation.answers import transform_json
from harness.operations import TABLE
from harness.operations.panels import Cell, Panel, Picture
from harness.operations.transforms import BY_ID, arrays, number_pictures, settings
from harness.operations.transforms.boundary import Boundary
from harness.operations.transforms.transform import Transform, applied
from harness.operations.windowed.pictures import COMPUTED, DRAWN, MEANT, pictures
from harness.report import drawing
from tests.plain import evaluate

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
PRIMES = dict(zip("abcdefg", (2, 3, 5, 7, 11, 13, 17)))


def case_of(conv: Linear) -> dict[str, Any]:
    """What a report has of a case of this convolution."""
    win = conv.window
    told = {
        "means": "convolution" if any(win.reversal) else "cross-correlation",
        "stride": list(win.stride),
        "dilation": list(win.dilation),
        "padding_pairs": [list(each) for each in win.padding],
        "boundary": win.boundary,
        "constant": win.constant,
    }
    return {"input": {"shape": list(conv.x.shape)}, "kernel": {"shape": list(conv.w.shape)}, "settings": told}


def line(size: int, taps: int, **window: Any) -> Linear:
    """A convolution of one axis: samples 1, 2, ... and the taps of `PRIMES`."""
    whole = Window(**{"stride": (1,), "dilation": (1,), "padding": ((0, 0),), "reversal": (False,), **window})
    x = np.arange(1.0, size + 1).reshape(1, 1, -1)
    return Linear(x, np.array(list(PRIMES.values())[:taps], float).reshape(1, 1, -1), None, whole)


def drawn(conv: Linear, change: Transform) -> Picture:
    (picture,) = pictures(case_of(conv), [transform_json(change)])
    return picture


def computed(panel: Panel) -> list[float]:
    """The first outputs, as one reads them off a panel: samples above, below them the taps that meet them."""
    samples, *windows = panel.rows
    return [
        sum(float(sample.text) * PRIMES[tap.text] for sample, tap in zip(samples, window) if tap.text)
        for window in windows
    ]


CHANGES = [
    (line(6, 3, stride=(2,), padding=((0, 1),)), settings.PaddingSplit(((0, 1),), ((1, 0),))),
    (line(6, 3, stride=(2,), padding=((0, 1),), reversal=(True,)), settings.PaddingSplit(((0, 1),), ((1, 0),))),
    (line(5, 4, padding=((1, 2),)), settings.SameCentre(((1, 2),), ((2, 1),))),
    (line(9, 3, stride=(3,)), settings.StridePhase(((0, 0),), ((-1, 0),))),
    (line(7, 3, padding=((0, 0),)), settings.OutputMode(((0, 0),), ((2, 2),), mode="full")),
    (line(9, 3), settings.Stride((2,), ((0, 0),))),
    (line(9, 3), settings.Dilation((3,), ((0, 0),))),
    (line(30, 3, padding=((1, 1),)), settings.PaddingSplit(((1, 1),), ((0, 2),))),
    *((line(5, 3, padding=((2, 2),)), Boundary(boundary)) for boundary in ("edge", "reflect", "symmetric", "wrap")),
    (line(5, 3, padding=((2, 2),)), Boundary("constant", 114.0)),
    (line(5, 3, padding=((2, 2),), boundary="constant", constant=-1.5), Boundary("wrap")),
]


@pytest.mark.parametrize(("conv", "change"), CHANGES, ids=lambda each: getattr(each, "id", ""))
def test_one_can_compute_with_a_picture(conv: Linear, change: Transform) -> None:
    picture = drawn(conv, change)
    assert [panel.title for panel in picture.panels] == [MEANT, COMPUTED]
    for panel, form in zip(picture.panels, (conv, applied(conv, [change]))):
        read = computed(panel)
        assert read
        np.testing.assert_array_equal(read, evaluate(form).ravel()[: len(read)])


@pytest.mark.parametrize("reversal", [False, True])
@pytest.mark.parametrize("axes", [(0, 1), (0,), (1,)])
def test_the_kernel_is_shown_as_it_meets_the_input(axes: tuple[int, ...], reversal: bool) -> None:
    window = Window((1, 1), (1, 1), ((0, 0),) * 2, (reversal, reversal))
    conv = Linear(np.ones((1, 1, 3, 4)), np.arange(1.0, 13).reshape(1, 1, 3, 4), None, window)
    change = arrays.ReverseKernel(axes)
    for panel, form in zip(drawn(conv, change).panels, (conv, applied(conv, [change]))):
        shown = np.array([[float(cell.text) for cell in row] for row in panel.rows])
        for place in np.ndindex(3, 4):
            impulse = np.zeros((1, 1, 3, 4))
            impulse[(0, 0, *place)] = 1
            assert evaluate(replace(form, x=impulse)).item() == shown[place]


def test_the_axes_of_an_array_are_shown_in_the_order_in_which_they_are_read() -> None:
    window = Window((1, 1), (1, 1), ((0, 0),) * 2, (False, False))
    conv = Linear(np.ones((1, 2, 3, 3)), np.ones((2, 2, 3, 3)), None, window)
    meant, read = drawn(conv, arrays.KernelAxes((2, 3, 1, 0))).panels
    assert "".join(cell.text for cell in meant.rows[0]) == "OIHW"
    assert "".join(cell.text for cell in read.rows[0]) == "HWIO"


def test_what_is_cut_off_a_full_output_is_struck_out() -> None:
    conv = line(3, 3, stride=(2,))
    change = settings.PaddingSplit(((1, 2),), ((2, 1),), cuts=(((1, 0),), ((0, 1),)))
    meant, cut = drawn(conv, change).panels
    assert [cell.text for cell in meant.rows[0] if cell.mark == "cut"] == ["1"]
    assert [cell.text for cell in cut.rows[0] if cell.mark == "cut"] == ["7"]
    assert len(meant.rows[0]) == (3 - 1) * 2 + 3


HOSTILE: list[dict[str, Any]] = [
    {},
    {"id": "reverse_kernel"},
    {"id": "reverse_kernel", "axes": [7]},
    {"id": "reverse_kernel", "axes": "no list"},
    {"id": "kernel_axes", "order": [0, 0, 1]},
    {"id": "kernel_axes", "order": list(range(99))},
    {"id": "padding_split", "intended": [[0, 0]], "actual": [[10**9, 0]]},
    {"id": "padding_split", "intended": [[0, 0]], "actual": [[-99, 0]]},
    {"id": "padding_split", "intended": [], "actual": []},
    {"id": "padding_split", "intended": [[0, 0]], "actual": [[0, 1]], "cuts": [[[0, 10**9]], [[0, 0]]]},
    {"id": "stride", "stride": [10**12], "padding": [[0, 0]]},
    {"id": "stride", "stride": [0, 0], "padding": [[0, 0]]},
    {"id": "dilation", "dilation": [2], "padding": []},
    {"id": "boundary", "boundary": "<script>"},
    {"id": "boundary", "boundary": "constant", "constant": "<script>"},
    {"id": "precision", "format": "bfloat16"},
]


@pytest.mark.parametrize("change", HOSTILE, ids=str)
def test_what_is_hostile_or_too_large_has_no_picture(change: dict[str, Any]) -> None:
    assert not list(pictures(case_of(line(9, 3, padding=((1, 1),))), [change]))


@pytest.mark.parametrize(
    ("key", "value"), [("stride", []), ("stride", [0]), ("padding_pairs", []), ("boundary", "x"), ("dilation", [1, 1])]
)
def test_a_case_whose_settings_do_not_fit_its_arrays_has_none(key: str, value: Any) -> None:
    case = case_of(line(9, 3))
    case["settings"][key] = value
    changes = [{"id": "reverse_kernel", "axes": [0]}, {"id": "stride", "stride": [2], "padding": [[0, 0]]}]
    assert not list(pictures(case, changes))


def test_a_huge_input_is_drawn_at_its_ends() -> None:
    case = case_of(line(9, 3, padding=((0, 0),)))
    case["input"]["shape"] = [1, 1, 10**12]
    (picture,) = pictures(case, [{"id": "padding_split", "intended": [[0, 0]], "actual": [[1, 1]]}])
    texts = [cell.text for cell in picture.panels[1].rows[0]]
    assert texts[0] == "0"
    assert texts[-1] == "0"
    assert "..." in texts
    assert len(texts) < 20


GRIDS = {
    ("half_pixel", "align_corners"): (["-0.25", "0.25", "0.75", "1.25"], ["0", "0.33", "0.67", "1"]),
    ("asymmetric", "half_pixel"): (["0", "0.5", "1", "1.5"], ["-0.25", "0.25", "0.75", "1.25"]),
}
"""Where four outputs stand among two samples, by ONNX's formulas."""


def resized(n: int, m: int, **settings: Any) -> dict[str, Any]:
    return {"input": {"shape": [1, 1, n]}, "reference": {"shape": [1, 1, m]}, "settings": settings}


@pytest.mark.parametrize("names", GRIDS, ids="-".join)
def test_the_grid_of_a_resize_is_shown(names: tuple[str, str]) -> None:
    change = {"id": "coordinates", "was": names[0], "value": names[1]}
    (picture,) = TABLE["resize"].shown().pictures(resized(2, 4, size=[4]), [change])
    assert tuple([cell.text for cell in panel.rows[1]] for panel in picture.panels) == GRIDS[names]


@pytest.mark.parametrize(
    ("case", "change"),
    [
        (resized(2, 4), {"id": "coordinates", "value": "align_corners", "was": None}),
        (resized(2, 4), {"id": "coordinates", "value": "<b>", "was": "half_pixel"}),
        (resized(2, 4, scale=["2"]), {"id": "coordinates", "value": "align_corners", "was": "half_pixel"}),
        (resized(2, 4, scale=2), {"id": "coordinates", "value": "align_corners", "was": "half_pixel"}),
        (resized(2, 4, scale=[0.0]), {"id": "coordinates", "value": "align_corners", "was": "half_pixel"}),
        (
            resized(2, 4),
            {"id": "coordinates", "value": "half_pixel", "was": "align_corners", "others": [["scale", [3.0]]]},
        ),
        (resized(10**9, 10**9), {"id": "coordinates", "value": "align_corners", "was": "half_pixel"}),
    ],
    ids=str,
)
def test_a_grid_that_is_hostile_or_too_large_has_no_picture(case: dict[str, Any], change: dict[str, Any]) -> None:
    assert not list(TABLE["resize"].shown().pictures(case, [change]))


def test_every_picture_is_of_a_change_and_every_change_with_one_says_what_is_seen_there() -> None:
    """A transform names the kind of picture that shows it; each kind is drawn in one place."""
    kinds = {kind.picture: kind for kind in BY_ID.values() if kind.picture}
    assert set(kinds) == {*DRAWN, *number_pictures.DRAWN}
    assert not set(DRAWN) & set(number_pictures.DRAWN)
    for kind in BY_ID.values():
        assert bool(kind.seen) == (kind.picture in ("padding", "steps", "filling"))
        assert kind.seen == kind.seen.rstrip(".")


# --- as SVG ----------------------------------------------------------------------------------------------------------


def test_a_picture_is_an_image_with_a_name_and_texts_are_escaped() -> None:
    picture = Picture("A < B & so on.", (Panel("<b>", [[Cell("<x>"), Cell("", "blank"), Cell("1", "cut")]]),))
    root = ElementTree.fromstring(drawing.drawn(picture))
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert root.findtext(f"{space}title") == "A < B & so on. <b>: <x> 1."
    assert len(root.findall(f"{space}rect")) == 2
    assert len(root.findall(f"{space}path")) == 1, "what is cut is struck out, and not by colour alone"


@pytest.mark.parametrize(("operation", "name", "picture"), list(drawing.examples()), ids=lambda each: str(each)[:24])
def test_pictures_lie_within_their_frame(operation: str, name: str, picture: Picture) -> None:
    root = ElementTree.fromstring(drawing.drawn(picture, drawing.STYLE))
    left, top, width, height = map(float, str(root.get("viewBox")).split())
    for box in root.iter("{http://www.w3.org/2000/svg}rect"):
        x, y = float(str(box.get("x"))), float(str(box.get("y")))
        assert left < x and x + float(str(box.get("width"))) < left + width
        assert top < y and y + drawing.SIDE < top + height
    for text in root.iter("{http://www.w3.org/2000/svg}text"):
        if text.get("text-anchor") is None:
            assert float(str(text.get("x"))) + drawing.LETTER * len(str(text.text)) <= left + width


def test_the_pictures_of_the_documents_are_up_to_date(tmp_path: Path) -> None:
    drawing.write(tmp_path)
    made = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_text("utf-8") for path in PICTURES.iterdir()}, (
        "run `python -m harness.report.drawing docs/pictures`"
    )
    page = (PICTURES.parent / "conventions.md").read_text("utf-8")
    assert all(f"](pictures/{name})" in page for name in made)
