"""Axis letters: the permutation in, its inverse out, and what is refused."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.canonical.layout import (
    LEADING,
    SPATIAL,
    LayoutError,
    canonical,
    expand,
    from_canonical,
    spatial_rank,
    to_canonical,
)

ROLES = sorted(LEADING)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("rank", SPATIAL)
def test_every_order_of_axes_comes_back(role: str, rank: int) -> None:
    wanted = canonical(role, rank)
    sizes = dict(zip(wanted, range(2, 2 + len(wanted))))
    for letters in map("".join, permutations(wanted)):
        array = np.random.default_rng(0).standard_normal([sizes[letter] for letter in letters])
        there = to_canonical(array, letters, role)
        assert there.shape == tuple(sizes[letter] for letter in wanted)
        np.testing.assert_array_equal(there, np.einsum(f"{letters}->{wanted}", array))
        np.testing.assert_array_equal(from_canonical(there, letters, role), array)


@given(st.sampled_from(ROLES), st.sampled_from(sorted(SPATIAL)), st.data())
def test_missing_letters_are_axes_of_length_1(role: str, rank: int, data: st.DataObject) -> None:
    present = "".join(letter for letter in LEADING[role] if data.draw(st.booleans())) + SPATIAL[rank]
    letters = "".join(data.draw(st.permutations(present)))
    array = np.arange(2.0 ** len(letters)).reshape((2,) * len(letters))
    there = to_canonical(array, letters, role)
    assert there.shape == tuple(2 if letter in letters else 1 for letter in canonical(role, rank))
    np.testing.assert_array_equal(from_canonical(there, letters, role), array)


def test_both_ways_are_views() -> None:
    array = np.zeros((5, 4, 3))
    assert np.shares_memory(to_canonical(array, "HWC", "input"), array)
    assert np.shares_memory(from_canonical(array.reshape(1, 5, 4, 3), "CHW", "output"), array)


def test_a_star_stands_for_the_spatial_axes() -> None:
    assert [expand("N*C", rank) for rank in SPATIAL] == ["NWC", "NHWC", "NDHWC"]
    assert expand("OIHW", 2) == "OIHW"


def test_a_layout_without_space_has_one_axis_of_length_1() -> None:
    x = np.arange(6).reshape(2, 3)
    assert to_canonical(x, "CN", "input").shape == (3, 2, 1)
    np.testing.assert_array_equal(from_canonical(to_canonical(x, "NC", "input"), "NC", "output"), x)


@pytest.mark.parametrize(
    ("letters", "role", "words"),
    [
        ("NHWO", "input", "'O' is not an axis of the input"),
        ("NCHW", "kernel", "'N' is not an axis of the kernel"),
        ("nchw", "input", "'n' is not an axis"),
        ("NHHW", "input", "'H' stands twice"),
        ("NCH", "input", r"spatial axes are W \(1-D\), H W \(2-D\) or D H W \(3-D\), found \['H'\]"),
        ("NCDW", "input", r"found \['D', 'W'\]"),
        ("", "kernel", r"found \[\]"),
    ],
)
def test_a_layout_that_cannot_be_read_is_refused(letters: str, role: str, words: str) -> None:
    with pytest.raises(LayoutError, match=words):
        spatial_rank(letters, role)


def test_an_array_with_other_axes_than_its_layout_is_refused() -> None:
    with pytest.raises(LayoutError, match=r"'HWC' names 3 axes, the array has 2: shape \(4, 5\)"):
        to_canonical(np.zeros((4, 5)), "HWC", "input")


def test_an_axis_that_is_not_1_cannot_be_left_out() -> None:
    with pytest.raises(LayoutError, match="'HWC' leaves out N, whose length is 2"):
        from_canonical(np.zeros((2, 3, 4, 5)), "HWC", "output")
