"""The shortest edits: each gives what it must, on arrays and outputs in any layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.canonical import layout
from harness.canonical.reference import direct
from harness.operations.transforms.arrays import InputAxes, KernelAxes, OutputAxes, ReverseKernel
from harness.operations.transforms.boundary import Boundary
from harness.operations.transforms.endings import Activation
from harness.operations.transforms.transform import applied, read
from harness.operations.transforms.values import Bias
from harness.operations.windowed import program
from harness.worker import script
from tests import small_layers

CASE = """
title: A small layer
means: cross-correlation
input: {layout: LAYOUT_X, dtype: float64, integers: {shape: SHAPE_X, seed: 1, low: -9, high: 9}}
kernel: {layout: LAYOUT_W, integers: {shape: SHAPE_W, seed: input, low: -9, high: 9}}
"""
SIZES = {"N": 2, "C": 3, "O": 4, "I": 3, "D": 4, "H": 6, "W": 5}
TAPS = {"D": 2, "H": 3, "W": 2}
REVERSED = (ReverseKernel((0, 1)),)


def small(tmp_path: Path, x: str, w: str, settings: str):
    return small_layers.small(tmp_path, CASE + settings, x, w, SIZES, TAPS)


def expected(case, transforms, letters: str) -> np.ndarray:
    y = read(direct(applied(case.meant(), transforms)), transforms, ())
    taken = y[tuple(slice(None) if each in letters else slice(1) for each in layout.canonical("output", case.rank))]
    return layout.from_canonical(taken, letters, "output")


def held(case, transforms, letters: str, systems: list[str]) -> dict[str, str]:
    """The edits of these systems, each of which was run and gave what it must."""
    found = program.edits(case, transforms, letters)
    for system in systems:
        if system in found:
            y = script.run(found[system].program, program.arrays(case, case.meant()))
            np.testing.assert_allclose(y, expected(case, transforms, letters), err_msg=found[system].line)
    return {system: found[system].line for system in systems if system in found}


LAYOUTS = [
    ("NHWC", "HWIO", "NHWC"),
    ("NCHW", "OIHW", "NCHW"),
    ("HWC", "HWI", "HW"),
    ("CHW", "IOHW", "HWC"),
    ("NWCH", "IWOH", "WHCN"),
]
SETTINGS = [
    "padding: same",
    "padding: valid\nstride: 2",
    "padding: [[0, 1], [2, 1]]\nstride: [2, 1]",
    "padding: 1\ndilation: 2\nbias: BIAS",
    "padding: same\nstride: 2\nbias: BIAS",
    "padding: same\nstride: 2\nboundary: constant\nconstant: 0.1",
]
FRAMEWORKS = ["torch", "jax", "tensorflow"]


@pytest.mark.parametrize("layouts", LAYOUTS, ids=",".join)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_edits_of_frameworks_give_what_they_must(tmp_path, framework, layouts):
    pytest.importorskip(framework)
    x, w, y = layouts
    for settings in SETTINGS:
        bias = [1, 2, 3, 4] if "O" in w else [5]
        case = small(tmp_path, x, w, settings.replace("BIAS", str(bias)))
        for transforms in ((), REVERSED, (ReverseKernel((1,)),)):
            assert set(held(case, transforms, y, [framework])) == {framework}


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize(("x", "w", "rank"), [("NWC", "WIO", 1), ("NCDHW", "OIDHW", 3), ("CW", "IW", 1)])
def test_edits_of_other_ranks_give_what_they_must(tmp_path, framework, x, w, rank):
    pytest.importorskip(framework)
    for settings in ("padding: same", f"padding: {[[0, 1]] * rank}", "stride: 2"):
        case = small(tmp_path, x, w, settings)
        assert set(held(case, (ReverseKernel(tuple(range(rank))),), x, [framework])) == {framework}


CORRELATE, CONVOLVE = "scipy.signal.correlate2d(x, w, {})", "scipy.signal.convolve2d(x, w, {})"


@pytest.mark.parametrize(
    ("x", "y", "settings", "lines"),
    [
        ("HW", "HW", "padding: valid", [CORRELATE.format('"valid"'), CONVOLVE.format('"valid"')]),
        (
            "WH",
            "NHWC",
            "padding: full",
            ['scipy.signal.correlate2d(x.transpose(1, 0), w, "full")[None, :, :, None]', 0],
        ),
        ("HW", "HW", "padding: same", [CORRELATE.format('"same"'), None]),
        ("HW", "HW", "padding: valid\nstride: [2, 1]", [CORRELATE.format('"valid"') + "[::2]", 0]),
        ("HW", "HW", "padding: [[1, 0], [0, 0]]", [None, None]),
        (
            "HW",
            "HW",
            "padding: full\nboundary: constant\nconstant: 0.5",
            [CORRELATE.format('"full", fillvalue=0.5'), CONVOLVE.format('"full", fillvalue=0.5')],
        ),
        ("HW", "HW", "dilation: 2", [None, None]),
    ],
)
def test_edits_of_scipy_are_of_one_plane(tmp_path, x, y, settings, lines):
    """Of an even kernel `same` of its convolution is another padding than that of its cross-correlation."""
    case = small(tmp_path, x, "HW", settings)
    for transforms, line in zip(((), REVERSED), lines):
        found = held(case, transforms, y, ["scipy", "numpy"])
        assert "numpy" not in found
        assert found.get("scipy") == line or (line == 0 and "convolve2d" in found["scipy"])


def test_edits_of_numpy_are_of_one_signal(tmp_path):
    case = small(tmp_path, "W", "W", "padding: valid")
    assert held(case, (), "W", ["numpy"]) == {"numpy": 'np.correlate(x, w, "valid")'}
    assert held(case, (ReverseKernel((0,)),), "NWC", ["numpy"]) == {
        "numpy": 'np.convolve(x, w, "valid")[None, :, None]'
    }
    assert held(small(tmp_path, "CW", "IW", "padding: valid"), (), "W", ["numpy", "scipy"]) == {}


def test_the_edit_of_the_first_question_is_the_one_that_its_author_found(tmp_path):
    case = small(tmp_path, "HWC", "HWI", "padding: same")
    line = 'tf.nn.conv2d(x[None], w[::-1, ::-1, :, None], 1, "SAME")'
    assert program.edits(case, REVERSED, "NHWC")["tensorflow"].line == line
    assert program.edits(case, REVERSED, "HW")["tensorflow"].line == line + "[0, :, :, 0]"


@pytest.mark.parametrize("transform", [InputAxes((0, 1, 3, 2)), KernelAxes((0, 1, 3, 2)), KernelAxes((1, 0, 2, 3))])
def test_another_order_of_axes_is_a_transposition_in_the_call(tmp_path, monkeypatch, transform):
    pytest.importorskip("torch")
    monkeypatch.setitem(SIZES, "O", 3)
    case = small(tmp_path, "NHWC", "HWIO", "padding: same")
    (line,) = held(case, (*REVERSED, transform), "NHWC", ["torch"]).values()
    assert line != program.edits(case, REVERSED, "NHWC")["torch"].line


def test_a_bias_that_was_left_out_is_left_out(tmp_path):
    pytest.importorskip("torch")
    case = small(tmp_path, "NHWC", "HWIO", "padding: valid\nbias: [1, 2, 3, 4]")
    assert ", b" in held(case, (), "NHWC", ["torch"])["torch"]
    assert ", b" not in held(case, (Bias("missing"),), "NHWC", ["torch"])["torch"]


@pytest.mark.parametrize("framework", [*FRAMEWORKS, "scipy"])
def test_a_relu_stands_around_the_call(tmp_path, framework):
    pytest.importorskip(framework)
    case = small(tmp_path, "HW", "HW", "padding: valid")
    (line,) = held(case, (*REVERSED, Activation("relu")), "HW", [framework]).values()
    assert line.startswith(("tf.nn.relu(", "torch.relu(", "jax.nn.relu(", "np.maximum("))


@pytest.mark.parametrize("transform", [OutputAxes((0, 1, 3, 2)), Boundary("reflect"), Bias("doubled")])
def test_what_no_single_call_says_has_none(tmp_path, transform):
    case = small(tmp_path, "NHWC", "HWIO", "padding: same\nbias: [1, 2, 3, 4]")
    assert program.edits(case, (transform,), "NHWC") == {}


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ("padding: 1", "conv4(w, x; mode=1, padding=1)"),
        ("padding: valid\nstride: 2", "conv4(w, x; mode=1, stride=(2, 2))"),
        ("padding: valid\nstride: [2, 1]", None),
        ("padding: [1, 0]", None),
    ],
)
def test_knet_is_told_where_its_axes_are_alike(tmp_path, settings, line):
    found = program.edits(small(tmp_path, "HWC", "HWI", settings), (), "HW")
    assert (found["Knet"].line if "Knet" in found else None) == line
