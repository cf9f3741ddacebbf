"""Whole numbers that systems make of the outputs of layers that have settings: rounded, held in a format, wrapped."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.explanation.diagnosis import Answer, diagnose
from harness.judge.verdict import Judge, Observation
from harness.library import load_case
from harness.operations.by_settings.whole_numbers import keeps, rounded_or_held
from harness.operations.transforms.endings import OutputRounding, Overflow

RNG = np.random.default_rng(11)
Y = RNG.normal(size=(1, 2, 6, 7)) * 90
ROOM = np.full(Y.shape, 1e-6)
X = (RNG.normal(size=(2, 3, 10, 11)) * 60).astype(np.float32)

LAYERS: dict[str, dict[str, Any]] = {
    "pooling": {"reduce": "average", "window": 3, "stride": 2, "padding": 0},
    "resize": {"size": [7, 9], "interpolation": "linear", "coordinates": "half_pixel"},
    "activation": {"function": "gelu", "approximate": "none"},
    "local_response_normalization": {"size": 3, "alpha": 1e-4, "beta": 0.75, "k": 1},
}


def wrapped(y: np.ndarray) -> np.ndarray:
    return (np.rint(y) + 128) % 256 - 128


MADE: dict[str, tuple[Callable[[np.ndarray], np.ndarray], list[str]]] = {
    "rint": (np.rint, ["output_rounding"]),
    "floor": (np.floor, ["output_rounding"]),
    "ceil": (np.ceil, ["output_rounding"]),
    "uint8": (lambda y: np.clip(np.rint(y), 0, 255), ["output_rounding", "overflow"]),
    "int8 wrapped": (wrapped, ["output_rounding", "overflow"]),
}


def given(folder: Path, operation: str, x: np.ndarray = X, **settings: Any) -> Judge:
    """A layer on an input of its own."""
    np.save(folder / "x.npy", x)
    case = {"title": "made here", "operation": operation, "input": {"layout": "NCHW", "file": "x.npy"}, **settings}
    (folder / "case.yaml").write_text(json.dumps(case))
    return Judge(load_case(folder / "case.yaml"))


def told(judge: Judge, y: np.ndarray, dtype: str) -> Answer:
    return diagnose(judge, Observation(y.astype(dtype), dtype, "any", np.ones(y.shape, bool)))


@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize("operation", LAYERS)
def test_what_made_whole_numbers_is_named_for_every_layer(tmp_path: Path, operation: str, made: str):
    function, expected = MADE[made]
    judge = given(tmp_path, operation, **LAYERS[operation])
    answer = told(judge, function(judge.intended.y), "float32")
    found = [each.id for each in answer.explanations[0].transforms]
    assert not answer.ambiguous
    overflows = made == "floor" or not np.array_equal(function(judge.intended.y), np.rint(judge.intended.y))
    assert found == expected[: 1 + overflows]


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_a_picture_that_was_resized_on_another_grid_and_stored_in_bytes_is_told_both(tmp_path: Path, dtype: str):
    """What image libraries do: `cv2.resize` of a uint8 picture, with corners aligned by hand."""
    picture = np.clip(X + 90, 0, 255)
    other = given(tmp_path, "resize", picture, **{**LAYERS["resize"], "coordinates": "align_corners"})
    judge = given(tmp_path, "resize", picture, **LAYERS["resize"])
    answer = told(judge, np.rint(other.intended.y), dtype)
    assert [each.id for each in answer.explanations[0].transforms] == ["coordinates", "output_rounding"]
    assert not answer.ambiguous


def test_one_other_value_is_not_rounded(tmp_path: Path):
    judge = given(tmp_path, "resize", **LAYERS["resize"])
    y = np.rint(judge.intended.y)
    y[0, 1, 2, 3] += 3
    assert not any(
        each.id == OutputRounding.id
        for found in told(judge, y, "float32").explanations[:1]
        for each in found.transforms
    )


# --- what the values tell --------------------------------------------------------------------------------------------


def ways(seen: np.ndarray, count: int = 1) -> list[list[str]]:
    return [[each.id for each in way] for way in rounded_or_held(Y, seen, ROOM, count)]


def test_fractions_are_no_whole_numbers():
    assert not ways(np.rint(Y) + 0.5)
    assert not ways(np.full(Y.shape, np.nan))


def test_whole_sums_are_wrapped_or_held_without_rounding():
    whole = np.rint(Y * 4)
    (held, *_) = rounded_or_held(whole, np.clip(whole, -128, 127), ROOM, 1)
    assert held == (Overflow("saturate", -128, 127),)
    assert [*rounded_or_held(whole, wrapped(whole), ROOM, 1)] == [(Overflow("wrap", -128, 127),)]
    assert not [*rounded_or_held(whole, whole, ROOM, 2)]


@pytest.mark.parametrize("rule", ["half_even", "floor", "truncate", "ceil"])
def test_the_rule_is_the_one_by_which_no_value_is_another(rule: str):
    way = OutputRounding(rule)
    ((found,),) = rounded_or_held(Y, way.end(Y), ROOM, 1)
    assert isinstance(found, OutputRounding)
    assert rule in (found.rule, *found.others)


def test_values_at_an_edge_of_rounding_may_be_either():
    y, room = np.array([[[0.5 - 1e-9, 1.2, 3.7]]]), np.full((1, 1, 3), 1e-6)
    way = (OutputRounding("half_even"),)
    assert keeps(y, way, np.array([[[1.0, 1.0, 4.0]]]), room)
    assert keeps(y, way, np.array([[[0.0, 1.0, 4.0]]]), room)
    assert not keeps(y, way, np.array([[[1.0, 2.0, 4.0]]]), room)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("count", [1, 2])
def test_a_maximum_of_no_samples_is_no_whole_number_and_warns_of_nothing(count: int):
    y = np.where(np.arange(Y.size).reshape(Y.shape) % 7, np.rint(Y), -np.inf)
    seen = wrapped(np.where(np.isfinite(y), y, 0.0))
    assert not [*rounded_or_held(y, seen, ROOM, count)]
    assert not keeps(y, (Overflow("wrap", -128, 127),), seen, ROOM)
