"""Pictures of poolings, groups and axes: one can compute with them, and what is hostile or too large has none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.canonical.window import Linear, Window
from harness.explanation.answers import transform_json
from harness.operations import TABLE
from harness.operations.by_settings.letter_pictures import letters
from harness.operations.panels import Panel
from harness.operations.pooling_formula import KEPT, formula
from harness.operations.transforms.grouping import Groups
from harness.operations.transforms.told import Setting
from harness.operations.windowed.group_pictures import drawn_groups
from tests.plain import evaluate

POOLED = {"window": (3,), "stride": (2,), "dilation": (1,), "padding": ((1, 1),), "rounding": "floor"}
AVERAGE = {**POOLED, "reduce": "average", "divisor": "valid"}


def pooled(size: int, settings: dict[str, Any]) -> dict[str, Any]:
    """What a report has of a case of this pooling."""
    return {"input": {"shape": [1, 1, size]}, "settings": {**settings, "dtype": "float32"}}


def computed(panel: Panel) -> list[float]:
    """The outputs, as a panel shows them: the sum of the samples above the taps, by the divisor behind them."""
    samples, *windows = panel.rows
    found = []
    for *taps, divisor in windows:
        total = sum(float(sample.text or 0) for sample, tap in zip(samples, taps) if tap.mark == "seen")
        found.append(total / float(divisor.text.removeprefix("/")))
    return found


CHANGES = [
    (5, Setting("divisor", "padded", "valid")),
    (5, Setting("divisor", "window", "valid")),
    (6, Setting("rounding", "ceil", "floor")),
    (6, Setting("rounding", KEPT, "floor")),
    (7, Setting("window", (2,), (3,))),
    (7, Setting("stride", (3,), (2,))),
    (9, Setting("dilation", (2,), (1,))),
    (6, Setting("padding", ((0, 1),), ((1, 1),))),
    (6, Setting("padding", "same", ((1, 1),))),
    (7, Setting("output_size", (3,), None, (("window", None), ("stride", None), ("padding", None)))),
]


@pytest.mark.parametrize(("size", "change"), CHANGES, ids=str)
def test_one_can_compute_with_the_picture_of_a_pooling(size: int, change: Setting) -> None:
    case = pooled(size, AVERAGE)
    (picture,) = TABLE["pooling"].shown().pictures(case, [transform_json(change)])
    others = {change.key: change.value, **dict(change.others)}
    other = {key: value for key, value in {**AVERAGE, **others}.items() if value is not None}
    x = np.arange(1.0, size + 1).reshape(1, 1, -1)
    for panel, settings in zip(picture.panels, (AVERAGE, other)):
        np.testing.assert_allclose(computed(panel), formula(np, {"x": x}, settings).ravel())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("window", [3, 3]),
        ("window", [0]),
        ("window", "three"),
        ("window", [10**9]),
        ("stride", [0]),
        ("padding", [[-1, 0]]),
        ("padding", [[10**9, 0]]),
        ("padding", [1]),
        ("padding", "sideways"),
        ("rounding", "<b>"),
        ("divisor", []),
        ("output_size", [0]),
        ("output_size", None),
        ("reduce", "max"),
    ],
)  # fmt: skip
def test_a_pooling_that_is_hostile_has_no_picture(key: str, value: Any) -> None:
    change = {"id": key, "value": value, "was": AVERAGE.get(key)}
    assert not list(TABLE["pooling"].shown().pictures(pooled(5, AVERAGE), [change]))
    assert not list(TABLE["pooling"].shown().pictures(pooled(10**12, AVERAGE), [transform_json(CHANGES[0][1])]))


GROUPED = [
    (4, (4, 4), Groups(2, "block")),
    (4, (2, 4), Groups(4, "depthwise")),
    (4, (4, 1), Groups(1, "dense")),
    (6, (6, 3), Groups(6, "block")),
]


@pytest.mark.parametrize(("channels", "kernel", "change"), GROUPED, ids=str)
def test_one_can_compute_with_the_picture_of_groups(channels: int, kernel: tuple[int, int], change: Groups) -> None:
    numbered = np.arange(1.0, np.prod(kernel) + 1).reshape(*kernel, 1)
    window = Window((1,), (1,), ((0, 0),), (False,), groups=channels // kernel[1])
    conv = Linear(np.random.default_rng(0).integers(1, 9, (1, channels, 1)).astype(float), numbered, None, window)
    case = {"input": {"shape": [1, channels, 1]}, "kernel": {"shape": [*kernel, 1]}, "settings": {}}
    picture = drawn_groups(case, transform_json(change))
    assert picture
    for panel, form in zip(picture.panels, (conv, change.differ(conv))):
        planes = np.array([[float(cell.text or 0) for cell in row] for row in panel.rows])
        np.testing.assert_array_equal(planes @ conv.x[0, :, 0], evaluate(form).ravel())


@pytest.mark.parametrize(
    ("channels", "kernel", "change"),
    [
        (4, (4, 4), {"groups": 3, "kind": "block"}),
        (4, (4, 4), {"groups": 0, "kind": "block"}),
        (4, (4, 4), {"groups": 2, "kind": "sideways"}),
        (4, (3, 2), {"groups": 4, "kind": "block"}),
        (40, (4, 40), {"groups": 2, "kind": "block"}),
    ],
    ids=str,
)
def test_groups_that_are_hostile_or_too_many_have_no_picture(
    channels: int, kernel: tuple[int, int], change: dict[str, Any]
) -> None:
    case = {"input": {"shape": [1, channels, 1]}, "kernel": {"shape": [*kernel, 1]}, "settings": {}}
    assert drawn_groups(case, change) is None


IMAGE = {"input": {"shape": [2, 3, 4, 5]}}


@pytest.mark.parametrize(
    ("key", "was", "value", "marked"),
    [("over", "C", "CW", [["C"], ["C", "W"]]), ("across", "C", "HW", [["C"], ["H", "W"]]),
     ("flattened", "CHW", "HWC", [[], ["H", "W", "C"]])],
)  # fmt: skip
def test_axes_that_something_runs_over_are_marked(key: str, was: str, value: str, marked: list[list[str]]) -> None:
    (picture,) = letters(IMAGE, {"id": key, "was": was, "value": value})
    assert [[cell.text for cell in panel.rows[0] if cell.mark] for panel in picture.panels] == marked


@pytest.mark.parametrize(
    "change",
    [{"id": "over", "was": None, "value": "C"}, {"id": "over", "was": "C", "value": "<b>"},
     {"id": "flattened", "was": "CHW", "value": "C" * 99}, {"id": "epsilon", "was": "C", "value": "C"}, {}],
    ids=str,
)  # fmt: skip
def test_what_is_no_setting_of_axes_has_no_picture(change: dict[str, Any]) -> None:
    assert not list(letters(IMAGE, change))
