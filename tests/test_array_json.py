import json

import numpy as np
import pytest

from harness.array_json import FULL_ELEMENTS, describe


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32"])
def test_small_arrays_are_held_exactly(dtype):
    array = (np.arange(12).reshape(1, 3, 4) / 7).astype(dtype)
    shown = json.loads(json.dumps(describe(array)))
    assert shown["shape"] == [1, 3, 4]
    np.testing.assert_array_equal(np.array(shown["values"], shown["dtype"]), array)


def test_what_is_not_finite_is_a_word():
    assert describe(np.array([1.0, np.nan, np.inf, -np.inf]))["values"] == [1.0, "nan", "inf", "-inf"]


def test_large_arrays_are_summarized():
    array = np.full((2, 3, 10, 10), 2.0, np.float32)
    array[0, 0, 0, :2] = [-3, np.nan]
    shown = describe(array)
    assert "values" not in shown
    assert (shown["min"], shown["max"], shown["not_finite"]) == (-3, 2, 1)
    assert shown["norm"] == pytest.approx(np.sqrt(9 + 4 * (array.size - 2)))
    assert shown["corner"][0] == [-3, "nan", 2, 2, 2]
    assert len(shown["corner"]) == 5


@pytest.mark.parametrize("size", [FULL_ELEMENTS + 1])
def test_a_long_row_has_a_corner_too(size):
    assert describe(np.arange(size))["corner"] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("shape", [(2, 2), (20, 20)])
def test_complex_numbers_can_be_written_as_json(shape):
    shown = json.loads(json.dumps(describe(np.full(shape, 3 + 4j))))
    assert shown["corner" if "corner" in shown else "values"][0][0] == "(3+4j)"
    assert shown.get("max", 5) == 5


def test_what_is_not_known_is_null():
    known = np.array([[True, False], [True, True]])
    assert describe(np.array([[1.0, 2.0], [np.nan, 4.0]]), known)["values"] == [[1.0, None], ["nan", 4.0]]


def test_what_is_not_known_counts_for_nothing_in_a_summary():
    array, known = np.full((1, 1, 20, 20), 2.0), np.ones((1, 1, 20, 20), bool)
    array[..., 0], known[..., 0] = 99, False
    shown = describe(array, known)
    assert (shown["max"], shown["unknown"], shown["not_finite"]) == (2, 20, 0)
    assert shown["corner"][0] == [None, 2, 2, 2, 2]
