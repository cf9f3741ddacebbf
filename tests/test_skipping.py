"""A layer that did nothing is told as such, in every operation and before any number format."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from harness.canonical.reference import direct
from harness.canonical.window import Linear, Window
from harness.case.read import Case, load
from harness.explanation.answers import text
from harness.explanation.diagnosis import diagnose
from harness.judge.verdict import Judge
from harness.operations import TABLE
from harness.operations.transforms.skipping import Skipped

DRAWN = np.random.default_rng(3)
SHAPE = (1, 6, 4, 4)
SMALL, WHOLE = DRAWN.normal(size=SHAPE).astype(np.float32) * 5, DRAWN.integers(-9, 9, SHAPE)
KERNEL = DRAWN.normal(size=(6, 6, 3, 3)).astype(np.float32)
LAYERS = {
    "convolution": f"padding: same\nmeans: cross-correlation\nkernel: {{layout: OIHW, values: {KERNEL.tolist()}}}",
    "transposed_convolution": "padding: 1\nmeans: cross-correlation\n"
    f"kernel: {{layout: OIHW, values: {KERNEL.tolist()}}}",
    "dense": f"kernel: {{layout: OI, values: {KERNEL[:, :, 0, 0].tolist()}}}",
    "pooling": "reduce: max\nwindow: 3\nstride: 1\npadding: same",
    "activation": "function: relu",
    "softmax": "over: C",
    "normalization": "over: NHW",
    "local_response_normalization": "size: 5",
    "padding": "padding: {H: [1, 1], W: [1, 1]}",
    "resize": "size: [8, 8]\ninterpolation: linear",
    "rearrange": "space_to_depth: 2",
}


def case(folder: Path, operation: str, x: np.ndarray, more: str = "") -> Case:
    array = f"{{layout: NCHW, values: {json.dumps(x.tolist())}}}"
    path = folder / "one.yaml"
    path.write_text(
        f"title: a skipped layer\noperation: {operation}\n{LAYERS[operation]}\ninput: {array}\nrecorded:\n"
        f"  - {{system: mine, origin: by hand, layout: NCHW, values: {json.dumps(x.tolist())}{more}}}\n"
    )
    return next(load(path))


def test_every_operation_is_tried() -> None:
    assert set(LAYERS) == set(TABLE)


@pytest.mark.parametrize("x", [SMALL, WHOLE], ids=["real", "whole"])
@pytest.mark.parametrize("operation", LAYERS)
def test_an_output_that_is_the_input_is_a_skipped_layer(tmp_path: Path, operation: str, x: np.ndarray) -> None:
    one = case(tmp_path, operation, x)
    judge = Judge(one)
    seen = judge.observe(one.recorded[0])
    answer = diagnose(judge, seen)
    first = answer.explanations[0]
    assert [each.id for each in first.transforms] == ["skipped"] and first.rung == "exact"
    assert "precision" not in {each.id for one in answer.explanations if one.tied for each in one.transforms}
    assert "gave its input back unchanged" in text("mine", answer)
    assert [each.id for each in judge.recorded(one.recorded[0]).transforms] == ["skipped"]


@pytest.mark.parametrize("operation", ["local_response_normalization", "convolution", "dense"])
def test_a_layer_is_not_skipped_where_one_value_differs(tmp_path: Path, operation: str) -> None:
    one = case(tmp_path, operation, WHOLE)
    judge = Judge(one)
    seen = judge.observe(one.recorded[0])
    seen.values[0, 0, 0, 0] += 1
    assert not judge.passed_on(seen)


def test_printed_digits_are_room_enough(tmp_path: Path) -> None:
    one = case(tmp_path, "softmax", SMALL.round(3), ", decimals: 3")
    assert Judge(one).passed_on(Judge(one).observe(one.recorded[0]))


def test_what_the_data_cannot_tell_from_it_ties(tmp_path: Path) -> None:
    """A limit that no value reaches changes nothing either."""
    array = json.dumps((SMALL / 5).tolist())
    path = tmp_path / "one.yaml"
    path.write_text(
        "title: limits\noperation: activation\nfunction: relu\n"
        f"input: {{layout: NCHW, values: {array}}}\n"
        f"recorded:\n  - {{system: mine, origin: by hand, layout: NCHW, values: {array}}}\n"
    )
    one = next(load(path))
    answer = diagnose(Judge(one), Judge(one).observe(one.recorded[0]))
    assert [each.id for each in answer.explanations[0].transforms] == ["skipped"]
    assert answer.ambiguous and sum(each.tied for each in answer.explanations) > 1


@pytest.mark.parametrize("rank", [1, 2])
def test_a_skipped_convolution_is_its_input(rank: int) -> None:
    x, w = DRAWN.integers(-9, 9, (2, 4, *(5,) * rank)), DRAWN.integers(-9, 9, (3, 2, *(3,) * rank))
    window = Window((2,) * rank, (2,) * rank, ((1, 2),) * rank, (True,) * rank, groups=2)
    np.testing.assert_array_equal(direct(Skipped().differ(Linear(x, w, np.arange(3), window))), x)


def test_a_corner_of_the_input_is_no_dilation_so_large_that_one_tap_meets_it(tmp_path: Path) -> None:
    """A window that sees one sample comes to the input times a number: that the layer was skipped is simpler."""
    rng = np.random.default_rng(0)
    x, w = rng.integers(0, 20, (6, 6)), rng.integers(-5, 6, (3, 3))
    path = tmp_path / "one.yaml"
    arrays = (f"{role}: {{layout: HW, values: {each.tolist()}}}" for role, each in (("input", x), ("kernel", w)))
    recorded = f"recorded:\n  - {{system: S, origin: o, layout: HW, values: {x[:-2, :-2].tolist()}}}\n"
    path.write_text("\n".join(["title: t", "means: cross-correlation", "padding: unknown", *arrays, recorded]))
    (one,) = load(path)
    judge = Judge(one)
    answer = diagnose(judge, judge.observe(one.recorded[0]))
    first = answer.explanations[0]
    assert [each.id for each in first.transforms] == ["skipped"] and first.part and not answer.ambiguous
    assert not any({each.id for each in other.transforms} == {"scale", "dilation"} for other in answer.explanations)
