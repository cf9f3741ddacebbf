"""Numbers that are read from an output: every element must allow them, and enough different ones confirm them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from harness.operations.by_settings.inferring import root

LIMITS = (1e-3, 1e2)
BASIS = np.array([0.3, 0.5, 0.9, 1.4, 2.0, 3.1])

Value = Callable[[np.ndarray, np.ndarray], np.ndarray]
MONOTONE: dict[str, Value] = {
    "rising": lambda p, x: p * x,
    "falling": lambda p, x: x / (1 + p),
    "rising for some, falling for others": lambda p, x: x**p,
}


@pytest.mark.parametrize("value", MONOTONE.values(), ids=MONOTONE)
@pytest.mark.parametrize("planted", [0.0123, 0.75, 1.7, 63.0])
def test_the_shortest_number_that_all_elements_allow_is_read(value: Value, planted: float) -> None:
    seen = value(np.full(BASIS.shape, planted), BASIS)
    assert root(value, BASIS, seen, 1e-7 * np.abs(seen), LIMITS) == planted


@pytest.mark.parametrize("value", MONOTONE.values(), ids=MONOTONE)
@pytest.mark.parametrize("off", [-1, 1])
@pytest.mark.parametrize("element", range(len(BASIS)))
def test_one_element_that_allows_no_such_number_is_enough(value: Value, off: int, element: int) -> None:
    """Within its room it is passed over, and beyond it nothing is read."""
    seen = value(np.full(BASIS.shape, 0.75), BASIS)
    room = 1e-4 * np.abs(seen)
    for share, found in ((0.5, 0.75), (30.0, None)):
        moved = seen.copy()
        moved[element] += off * share * room[element]
        assert root(value, BASIS, moved, room, LIMITS) == found


@pytest.mark.parametrize("values", [3, 4])
def test_as_many_different_values_as_one_confirms(values: int) -> None:
    seen = 0.75 * BASIS[:values]
    assert root(MONOTONE["rising"], BASIS[:values], seen, 1e-7 * seen, LIMITS) == (0.75 if values > 3 else None)


def test_what_lies_beyond_the_limits_or_is_not_known_is_not_read() -> None:
    assert root(MONOTONE["rising"], BASIS, 2e2 * BASIS, 1e-7 * BASIS, LIMITS) is None
    assert root(MONOTONE["rising"], BASIS, np.full(BASIS.shape, np.nan), 1e-7 * BASIS, LIMITS) is None
