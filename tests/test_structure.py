from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from harness.canonical.reference import direct
from harness.case.read import Case, load
from harness.explanation.diagnosis import Answer, diagnose
from harness.judge.verdict import Judge
from harness.operations.transforms.arrays import OutputAxes
from harness.operations.transforms.settings import Stride
from harness.operations.transforms.transform import Transform, read

PRINTED = Path(__file__).parent.parent / "cases" / "seeds" / "caffe-printed.yaml"


def answers(case: Case) -> list[Answer]:
    judge = Judge(case)
    return [diagnose(judge, judge.observe(recording)) for recording in case.recorded]


@pytest.fixture(scope="module")
def printed() -> list[Answer]:
    """The answers about the fourth question, from its printed values alone."""
    return answers(next(load(PRINTED)))


def test_nothing_can_be_computed_without_the_kernel(printed):
    assert [(each.known, each.explanations) for each in printed] == [(0, ()), (0, ())]
    assert printed[0].remarks[0] == "0 of 2 known values can be computed; not known in full: input, kernel, bias"


def test_the_printed_values_refute_nothing_alone(printed):
    for answer in printed:
        assert answer.remarks[1] == (
            "2 values are too few to check anything alone: some choice of the 12 unknown elements gives any values"
        )


def test_equal_image_rows_leave_kernel_rows_open(printed):
    assert "kernel rows 2, 3 meet equal input: these values would not tell them apart" in printed[0].remarks


def test_what_only_the_second_value_sees_is_said(printed):
    assert printed[1].remarks[3:5] == (
        "compared with Caffe, conv1 data[0, 0]: 1 of 2 known elements agree: [0, 0]; not [0, 1]",
        "what differs depends on input column 3 and kernel column 1; what agrees does not",
    )


def remark(answer: Answer, beginning: str) -> str:
    (found,) = [each for each in answer.remarks if each.startswith(beginning)]
    return found


def test_the_first_value_rules_the_usual_causes_out(printed):
    ruled_out = remark(printed[1], "the elements that agree rule out")
    for cause in ("kernel reversed along H W", "padding 1:3 along W", "bias left out", "boundary reflect"):
        assert cause in ruled_out


def test_the_data_to_print_are_named_with_how_far_they_must_differ(printed):
    data = remark(printed[1], "if both compute what the case means")
    assert "input[0, 0, 0:3, 3] or kernel[0, 0, 2:5, 1]" in data
    least = (0.74042225 - 0.31195271) / 0.30989584
    assert f"add up to {least:.3g} or more" in data


def test_the_changes_that_are_left_are_named_and_parted_by_one_more_element(printed):
    changes = remark(printed[1], "if their data are equal")
    assert "y[0, :, 0, :] of a result with axes NHWC" in changes
    assert "stride; the system used 1 x 2" in changes
    assert "stride; the system used 2 x 2" in changes
    decided = remark(printed[1], "to tell these apart, print element [1, 0] of both outputs")
    assert "kernel[0, 0, 2:5, 1]" in decided
    assert "y[0, :, 0, :] of a result with axes NHWC" in decided
    assert "2 x 2" not in decided


def case_of(folder: Path, x: np.ndarray, w: np.ndarray, *outputs: np.ndarray) -> Case:
    """A case of spatial arrays, NaN for what is not known, with these outputs recorded."""

    def nested(array: np.ndarray) -> list:
        return [[None if np.isnan(value) else float(value) for value in row] for row in array]

    document = {
        "title": "One",
        "means": "cross-correlation",
        "padding": "same",
        "input": {"layout": "HW", "dtype": "float64", "values": nested(x)},
        "kernel": {"layout": "HW", "values": nested(w)},
        "recorded": [
            {"system": f"system {number}", "origin": "computed", "layout": "HW", "values": nested(output)}
            for number, output in enumerate(outputs)
        ],
    }
    (folder / "one.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    return next(load(folder / "one.yaml"))


def spatial(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.integers(-9, 10, shape).astype(float)


@pytest.mark.parametrize(
    ("transform", "words"),
    [
        (Stride((1, 2), ((1, 1), (1, 1))), "the system used 1 x 2"),
        (OutputAxes((0, 1, 3, 2)), "its axes NCHW are read as NCWH"),
    ],
)
def test_a_planted_change_is_among_those_that_are_left(tmp_path, transform: Transform, words):
    rng = np.random.default_rng(1)
    x, w = spatial(rng, 6, 7), spatial(rng, 3, 3)
    meant = Judge(case_of(tmp_path, x, w, np.zeros((6, 7)))).intended.form
    y = direct(meant)[0, 0]
    other = read(direct(transform.differ(meant)), (transform,), ())[0, 0]
    case = case_of(tmp_path, x, np.full_like(w, np.nan), y[:1, :3], other[:1, :3])
    assert words in remark(answers(case)[1], "if their data are equal")


def test_a_change_of_settings_is_found_though_some_taps_are_not_known(tmp_path):
    rng = np.random.default_rng(2)
    x, w = spatial(rng, 6, 7), spatial(rng, 3, 3)
    reversed_ = Judge(case_of(tmp_path, x, w[::-1, ::-1], np.zeros((6, 7)))).intended.y[0, 0]
    w[1, 2] = np.nan
    (answer,) = answers(case_of(tmp_path, x, w, reversed_))
    assert "do not fit what the case means, whatever" in answer.remarks[1]
    assert remark(answer, "these values fit with one of these") == (
        "these values fit with one of these changes: kernel reversed along H W"
    )


def test_values_that_can_be_computed_are_explained_and_the_others_passed_over(tmp_path):
    rng = np.random.default_rng(3)
    x, w = spatial(rng, 6, 7), spatial(rng, 3, 3)
    y = Judge(case_of(tmp_path, x, w[::-1, ::-1], np.zeros((6, 7)))).intended.y[0, 0]
    x[5, 6] = np.nan
    (answer,) = answers(case_of(tmp_path, x, w, y))
    assert answer.known == y.size - 4
    assert [each.id for each in answer.explanations[0].transforms] == ["reverse_kernel"]
    assert answer.remarks[0] == "38 of 42 known values can be computed; not known in full: input"
