"""Digits that numbers show."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.explanation import as_printed


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1), st.integers(1, 4), st.sampled_from(["float32", "float64"]))
def test_rounded_values_show_no_more_digits_than_they_have(units, places, dtype):
    values = (np.array(units, np.float64) / 10**places).astype(dtype)
    found = as_printed.decimals(values)
    assert found is None or found <= places
    if found is None:
        assert (values == np.round(values)).all()


@pytest.mark.parametrize(
    ("values", "places"),
    [
        ([0.1, 0.25], 2),
        ([0.5142, -0.4321, 1.0], 4),
        ([0.1, np.nan, np.inf], 1),
        ([0.30989584], 8),
        ([1.0, 2.0], None),
        ([1 / 3], None),
        ([], None),
    ],
)
def test_decimals_are_the_fewest_that_write_all_values(values, places):
    assert as_printed.decimals(np.array(values)) == places


def test_whole_numbers_are_exact():
    assert as_printed.read("input", np.array([1, 2])) is None
    units, words = as_printed.read("input", np.array([0.25, 1.0]))
    assert units.tolist() == [0.005, 0.005]
    assert words == "input with 2 decimals"


@pytest.mark.parametrize(
    ("values", "words", "units"),
    [
        ([194.694, -4.38531, 0.368195], "y with 6 significant digits", [5e-4, 5e-6, 5e-7]),
        ([12.5, 3.25, 0.75], "y with 2 decimals", [5e-3, 5e-3, 5e-3]),
        ([1.5e10, 2.25e-3, 7.25], "y with 3 significant digits", [5e7, 5e-6, 5e-3]),
        ([0.0, 1.25e-9], "y with 3 significant digits", [0, 5e-12]),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_digits_are_those_that_more_values_show_in_full(values, words, units, dtype):
    found = as_printed.read("y", np.array(values, dtype))
    assert found is not None and found[1] == words
    np.testing.assert_allclose(found[0], units, rtol=1e-6)


def test_numbers_with_all_digits_are_exact():
    assert as_printed.read("y", np.array([1 / 3, 2 / 3])) is None


@pytest.mark.parametrize(("exact", "may_be"), [(4, True), (5, False)])
def test_numbers_of_which_most_are_exact_were_not_rounded(exact, may_be):
    off = np.where(np.arange(8) < exact, 1 / 64, 1 / 16)
    assert as_printed.rounded(off, np.ones(8)) == may_be
