"""A convention of a live output is certain only where the data could have refuted it, and ties show."""

from __future__ import annotations

import json

import numpy as np
import pytest

from harness.case.read import Case, load
from harness.explanation.diagnosis import diagnose
from harness.explanation.weighing import Weighed, weighed
from harness.judge.verdict import Judge
from harness.report import words
from tests.test_certainty import sums

RAMP, SOBEL = np.arange(36).reshape(6, 6), np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
DRAWN = np.random.default_rng(0).normal(size=20).astype(np.float32)
W = np.random.default_rng(0).integers(-9, 9, (3, 3))
X = np.random.default_rng(1).integers(-9, 9, (6, 6))


def made(folder, text: str) -> Case:
    path = folder / "one.yaml"
    path.write_text(f"title: X does Y\n{text}")
    return next(load(path))


def values(given) -> str:
    return json.dumps(np.asarray(given).tolist())


def convolution(x, w) -> str:
    return (
        f"means: cross-correlation\npadding: valid\ninput: {{layout: HW, values: {values(x)}}}\n"
        f"kernel: {{layout: HW, values: {values(w)}}}\n"
    )


def leaky(x) -> str:
    return f"operation: activation\nfunction: leaky_relu\nslope: 0.1\ninput: {{layout: W, values: {values(x)}}}\n"


CELLS = "operation: softmax\nover: C\ninput: {layout: CW, values: [[1, 1], [1, 1]]}\n"


def live(one: Case, y) -> tuple[list[str], Weighed]:
    """The ids of the verdict, and what is weighed beside it."""
    judge = Judge(one)
    found = np.asarray(y, np.float32).reshape(judge.intended.form.output_shape)
    verdict = judge.live(found, "direct")
    assert verdict.kind == "convention"
    return [each.id for each in verdict.transforms], weighed(judge, judge.seen(found, "direct"), verdict)


@pytest.mark.parametrize(
    ("text", "y", "name"),
    [
        (leaky(DRAWN), np.where(DRAWN < 0, DRAWN * np.float32(0.01), DRAWN), "slope"),
        (convolution(X, W), sums(X, W[::-1, ::-1]), "reverse_kernel"),
    ],
)
def test_data_that_could_have_refuted_it_make_it_certain(tmp_path, text, y, name):
    ids, (explanations, doubts) = live(made(tmp_path, text), y)
    assert ids == [name] and doubts == ()
    assert [[each.id for each in one.transforms] for one in explanations] == [[name]]


@pytest.mark.parametrize(
    ("text", "y", "ties"),
    [
        (leaky([1, 2, 3, -4]), [1, 2, 3, 0], True),
        (CELLS, [[0.25, 0.25], [0.25, 0.25]], False),
        (convolution(RAMP, SOBEL), sums(RAMP, SOBEL[::-1, ::-1]), True),
    ],
)
def test_data_that_say_little_leave_doubt_and_ties_show(tmp_path, text, y, ties):
    _, (explanations, doubts) = live(made(tmp_path, text), y)
    assert any("too little is known" in each for each in doubts)
    assert (len(explanations) > 1) is ties
    assert all(each.tied is ties for each in explanations)
    assert len({each.group for each in explanations}) == len(explanations)


def test_the_report_says_what_is_not_certain():
    first, other = {"words": "reverse the kernel", "tied": True}, {"words": "correct the scale", "tied": True}
    result = {"verdict": "convention", "words": ["reverse the kernel"], "mode": "as_written", "ambiguous": True}
    told = words.explanation({**result, "explanations": [first, other], "remarks": ["r"]})
    assert (
        told == "becomes what the case means, with this change: reverse the kernel, or, as these data cannot tell: "
        "correct the scale"
    )
    told = words.explanation({**result, "explanations": [first], "remarks": ["too little is known"]})
    assert told == "becomes what the case means, with this change: reverse the kernel; too little is known"
    assert (
        words.explanation({**result, "ambiguous": False})
        == "becomes what the case means, with this change: reverse the kernel"
    )


ONES = convolution(np.ones((4, 4)), np.ones((2, 2)))
HALVES = "operation: pooling\nreduce: average\nwindow: 2\ninput: {layout: HW, values: [[1, 1], [1, 1]]}\n"
NORMAL = "operation: normalization\nover: W\ninput: {layout: W, values: [1, 2, 3, 4]}\n"
ROUNDED = convolution([[0.1]], [[1.0]])
SMALL = [
    *((ONES, np.full((3, 3), value)) for value in (0, 2, 4, 5, 8)),
    *((CELLS, np.full((2, 2), value)) for value in (0, 0.25, 0.5, -np.log(2), 1)),
    *((HALVES, [[value]]) for value in (0, 0.25, 1, 4)),
    *((leaky([1, 1, 1]), np.full(3, value)) for value in (0, 1, 2)),
    *((leaky([-1, -1]), np.full(2, value)) for value in (0, -0.01, -0.1, -0.2)),
    (NORMAL, [0, 0, 0, 0]),
    (NORMAL, [-1.5, -0.5, 0.5, 1.5]),
    (ROUNDED, np.float16([[0.1]])),
    (convolution(np.zeros((3, 3)), np.ones((2, 2))), np.zeros((2, 2))),
]


@pytest.mark.parametrize(("text", "y"), SMALL)
def test_a_run_is_no_more_certain_than_the_full_answer(tmp_path, text, y):
    one = made(tmp_path, text)
    judge = Judge(one)
    found = np.asarray(y, np.float32).reshape(judge.intended.form.output_shape)
    verdict, seen = judge.live(found, "direct"), judge.seen(found, "direct")
    assert diagnose(judge, seen).ambiguous or verdict.kind == "unexplained"
    assert verdict.kind == "unexplained" or weighed(judge, seen, verdict)[1]


@pytest.mark.parametrize("y", [[1, 2, 3, -0.4], [1.5, 0, -2, 4]])
def test_what_agrees_and_could_have_been_refuted_is_certain(tmp_path, y):
    judge = Judge(made(tmp_path, leaky([1, 2, 3, -4] if y[0] == 1 else [1.5, 0, -20, 4])))
    found = np.asarray(y, np.float32).reshape(judge.intended.form.output_shape)
    assert weighed(judge, judge.seen(found, "direct"), judge.live(found, "direct")) == ((), ())


def test_the_report_says_that_what_agrees_is_not_certain():
    result = {"verdict": "agrees", "words": [], "mode": "as_written", "ambiguous": True, "rung": "exact"}
    of_call = {**result, "explanations": [], "remarks": ["too little is known"]}
    assert words.explanation(of_call) == "agrees with what the case means; too little is known"
    of_recording = {**of_call, "mode": "recorded", "max_abs": None}
    assert words.recording(of_recording) == "agrees with what the case means, exactly; not certain"
    assert words.recording({**of_recording, "ambiguous": False}) == "agrees with what the case means, exactly"
