from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness import fix
from harness.case import load
from harness.transform import (
    Boundary,
    ChannelOrder,
    KernelAxes,
    OutputAxes,
    PaddingSplit,
    ReshapeNotTranspose,
    ReverseKernel,
    Scale,
)

CASE = """
title: A small layer
means: cross-correlation
input: {layout: NHWC, dtype: float64, integers: {shape: [2, 6, 5, 3], seed: 1, low: -9, high: 9}}
kernel: {layout: HWIO, integers: {shape: [3, 2, 3, 3], seed: input, low: -9, high: 9}}
bias: [1, 2, 3]
"""
SETTINGS = {
    "plain": "padding: same",
    "strided": "stride: [2, 1]\npadding: 1",
    "dilated": "dilation: 2\npadding: [[1, 0], [2, 1]]",
    "cropped": "padding: [[-1, 1], [0, -1]]",
}
CHANGES = {
    "none": (),
    "reversed": (ReverseKernel((0, 1)),),
    "kernel read wrongly": (KernelAxes((1, 0, 2, 3)), Boundary("reflect")),
    "reshaped, reversed": (ReverseKernel((0,)), ReshapeNotTranspose("kernel", "OIHW", "HWIO", True)),
    "channels, scale": (ChannelOrder("input", "reversed"), Scale("the number of taps", ())),
    "output": (OutputAxes((0, 1, 3, 2)),),
}


def small(tmp_path: Path, settings: str):
    path = tmp_path / "small.yaml"
    path.write_text(CASE + settings, encoding="utf-8")
    return next(load(path))


@pytest.mark.parametrize("settings", SETTINGS)
def test_programs_hold_in_their_systems(tmp_path, settings):
    case = small(tmp_path, SETTINGS[settings])
    for name, held in zip(CHANGES, fix.proven(case, list(CHANGES.values()), ["numpy", "scipy"])):
        assert set(held) - {fix.JULIA} == {"numpy", "scipy"}, name


def test_programs_hold_in_the_frameworks(tmp_path):
    for framework in ("tensorflow", "torch", "jax"):
        pytest.importorskip(framework)
    case = small(tmp_path, SETTINGS["plain"])
    changes = list(CHANGES.values())
    for name, held in zip(CHANGES, fix.proven(case, changes, ["tensorflow", "torch", "jax"])):
        assert set(held) - {fix.JULIA} == {"tensorflow", "torch", "jax"}, name


def test_a_program_that_does_not_hold_is_not_shown(tmp_path, monkeypatch):
    case = small(tmp_path, SETTINGS["plain"])
    wrong = (("import numpy as np",), lambda conv: ["y = np.zeros((2, 3, 6, 5))"])
    monkeypatch.setitem(fix.SYSTEMS, "numpy", wrong)
    failing = (("import numpy as np",), lambda conv: ["y = 1 / 0"])
    monkeypatch.setitem(fix.SYSTEMS, "scipy", failing)
    assert fix.proven(case, [CHANGES["reversed"]], ["numpy", "scipy"]) == [{}]


def test_julia_stands_the_other_way_round(tmp_path):
    case = small(tmp_path, "padding: [1, 0]\nstride: [2, 1]")
    text = fix.programs(case, (ReverseKernel((0, 1)),))[fix.JULIA]
    assert "padding=(0, 1)" in text
    assert "stride=(1, 2)" in text
    assert "mode=0" in text
    assert "x: W H C N" in text


def test_julia_is_silent_where_conv4_cannot_say_it(tmp_path):
    case = small(tmp_path, "padding: same")
    uneven = PaddingSplit(case.convolution().window.padding, ((0, 2), (1, 0)))
    assert fix.JULIA not in fix.programs(case, (uneven,))
    assert fix.JULIA not in fix.programs(case, (KernelAxes((1, 0, 2, 3)),))


def test_trials_are_the_case_and_fresh_data(tmp_path):
    case = small(tmp_path, "padding: same")
    (first, _), (second, _) = fix._trials(case, ())
    assert np.array_equal(first["x"].shape, second["x"].shape)
    assert not np.array_equal(first["x"], second["x"])
