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
