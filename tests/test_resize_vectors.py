"""The vectors by which ONNX's own tests hold `Resize`: the canonical form computes what they expect."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from harness.canonical.reference import evaluate
from harness.canonical.settled import Settled
from harness.operations import resize
from harness.operations.resize_search import KEYS
from tests.onnx_standard import nodes

pytest.importorskip("onnx.backend.test.loader")

LEFT_OUT = ("tf_crop_and_resize", "axes_", "_not_larger", "_not_smaller", "_policy")
"""What no case has: crops, some axes only, sizes that keep a ratio."""
OTHERWISE = ("resize_downsample_scales_cubic_align_corners", "resize_downsample_scales_linear_align_corners")
"""Vectors whose expected values are not those of the specification: corners are aligned there by a length of n scale,
which is no whole number, where the text has the length of the output."""


@lru_cache
def vectors() -> dict[str, tuple[Any, list[np.ndarray], np.ndarray]]:
    """name -> (node, its inputs, the output that is expected)."""
    known = {name: each for name, each in nodes().items() if each.model.graph.node[0].op_type == "Resize"}
    return {
        name: (each.model.graph.node[0], each.data_sets[0][0], each.data_sets[0][1][0])
        for name, each in known.items()
        if not any(word in name for word in LEFT_OUT)
    }


def settings_of(made: Any, inputs: list[np.ndarray]) -> dict[str, Any]:
    """The node in settings of a case, by ONNX's defaults."""
    onnx = pytest.importorskip("onnx")
    told = {each.name: onnx.helper.get_attribute_value(each) for each in made.attribute}
    told = {key: value.decode() if isinstance(value, bytes) else value for key, value in told.items()}
    given = dict(zip([name for name in made.input if name], inputs))
    scale, size = (given.get(key) for key in ("scales", "sizes"))
    mode = told.get("mode", "nearest")
    every = {
        "coordinates": told.get("coordinate_transformation_mode", "half_pixel"),
        "nearest_rounding": told.get("nearest_mode", "round_prefer_floor").removeprefix("round_"),
        "cubic_coefficient": round(float(told.get("cubic_coeff_a", -0.75)), 6),
        "outside": "renormalize" if told.get("exclude_outside") else "edge",
        "antialias": bool(told.get("antialias")),
    }
    return {
        "interpolation": mode,
        **{key: value for key, value in every.items() if key in KEYS[mode]},
        **({"size": tuple(int(each) for each in size[2:])} if size is not None else {}),
        **({"scale": tuple(round(float(each), 7) for each in scale[2:])} if scale is not None else {}),
    }


def test_there_are_vectors() -> None:
    assert len(vectors()) >= 25


@pytest.mark.parametrize("name", sorted(vectors()))
def test_what_onnx_expects_is_what_is_meant(name: str) -> None:
    made, inputs, expected = vectors()[name]
    y = evaluate(Settled({"x": inputs[0]}, settings_of(made, inputs), resize))
    assert y.shape == expected.shape
    apart = float(np.abs(y - expected).max())
    assert (apart <= 1e-5 * float(np.abs(expected).max())) == (name not in OTHERWISE)


@pytest.mark.parametrize("name", OTHERWISE)
def test_what_is_not_of_the_specification_is_named(name: str) -> None:
    made, inputs, expected = vectors()[name]
    form = Settled({"x": inputs[0]}, settings_of(made, inputs), resize)
    fitting = [
        changes
        for changes in resize.alternatives(form)
        if (y := evaluate(form.with_settings(**changes))).shape == expected.shape and np.allclose(y, expected, 1e-5)
    ]
    assert [each["coordinates"] for each in fitting] == ["asymmetric"]
