"""Bounds of sums, carried through what is made of them: what lies at an edge refutes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from harness.canonical.magnitudes import magnitudes
from harness.canonical.window import Linear, Window
from harness.rounding.ladder import Ladder
from harness.rounding.propagated import FEW, Made, fit

SUMS = 4000
DOWN = Made(np.floor)
ONE_MORE = Made(lambda y: np.floor(y + 1))
RNG = np.random.default_rng(1)


def holds(sums: np.ndarray, made: Made, found: np.ndarray) -> bool:
    """Whether `found` may be made of these sums, each of one product."""
    x, w = np.reshape(sums.astype(np.float32), (1, 1, -1)), np.ones((1, 1, 1), np.float32)
    conv = Linear(x, w, None, Window((1,), (1,), ((0, 0),), (False,)))
    ladder = Ladder.of(conv, magnitudes(conv), np.reshape(sums, (1, 1, -1)), "float32")
    return fit(ladder, made, np.reshape(found, (1, 1, -1)).astype(np.float32), "float32", 0.0, None)[0] is not None


@pytest.mark.parametrize("wrong", [1, SUMS - 1])
def test_where_all_values_are_at_an_edge_none_confirms_anything(wrong: int) -> None:
    """Whole sums and 1, rounded down: one error of the arithmetic less, and each of them is one less."""
    sums = RNG.integers(1, 9, SUMS).astype(float)
    assert holds(sums, ONE_MORE, sums + 1)
    assert not holds(sums, ONE_MORE, sums + (np.arange(SUMS) >= wrong))


def at_an_edge(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Sums, so many of which are hardly too small for the next whole number, which came of them all the same."""
    whole, first = RNG.integers(1, 9, SUMS), np.arange(SUMS) < count
    return np.where(first, whole - 1e-9, whole + 0.5), whole.astype(float)


@pytest.mark.parametrize(("share", "held"), [(0.49, True), (0.51, False)])
def test_some_values_at_an_edge_may_come_out_either_way(share: float, held: bool) -> None:
    sums, found = at_an_edge(int(share * SUMS))
    assert holds(sums, DOWN, found) == held


@pytest.mark.parametrize(("more", "held"), [(0, True), (1, False)])
def test_numbers_that_were_read_leave_hardly_a_value_at_an_edge(more: int, held: bool) -> None:
    sums, found = at_an_edge(int(FEW * SUMS) + more)
    assert holds(sums, DOWN._replace(read=True), found) == held
