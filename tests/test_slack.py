"""What rounded data may do to an output, held against the outputs of all data that round to them."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from harness.canonical.reference import direct
from harness.canonical.slack import slack_of
from harness.canonical.window import Linear, Window

WINDOW = Window(stride=(1,), dilation=(1,), padding=((1, 0),), reversal=(False,))


def form(bias: list[float] | None) -> Linear:
    x, w = np.array([[[1.0, -2.0, 3.0]]]), np.array([[[-0.5, 2.0]]])
    return Linear(x, w, None if bias is None else np.array(bias), WINDOW)


@pytest.mark.parametrize("bias", [None, [-1.5]])
def test_no_data_that_round_to_these_go_beyond_it_and_some_reach_it(bias):
    exact = form(bias)
    bound = slack_of(exact, exact.map(lambda each: each + 0.25))
    sides = itertools.product((-0.25, 0.25), repeat=sum(each.size for each in exact.arrays.values()))
    apart = [np.abs(direct(moved(exact, side)) - direct(exact)) for side in sides]
    np.testing.assert_allclose(np.max(apart, axis=0), bound, rtol=1e-12)


def moved(exact: Linear, side: tuple[float, ...]) -> Linear:
    """`exact` with one of `side` added to each element of its arrays."""
    left = iter(side)
    return exact.map(lambda each: each + np.array([next(left) for _ in range(each.size)]).reshape(each.shape))


def test_what_is_not_known_adds_nothing():
    exact = form([1.0])
    unknown = replace(exact, x=np.array([[[np.nan, -2.0, 3.0]]]), bias=np.array([np.nan]))
    assert (slack_of(exact, unknown) == 0).all()


@pytest.mark.parametrize("constant", [2.0, -2.0])
def test_a_number_in_the_padding_has_all_its_digits(constant):
    """The number is stated, not printed; the kernel that meets it is not known in full."""
    exact = replace(form(None), window=WINDOW.bounded("constant", constant))
    wide = exact.map(lambda each: each + 0.25)
    held = form(None)
    before = replace(held, x=np.concatenate([[[[constant]]], held.x], axis=2), window=WINDOW.bounded("zero"))
    padded = replace(before, window=replace(before.window, padding=((0, 0),)))
    known = padded.map(lambda each: each + 0.25, "w")
    known = replace(known, x=padded.x + np.array([[[0.0, 0.25, 0.25, 0.25]]]))
    np.testing.assert_array_equal(slack_of(exact, wide), slack_of(padded, known))
