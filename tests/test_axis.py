"""Axis tables: what each output sees, against the padded input itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.canonical import axis
from harness.canonical.axis import columns, elements, ended, meets_input, outputs_at, sample, tables
from harness.canonical.reference import direct
from harness.canonical.window import BOUNDARIES, Linear, Window, pad
from harness.worker.spans import position
from tests.plain import convolutions


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("size", [2, 3, 5])
def test_samples_beyond_the_ends_are_those_that_padding_repeats(size: int, boundary: str) -> None:
    x = np.arange(1, size + 1)
    reach = 2 * size
    padded = pad(x[None, None], ((reach, reach),), boundary, -7.0)[0, 0]
    met = sample(np.arange(-reach, size + reach), size, boundary)
    assert np.append(x, [0, -7])[met].tolist() == padded.tolist()


def test_zeros_stand_between_samples_that_are_apart() -> None:
    assert sample(np.arange(-1, 6), 3, base_dilation=2).tolist() == [3, 0, 3, 1, 3, 2, 3]


def test_a_tap_stands_where_stride_padding_and_dilation_put_it() -> None:
    assert position(output=4, tap=2, stride=3, low=1, dilation=5) == 4 * 3 - 1 + 2 * 5


@settings(max_examples=150)
@given(convolutions(base_dilation=True))
def test_columns_times_the_kernel_are_the_convolution(conv: Linear) -> None:
    groups = conv.window.groups
    seen = columns(conv)
    assert seen.size == elements(conv)
    w = conv.w.reshape(groups, -1, conv.terms)
    y = (w @ seen.swapaxes(1, 2)).reshape(groups, w.shape[1], len(conv.x), *conv.output_shape[2:])
    y = y.reshape(len(conv.w), len(conv.x), *conv.output_shape[2:]).swapaxes(0, 1)
    bias = 0 if conv.bias is None else conv.bias.reshape(-1, *(1,) * conv.rank)
    np.testing.assert_array_equal(y + bias, direct(conv))


def test_tables_have_a_row_for_each_output_and_a_column_for_each_tap() -> None:
    window = Window((1, 1), (1, 1), ((0, 0), (0, 0)), (False, True))
    conv = Linear(*(np.ones(shape) for shape in ((1, 1, 5, 7), (1, 1, 3, 2))), None, window)
    assert [table.shape for table in tables(conv)] == [(3, 3), (6, 2)]
    assert ended(conv.x).shape == (1, 1, 7, 9)


@settings(max_examples=150)
@given(convolutions(base_dilation=True))
def test_some_outputs_are_those_of_the_whole(conv: Linear) -> None:
    whole = direct(conv)
    places = np.argwhere(np.random.default_rng(0).random(whole.shape) < 0.5)
    np.testing.assert_array_equal(outputs_at(conv, places), whole[tuple(places.T)])


def test_outputs_are_gathered_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    conv = Linear(np.arange(30.0).reshape(1, 1, 30), np.ones((1, 1, 3)), None, Window((1,), (1,), ((0, 0),), (False,)))
    monkeypatch.setattr(axis, "GATHERED", 10)
    places = np.argwhere(np.ones(conv.output_shape))
    np.testing.assert_array_equal(outputs_at(conv, places), direct(conv).ravel())


@settings(max_examples=300)
@given(convolutions(base_dilation=True), st.integers(-9, 9), st.integers(-9, 9))
def test_an_output_meets_the_input_where_a_table_says_so(conv: Linear, low: int, high: int) -> None:
    conv = replace(conv, window=replace(conv.window, padding=((low, high), *conv.window.padding[1:])))
    zeros = replace(conv, window=replace(conv.window, boundary="zero"))
    met = all((table < size).any() for table, size in zip(tables(zeros), conv.x.shape[2:]))
    assert meets_input(conv) == met
