"""All that is wrong with a case is told at once."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from harness.case.read import CaseError, load
from harness.grammar.gathered import MOST, Gathered

WRONG = """
title: mine
means: correlation
stride: two
input: {layout: HW, values: [[1, 2], [3, x]]}
kernel: {layout: HW, values: [[1, 2], [3]]}
recorded:
  - {system: a, origin: b, layout: HW, file: nowhere.npy}
"""
MISFIT = """
title: mine
means: cross-correlation
padding: valid
input: {layout: CHW, integers: {shape: [3, 4, 4], seed: 1, low: -9, high: 9}}
kernel: {layout: IHW, integers: {shape: [2, 5, 5], seed: 1, low: -9, high: 9}}
"""


def told(tmp_path: Path, text: str) -> CaseError:
    (tmp_path / "case.yaml").write_text(text)
    with pytest.raises(CaseError) as caught:
        list(load(tmp_path / "case.yaml"))
    return caught.value


def test_words_settings_and_arrays_are_told_together(tmp_path):
    fault = told(tmp_path, WRONG)
    arrays = ["input.values[1][1]", "kernel.values[1]", "recorded[0].file"]
    assert [each.keys for each in fault.each] == ["means", "stride", *arrays]
    assert [line.partition(": ")[2].partition(":")[0] for line in str(fault).splitlines()] == [
        "means",
        "stride",
        *arrays,
    ]
    assert fault.each[2].told == "expected a number, or null where it is not known, found the text 'x'"


WHOLE = """
title: mine
why: for a test
means: cross-correlation
padding: valid
stride: [1, 2]
groups: 1
input: {layout: CHW, integers: {shape: [3, 4, 4], seed: 1, low: -9, high: 9}, nonfinite: false}
kernel: {layout: OIHW, values: [[[[1, 2]], [[3, 4]], [[5, 6]]]], digits: 3}
bias: [1]
recorded:
  - {system: a, origin: b, layout: HW, values: [[1, 2], [3, 4]]}
then: relu
tolerance: {rtol: 0, why: printed}
matrix: {dilation: [1, 2], boundary: [zero, edge]}
expect: {as_written: [[torch.nn.functional.conv2d]]}
"""
FAULTS = {
    "title": ("title: mine", ""),
    "whi": ("why: for", "whi: for"),
    "means": ("means: cross", "means: crossed"),
    "padding": ("padding: valid", "padding: valit"),
    "stride": ("stride: [1, 2]", "stride: [1, two]"),
    "groups": ("groups: 1", "groups: 0"),
    "input.layout": ("layout: CHW", "layout: CHQ"),
    "input.integers": ("shape: [3, 4, 4]", "shape: [3, 4]"),
    "input.dtype": ("nonfinite: false}", "dtype: float31}"),
    "kernel.values": ("[5, 6]", "[5]"),
    "kernel.digits": ("digits: 3", "digits: many"),
    "bias": ("bias: [1]", "bias: [x]"),
    "then": ("then: relu", "then: {function: clip, low: 2, high: 1}"),
    "recorded[0].values": ("[[1, 2], [3, 4]]", "[[1, 2], [3, x]]"),
    "recorded[0].layout": ("layout: HW", "layout: HH"),
    "tolerance.rtol": ("rtol: 0", "rtol: -1"),
    "matrix.dilation": ("dilation: [1, 2]", "dilation: [1, 1]"),
    "matrix.baundary": ("boundary", "baundary"),
    "expect.as_written": ("[[torch.nn.functional.conv2d]]", "torch"),
}
HIDES = {
    ("input.layout", "input.integers"),
    ("recorded[0].values", "recorded[0].layout"),
    ("matrix.dilation", "matrix.baundary"),
}
"""Layouts, by which the array is judged; a matrix, of which keys are unknown."""


@pytest.mark.parametrize(("one", "two"), [*combinations(FAULTS, 2)])
def test_each_two_faults_are_told_at_once(tmp_path, one, two):
    text = WHOLE
    for name in (one, two):
        before, after = FAULTS[name]
        assert before in text
        text = text.replace(before, after, 1)
    keys = [each.keys or each.told for each in told(tmp_path, text).each]
    named = [name for name in (one, two) if any(name in key for key in keys)]
    assert named == [one, two] or (named and (one, two) in HIDES)
    assert len(keys) == len(named), keys


def test_what_does_not_fit_together_is_told_together(tmp_path):
    channels, size = told(tmp_path, MISFIT).each
    assert channels.told.startswith("the kernel has 2 input channels")
    assert size.told.startswith("the kernel does not fit: along H it spans 5 samples")


SWAPPED = MISFIT.replace("[3, 4, 4]", "[4, 4, 3]").replace("IHW", "OIHW").replace("[2, 5, 5]", "[3, 3, 3, 6]")


@pytest.mark.parametrize("wrong", [("", ""), ("padding: valid", "padding: valit"), ("title: mine", "")])
def test_layouts_that_would_fit_are_said_with_all_other_faults(tmp_path, wrong):
    fault = told(tmp_path, SWAPPED.replace(*wrong, 1) if wrong[0] else SWAPPED)
    assert any(each.told.startswith("the kernel has 3 input channels") for each in fault.each)
    likeliest = "input 4 x 4 x 3 as HWC, kernel 3 x 3 x 3 x 6 as HWIO"
    assert fault.hint == f"try the layout HWC,HWIO, which fits: {likeliest}; others fit, too: DHW,DHWO"
    assert str(fault).endswith(fault.hint)


def test_layouts_that_fit_are_not_called_into_question(tmp_path):
    fitting = SWAPPED.replace("layout: CHW", "layout: HWC").replace("layout: OIHW", "layout: HWIO")
    wide = fitting.replace("integers: {shape: [4, 4, 3], seed: 1, low: -9, high: 9}", "values: [[[1, 2, 1.e+99]]]")
    for text in (fitting.replace("valid", "valit"), wide):
        assert told(tmp_path, text).hint == ""


def test_one_fault_is_told_as_itself_and_many_are_counted():
    gathered = Gathered()
    gathered.demand()
    with gathered.part():
        raise CaseError("one")
    with pytest.raises(CaseError, match="^one$"):
        gathered.demand()
    for number in range(MOST + 2):
        with gathered.part():
            raise CaseError(f"fault {number}")
    with pytest.raises(CaseError) as caught:
        gathered.demand()
    lines = str(caught.value).splitlines()
    assert (len(lines), lines[-1]) == (MOST + 1, "and 3 more")
    assert len(caught.value.each) == MOST + 3


def test_keys_that_stand_twice_and_a_wrong_operation_are_told_with_the_rest(tmp_path: Path) -> None:
    """The other keys are judged as those of the nearest operation; what stands twice is neither taken nor missing."""
    path = tmp_path / "x.yaml"
    path.write_text(
        "title: t\nmeans: convolution\npadding: sam\npadding: same\noperation: convolutoin\nstride: 0\n"
        "input: {layout: HW, layout: HW, values: [[1, 2]]}\nkernel: {layout: HW, values: [[1]]}\n"
    )
    with pytest.raises(CaseError) as caught:
        list(load(path))
    assert [(fault.keys, fault.told.split(";")[0]) for fault in caught.value.each] == [
        ("operation", "unknown word 'convolutoin'"),
        ("padding", "this key stands twice, first in line 3"),
        ("padding", "unknown word 'sam'"),
        ("stride", "expected a whole number of at least 1 and at most 268435456, found 0"),
        ("input.layout", "this key stands twice, first in line 7"),
    ]


def test_an_operation_that_is_near_none_is_told_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("title: t\noperation: xyz\nstride: 0\n")
    with pytest.raises(CaseError, match="2:12: operation: unknown word 'xyz'; known are: convolution") as caught:
        list(load(path))
    assert len(caught.value.each) == 1
