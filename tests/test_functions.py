"""Functions of each value: what made a value is told where that is one value, and how far off computed ones may be."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from harness.canonical.arithmetic import plain
from harness.operations import activation_family
from harness.operations.transforms.functions import FUNCTIONS, TURNING, errors, undone

NUMBERS = {
    "clip": {"low": -1.0, "high": 2.0},
    "leaky_relu": {"slope": 0.1},
    "celu": {"alpha": 0.7},
    "hard_sigmoid": {"alpha": 0.2, "beta": 0.5},
    "threshold": {"theta": 1.0},
}
VALUES = np.concatenate([np.linspace(-7, 7, 57), [-0.01, 0.01, 1e-6, 40.0]])


def numbers(name: str) -> dict[str, float]:
    return {**FUNCTIONS[name].usual, **NUMBERS.get(name, {})}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_value_is_told_by_what_was_made_of_it_or_not_at_all(name):
    made = np.asarray(FUNCTIONS[name].of(VALUES, **numbers(name)), np.float64)
    found = undone(name, made, **numbers(name))
    known = np.isfinite(found)
    again = FUNCTIONS[name].of(found[known], **numbers(name))
    assert again == pytest.approx(made[known], rel=1e-12, abs=1e-15)
    steep = known & (np.abs(VALUES) < 3)
    assert found[steep] == pytest.approx(VALUES[steep], rel=1e-9, abs=1e-12)
    assert known.any() == (name != "absolute")


@pytest.mark.parametrize(
    ("name", "made"),
    [("relu", 0.0), ("relu6", 0.0), ("relu6", 6.0), ("clip", 2.0), ("clip", -1.0), ("hard_sigmoid", 1.0)]
    + [(name, -0.1) for name in TURNING]
    + [("absolute", 3.0), ("threshold", 0.0), ("relu", -1.0), ("tanh", 1.5)],
)
def test_what_several_values_or_none_make_is_not_told(name, made):
    assert not np.isfinite(undone(name, np.array([made]), **numbers(name))).any()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_forms_of_a_function_are_one(name):
    other = getattr(activation_family, name)(plain, VALUES, **numbers(name))
    assert FUNCTIONS[name].of(VALUES, **numbers(name)) == pytest.approx(other, rel=1e-10, abs=1e-14)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_float32_keeps_within_the_errors_that_are_told_and_needs_them(name):
    y = np.random.default_rng(1).normal(size=400).astype(np.float32) * 3
    computed = FUNCTIONS[name].of(y, **numbers(name))
    assert computed.dtype == np.float32
    exact = FUNCTIONS[name].of(y.astype(np.float64), **numbers(name))
    allowed = 2.0**-24 * (errors(name, y.astype(np.float64), **numbers(name)) + np.abs(exact))
    assert (np.abs(computed - exact) <= allowed).all()


def test_a_gelu_cancels_below_zero_by_more_than_its_own_rounding():
    y = np.float32(-3.3)
    exact = float(mpmath.mpf(float(y)) * (1 + mpmath.erf(mpmath.mpf(float(y)) / mpmath.sqrt(2))) / 2)
    assert errors("gelu", np.array([float(y)]))[0] > 100 * abs(exact)
