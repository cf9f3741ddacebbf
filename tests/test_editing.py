"""The shortest edits of operations beside convolution: each gives what it must, on arrays and outputs in any layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.canonical import layout
from harness.canonical.reference import direct
from harness.operations.transforms.arrays import InputAxes, OutputAxes
from harness.operations.transforms.endings import Activation
from harness.operations.transforms.grouping import ChannelOrder
from harness.operations.transforms.told import Setting
from harness.operations.transforms.transform import applied, read
from harness.operations.transforms.values import Bias, Scale
from harness.worker import script
from tests import small_layers

INPUT = """
title: t
operation: {}
input: {{layout: LAYOUT_X, dtype: float64, integers: {{shape: SHAPE_X, seed: 1, low: -9, high: 9}}}}
"""
SIZES = {"N": 2, "C": 4, "O": 4, "I": 96, "H": 6, "W": 4}
DENSE = """
kernel: {layout: LAYOUT_W, flattened: CHW, integers: {shape: SHAPE_W, seed: input, low: -9, high: 9}}
bias: [1, 2, 3, 4]
"""
BATCH = "mean: [0.5, 1, 2, 3]\nvariance: [1, 2, 0.5, 1]\nscale: [1, 2, -1, 0.5]\noffset: [0, 1, 2, 3]"
AFFINE = "scale: [1, 2, -1, 0.5]\noffset: [0, 1, 2, 3]"


def small(tmp_path: Path, operation: str, settings: str, x: str, w: str = ""):
    return small_layers.small(tmp_path, INPUT.format(operation) + settings, x, w, SIZES, {})


def changed(**changes: Any) -> Setting:
    (key, value), *others = changes.items()
    return Setting(key, value, None, tuple(others))


def held(case, transforms, letters: str, system: str) -> str:
    """The edit of a system, which was run and gave what it must; "" where there is none."""
    program = case.operation.program()
    edit = program.edits(case, transforms, letters).get(system)
    if edit is None:
        return ""
    y = script.run(edit.program, program.arrays(case, case.meant()))
    whole = read(direct(applied(case.meant(), transforms)), transforms, ())
    taken = whole[tuple(slice(None) if each in letters else slice(1) for each in layout.canonical("output", case.rank))]
    np.testing.assert_allclose(
        y, layout.from_canonical(taken, letters, "output"), rtol=1e-5, atol=1e-5, err_msg=edit.line
    )
    return str(edit.line)


CASES = [
    ("pooling", "reduce: max\nwindow: 3\nstride: 2", changed(rounding="ceil")),
    ("pooling", "reduce: average\nwindow: 3\nstride: 2\npadding: 1", changed(divisor="padded")),
    ("pooling", "reduce: average\nwindow: 3\nstride: 2\npadding: 1", changed(padding=((0, 1), (0, 1)))),
    ("resize", "size: [9, 11]\ninterpolation: linear", changed(coordinates="align_corners")),
    ("resize", "size: [9, 11]\ninterpolation: nearest", changed(coordinates="asymmetric", nearest_rounding="floor")),
    ("resize", "size: [9, 11]\ninterpolation: cubic", changed(cubic_coefficient=-0.5, outside="renormalize")),
    ("normalization", BATCH, changed(epsilon=1e-3)),
    ("normalization", f"over: CHW\n{AFFINE}", changed(groups=2)),
    ("normalization", f"over: NHW\n{AFFINE}", changed(over="HW")),
    ("activation", "function: gelu", changed(approximate="tanh")),
    ("activation", "function: leaky_relu", changed(slope=0.2)),
    ("softmax", "over: W", changed(over="C")),
    ("local_response_normalization", "size: 3\nalpha: 0.5", changed(divided="none")),
    ("padding", "padding: {H: 1, W: [0, 2]}", changed(boundary="reflect")),
    ("rearrange", "depth_to_space: 2", changed(order="CRD")),
]
EVERYWHERE = {
    "torch": set(range(15)) - {2, 5},
    "tensorflow": {2, 3, 4, 5, 6, 9, 10, 11, 13},
    "jax": {0, 5, 9, 10, 11, 13},
}
"""System -> the numbers of CASES that a function of it says."""


@pytest.mark.parametrize("framework", EVERYWHERE)
@pytest.mark.parametrize(("x", "y"), [("NCHW", "NCHW"), ("NHWC", "NHWC"), ("NWHC", "CHWN")])
def test_the_call_of_a_framework_has_the_setting_to_change(tmp_path, framework, x, y):
    pytest.importorskip(framework)
    found = {
        at
        for at, (name, said, change) in enumerate(CASES)
        if held(small(tmp_path, name, said, x), (change,), y, framework)
    }
    assert found == EVERYWHERE[framework]


@pytest.mark.parametrize(
    ("number", "x", "line"),
    [
        (0, "NCHW", "torch.nn.functional.max_pool2d(x, 3, 2, ceil_mode=True)"),
        (3, "NCHW", "torch.nn.functional.interpolate(x, size=(9, 11), mode='bilinear', align_corners=True)"),
        (10, "NHWC", "torch.nn.functional.leaky_relu(x, 0.2)"),
        (11, "NHWC", "torch.nn.functional.softmax(x, 3)"),
        (14, "NHWC", "torch.nn.functional.pixel_shuffle(x.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)"),
    ],
)
def test_it_is_as_short_as_a_person_would_write_it(tmp_path, number, x, line):
    pytest.importorskip("torch")
    name, said, change = CASES[number]
    assert held(small(tmp_path, name, said, x), (change,), x, "torch") == line


@pytest.mark.parametrize("system", ["numpy", "torch"])
@pytest.mark.parametrize(("x", "w", "y"), [("NCHW", "OI", "NC"), ("NHWC", "IO", "CN"), ("CHW", "OI", "C")])
def test_a_dense_layer_is_flattened_in_the_call(tmp_path, system, x, w, y):
    pytest.importorskip(system)
    case = small(tmp_path, "dense", DENSE, x, w)
    for changes in ((changed(flattened="HWC"),), (changed(bias="none"),), (changed(bias="twice the stated"),)):
        line = held(case, changes, y, system)
        assert ("b" in line.replace("torch.nn.functional", "")) is (changes[0].value != "none")
    assert not held(case, (changed(kernel_flattened="CHW moved to HWC"),), y, system)


@pytest.mark.parametrize(
    "around",
    [
        InputAxes((0, 1, 3, 2)),
        ChannelOrder("input", "reversed"),
        Scale("2", (2.0,) * 4),
        Bias("unknown", (0.5,) * 4),
        Activation("relu"),
    ],
    ids=lambda each: each.id,
)
@pytest.mark.parametrize("system", ["numpy", "torch"])
def test_what_stands_around_the_call_is_said(tmp_path, system, around):
    pytest.importorskip(system)
    name, said, change = CASES[13]
    case = small(tmp_path, name, said, "NHWC")
    order = (around, change) if around.touches == ("x",) else (change, around)
    assert held(case, order, "NHWC", system)


@pytest.mark.parametrize(
    "other", [OutputAxes((0, 1, 3, 2)), Scale("a factor", (1.0, 2.0, 3.0, 4.0)), Activation("tanh")]
)
def test_what_no_call_says_has_a_program_only(tmp_path, other):
    name, said, change = CASES[13]
    case = small(tmp_path, name, said, "NHWC")
    assert not case.operation.program().edits(case, (change, other), "NHWC")
