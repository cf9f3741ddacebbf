"""Two arrays and how they differ: counted, located, put in words."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from harness.rounding.compare import SHOWN, Place, difference, distance, words

NAN, INF = math.nan, math.inf


def test_a_difference_in_numbers_and_words() -> None:
    found, expected = np.array([[1.0, 2.5], [0.0, 4.0]]), np.array([[1.0, 2.0], [0.25, 8.0]])
    off = difference(found, expected)
    assert (off.total, off.mismatched, off.max_abs, off.max_rel, off.at) == (4, 3, 4.0, 1.0, (1, 1))
    assert off.worst == (Place((0, 1), 2.5, 2.0), Place((1, 0), 0.0, 0.25), Place((1, 1), 4.0, 8.0))
    assert not off.equal
    assert words(off).splitlines() == [
        "3 of 4 elements differ (75 %)",
        "largest absolute difference 4 at (1, 1)",
        "largest relative difference 1",
        "first places:",
        "  (0, 1): found 2.5, expected 2.0",
        "  (1, 0): found 0.0, expected 0.25",
        "  (1, 1): found 4.0, expected 8.0",
    ]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64", "bool"])
def test_equal_arrays_do_not_differ(dtype: str) -> None:
    array = np.arange(6).reshape(2, 3).astype(dtype)
    off = difference(array.copy(), array)
    assert off.equal
    assert (off.total, off.mismatched, off.max_abs, off.max_rel, off.at, off.worst) == (6, 0, 0.0, 0.0, None, ())
    assert words(off) == "all 6 elements equal"


def test_shapes_that_differ_are_the_difference() -> None:
    off = difference(np.zeros((1, 2)), np.zeros((2, 1)))
    assert not off.same_shape
    assert not off.equal
    assert math.isnan(off.max_abs)
    assert math.isnan(off.max_rel)
    assert words(off) == "found shape (1, 2), expected (2, 1)"


@pytest.mark.parametrize(
    ("found", "expected", "apart"),
    [
        (NAN, NAN, 0),
        (INF, INF, 0),
        (-INF, -INF, 0),
        (INF, -INF, INF),
        (NAN, 1, INF),
        (1, NAN, INF),
        (INF, 1, INF),
        (1, 3, 2),
    ],
)
def test_what_is_not_finite_equals_only_its_like(found: float, expected: float, apart: float) -> None:
    pair = np.array([found, 7.0], np.float32), np.array([expected, 7.0], np.float32)
    assert distance(*pair).tolist() == [apart, 0]
    off = difference(*pair)
    assert (off.mismatched, off.max_abs) == (apart > 0, apart)
    assert off.equal == (apart == 0)


def test_unknown_elements_are_passed_over() -> None:
    found, expected = np.array([1.0, NAN, 3.0]), np.array([1.0, 2.0, 3.5])
    off = difference(found, expected, known=np.array([True, False, True]))
    assert (off.total, off.mismatched, off.max_abs, off.at) == (2, 1, 0.5, (2,))
    assert difference(found, expected, known=np.array([True, False, False])).equal


def test_neither_narrow_nor_unsigned_types_wrap_or_round() -> None:
    assert distance(np.array([0], np.uint8), np.array([255], np.uint8)).item() == 255
    assert distance(np.array([-128], np.int8), np.array([127], np.int8)).item() == 255
    assert distance(np.array([False]), np.array([True])).item() == 1
    assert distance(np.array([1], np.float32), np.array([1 + 2.0**-40])).item() == 2.0**-40
    assert distance(np.array([3 + 4j], np.complex64), np.array([0])).item() == 5


def test_relative_differences_leave_out_what_is_expected_to_be_zero() -> None:
    assert difference(np.array([1.0, 2.2]), np.array([0.0, 2.0])).max_rel == pytest.approx(0.1)
    assert difference(np.array([1.0]), np.array([0.0])).max_rel == 0.0


def test_only_the_first_places_are_named() -> None:
    off = difference(np.ones(100), np.zeros(100))
    assert [place.index for place in off.worst] == [(i,) for i in range(SHOWN)]
    assert off.mismatched == 100


def test_empty_arrays_are_equal() -> None:
    off = difference(np.zeros((2, 0)), np.zeros((2, 0)))
    assert off.equal
    assert distance(np.zeros((2, 0)), np.zeros((2, 0))).shape == (2, 0)


floats = arrays.arrays(np.float64, (3, 2), elements=st.floats(width=16))


@given(floats, floats)
def test_it_counts_what_numpy_calls_unequal(found: np.ndarray, expected: np.ndarray) -> None:
    unequal = ~np.isclose(found, expected, rtol=0, atol=0, equal_nan=True)
    off, back = difference(found, expected), difference(expected, found)
    assert off.mismatched == back.mismatched == np.count_nonzero(unequal)
    assert off.max_abs == back.max_abs
    assert [place.index for place in off.worst] == [tuple(i) for i in np.argwhere(unequal)[:SHOWN].tolist()]
