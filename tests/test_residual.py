"""What a difference looks like that nothing explains, from both sides of each threshold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.canonical.reference import direct
from harness.canonical.window import Linear, Window
from harness.operations.windowed.search import solve
from harness.operations.windowed.search.question import Question
from harness.operations.windowed.search.residual import NEXT, looks

RNG = np.random.default_rng(0)
ROOM = 1e-6


def convolution(channels: int = 1) -> Linear:
    x, w = RNG.normal(size=(1, channels, 8, 9)), RNG.normal(size=(channels, channels, 3, 3))
    return Linear(x, w, None, Window((1, 1), (1, 1), ((1, 1), (1, 1)), (False, False)))


CONV = convolution()
MEANT = direct(CONV)


def said(seen: np.ndarray, conv: Linear = CONV) -> list[str]:
    return list(looks(conv, seen, direct(conv), ROOM))


def test_a_border_that_was_copied_is_said_to_be():
    seen = CONV.x.copy()
    seen[:, :, 1:-1, 1:-1] = MEANT[:, :, 1:-1, 1:-1]
    assert said(seen)[0].startswith("all that differs is the input itself, at its place")
    seen[0, 0, 0, 0] += 1
    assert not said(seen)[0].startswith("all that differs is the input itself")


@pytest.mark.parametrize(("wrong", "told"), [(7, True), (8, False)])
def test_one_number_that_most_values_are_off_by(wrong, told):
    """Nine tenths of 72 values."""
    seen = MEANT + 0.5
    seen.flat[:wrong] += np.arange(1.0, wrong + 1)
    assert any(each.startswith("the values of each channel are off by one number (0.5)") for each in said(seen)) == told


@pytest.mark.parametrize(("wrong", "told"), [(2, True), (3, True), (4, False)])
def test_few_elements_that_differ_are_named(wrong, told):
    seen = MEANT.copy()
    seen.flat[:wrong] += 2.0
    assert any(each.startswith("only [0, 0], [0, 1]") for each in said(seen)) == told


def test_one_element_is_left_to_what_is_said_of_agreement():
    seen = MEANT.copy()
    seen[0, 0, 3, 3] += 1
    assert not said(seen)


def test_a_difference_that_grows_along_an_axis():
    seen = MEANT + np.arange(9) * np.sign(RNG.normal(size=MEANT.shape))
    assert said(seen)[0].startswith("the difference grows from column to column, from 0 to 8 on average")
    assert said(seen[..., ::-1] * 0 + MEANT + np.arange(8, -1, -1))[0].startswith("the difference falls from column")
    assert not any("grows" in each for each in said(MEANT + RNG.normal(size=MEANT.shape)))


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (MEANT * (1 + 0.01 * RNG.normal(size=MEANT.shape)), "follows what is meant"),
        (MEANT + MEANT.std() * RNG.normal(size=MEANT.shape), "goes with what is meant in part"),
        (RNG.normal(size=MEANT.shape), "has nothing of what is meant"),
    ],
)
def test_how_what_was_observed_goes_with_what_is_meant(seen, words):
    assert words in said(seen)[-2] and said(seen)[-1] == NEXT


def test_too_few_values_have_no_look():
    seen = np.full(MEANT.shape, np.nan)
    seen.flat[:11] = MEANT.flat[:11] + 1
    assert said(seen) == [NEXT]
    seen.flat[11] = MEANT.flat[11] + 1
    assert len(said(seen)) > 1


@pytest.mark.parametrize(("correlation", "words"), [(0.2, "has nothing"), (0.4, None), (0.7, "in part")])
def test_a_correlation_that_chance_may_give_says_nothing_and_no_more(correlation, words):
    """Of 72 values: 2 and 5 standard deviations are 0.24 and 0.59."""
    rng = np.random.default_rng(5)
    other = rng.normal(size=MEANT.shape)
    a, b = MEANT - MEANT.mean(), other - other.mean()
    b -= a * (a * b).sum() / (a * a).sum()
    seen = correlation * a / a.std() + np.sqrt(1 - correlation**2) * b / b.std()
    told = [each for each in said(seen) if "correlation" in each]
    assert all(words is not None and words in each for each in told) and bool(told) == (words is not None)


def test_a_channel_of_one_value_is_named():
    conv = convolution(3)
    seen = direct(conv)
    seen[:, 1] = 0.0
    told = "output channel 1: all values are 0, whatever the input: look at what is done behind the sums"
    assert told in said(seen, conv)
    seen[0, 1, 0, 0] = 1.0
    assert not any(each.startswith("output channel") for each in said(seen, conv))


@pytest.mark.parametrize("factor", [1.0, 2.0**40])
def test_another_kernel_with_another_bias_is_solved_for(factor):
    conv = convolution(2)
    other, added = RNG.normal(size=conv.w.shape), np.array([0.25, -3.0])
    seen = direct(replace(conv, w=other).shifted(added)) * factor
    found = solve.solve(Question(replace(conv, w=conv.w * factor), seen, 1e-9 * factor))
    assert found is not None and found.fits and found.offsets is not None
    np.testing.assert_allclose(found.kernel, other * factor, rtol=1e-9, atol=1e-9 * factor)
    np.testing.assert_allclose(found.offsets, added * factor, rtol=1e-9)
    assert any("with another bias" in each for each in found.remarks())


def test_no_bias_is_solved_for_where_a_kernel_alone_gives_the_values():
    conv = convolution(2)
    found = solve.solve(Question(conv, direct(replace(conv, w=RNG.normal(size=conv.w.shape))), 1e-9))
    assert found is not None and found.fits and found.offsets is None


def test_what_no_kernel_gives_is_no_proof_of_more():
    conv = convolution(2)
    found = solve.solve(Question(conv, np.maximum(direct(conv), 0), 1e-9))
    assert found is not None and not found.fits
    assert not any("linear" in each or "invariant" in each for each in found.remarks())
