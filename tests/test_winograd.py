"""Winograd's matrices: they compute the cross-correlation, and their amplification is that of their errors."""

from __future__ import annotations

import numpy as np
import pytest

from harness.rounding.winograd import amplification, matrices

TILES = [(2, 3), (4, 3), (6, 3), (2, 5), (4, 5)]


@pytest.mark.parametrize(("m", "r"), TILES)
def test_a_tile_is_the_cross_correlation(m, r):
    rng = np.random.default_rng(m)
    AT, G, BT = matrices(m, r)
    x, w = rng.standard_normal(m + r - 1), rng.standard_normal(r)
    np.testing.assert_allclose(AT @ ((G @ w) * (BT @ x)), np.correlate(x, w, "valid"), atol=1e-12)


@pytest.mark.parametrize(("m", "r"), TILES)
def test_errors_of_the_products_are_amplified_as_stated(m, r):
    rng = np.random.default_rng(r)
    AT, G, BT = matrices(m, r)
    x, w = rng.standard_normal((20000, m + r - 1)), rng.standard_normal((20000, r))
    products = (w @ G.T) * (x @ BT.T) * rng.standard_normal((20000, m + r - 1))
    measured = np.sqrt(np.square(products @ AT.T).mean(axis=0)).max()
    assert measured == pytest.approx(amplification(m, r) * np.sqrt(r), rel=0.15)


def test_larger_tiles_amplify_more():
    assert amplification(2, 3) < amplification(4, 3) < amplification(6, 3)


def test_a_tile_that_is_too_large_is_refused():
    with pytest.raises(ValueError, match=r"F\(8,3\) takes tiles of 10; points for tiles of up to 8"):
        matrices(8, 3)
