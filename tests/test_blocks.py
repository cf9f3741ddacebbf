"""Arrays as reports print them: written once for all of these, whatever stood in the same place of memory before."""

from __future__ import annotations

import pytest

from harness.report import blocks


def array(*values: float, dtype: str = "float32") -> dict:
    return {"shape": [1, 1, len(values)], "dtype": dtype, "values": [[list(values)]]}


def test_reports_share_what_is_written_of_an_array():
    shown = array(0.1, 2.0)
    first = blocks.planes(shown, "input")
    assert first == [("", [["0.1", "2"]])]
    assert blocks.planes(shown, "input") is first
    assert blocks.planes(array(0.1, 2.0), "input") is not first


def test_what_is_kept_is_of_the_array_and_the_role_that_are_asked_for():
    """Of more arrays than are kept, too: each is written anew, and none as another."""
    many = [array(float(number)) for number in range(3 * blocks.LATEST)]
    for _ in range(2):
        assert [blocks.planes(each, "input")[0][1] for each in many] == [[[str(n)]] for n in range(len(many))]
    shown = {"shape": [2, 1, 1], "dtype": "int32", "values": [[[1]], [[2]]]}
    assert [name for name, _ in blocks.planes(shown, "input")] == ["image 0", "image 1"]
    assert [name for name, _ in blocks.planes(shown, "kernel")] == ["output channel 0", "output channel 1"]


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
