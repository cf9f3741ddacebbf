from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.operations.transforms.arrays import ReverseKernel
from harness.operations.transforms.values import Bias, KernelValues, Scale
from harness.operations.windowed import search
from harness.operations.windowed.search.question import Question
from harness.operations.windowed.search.units import DISTANT, exponent, in_own_units, in_units, of_output
from tests.test_explain import ask, convolution, planted

pytestmark = pytest.mark.filterwarnings("error")

FAR = (-1000, -130, -20, 20, 130, 900)
"""Binary exponents, within and beyond those of float32 (-126 to 127)."""


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0], 1),
        ([0.99, -0.5], 0),
        ([-8.0, 7.0], 4),
        ([0.0], -1074),
        ([np.nan, 3.0, np.inf], 2),
        ([], -1074),
        ([5e-324], -1073),
    ],
)
def test_the_exponent_is_that_of_the_largest_number(values, expected):
    assert exponent(np.array(values)) == expected
    assert (np.abs(in_units(np.array(values), expected)[np.isfinite(values)]) < 1).all()


def test_data_in_their_own_units_are_at_most_one_and_give_the_same():
    conv = convolution(2, bias=True)
    asked = Question(conv.map(lambda each: each * 2.0**100), planted(conv, ()), 0.25)
    small, unit = in_own_units(asked)
    assert all(np.abs(each).max() <= 1 for each in small.form.arrays.values())
    np.testing.assert_array_equal(np.ldexp(small.form.w, unit), asked.form.w)
    np.testing.assert_array_equal(small.observed, in_units(asked.observed, of_output(asked)))


def test_what_was_observed_is_never_far_beyond_the_unit():
    conv = convolution(1)
    huge = Question(conv, planted(conv, ()) * 2.0**900, 0.25)
    assert np.abs(in_units(huge.observed, of_output(huge))).max() <= 2.0**DISTANT


@pytest.mark.parametrize("x", FAR)
@pytest.mark.parametrize("w", [-20, 0, 100])
def test_data_of_any_size_are_searched_alike(x, w):
    conv = convolution(2, bias=True)
    conv = replace(conv, x=conv.x * 2.0**x, w=conv.w * 2.0**w, bias=conv.bias * 2.0 ** (x + w))
    found = ask(conv, planted(conv, (ReverseKernel((0, 1)),)), deepest=2, slack=0.25 * 2.0 ** (x + w))
    assert found == [(ReverseKernel((0, 1)),)]


@pytest.mark.parametrize("size", FAR)
@pytest.mark.parametrize("change", [Bias("unknown", (5.0, -3.0, 11.0, 2.0)), Scale("a factor", (3.0, 0.7, 1.0, 2.0))])
def test_biases_and_scales_of_any_size_are_inferred(change, size):
    conv = convolution(1)
    conv = replace(conv, w=conv.w * 2.0**size)
    if isinstance(change, Bias):
        change = replace(change, values=tuple(2.0**size * value for value in change.values))
    (found, *_) = ask(conv, planted(conv, (change,)), deepest=1, slack=0.01 * 2.0**size)
    np.testing.assert_allclose(planted(conv, found), planted(conv, (change,)), rtol=0, atol=0.01 * 2.0**size)


@pytest.mark.parametrize("size", FAR)
def test_a_tap_of_any_size_is_solved_for(size):
    conv = convolution(2, channels=1, outputs=1)
    conv = replace(conv, w=conv.w * 2.0**size)
    wrong = KernelValues((((0, 0, 1, 1), 3.5 * 2.0**size),))
    held = []
    asked = Question(conv, planted(conv, (wrong,)), 0.01 * 2.0**size)
    search.other_values(asked, lambda transforms: not held.append(transforms))
    (((index, value),),) = (each.taps for (each,) in held)
    assert index == (0, 0, 1, 1) and value == pytest.approx(3.5 * 2.0**size)


@pytest.mark.parametrize("scale", [1e300, 1e-300, 1e30, 1e-30])
def test_an_output_that_has_nothing_to_do_with_the_size_of_the_data_is_searched_without_a_warning(scale):
    conv = convolution(1)
    observed = np.random.default_rng(0).normal(size=conv.output_shape)
    assert not ask(replace(conv, w=conv.w * scale), observed, deepest=2, slack=1e-9)


@pytest.mark.parametrize("place", [(0, 0, 0, 0), (1, 1, 3, 2)])
def test_what_is_not_known_of_the_input_decides_nothing_of_what_sees_it(place):
    conv, turned = convolution(2), (ReverseKernel((0, 1)),)
    x = conv.x.copy()
    x[place] = np.nan
    unknown = replace(conv, x=x)
    seen = planted(unknown, turned)
    assert 0 < np.isnan(seen).sum() < seen.size
    assert turned in ask(unknown, seen, deepest=1)
    assert turned in ask(unknown, planted(conv, turned), deepest=1)  # which is known in full
