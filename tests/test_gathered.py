"""All that is wrong with a case is told at once."""

from __future__ import annotations

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


def test_words_and_settings_are_told_together_and_then_the_arrays(tmp_path):
    fault = told(tmp_path, WRONG)
    assert [each.keys for each in fault.each] == ["means", "stride"]
    assert [line.partition(": ")[2].partition(":")[0] for line in str(fault).splitlines()] == ["means", "stride"]
    mended = WRONG.replace("correlation", "cross-correlation").replace("two", "2")
    fault = told(tmp_path, mended)
    assert [each.keys for each in fault.each] == ["input.values[1][1]", "kernel.values[1]", "recorded[0].file"]
    assert fault.each[0].told == "expected a number, or null where it is not known, found the text 'x'"


def test_what_does_not_fit_together_is_told_together(tmp_path):
    channels, size = told(tmp_path, MISFIT).each
    assert channels.told.startswith("the kernel has 2 input channels")
    assert size.told.startswith("the kernel does not fit: along H it spans 5 samples")


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
