from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.canonical.gaps import computable, filled, output
from harness.canonical.reference import direct
from harness.canonical.window import Linear, Window


@st.composite
def unknown_in_part(draw) -> Linear:
    rank, groups = draw(st.integers(1, 2)), draw(st.sampled_from([1, 2]))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    share = draw(st.sampled_from([0.0, 0.02, 0.2]))

    def array(*shape: int) -> np.ndarray:
        values = rng.integers(0, 4, shape).astype(float)  # zeros hide what they meet; no terms cancel
        return np.where(rng.random(shape) < share, np.nan, values)

    steps = (draw(st.integers(1, 2)),) * rank
    padding = ((draw(st.integers(0, 2)), draw(st.integers(-1, 2))),) * rank
    boundary = draw(st.sampled_from(["zero", "edge", "wrap", "constant"]))
    window = Window(
        steps,
        steps,
        padding,
        (draw(st.booleans()),) * rank,
        groups=groups,
        boundary=boundary,
        constant=draw(st.integers(0, 2)),
    )
    return Linear(array(2, 2, *(6, 7)[:rank]), array(2, 2 // groups, *(2, 3)[:rank]), array(2), window)


def drawn(conv: Linear, seed: int) -> Linear:
    rng = np.random.default_rng(seed)
    parts = (conv.x, conv.w, conv.bias)
    x, w, bias = (np.where(np.isnan(part), 1e3 + rng.standard_normal(part.shape), part) for part in parts)
    return replace(conv, x=x, w=w, bias=bias)


@settings(max_examples=80)
@given(unknown_in_part())
def test_outputs_are_known_where_nothing_that_is_not_can_change_them(conv):
    one, other = (direct(drawn(conv, seed)) for seed in (1, 2))
    assert np.array_equal(computable(conv), np.isclose(one, other, rtol=0, atol=1e-9))


@settings(max_examples=30)
@given(unknown_in_part())
def test_the_known_outputs_are_those_of_any_completion(conv):
    known = computable(conv)
    y = output(conv)
    assert np.array_equal(np.isnan(y), ~known)
    assert y[known] == pytest.approx(direct(drawn(conv, 3))[known])


def test_what_is_known_is_left_as_it_is():
    conv = Linear(np.ones((1, 1, 3)), np.full((1, 1, 2), np.nan), None, Window((1,), (1,), ((0, 0),), (False,)))
    assert np.array_equal(filled(conv).x, conv.x)
    assert not filled(conv).w.any()
