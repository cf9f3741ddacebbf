from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from harness.backends import TABLE, Backend
from harness.case.read import Case, load
from harness.judge import fix
from harness.operations.transforms.arrays import KernelAxes, OutputAxes, ReshapeNotTranspose, ReverseKernel
from harness.operations.transforms.boundary import Boundary
from harness.operations.transforms.grouping import ChannelOrder
from harness.operations.transforms.settings import PaddingSplit
from harness.operations.transforms.values import Scale
from harness.operations.windowed import program
from harness.parent.outcome import Answered, Died, Raised
from tests.fakes import FAKES

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
    "strided, dilated": "stride: [2, 1]\ndilation: [1, 2]\npadding: 2",
}
CHANGES = {
    "none": (),
    "reversed": (ReverseKernel((0, 1)),),
    "kernel read wrongly": (KernelAxes((1, 0, 2, 3)), Boundary("reflect")),
    "reshaped, reversed": (ReverseKernel((0,)), ReshapeNotTranspose("kernel", "OIHW", "HWIO", True)),
    "channels, scale": (ChannelOrder("input", "reversed"), Scale("the number of taps", ())),
    "output": (OutputAxes((0, 1, 3, 2)),),
}


OF_GROUPS = """
title: A layer of groups
means: cross-correlation
input: {layout: NCHW, integers: {shape: [2, 3, 6, 5], seed: 1, low: -9, high: 9}}
kernel: {layout: OIHW, integers: {shape: [6, %d, 3, 2], seed: input, low: -9, high: 9}}
"""


def small(tmp_path: Path, settings: str, case: str = CASE):
    path = tmp_path / "small.yaml"
    case = case.replace("%d", "1" if "groups: 3" in settings else "3")
    path.write_text(case + settings, encoding="utf-8")
    return next(load(path))


def proven(case: Case, changes: Sequence[fix.Transforms], systems: Sequence[str]) -> list[dict[str, str]]:
    """System -> program that held, for each of these changes."""
    found = list(fix.proofs(case, changes, systems))
    return [{held.system: held.program for held in found if held.transforms == each} for each in changes]


@pytest.mark.parametrize("settings", SETTINGS)
def test_programs_hold_in_their_systems(tmp_path, settings):
    case = small(tmp_path, SETTINGS[settings])
    for name, held in zip(CHANGES, proven(case, list(CHANGES.values()), ["numpy", "scipy"])):
        assert set(held) - {program.JULIA} == {"numpy", "scipy"}, name


@pytest.mark.parametrize("groups", [1, 3])
def test_programs_of_groups_hold(tmp_path, groups):
    case = small(tmp_path, f"padding: same\ngroups: {groups}", OF_GROUPS)
    (held,) = proven(case, [CHANGES["reversed"]], ["numpy", "scipy"])
    assert set(held) - {program.JULIA} == {"numpy", "scipy"}
    assert all(("np.split" in text) is (groups > 1) for system, text in held.items() if system != program.JULIA)


@pytest.mark.parametrize("settings", ["padding: valid", "padding: 1", "stride: 2\ngroups: 3", "dilation: [2, 1]"])
def test_programs_say_nothing_that_changes_nothing(tmp_path, settings):
    case = small(tmp_path, settings, OF_GROUPS if "groups" in settings else CASE)
    for text in program.programs(case, ()).values():
        assert not re.search(r"::1|\b1 \*|mode=.constant|groups=1|group_count=1|(0, 0)\)$", text), text
        assert ("stride" in text.replace("stride_tricks", "")) <= ("stride" in settings)
        assert ("dilation" in text) <= ("dilation" in settings)
        assert ("pad(" in text) is ("padding: 1" in settings and "conv4" not in text)


def test_programs_hold_in_the_frameworks(tmp_path):
    for framework in ("tensorflow", "torch", "jax"):
        pytest.importorskip(framework)
    case = small(tmp_path, SETTINGS["plain"])
    changes = list(CHANGES.values())
    for name, held in zip(CHANGES, proven(case, changes, ["tensorflow", "torch", "jax"])):
        assert set(held) - {program.JULIA} == {"tensorflow", "torch", "jax"}, name


def test_a_program_that_does_not_hold_is_not_shown(tmp_path, monkeypatch):
    case = small(tmp_path, SETTINGS["plain"])
    wrong = (("import numpy as np",), lambda conv: ["y = np.zeros((2, 3, 6, 5))"])
    monkeypatch.setitem(program.SYSTEMS, "numpy", wrong)
    failing = (("import numpy as np",), lambda conv: ["y = 1 / 0"])
    monkeypatch.setitem(program.SYSTEMS, "scipy", failing)
    assert proven(case, [CHANGES["reversed"]], ["numpy", "scipy"]) == [{}]


@pytest.mark.parametrize("letters", ["NCHW", "NHWC", "WHCN", "HWC", "HW"])
def test_programs_give_the_output_with_the_axes_that_the_user_has(tmp_path, letters):
    case = small(tmp_path, "padding: same\nstride: 2")
    found = list(fix.proofs(case, list(CHANGES.values()), ["numpy"], letters))
    assert {each.transforms for each in found} == set(CHANGES.values())
    assert all(f"y: {letters}\n" in each.program for each in found)


def test_an_edit_that_does_not_hold_is_not_shown(tmp_path):
    proofs = fix.Proofs(small(tmp_path, "padding: same"), "NHWC")
    for attempt in proofs.attempts(REVERSED, ["torch"], edited=True):
        assert proofs.edits(REVERSED, ["torch"]) == {}
        proofs.take(attempt, outcome(attempt))
    assert proofs.edits(REVERSED, ["torch"])["torch"].startswith("torch.nn.functional.conv2d(torch.nn.functional.pad(")
    assert proofs.code(REVERSED, ["torch"]) == {}
    for attempt in proofs.attempts(REVERSED, ["jax"], edited=True):
        proofs.take(attempt, outcome(attempt, 1.0))
    assert proofs.edits(REVERSED, ["jax"]) == {}


def test_only_systems_that_are_asked_for_are_given(tmp_path):
    found = list(fix.proofs(small(tmp_path, "padding: 1"), [REVERSED], ["Knet"], edited=True))
    assert [(each.system, each.edited) for each in found] == [("Knet", True), ("Knet", False)]
    assert found[0].program == "conv4(w, x; mode=0, padding=1) .+ reshape(b, 1, 1, :, 1)"


def test_a_system_that_does_not_start_has_no_program_and_the_others_have(tmp_path, monkeypatch):
    absent = Backend("scipy", "tests.fakes.unavailable", "numpy")
    monkeypatch.setattr(fix, "TABLE", {"numpy": TABLE["numpy"], "scipy": absent})
    case = small(tmp_path, SETTINGS["plain"])
    (held,) = proven(case, [CHANGES["reversed"]], ["numpy", "scipy"])
    assert set(held) - {program.JULIA} == {"numpy"}


def test_a_program_is_given_before_the_next_is_tried(tmp_path, monkeypatch):
    """Whoever looks at a screen has it; what is not asked for any more is not waited for."""
    monkeypatch.setattr(fix, "TABLE", {"numpy": TABLE["numpy"], "scipy": FAKES["hanging"]})
    first = next(fix.proofs(small(tmp_path, SETTINGS["plain"]), [CHANGES["reversed"]], ["numpy"]))
    assert (first.transforms, first.system) == (CHANGES["reversed"], "numpy")
    assert "np.flip" in first.program


def test_julia_stands_the_other_way_round(tmp_path):
    case = small(tmp_path, "padding: [1, 0]\nstride: [2, 1]")
    text = program.programs(case, (ReverseKernel((0, 1)),))[program.JULIA]
    assert "padding=(0, 1)" in text
    assert "stride=(1, 2)" in text
    assert "mode=0" in text
    assert "x: W H C N" in text


def test_arrays_that_stand_as_in_julia_keep_their_axes(tmp_path):
    as_in_julia = CASE.replace("NHWC", "HWCN").replace("[2, 6, 5, 3]", "[6, 5, 3, 2]")
    case = small(tmp_path, "padding: [1, 0]\nstride: [2, 1]", as_in_julia)
    text = program.programs(case, ())[program.JULIA]
    assert "x: H W C N, w: H W I O" in text
    assert "padding=(1, 0), stride=(2, 1)" in text


def test_julia_is_silent_where_conv4_cannot_say_it(tmp_path):
    case = small(tmp_path, "padding: same")
    uneven = PaddingSplit(case.meant().window.padding, ((0, 2), (1, 0)))
    assert program.JULIA not in program.programs(case, (uneven,))
    assert program.JULIA not in program.programs(case, (KernelAxes((1, 0, 2, 3)),))


REVERSED = CHANGES["reversed"]


def outcome(attempt, change=0.0):
    """What a worker would say to an attempt, the numbers off by `change`."""
    return Answered(attempt.y + change, 0.0)


def test_a_program_is_tried_on_the_case_and_on_fresh_data(tmp_path):
    case = small(tmp_path, "padding: same")
    first, second = fix.Proofs(case).attempts(REVERSED, ["numpy"])
    assert first.program.text == second.program.text
    assert np.array_equal(first.program.arrays["x"], case.values("input").transpose(0, 2, 3, 1))
    assert first.program.arrays["x"].shape == second.program.arrays["x"].shape
    assert not np.array_equal(first.program.arrays["x"], second.program.arrays["x"])


@pytest.mark.parametrize("bad", [(), (0,), (1,), (0, 1)])
def test_code_is_given_where_all_attempts_held(tmp_path, bad):
    proofs = fix.Proofs(small(tmp_path, "padding: same"))
    attempts = list(proofs.attempts(REVERSED, ["numpy"]))
    for number, attempt in enumerate(attempts):
        assert proofs.code(REVERSED, ["numpy"]) == {}
        proofs.take(attempt, outcome(attempt, 1.0 if number in bad else 0.0))
    assert ("numpy" in proofs.code(REVERSED, ["numpy"])) is not bool(bad)
    assert proofs.code(REVERSED, ["scipy"]) == {}


@pytest.mark.parametrize(
    "found", [Died("was ended by SIGKILL"), Raised("ValueError", "no"), Answered(np.zeros((1, 1)), 0.0)]
)
def test_no_code_is_given_of_a_program_that_gave_nothing(tmp_path, found):
    proofs = fix.Proofs(small(tmp_path, "padding: same"))
    for attempt in proofs.attempts(REVERSED, ["numpy"]):
        proofs.take(attempt, found)
    assert proofs.code(REVERSED, ["numpy"]) == {}


def test_nothing_is_tried_twice(tmp_path):
    proofs = fix.Proofs(small(tmp_path, "padding: same"))
    assert len(list(proofs.attempts(REVERSED, ["numpy"]))) == 2
    assert [each.system for each in proofs.attempts(REVERSED, ["numpy", "torch"])] == ["torch", "torch"]
    assert not list(proofs.attempts(REVERSED, ["torch", "numpy"]))


def test_what_is_not_known_is_left_to_the_fresh_data(tmp_path):
    proofs = fix.Proofs(small(tmp_path, "padding: same", CASE.replace("[1, 2, 3]", "[1, null, 3]")))
    first, second = proofs.attempts(REVERSED, ["numpy"])
    assert np.isnan(first.y[:, 1]).all()
    proofs.take(first, outcome(first))
    assert not np.isnan(second.y).any()
    proofs.take(second, outcome(second))
    assert "numpy" in proofs.code(REVERSED, ["numpy"])
