"""Pictures of what becomes of numbers show what the explanation computes, and nothing of what is hostile."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.operations import TABLE
from harness.operations.transforms import BY_ID
from harness.operations.transforms.endings import ROUNDINGS, Activation
from harness.operations.transforms.functions import FUNCTIONS
from harness.operations.transforms.number_pictures import BEYOND, DRAWN, pictures
from harness.report import view

GIVEN = {
    "celu": {"alpha": 0.5},
    "clip": {"low": -1.0, "high": 1.0},
    "hard_sigmoid": {"alpha": 0.25, "beta": 0.5},
    "leaky_relu": {"slope": 0.1},
    "threshold": {"theta": 1.0},
}
"""Numbers of functions that have no usual ones."""


def rows(change: dict[str, Any]) -> list[list[str]]:
    """The texts of the numbers before and after."""
    (picture,) = pictures([change])
    return [[cell.text for cell in panel.rows[0]] for panel in picture.panels]


def test_what_is_drawn_is_the_picture_of_a_change() -> None:
    assert set(DRAWN) <= {kind.picture for kind in BY_ID.values()}


@pytest.mark.parametrize("rule", ROUNDINGS)
def test_rounding_is_that_of_the_rule(rule: str) -> None:
    before, after = rows({"id": "output_rounding", "rule": rule, "others": []})
    given = ROUNDINGS[rule].of(np.array(before, float)) + 0.0
    np.testing.assert_array_equal(given, np.array(after, float))


@pytest.mark.parametrize(("low", "high"), [(0, 255), (-128, 127)])
def test_numbers_beyond_a_format_are_held_or_go_on_from_the_other_end(low: int, high: int) -> None:
    _, held = rows({"id": "overflow", "kind": "saturate", "low": low, "high": high})
    before, wrapped = rows({"id": "overflow", "kind": "wrap", "low": low, "high": high})
    assert before[0] == str(low - BEYOND) and before[-1] == str(high + BEYOND)
    assert (held[0], held[-1]) == (str(low), str(high))
    assert (wrapped[0], wrapped[-1]) == (str(high + 1 - BEYOND), str(low + BEYOND - 1))


@pytest.mark.parametrize(
    "change",
    [{"format": "bfloat16", "of": "both"}, {"format": "bfloat16", "of": "kernel"}, {"finding": "bfloat16 inputs"}],
)
def test_a_narrower_format_shows_the_digits_that_it_keeps(change: dict[str, str]) -> None:
    assert rows({"id": "precision", **change})[1] == ["0.33398", "3.14062", "100", "2048"]


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"identity"}))
def test_a_function_is_that_of_the_explanation(name: str) -> None:
    numbers = GIVEN.get(name) or dict(FUNCTIONS[name].usual)
    before, after = rows({"id": "activation", "function": name, "parameters": [list(each) for each in numbers.items()]})
    given = Activation(name, tuple(numbers.items())).end(np.array(before, float))
    np.testing.assert_allclose(np.array(after, float), given, atol=1e-5)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "activation", "function": "identity", "parameters": []},
        {"id": "activation", "function": "nobody's", "parameters": []},
        {"id": "activation", "function": "relu", "parameters": [1]},
        {"id": "activation", "function": "clip", "parameters": [["other", 1]]},
        {"id": "activation", "function": "leaky_relu", "parameters": [["slope", float("nan")]]},
        {"id": "overflow", "kind": "wrap", "low": 0, "high": 10**50},
        {"id": "overflow", "kind": "wrap", "low": 9, "high": 1},
        {"id": "overflow", "kind": "burst", "low": 0, "high": 1},
        {"id": "output_rounding", "rule": ["floor"]},
        {"id": "precision", "format": {"a": 1}},
        {"id": "precision", "finding": None},
        {"id": ["precision"]},
    ],
    ids=str,
)
def test_what_is_hostile_or_changes_nothing_has_no_picture(change: dict[str, Any]) -> None:
    assert not list(pictures([change]))


def drawn(settings: dict[str, Any], change: dict[str, Any]) -> list[Any]:
    case = {"operation": "activation", "input": {"shape": [1, 1, 4]}, "settings": settings}
    return view.pictures(case, {"explanations": [{"transforms": [change]}]})


def test_another_function_is_drawn_beside_the_one_that_is_meant() -> None:
    (picture,) = drawn({"function": "relu", "dtype": "float32"}, {"id": "function", "value": "absolute", "was": "relu"})
    assert [panel.title for panel in picture.panels] == ["what is meant", "what was computed"]
    relu, absolute = ([cell.text for cell in panel.rows[1]] for panel in picture.panels)
    assert relu == ["0", "0", "0", "0", "0.5", "2", "7"]
    assert absolute == ["7", "2", "0.5", "0", "0.5", "2", "7"]


@pytest.mark.parametrize("value", ["nobody's", None, ["relu"], 7])
def test_a_function_of_a_hostile_result_has_no_picture(value: Any) -> None:
    assert not drawn({"function": "relu"}, {"id": "function", "value": value, "others": [1, "x"]})


def test_only_functions_of_each_value_are_drawn_by_their_formula() -> None:
    assert [name for name, each in TABLE.items() if getattr(each, "POINTWISE", False)] == ["activation"]
