"""An output whose values are all equal says nothing, and nothing far-fetched is searched for in it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from harness.case.read import load
from harness.explanation.answers import text
from harness.explanation.diagnosis import Answer, diagnose
from harness.judge.verdict import Judge

LAYERS = {
    "convolution": "means: cross-correlation\npadding: 1\n"
    "kernel: {layout: OIHW, integers: {shape: [4, 3, 3, 3], seed: 2, low: -9, high: 9}}",
    "pooling": "reduce: average\nwindow: 2\nstride: 2",
    "dense": "kernel: {layout: OI, flattened: CHW, integers: {shape: [5, 300], seed: 2, low: -9, high: 9}}",
    "normalization": "over: NHW",
}
SHAPES = {
    "convolution": (2, 4, 10, 10),
    "pooling": (2, 3, 5, 5),
    "dense": (2, 5, 1, 1),
    "normalization": (2, 3, 10, 10),
}


def answer(folder: Path, operation: str, y: np.ndarray) -> Answer:
    path = folder / "one.yaml"
    path.write_text(
        f"title: equal values\noperation: {operation}\n{LAYERS[operation]}\n"
        "input: {layout: NCHW, integers: {shape: [2, 3, 10, 10], seed: 1, low: -9, high: 9}}\n"
        f"recorded: [{{system: mine, origin: a log, layout: NCHW, values: {json.dumps(y.tolist())}}}]\n"
    )
    one = next(load(path))
    return diagnose(Judge(one), Judge(one).observe(one.recorded[0]))


@pytest.mark.parametrize("value", [0.0, 7.25])
@pytest.mark.parametrize("operation", LAYERS)
def test_equal_values_are_told_as_such_and_one_change_is_all_that_is_tried(
    tmp_path: Path, operation: str, value: float
) -> None:
    found = answer(tmp_path, operation, np.full(SHAPES[operation], value))
    assert not found.explanations or (found.ambiguous and len(found.explanations[0].transforms) == 1)
    if not found.explanations:
        assert f"all {np.prod(SHAPES[operation])} known values are {value:g}, which says nothing" in text("y", found)
        assert "* no single change gives these values" in text("y", found)
        assert "more combinations" not in text("y", found)


@pytest.mark.parametrize("operation", ["pooling", "normalization"])
def test_one_value_that_differs_is_looked_into(tmp_path: Path, operation: str) -> None:
    y = np.zeros(SHAPES[operation])
    y[0, 0, 0, 0] = 1
    assert "which says nothing" not in text("y", answer(tmp_path, operation, y))


@pytest.mark.parametrize(("places", "told"), [(1, True), (2, False)])
@pytest.mark.parametrize("operation", ["pooling", "normalization", "dense"])
def test_the_one_value_that_differs_alone_is_named(tmp_path: Path, operation: str, places: int, told: bool) -> None:
    path = tmp_path / "one.yaml"
    answer(tmp_path, operation, np.zeros(SHAPES[operation]))
    one = next(load(path))
    y = Judge(one).intended.y.copy()
    for channel in range(places):
        y[0, channel, 0, 0] += (channel + 1) * 40
    found = answer(tmp_path, operation, y)
    assert ("one element differs alone, at N 0, C 0, " in text("y", found)) is told
    assert ("it may be mistyped, or a fault there" in text("y", found)) is told
