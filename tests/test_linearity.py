"""A convolution that ends with its sums has no fault; what is made of them behind it is one, and is named."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import harness
from tests.test_limits import correlate

MADE: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "ReLU": (lambda y: np.maximum(y, 0), "negative ones become 0, as by a ReLU"),
    "absolute": (np.abs, "negative ones lose their sign, as by an absolute value"),
    "leaky": (lambda y: np.where(y < 0, 0.1 * y, y), "negative ones are multiplied by 0.1, as by a leaky ReLU"),
    "clip": (lambda y: np.clip(y, -1e5, 1e5), "large ones end at a limit"),
    "uneven": (lambda y: np.where(y < 0, -np.sqrt(np.abs(y)), y), "negative ones are not the opposite of positive"),
}


def linear(card: harness.Card) -> list[str]:
    return [fault.words for fault in card.faults if fault.words.startswith("something is made of the sums")]


@pytest.mark.parametrize("name", MADE)
def test_what_is_made_of_the_sums_is_a_fault(name):
    made, words = MADE[name]
    card = harness.probe(lambda image, kernel: made(correlate(image, kernel)), "HW,HW,HW")
    assert card.conventions["padding as it is"]["rule"] == "valid"
    (found,) = linear(card)
    assert found.startswith(f"something is made of the sums: {words}")
    assert card.alike == []


@pytest.mark.parametrize("made", [lambda y: y, lambda y: y * (1 + 1e-6)])
def test_plain_sums_have_no_fault(made):
    card = harness.probe(lambda image, kernel: made(correlate(image, kernel)), "HW,HW,HW")
    assert linear(card) == []
