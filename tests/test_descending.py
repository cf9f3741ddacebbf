"""Factors and offsets that no linear system tells, by steps towards the least squares."""

from __future__ import annotations

import numpy as np
import pytest

from harness.canonical import gaps
from harness.canonical.settled import Settled, column
from harness.operations import local_response_normalization
from harness.operations.by_settings.descending import MOST, STEPS, descended

SETTINGS = {"size": 3, "alpha": 0.5, "beta": 0.75, "k": 1.0, "across": "C", "divided": "size"}
RNG = np.random.default_rng(2)
FACTORS, OFFSETS = np.array([5.0, 0.4, 2.5, 1.5]), np.array([-0.5, 0.3, -0.9, 0.0])


def form_of(*shape: int) -> Settled:
    return Settled({"x": RNG.normal(size=shape)}, SETTINGS, local_response_normalization)


def output_of(form: Settled, factors: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    return gaps.output(form.map(lambda x: x * column(factors, 2) + column(offsets, 2), "x"))


@pytest.mark.parametrize("room", [1e-12, 1e-6])
def test_what_an_input_was_prepared_with_is_read_back(room: float) -> None:
    form = form_of(2, 4, 6, 7)
    seen = output_of(form, FACTORS, OFFSETS)
    found = descended(form, seen, np.full(seen.shape, room))
    assert found is not None
    assert np.allclose(found.numbers, [*FACTORS, *OFFSETS], rtol=0, atol=1e-8)


def test_where_nothing_is_near_the_nearest_is_no_solution() -> None:
    form = form_of(2, 4, 6, 7)
    found = descended(form, RNG.normal(size=form.x.shape), np.full(form.x.shape, 1e-6))
    assert found is None or np.abs(found.matrix @ found.numbers - found.values).max() > 1


def test_too_few_values_tell_nothing_and_too_many_are_not_computed() -> None:
    form = form_of(1, 4, 1, 2)
    assert descended(form, gaps.output(form), np.full(form.x.shape, 1e-6)) is None
    large = form_of(1, 4, 1, MOST // (4 * 4 * 4 * STEPS) + 1)
    assert descended(large, gaps.output(large), np.full(large.x.shape, 1e-6)) is None
