"""Canonical form: sizes, padding recipes, and the padded input itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.canonical.window import BOUNDARIES, Linear, Window, pad, padded, spatial_index
from harness.worker.entry import RECIPES
from harness.worker.spans import cut_pair, output_size, padding_pair, span

sizes = st.integers(1, 12)
steps = st.integers(1, 4)


def starts(n: int, k: int, stride: int, dilation: int, low: int, high: int) -> list[int]:
    """First samples of all placements of the kernel inside the padded line, counted one by one."""
    return [i for i in range(-low, n + high, stride) if i + (k - 1) * dilation < n + high]


@given(sizes, sizes, steps, steps, st.integers(-3, 5), st.integers(-3, 5), steps)
def test_outputs_are_the_placements_of_the_kernel(
    n: int, k: int, stride: int, dilation: int, low: int, high: int, base: int
) -> None:
    count = output_size(n, k, stride, dilation, (low, high), base)
    assert max(count, 0) == len(starts(span(n, base), k, stride, dilation, low, high))


@given(sizes, sizes, steps, steps)
def test_same_covers_the_input_and_splits_evenly(n: int, k: int, stride: int, dilation: int) -> None:
    low, high = padding_pair("same_upper", n, k, stride, dilation)
    assert output_size(n, k, stride, dilation, (low, high)) >= -(-n // stride)
    assert high - low in (0, 1)
    assert padding_pair("same_lower", n, k, stride, dilation) == (high, low)
    assert padding_pair("same", n, k, stride, dilation) == (low, high)
    if low + high:
        assert output_size(n, k, stride, dilation, (low, high)) == -(-n // stride)


@given(sizes, sizes, steps)
def test_full_has_every_output_that_sees_the_input_and_valid_only_whole_windows(n: int, k: int, dilation: int) -> None:
    extent = span(k, dilation)
    assert output_size(n, k, 1, dilation, padding_pair("full", n, k, 1, dilation)) == n + extent - 1
    assert output_size(n, k, 1, dilation, padding_pair("valid", n, k, 1, dilation)) == n - extent + 1
    low, high = padding_pair("same_half", n, k, 1, dilation)
    assert (low, low + high) == (extent // 2, extent - 1)


@pytest.mark.parametrize(
    ("recipe", "n", "k", "stride", "pair"),
    [
        ("same_upper", 5, 3, 1, (1, 1)),
        ("same_upper", 6, 3, 2, (0, 1)),
        ("same_lower", 6, 3, 2, (1, 0)),
        ("same_upper", 5, 3, 2, (1, 1)),
        ("same_upper", 5, 4, 1, (1, 2)),
        ("same_half", 5, 4, 1, (2, 1)),
        ("same_upper", 5, 1, 3, (0, 0)),
    ],
)
def test_recipes_in_numbers(recipe: str, n: int, k: int, stride: int, pair: tuple[int, int]) -> None:
    assert padding_pair(recipe, n, k, stride) == pair


def test_an_unknown_recipe_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        padding_pair("SAME", 5, 3)


@given(st.integers(1, 6), st.integers(-8, 8), st.integers(-8, 8))
def test_zeros_around_or_samples_cut_away(n: int, low: int, high: int) -> None:
    line = np.arange(1, n + 1)
    expected = [line[i] if 0 <= i < n else 0 for i in range(-low, n + high)]
    assert pad(line[None, None], ((low, high),))[0, 0].tolist() == expected


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("pairs", [((2, 1), (0, 3)), ((-1, 2), (1, -2)), ((0, 0), (0, 0))])
def test_boundaries_are_those_of_numpy_and_crops_come_after(boundary: str, pairs: tuple[tuple[int, int], ...]) -> None:
    x = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
    grown = np.pad(
        x, [(0, 0), (0, 0), *((max(low, 0), max(high, 0)) for low, high in pairs)], mode=BOUNDARIES[boundary]
    )
    cut = (slice(max(-low, 0), size - max(-high, 0)) for (low, high), size in zip(pairs, grown.shape[2:]))
    np.testing.assert_array_equal(pad(x, pairs, boundary), grown[spatial_index(cut)])


def test_base_dilation_puts_zeros_between_before_it_pads() -> None:
    x = np.array([[[1.0, 2.0, 3.0]]])
    window = Window((1,), (1,), ((1, 0),), (False,), base_dilation=(3,), boundary="edge")
    conv = Linear(x, np.ones((1, 1, 2)), None, window)
    assert padded(conv)[0, 0].tolist() == [1, 1, 0, 0, 2, 0, 0, 3]
    assert conv.output_shape == (1, 1, 7)


def test_a_convolution_knows_its_sizes() -> None:
    window = Window((2, 1), (1, 3), ((0, 1), (2, 2)), (False, False), groups=2)
    conv = Linear(np.zeros((4, 6, 7, 9)), np.zeros((8, 3, 2, 3)), None, window)
    assert window.base_dilation == (1, 1)
    assert (conv.rank, conv.terms, conv.output_shape) == (2, 18, (4, 8, 4, 7))


def test_a_kernel_that_does_not_fit_leaves_no_output() -> None:
    conv = Linear(np.zeros((1, 1, 2)), np.zeros((1, 1, 5)), None, Window((1,), (1,), ((0, 0),), (False,)))
    assert conv.output_shape[2] <= 0


@pytest.mark.parametrize("bias", [None, np.array([3.0, 4.0])])
def test_a_form_maps_the_arrays_that_it_has(bias: np.ndarray | None) -> None:
    form = Linear(np.ones((1, 1, 3)), np.ones((2, 1, 1)), bias, Window((1,), (1,), ((0, 0),), (False,)))
    assert form.biased is (bias is not None)
    assert form.offsets.tolist() == ([0, 0] if bias is None else [3, 4])
    whole, part = form.map(lambda each: each * 2), form.map(lambda each: each * 2, "w", "bias")
    assert whole.x.max() == 2 and part.x.max() == 1
    assert whole.w.max() == part.w.max() == 2
    assert whole.biased is part.biased is form.biased
    assert part.offsets.tolist() == [2 * each for each in form.offsets]
    second = form.channels(slice(1, 2))
    assert second.w.shape == (1, 1, 1) and second.offsets.tolist() == form.offsets.tolist()[1:]


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_that_a_declaration_may_name_is_known(recipe: str) -> None:
    known = 0
    for pair in (lambda: padding_pair(recipe, 5, 3), lambda: cut_pair(recipe, 3)):
        try:
            known += len(pair()) == 2
        except KeyError:
            continue
    assert known
