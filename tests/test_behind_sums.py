"""What a function makes of its sums is measured, and its sums beneath that."""

from __future__ import annotations

import numpy as np
import pytest

import harness
from harness.operations.windowed.probes.behind_sums import Ending
from tests.test_limits import correlate

MADE = {
    "y + 0.5": lambda y, k: y + 0.5,
    "0.1 * y": lambda y, k: y * 0.1,
    "0.1 * y + 3": lambda y, k: y * 0.1 + 3,
    "-2 * y - 1": lambda y, k: -2 * y - 1,
    "clip(y, 0, 255)": lambda y, k: np.clip(y, 0, 255),
    "clip(y + 1, 0, 6)": lambda y, k: np.clip(y + 1, 0, 6),
    "maximum(y + 0.5, 0)": lambda y, k: np.maximum(y + 0.5, 0),
    "minimum(y, 100000)": lambda y, k: np.minimum(y, 1e5),
    "leaky_relu(y, 0.1)": lambda y, k: np.where(y < 0, 0.1 * y, y),
    "y / the sum of the kernel": lambda y, k: y / k.sum(),
    "y / the sum of the kernel's magnitudes + 128": lambda y, k: y / np.abs(k).sum() + 128,
    "y / the number of its taps": lambda y, k: y / k.size,
}


@pytest.mark.parametrize("formula", MADE)
@pytest.mark.parametrize("flipped", [False, True])
def test_what_is_made_of_the_sums_is_said_and_what_to_match(formula, flipped):
    made = MADE[formula]
    card = harness.probe(lambda x, k: made(correlate(x, k[::-1, ::-1] if flipped else k), k))
    assert (card.unreadable, card.ending, card.alike) == ("", formula, [])
    assert card.conventions["reversal"] == {2: [flipped, flipped]}
    assert card.conventions["padding as it is"]["rule"] == "valid"
    own, other = (
        ("theano.tensor.nnet", "torch.nn.functional") if flipped else ("torch.nn.functional", "theano.tensor.nnet")
    )
    sums, last = card.beneath[-2:]
    assert sums == f"its sums equal `{own}.conv2d`; to match `{other}.conv2d` reverse the kernel"
    assert last.startswith(f"of a sum y it makes {formula}; to match, ")
    assert last in harness.text(card)


@pytest.mark.parametrize("made", [np.tanh, np.square, lambda y: 0 * y, lambda y: y[::2, ::2], lambda y: y + y.mean()])
def test_what_is_no_such_ending_stays_unreadable(made):
    card = harness.probe(lambda x, k: made(correlate(x, k)))
    assert card.unreadable
    assert (card.ending, card.beneath, card.alike) == ("", [], [])


def test_sums_have_no_ending():
    card = harness.probe(correlate)
    assert (card.ending, card.beneath) == ("", [])


def test_an_ending_that_depends_on_the_place_is_none():
    """g(x w) is y + 1 for a kernel of one sample, and for no other."""
    card = harness.probe(lambda x, k: correlate(x, k) + k.size)
    assert (card.unreadable != "", card.ending) == (True, "")


@pytest.mark.parametrize("sums", [np.linspace(-9, 9, 37)])
def test_an_ending_is_what_its_formula_says(sums):
    ending = Ending(0.5, 1.0, -2.0, 3.0)
    assert ending.formula == "clip(0.5 * y + 1, -2, 3)"
    np.testing.assert_array_equal(ending.of(sums), np.clip(0.5 * sums + 1, -2, 3))
    assert 2.0**22 * ending.scale <= 4
