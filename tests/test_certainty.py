"""An explanation is certain only where the data could have refuted it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.case.read import Case, load
from harness.explanation import answers, corner, diagnosis
from harness.explanation.confirmed import Explanation, confirmed
from harness.explanation.diagnosis import Answer, diagnose
from harness.explanation.doubts import TOO_LITTLE
from harness.judge.verdict import Judge
from harness.operations.budget import Budget
from harness.operations.transforms.settings import Dilation, PaddingSplit, Stride
from harness.parent.pool import Pool
from harness.runner import run

LETTERS = {1: "W", 2: "HW", 3: "DHW"}

Asked = Callable[..., Answer]


def stated(values: Any, more: str = "", layout: str = "") -> str:
    values = np.asarray(values)
    return f"{{layout: {layout or LETTERS[values.ndim]}, values: {json.dumps(values.tolist())}{more}}}"


def case(folder: Path, *arrays: Any, settings: str = "padding: valid", layouts: str = "", more: str = "") -> Case:
    x, w, y = arrays
    letters = layouts.split(",") if layouts else ["", "", ""]
    path = folder / "one.yaml"
    path.write_text(
        "title: One\nmeans: cross-correlation\n"
        f"input: {stated(x, more, letters[0])}\nkernel: {stated(w, more, letters[1])}\n{settings}\n"
        f"recorded:\n  - {{system: S, origin: o, {stated(y, more, letters[2])[1:]}\n",
        encoding="utf-8",
    )
    return next(load(path))


@pytest.fixture
def ask(tmp_path, monkeypatch) -> Asked:
    """The answer about an output, of arrays and settings, to which a part of the usual work must do."""
    monkeypatch.setattr(diagnosis, "Budget", lambda: Budget(10**9))

    def asked(*arrays: Any, **more: str) -> Answer:
        judge = Judge(case(tmp_path, *arrays, **more))
        return diagnose(judge, judge.observe(judge.case.recorded[0]))

    return asked


def ids(answer: Answer) -> list[str]:
    return [each.id for each in answer.explanations[0].transforms]


def sums(x: np.ndarray, w: np.ndarray, padding: int = 0, **more: Any) -> np.ndarray:
    """A plain cross-correlation."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, padding, **more), w.shape)
    return np.asarray((windows * w).sum(axis=tuple(range(x.ndim, 2 * x.ndim))))


RANDOM = np.random.default_rng(0)
X, W = RANDOM.integers(1, 9, (3, 3)), RANDOM.integers(1, 9, (3, 3))


@pytest.mark.parametrize("settings", ["padding: unknown", "padding: unknown\nstride: unknown", "padding: same"])
def test_one_zero_is_no_reason_to_pad(ask, settings):
    answer = ask(X, W, [[0]], settings=settings)
    assert answer.ambiguous or not answer.explanations
    for each in answer.explanations:
        for setting in each.settings:
            assert min(min(pair) for pair in getattr(setting, "actual", [(0, 0)])) >= -2


def test_a_stride_that_starts_later_is_no_corner_of_a_moved_output(ask):
    x, w = RANDOM.normal(size=(9, 8)), RANDOM.normal(size=(3, 3))
    answer = ask(x, w, sums(x, w)[1::2, 1::2], settings="padding: valid\nstride: 2")
    assert ids(answer) == ["stride_phase"] and not answer.ambiguous and not answer.explanations[0].part


@pytest.mark.parametrize("value", [0.0, 2.5])
def test_outputs_that_are_equal_throughout_are_not_certain(ask, value):
    x, w = RANDOM.normal(size=(5, 5)), RANDOM.normal(size=(3, 3))
    answer = ask(x, w, np.full((3, 3), value))
    assert answer.ambiguous or not answer.explanations


def test_equal_outputs_of_equal_data_are_said_to_carry_nothing(ask):
    answer = ask(np.ones((5, 5)), np.ones((3, 3)), np.full((5, 5), 9.0), settings="padding: same")
    assert answer.explanations and answer.ambiguous
    assert answer.remarks[0].startswith(f"{TOO_LITTLE}: all known values are equal")


@pytest.mark.parametrize(("numbers", "alike"), [(2, True), (11, True), (12, False), (40, False)])
def test_many_values_that_are_alike_are_not_said_to_be_few(ask, monkeypatch, numbers, alike):
    """The sixty values of a window of one tap are as many different numbers as its input has."""
    monkeypatch.setattr("harness.explanation.confirmed.lacking", lambda *given: 1.0)
    x = np.resize(np.arange(1.0, numbers + 1), (6, 10))
    answer = ask(x, [[2.0]], x, settings="padding: valid")
    assert (f"the 60 known values are alike ({numbers} different numbers)" in answer.remarks[0]) is alike
    assert ("so few values" in answer.remarks[0]) is not alike


@pytest.mark.parametrize("settings", ["padding: same", "padding: unknown\nstride: unknown\ndilation: unknown"])
def test_five_values_do_not_carry_several_open_settings(ask, settings):
    answer = ask([1, 2, 3, 2, 1], [1, 1, 1], [3.1, 6, 7, 6, 3.1], settings=settings)
    assert answer.ambiguous or not answer.explanations


def test_what_was_left_open_applies_before_what_says_more_of_it(ask):
    """A dilation and a stride bring the intended padding with them, and another padding replaces it."""
    every = "padding: unknown\nstride: unknown"
    said = ask([1, 2, 3, 2, 1.0], np.ones(3), [3.1, 6, 7, 6, 3.1], settings=every)
    assert said.ambiguous
    first = Explanation(
        (Dilation((2,), ((1, 1),)),), (Stride((2,), ((1, 1),)), PaddingSplit(((1, 1),), ((4, 4),))), 0, "", 0
    )
    assert [each.id for each in first.changes] == ["dilation", "stride", "padding_split"]


def test_a_channel_of_zeros_was_not_scaled(ask):
    x, w = RANDOM.normal(size=(2, 6, 6)), RANDOM.normal(size=(3, 2, 3, 3))
    y = np.stack([sum(map(sums, x, each)) for each in w])
    y[2] = 0
    answer = ask(x, w, y, layouts="CHW,OIHW,CHW")
    assert not any("scale" in [each.id for each in found.transforms] for found in answer.explanations)


def test_what_is_not_certain_is_said_so_everywhere(tmp_path):
    """On the terminal, as JSON, and in a run: two small values fit a shift of the output by chance."""
    one = case(tmp_path, [3, 1, 4, 1, 5, 9], [1, 0, 2], [1, 5], settings="padding: unknown\nstride: unknown")
    judge = Judge(one)
    answer = diagnose(judge, judge.observe(one.recorded[0]))
    assert answer.explanations and answer.ambiguous
    assert answer.remarks[0].startswith(TOO_LITTLE)
    assert answers.as_json("S", answer, (), {})["ambiguous"]
    shown = answers.text("S", answer)
    assert "  * too little is known" in shown and ("[ties]" in shown or "[not certain]" in shown)
    with Pool([]) as pool:
        (report,) = run([one], pool, [])
    (result,) = report.results
    assert (result.verdict, result.transforms, result.ambiguous) == ("unexplained", (), True)
    assert result.explanations and result.remarks == answer.remarks


@pytest.mark.parametrize(("expect", "verdict"), [("[reverse_kernel]", "convention"), ("[scale]", "unexplained")])
def test_what_the_case_named_before_was_not_searched_for(tmp_path, expect, verdict):
    x, w = np.array([2, 0, 1, 1]), np.array([1, 2])
    y = sums(x, w[::-1])
    one = case(tmp_path, x, w, y)
    text = (tmp_path / "one.yaml").read_text(encoding="utf-8")
    (tmp_path / "one.yaml").write_text(text.replace("origin: o", f"origin: o, expect: {expect}"), encoding="utf-8")
    with Pool([]) as pool:
        (report,) = run(load(tmp_path / "one.yaml"), pool, [])
    (result,) = report.results
    assert one.recorded[0].expect is None and result.ambiguous
    assert (result.verdict, result.expected) == (verdict, verdict == "convention")


RAMP = np.add.outer(np.arange(8), np.arange(8))
CHECKS = np.indices((6, 6)).sum(0) % 2
SOBEL = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
IDENTITY, SHIFT = (np.eye(1, 9, at).reshape(3, 3).astype(int) for at in (4, 0))


@pytest.mark.parametrize(
    ("x", "w", "y"),
    [
        (CHECKS, IDENTITY, sums(CHECKS, IDENTITY)),
        (RAMP, SHIFT, sums(RAMP, SHIFT)),
        (RAMP, SOBEL, sums(RAMP, SOBEL)),
        (np.ones((6, 6)), np.ones((3, 3)), np.full((4, 4), 9)),
    ],
)
def test_valid_for_same_is_among_what_plain_data_cannot_tell(ask, x, w, y):
    answer = ask(x, w, y, settings="padding: same")
    assert answer.ambiguous
    valid = [each for each in answer.explanations if [getattr(t, "mode", "") for t in each.transforms] == ["valid"]]
    assert valid and valid[0].tied


def test_both_readings_of_a_smaller_output_stand(ask):
    answer = ask(CHECKS, IDENTITY, sums(CHECKS, IDENTITY), settings="padding: same")
    assert {True, False} == {each.part for each in answer.explanations if each.tied}
    (part, *_) = [each for each in answer.explanations if each.part]
    assert not part.transforms and "first elements of a larger output" in part.words


def test_a_stride_on_a_ramp_is_no_corner_of_a_moved_one(ask):
    """The ramp hides half of it: what is said is the stride, or nothing for certain."""
    answer = ask(RAMP, SOBEL, sums(RAMP, SOBEL, 1)[::2], settings="padding: same")
    assert answer.ambiguous or ids(answer) == ["stride"]


@pytest.mark.parametrize("rows", [2, 3])
def test_a_part_of_healthy_data_is_told_from_a_crop(ask, rows):
    x, w = RANDOM.integers(-9, 10, (6, 6)), RANDOM.integers(-9, 10, (3, 3))
    answer = ask(x, w, sums(x, w[::-1, ::-1], 1)[:rows, :4], settings="padding: same")
    assert ids(answer) == ["reverse_kernel"]
    assert answer.explanations[0].part and not answer.ambiguous


@pytest.mark.parametrize("boundary", ["zero", "edge", "reflect", "symmetric", "wrap"])
def test_what_fills_no_padding_changes_no_amount(ask, boundary):
    x, w = [4, -7, 2, 9, 1], [1, 0, 2]
    answer = ask(x, w, sums(np.array(x), np.array(w)), settings=f"padding: 1\nboundary: {boundary}")
    assert [each.actual for each in answer.explanations[0].transforms] == [((0, 0),)]


TYPED = {"x": [0.1, 0.7, -0.3, 0.9, 0.4, -0.8, 0.5], "w": [1.3, -0.6, 0.2], "y": [-0.35, 1.27, -0.70, 0.77, 1.1]}


def test_numbers_with_few_digits_are_not_printed_ones(ask):
    """The third of them is truly -0.85, and no rounding of the input moves one output only."""
    answer = ask(*TYPED.values())
    assert not answer.explanations
    assert any("not [2]" in remark for remark in answer.remarks)


@pytest.mark.parametrize(("digits", "certain"), [("", False), (", digits: 6", True)])
def test_significant_digits_count_and_are_certain_only_where_they_are_said(ask, digits, certain):
    x, w = (np.random.default_rng(4).normal(size=size) * 40 for size in ((5, 5), (3, 3)))
    y = sums(x, w[::-1, ::-1], 1)
    arrays = [np.array([[float(f"{value:.6g}") for value in row] for row in each]) for each in (x, w, y)]
    answer = ask(*arrays, settings="padding: same", more=digits)
    assert ids(answer) == ["reverse_kernel"]
    assert answer.ambiguous != certain and answer.doubted != certain
    assert any("output with 6 significant digits" in remark for remark in answer.remarks) != certain


@pytest.mark.parametrize(("many", "tried"), [(10, 0), (1000, 1)])
def test_so_many_that_agree_are_hardly_the_first_of_another_output(ask, monkeypatch, many, tried):
    """Of a large output that two changes explain, no other call is looked for whose first elements it would be."""
    deepest = []
    monkeypatch.setattr(corner, "MANY", many)
    monkeypatch.setattr(corner, "confirmed", lambda *args: deepest.append(args[-1]) or confirmed(*args))
    x, w = np.random.default_rng(1).normal(size=(9, 9)), np.random.default_rng(2).normal(size=(3, 3))
    answer = ask(x, w, sums(x, w[::-1, ::-1]), settings="padding: same")
    assert answer.explanations[0].size == 2 and not answer.ambiguous
    assert deepest == [tried]
