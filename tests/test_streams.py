"""Streams of whole numbers: within their range, and unbiased."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from harness.grammar.streams import STREAMS, RawStream


@given(st.integers(-(2**62), 2**62), st.integers(0, 2**62), st.integers(0, 2**32), st.sampled_from(["PCG64", "Philox"]))
def test_integers_stay_in_their_range(low: int, length: int, seed: int, generator: str) -> None:
    drawn = STREAMS[generator](generator, seed).integers(low, low + length, 20)
    assert drawn.dtype == np.int64
    assert drawn.min() >= low
    assert drawn.max() <= low + length


def test_integers_throw_away_the_rest() -> None:
    choices = 2**63 - 1 - 2**61
    raw = [int(value) for value in np.random.PCG64(3).random_raw(40)]
    kept = [value % choices for value in raw if value < 2 * choices]
    assert RawStream("PCG64", 3).integers(0, choices - 1, 10).tolist() == kept[:10]
    assert len([value for value in raw[:10] if value >= 2 * choices])
