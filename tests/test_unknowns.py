from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.canonical.reference import direct
from harness.canonical.window import Linear, Window
from harness.operations.windowed.search.unknowns import system


def convolution(seed: int = 0, rank: int = 2, boundary: str = "zero", groups: int = 1) -> Linear:
    rng = np.random.default_rng(seed)
    window = Window((1,) * rank, (1,) * rank, ((1, 1),) * rank, (False,) * rank, groups=groups, boundary=boundary)
    x, w = rng.standard_normal((2, 2, *(6, 7)[:rank])), rng.standard_normal((2, 2 // groups, *(3, 3)[:rank]))
    return Linear(x, w, rng.standard_normal(2), window)


def without(conv: Linear, **places: tuple[int, ...]) -> Linear:
    """`conv` with these elements not known."""
    changed = {}
    for name, place in places.items():
        changed[name] = getattr(conv, name).copy()
        changed[name][place] = np.nan
    return replace(conv, **changed)


@settings(max_examples=40)
@given(
    st.integers(0, 10**6),
    st.sampled_from([1, 2]),
    st.sampled_from(["zero", "wrap"]),
    st.sampled_from([1, 2]),
    st.booleans(),
)
def test_what_is_not_known_is_found(seed, rank, boundary, groups, of_the_input):
    conv = convolution(seed, rank, boundary, groups)
    x_at, w_at = (1, 0, *(2,) * rank), (1, 0, *(1,) * rank)
    partial = without(conv, x=x_at, bias=(0,)) if of_the_input else without(conv, w=w_at, bias=(0,))
    found = system(partial, direct(conv), 0.0, 0.0)
    values, rank_, solvable = found.solution
    assert solvable
    assert found.confirmed
    assert rank_ == len(values) == 2
    known = dict(zip((role for role, _ in found.unknowns), values))
    assert known.pop("bias") == pytest.approx(conv.bias[0])
    assert known == {"input": pytest.approx(conv.x[x_at])} or known == {"kernel": pytest.approx(conv.w[w_at])}


def test_the_whole_kernel_is_found_and_named():
    conv = convolution(rank=1)
    partial = replace(conv, w=np.full_like(conv.w, np.nan))
    said = list(system(partial, direct(conv), 0.0, 0.0).remarks(partial))
    assert said[0] == "24 values fit what the case means, with some choice of the 12 unknown elements"
    assert f"kernel[0, 1, 2] = {conv.w[0, 1, 2]:.6g}" in said[1]


def test_values_that_no_kernel_gives_are_refuted():
    conv = convolution()
    partial = replace(conv, w=np.full_like(conv.w, np.nan))
    found = system(partial, np.sin(direct(conv)), 0.0, 0.0)
    assert not found.solution[2]
    assert not found.confirmed
    assert "do not fit what the case means, whatever the 36 unknown elements are" in next(iter(found.remarks(partial)))


def test_two_values_refute_nothing_alone():
    conv = convolution()
    partial = replace(conv, w=np.full_like(conv.w, np.nan))
    found = system(partial, np.array([[[[1.0, 2.0]]]]), 0.0, 0.0)
    assert found.solution[1:] == (2, True)
    assert not found.confirmed
    assert "too few to check anything alone" in next(iter(found.remarks(partial)))


def test_products_of_two_unknown_elements_are_left_out():
    conv = convolution()
    partial = without(conv, x=(0, 0, 0, 0), w=(0, 0, 1, 1))
    found = system(partial, direct(conv), 0.0, 0.0)
    assert found.products == 1
    assert next(iter(found.remarks(partial))).startswith("1 values are left out")
    assert found.solution[2]


@pytest.mark.parametrize(("slack", "coarse", "solvable"), [(0.0, 0.0, False), (1e-2, 0.0, True), (0.0, 1e-2, True)])
def test_printed_digits_leave_room(slack, coarse, solvable):
    conv = convolution()
    partial = replace(conv, w=np.full_like(conv.w, np.nan))
    assert system(partial, np.round(direct(conv), 3), slack, coarse).solution[2] == solvable


def test_kernel_rows_that_meet_equal_input_are_named():
    conv = convolution()
    x = conv.x.copy()
    x[:, :, 1] = x[:, :, 0]
    partial = replace(conv, x=x, w=np.full_like(conv.w, np.nan))
    said = list(system(partial, np.array([[[[1.0, 2.0]]]]), 0.0, 0.0).remarks(partial))
    assert "kernel rows 1, 2 meet equal input: these values would not tell them apart" in said
