"""The shortest edits of transposed convolutions: each gives what it must, in any layout, cut on any side."""

from __future__ import annotations

import re

import numpy as np
import pytest

from harness.canonical import layout
from harness.canonical.reference import direct
from harness.operations.transforms.arrays import ReverseKernel
from harness.operations.transforms.endings import Activation
from harness.operations.transforms.transform import applied
from harness.operations.transforms.values import Bias
from harness.operations.windowed import transposed_program as program
from harness.worker import script
from tests.small_layers import transposed

FRAMEWORKS = ("torch", "tensorflow", "jax")
REVERSED = (ReverseKernel((0, 1)),)


def held(case, transforms, letters: str, framework: str) -> str:
    """The edit of a framework, which was run and gave what it must; "" where there is none."""
    edits = program.edits(case, transforms, letters)
    if framework not in edits:
        return ""
    y = script.run(edits[framework].program, program.arrays(case, case.meant()))
    meant = layout.from_canonical(direct(applied(case.meant(), transforms)), letters, "output")
    np.testing.assert_allclose(y, meant, err_msg=edits[framework].line)
    return edits[framework].line


@pytest.mark.parametrize("layouts", [("NHWC", "HWOI", "NHWC"), ("NCHW", "IOHW", "NCHW"), ("NWCH", "OWIH", "WHCN")])
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_edits_give_what_they_must(tmp_path, framework, layouts):
    pytest.importorskip(framework)
    x, w, y = layouts
    for settings in (
        "stride: 2",
        "stride: 2\npadding: same",
        "stride: 2\npadding: 1\nbias: [1, 2, 3]",
        "stride: [2, 3]\npadding: [[1, 0], [0, 1]]\nbias: [1, 2, 3]",
        "stride: 2\npadding: 1\noutput_padding: 1",
        "stride: 4\npadding: same",
        "padding: [[1, 0], [2, 1]]",
    ):
        case = transposed(tmp_path, x, w, settings)
        for transforms in ((), REVERSED, (ReverseKernel((1,)),)):
            assert held(case, transforms, y, framework), settings


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize(("x", "w"), [("NWC", "WOI"), ("NCDHW", "IODHW")])
def test_edits_of_other_ranks_give_what_they_must(tmp_path, framework, x, w):
    pytest.importorskip(framework)
    for settings in ("stride: 2\npadding: same", "stride: 2\npadding: 1", ""):
        assert held(transposed(tmp_path, x, w, settings), (), x, framework)


@pytest.mark.parametrize(
    ("framework", "settings", "line"),
    [
        ("torch", "stride: 2\npadding: 1", "torch.nn.functional.conv_transpose2d(x, w, stride=2, padding=1)"),
        (
            "torch",
            "stride: 2\npadding: same",
            "torch.nn.functional.pad(torch.nn.functional.conv_transpose2d(x, w, stride=2), [-1, -1, 0, -1])",
        ),
        ("torch", "stride: 2\ngroups: 2", "torch.nn.functional.conv_transpose2d(x, w, stride=2, groups=2)"),
        ("tensorflow", "stride: 2\ngroups: 2", ""),
        ("jax", "stride: 2\ngroups: 2", ""),
        ("tensorflow", "dilation: 2", ""),
    ],
)
def test_the_line_is_the_shortest_that_does(tmp_path, framework, settings, line):
    pytest.importorskip(framework)
    assert held(transposed(tmp_path, "NCHW", "IOHW", settings), (), "NCHW", framework) == line


def test_tensorflow_is_told_same_where_it_means_the_same(tmp_path):
    pytest.importorskip("tensorflow")
    case = transposed(tmp_path, "NHWC", "HWOI", "stride: 2\npadding: same")
    assert held(case, (), "NHWC", "tensorflow") == 'tf.nn.conv2d_transpose(x, w, [2, 8, 6, 3], 2, "SAME")'


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_bias_left_out_and_a_relu_are_said(tmp_path, framework):
    pytest.importorskip(framework)
    case = transposed(tmp_path, "NHWC", "HWOI", "stride: 2\nbias: [1, 2, 3]")
    assert re.search(r"\bb\b", held(case, (), "NHWC", framework))
    assert not re.search(r"\bb\b", held(case, (Bias("missing"),), "NHWC", framework))
    line = program.edits(case, (Activation("relu"),), "NHWC")[framework].line
    assert "relu(" in line


def test_what_no_call_says_has_none(tmp_path):
    case = transposed(tmp_path, "NHWC", "HWOI", "stride: 2\nbias: [1, 2, 3]")
    assert program.edits(case, (Bias("doubled"),), "NHWC") == {}
