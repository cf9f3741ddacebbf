"""Other settings in words: what to do, and what the system did, in sentences that people can read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.case.read import load
from harness.explanation.answers import transform_json
from harness.operations import TABLE
from harness.operations.by_settings.own_names import sayings_of
from harness.operations.by_settings.searching import setting
from harness.operations.transforms.sayings import OF_ALL, sentence, shown
from harness.operations.transforms.settings import OutputMode
from harness.operations.transforms.told import Setting
from tests.sentences import faults

CONVENTIONS = Path(__file__).parent.parent / "cases" / "conventions"
BY_SETTINGS = sorted(name for name, each in TABLE.items() if hasattr(each, "alternatives"))


@pytest.mark.parametrize(
    ("name", "key", "value", "was", "said"),
    [
        ("pooling", "window", (2, 2), (3, 3), "set the window to 3 x 3; the system set it to 2 x 2"),
        ("normalization", "epsilon", 1e-3, 1e-5, "set epsilon to 1e-05; the system set it to 0.001"),
        ("pooling", "rounding", "ceil", "floor",
         "round the size of the output by floor; the system rounded it by ceil"),
        ("activation", "sharpness", None, 2.0, "set the sharpness to 2; the system has none"),
        ("pooling", "rounding", "ceil", None, "correct the size of the output; the system rounded it by ceil"),
        ("softmax", "over", "CW", "C", "compute over axis C; the system computed over the axes C, W"),
        ("normalization", "slots", "mean left out", None, "subtract the stored mean; the system left the mean out"),
        ("normalization", "centre", False, True, "subtract the mean; the system left the mean in"),
        ("normalization", "factor", 0.0, None,
         "use the stored mean and variance as they are; the system took both for zero"),
        ("normalization", "factor", 2.0, None,
         "use the stored mean and variance as they are; the system divided both by 2"),
        ("normalization", "groups", 4, 1, "set the number of groups to 1; the system set it to 4"),
        ("resize", "area_samples", None, "whole",
         "average whole samples; the system averaged parts of samples, too"),
        ("activation", "function", "relu", "elu", "apply elu; the system applied relu"),
        ("pooling", "padding", ((0, 1), (0, 1)), ((1, 0), (1, 0)),
         "pad by 1:0 x 1:0 (low:high per axis); the system padded by 0:1 x 0:1 (low:high per axis)"),
        ("padding", "padding", (("H", 1, 0), ("W", 1, 2)), (("H", 1, 1), ("W", 0, 2)),
         "pad by 1:1 along H, 0:2 along W (low:high); the system padded by 1:0 along H, 1:2 along W (low:high)"),
        ("padding", "padding", (), (("W", 0, 1),),
         "pad by 0:1 along W (low:high); the system padded by nothing"),
        *((name, "bias", "none", None, "add the bias; the system left the bias out") for name in BY_SETTINGS),
    ],
)  # fmt: skip
def test_what_to_do_and_what_the_system_did(name: str, key: str, value: Any, was: Any, said: str) -> None:
    assert sentence(key, value, was, {}, sayings_of(TABLE[name])) == said


def test_what_changes_with_a_setting_is_told_as_the_case_file_has_it() -> None:
    others = {"antialias": False, "cubic_coefficient": -0.5, "scale": None}
    assert sentence("interpolation", "cubic", "linear", others, sayings_of(TABLE["resize"])) == (
        "set the interpolation to linear; the system set it to cubic, resized without antialiasing "
        "and set the cubic coefficient to -0.5"
    )
    several = {**others, "coordinates": "half_pixel"}
    assert sentence("interpolation", "cubic", "linear", several, sayings_of(TABLE["resize"])).endswith(
        "the system set it to cubic, with antialias false, cubic coefficient -0.5, coordinates half_pixel"
    )


def test_what_was_left_open_is_told_without_what_to_do() -> None:
    assert Setting("size", 11, 5, (("beta", 0.5),)).found() == "the system set the size to 11 and set the beta to 0.5"
    change = OutputMode(((1, 1),), ((0, 0),), mode="valid")
    assert change.words().startswith("take the part of the full result that is meant: pad by 1:1")
    assert change.found() == "the system took the part `valid` and padded by 0:0"


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


@pytest.mark.parametrize("name", BY_SETTINGS)
def test_every_saying_is_of_a_key_that_its_operation_has(name: str) -> None:
    """Nothing is left over of a setting that was renamed."""
    assert set(sayings_of(TABLE[name])) - set(TABLE[name].EXPLAINED_BY) == set()


def test_what_an_operation_says_of_its_settings_stands_with_it() -> None:
    """Only the bias, which all may have, is told for all."""
    assert set(OF_ALL) == {"bias"}
    said = {name for name in BY_SETTINGS if "SAYINGS" in vars(TABLE[name])}
    assert said == set(BY_SETTINGS)


def test_results_hold_what_a_setting_is_about_and_not_how_it_is_told() -> None:
    change = Setting("over", "CW", "C", sayings=sayings_of(TABLE["softmax"]))
    about = {"id": "over", "key": "over", "value": "CW", "was": "C", "others": [], "numbers": 0}
    assert transform_json(change) == about
