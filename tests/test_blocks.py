"""Arrays as reports print them, whatever was printed before."""

from __future__ import annotations

import pytest

from harness.report import blocks


def array(*values: float, dtype: str = "float32") -> dict:
    return {"shape": [1, 1, len(values)], "dtype": dtype, "values": [[list(values)]]}


def test_what_is_written_is_of_the_array_and_the_role_that_are_asked_for():
    """Nothing is kept between two reports: what was asked before, of an array in the same place, changes nothing."""
    for number in range(200):
        assert blocks.planes(array(float(number)), "input") == [("", [[str(number)]])]
    shown = {"shape": [2, 1, 1], "dtype": "int32", "values": [[[1]], [[2]]]}
    assert [name for name, _ in blocks.planes(shown, "input")] == ["image 0", "image 1"]
    assert [name for name, _ in blocks.planes(shown, "kernel")] == ["output channel 0", "output channel 1"]
    shown["values"] = [[[3]], [[4]]]
    assert [rows for _, rows in blocks.planes(shown, "input")] == [[["3"]], [["4"]]]


@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [
        (0.1, "float32", "0.1"),
        (1 / 3, "float64", "0.3333333333333333"),
        (1 / 3, "float16", "0.3333"),
        (-0.0, "float32", "-0"),
    ],
)
def test_a_number_has_the_shortest_digits_that_tell_it_in_its_dtype(value: float, dtype: str, text: str):
    assert blocks.number(value, dtype) == text
    assert blocks.number(0.0, dtype) == "0"
