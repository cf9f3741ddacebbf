"""Formats: what rounding to them makes of a number, held against what NumPy and exact arithmetic say."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.rounding.formats import (
    BFLOAT16,
    DTYPES,
    FLOAT16,
    FLOAT32,
    FORMATS,
    INPUTS,
    TF32,
    away_from_zero,
    flushed,
    keeping,
    saturated,
    to_even,
    towards_zero,
    wrapped,
)

SINGLES = st.floats(-(2.0**100), 2.0**100, width=32, allow_subnormal=False)


def one(rounding, value: float) -> float:
    return float(rounding(np.array([value], np.float32))[0])


@given(SINGLES, st.integers(2, 23))
def test_rounding_to_digits_is_that_of_exact_arithmetic(value, digits):
    exponent = math.frexp(value)[1]
    units = Fraction(value) / Fraction(2) ** (exponent - digits)
    assert one(to_even(digits), value) == float(round(units) * Fraction(2) ** (exponent - digits))
    down = math.floor(abs(units)) * Fraction(2) ** (exponent - digits)
    assert abs(one(towards_zero(digits), value)) == float(down)
    up = math.floor(abs(units) + Fraction(1, 2)) * Fraction(2) ** (exponent - digits)
    assert abs(one(away_from_zero(digits), value)) == float(up)


@given(st.floats(2.0**-14, 60000, width=32))
def test_tf32_and_float16_are_the_same_numbers_in_the_range_of_float16(value):
    assert one(TF32.round, value) == one(FLOAT16.round, value)


@pytest.mark.parametrize("fmt", [TF32, BFLOAT16, FLOAT16], ids=lambda fmt: fmt.name)
def test_what_is_rounded_is_held_and_what_is_not_finite_stays(fmt):
    values = np.array([1 + 2.0**-20, -3.3, 0.0, 1e-3], np.float32)
    assert fmt.holds(values).tolist() == [False, False, True, False]
    for rounding in fmt.roundings:
        assert fmt.holds(rounding(values)).all()
        np.testing.assert_array_equal(rounding(np.array([np.inf, -np.inf, np.nan])), [np.inf, -np.inf, np.nan])


def test_float64_is_rounded_to_float32_first():
    assert one(TF32.round, 1 + 2.0**-40) == 1


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32"])
def test_sums_wrap_as_numpy_does_and_saturate_at_the_limits(dtype):
    sums = np.array([0, 1, -1, 127, 128, -128, -129, 255, 256, 70000, -(2**33) + 5], np.int64)
    np.testing.assert_array_equal(wrapped(sums.astype(np.float64), dtype), sums.astype(dtype))
    info = np.iinfo(dtype)
    np.testing.assert_array_equal(saturated(sums.astype(np.float64), dtype), sums.clip(info.min, info.max))


def test_subnormal_numbers_are_flushed():
    values = np.array([2.0**-126, 2.0**-127, -(2.0**-149), 1.0], np.float32)
    np.testing.assert_array_equal(flushed(values, "float32"), [2.0**-126, 0, 0, 1])


@pytest.mark.parametrize("name", DTYPES)
def test_formats_of_numpy_are_what_numpy_says(name):
    fmt, info = DTYPES[name], np.finfo(name)
    assert (fmt.digits, fmt.u) == (info.nmant + 1, float(info.eps) / 2)
    assert (fmt.normal, fmt.subnormal) == (float(info.tiny), float(info.smallest_subnormal))
    assert keeping(info.nmant).endswith(name)


def test_inputs_are_rounded_to_any_narrower_format():
    assert {each.name for each in INPUTS} == {name for name, each in FORMATS.items() if each.digits < FLOAT32.digits}


@pytest.mark.parametrize(
    ("bits", "names"),
    [(2, "float8"), (3, "float8"), (7, "bfloat16"), (10, "TF32 or float16"), (63, "long double"), (8, ""), (24, "")],
)
def test_bits_of_the_fraction_name_the_formats(bits, names):
    assert keeping(bits) == names
