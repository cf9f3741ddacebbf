"""Programs of transposed convolutions: by a system's own call where it has one, right in any layout, however cut."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.canonical import layout
from harness.canonical.reference import direct
from harness.operations.transforms.arrays import ReverseKernel
from harness.operations.transforms.settings import Stride
from harness.operations.transforms.transform import Transform, applied
from harness.operations.windowed import transposed_program as program
from harness.worker import script
from tests.small_layers import transposed

OWN = {"torch": "conv_transpose", "tensorflow": "_transpose(", "jax": "conv_transpose("}
"""What says in a program that the system's own call is made."""
BY_HAND = "wide = np.zeros"
PLACES = (
    "stride: 2",
    "stride: 2\npadding: same",
    "stride: 2\npadding: 1\nbias: [1, 2, 3]",
    "stride: [2, 3]\npadding: [[1, 0], [0, 2]]",
    "stride: 2\npadding: 1\noutput_padding: 1",
    "stride: 4\npadding: [[0, -1], [-1, 1]]",
    "padding: [[-1, 1], [0, -2]]",
)


def held(folder: Path, system: str, settings: str, layouts: tuple[str, str, str], change: tuple[Transform, ...]) -> str:
    """The program of a system, which was run and gave what it must."""
    x, w, y = layouts
    case = transposed(folder, x, w, settings)
    text = program.programs(case, change, y)[system]
    found = script.run(text, program.arrays(case, case.meant()))
    meant = layout.from_canonical(direct(applied(case.meant(), change)), y, "output")
    np.testing.assert_allclose(found, meant, err_msg=text)
    return text


@pytest.mark.parametrize("layouts", [("NHWC", "HWOI", "NHWC"), ("NCHW", "IOHW", "NCHW"), ("NWCH", "OWIH", "WHCN")])
@pytest.mark.parametrize("system", OWN)
def test_the_own_call_gives_what_it_must(tmp_path, system, layouts):
    pytest.importorskip(system)
    for settings in PLACES:
        for change in ((), (ReverseKernel((0, 1)),), (ReverseKernel((1,)),)):
            text = held(tmp_path, system, settings, layouts, change)
            assert OWN[system] in text and BY_HAND not in text, text


@pytest.mark.parametrize("system", OWN)
@pytest.mark.parametrize("layouts", [("NWC", "WOI", "NWC"), ("NCDHW", "IODHW", "NCDHW")])
def test_and_at_other_ranks(tmp_path, system, layouts):
    pytest.importorskip(system)
    for settings in ("stride: 2\npadding: same", "stride: 3", ""):
        assert OWN[system] in held(tmp_path, system, settings, layouts, ())


@pytest.mark.parametrize(
    ("system", "settings", "said"),
    [
        ("torch", "stride: 2\ngroups: 2", "groups=2)"),
        ("torch", "stride: 2\ndilation: 2\npadding: 1", "stride=2, padding=1, dilation=2)"),
        ("jax", "stride: 2\ngroups: 2", "lhs_dilation=(2, 2), feature_group_count=2)"),
        ("jax", "stride: 2\ndilation: 2", "rhs_dilation=(2, 2)"),
        ("tensorflow", "stride: 2\ngroups: 2", BY_HAND),
        ("tensorflow", "stride: 2\ndilation: 2", BY_HAND),
        ("numpy", "stride: 2", BY_HAND),
        ("scipy", "stride: 2", BY_HAND),
    ],
)
def test_groups_and_dilation_are_said_where_the_call_has_them(tmp_path, system, settings, said):
    pytest.importorskip(system)
    assert said in held(tmp_path, system, settings, ("NHWC", "HWOI", "NHWC"), (ReverseKernel((0, 1)),))


def test_what_is_no_transposed_convolution_any_more_is_computed_as_what_it_is(tmp_path):
    pytest.importorskip("torch")
    forward = Stride((2, 2), ((1, 1), (1, 1)))
    assert "conv2d(x, w, stride=" in held(tmp_path, "torch", "", ("NCHW", "IOHW", "NCHW"), (forward,))
