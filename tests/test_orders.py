"""Orders of elements are known once, however alike they look at the places that are looked at."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from harness.operations.by_settings.orders import LOOKED_AT, Orders

SMALL, LARGE = np.arange(24).reshape(2, 3, 4), np.arange(40 * 50 * 60).reshape(40, 50, 60)


@pytest.mark.parametrize("numbered", [SMALL, LARGE])
def test_each_order_is_new_once(numbered: np.ndarray) -> None:
    known = Orders()
    orders = [(0, 1, 2), (0, 2, 1), (2, 1, 0), (1, 2, 0)]
    assert [known.add(partial(np.transpose, numbered, each)) for each in orders] == [True] * 4
    assert [known.add(partial(np.transpose, numbered, each)) for each in orders] == [False] * 4


def test_axes_of_one_element_make_no_order_and_shapes_do() -> None:
    known = Orders()
    assert known.add(lambda: np.arange(6).reshape(1, 6, 1))
    assert not known.add(lambda: np.arange(6).reshape(1, 6, 1).transpose(2, 1, 0))
    assert known.add(lambda: np.arange(6).reshape(6, 1, 1))
    assert known.add(lambda: np.arange(0).reshape(0, 2))
    assert not known.add(lambda: np.arange(0).reshape(0, 2))


def test_orders_that_differ_where_nobody_looks_are_two() -> None:
    size = 100 * LOOKED_AT
    looked = set(np.random.default_rng(0).integers(0, size, LOOKED_AT).tolist())
    one, other = [each for each in range(size) if each not in looked][:2]
    exchanged = np.arange(size)
    exchanged[[one, other]] = exchanged[[other, one]]
    known = Orders()
    assert [known.add(lambda: np.arange(size)), known.add(lambda: exchanged), known.add(lambda: exchanged)] == [
        True,
        True,
        False,
    ]
