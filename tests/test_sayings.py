"""Other settings in words: what to do, and what the system did, in sentences that people can read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.case.read import load
from harness.operations import TABLE
from harness.operations.by_settings.searching import setting
from harness.operations.transforms import sayings
from harness.operations.transforms.sayings import sentence, shown
from harness.operations.transforms.settings import OutputMode
from harness.operations.transforms.told import Setting
from tests.sentences import faults

CONVENTIONS = Path(__file__).parent.parent / "cases" / "conventions"
BY_SETTINGS = sorted(name for name, each in TABLE.items() if hasattr(each, "alternatives"))


@pytest.mark.parametrize(
    ("key", "value", "was", "said"),
    [
        ("window", (2, 2), (3, 3), "set the window to 3 x 3; the system set it to 2 x 2"),
        ("epsilon", 1e-3, 1e-5, "set epsilon to 1e-05; the system set it to 0.001"),
        ("rounding", "ceil", "floor", "round the size of the output by floor; the system rounded it by ceil"),
        ("sharpness", None, 2.0, "set the sharpness to 2; the system has none"),
        ("rounding", "ceil", None, "the system rounded the size of the output by ceil"),
        ("over", "CW", "C", "compute over axis C; the system computed over the axes C, W"),
        ("slots", "mean left out", None, "subtract the stored mean; the system left the mean out"),
        ("centre", False, True, "subtract the mean; the system left the mean in"),
        ("factor", 0.0, None, "use the stored mean and variance as they are; the system took both for zero"),
        ("factor", 2.0, None, "use the stored mean and variance as they are; the system divided both by 2"),
        ("groups", 4, 1, "set the number of groups to 1; the system set it to 4"),
        ("area_samples", None, "whole", "average whole samples; the system averaged parts of samples, too"),
        ("function", "relu", "elu", "apply elu; the system applied relu"),
        ("padding", ((0, 1), (0, 1)), ((1, 0), (1, 0)),
         "pad by 1:0 x 1:0 (low:high per axis); the system padded by 0:1 x 0:1 (low:high per axis)"),
        ("padding", (("H", 1, 0), ("W", 1, 2)), (("H", 1, 1), ("W", 0, 2)),
         "pad by 1:1 along H, 0:2 along W (low:high); the system padded by 1:0 along H, 1:2 along W (low:high)"),
    ],
)  # fmt: skip
def test_what_to_do_and_what_the_system_did(key: str, value: Any, was: Any, said: str) -> None:
    assert sentence(key, value, was, {}) == said


def test_what_changes_with_a_setting_is_told_as_the_case_file_has_it() -> None:
    others = {"antialias": False, "cubic_coefficient": -0.5, "scale": None}
    assert sentence("interpolation", "cubic", "linear", others) == (
        "set the interpolation to linear; the system set it to cubic, with antialias false, cubic coefficient -0.5"
    )


def test_what_was_left_open_is_told_without_what_to_do() -> None:
    assert Setting("size", 11, 5, (("beta", 0.5),)).found() == "the system set the size to 11, with beta 0.5"
    change = OutputMode(((1, 1),), ((0, 0),), mode="valid")
    assert change.words().startswith("another part of the full result was taken (valid): pad by 1:1")
    assert change.found() == "the system padded by 0:0"


def test_of_many_numbers_the_first_are_shown() -> None:
    assert shown((0.1,) * 9) == "0.1 x 0.1 x 0.1 x 0.1 x 0.1 x 0.1 x 0.1 x 0.1 x ..."


@pytest.mark.parametrize("name", BY_SETTINGS)
def test_sentences_about_settings_can_be_read(name: str) -> None:
    layer: Any = TABLE[name]
    cases = [next(load(path)) for path in sorted((CONVENTIONS / name).glob("*.yaml"))]
    forms = [case.meant() for case in cases]
    said = {setting(form, changes).words() for form in forms for changes in layer.alternatives(form)}
    assert said
    for text in said:
        assert "the system" in text
        assert "((" not in text
        assert not list(faults(text))


def test_every_saying_is_of_a_key_that_an_operation_has() -> None:
    """Nothing is left over of a setting that was renamed."""
    known = {key for name in BY_SETTINGS for key in TABLE[name].EXPLAINED_BY}
    told = {*sayings.SAYINGS, *sayings.STARTS, *sayings.UNSTATED, *(key for key, _ in sayings.WHOLE)}
    assert told - known == set()
