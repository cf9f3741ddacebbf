"""Axis tables: what each output sees, against the padded input itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from harness.canonical.axis import columns, elements, ended, position, sample, tables
from harness.canonical.reference import direct
from harness.canonical.window import BOUNDARIES, Linear, Window, pad
from tests.plain import convolutions


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("size", [2, 3, 5])
def test_samples_beyond_the_ends_are_those_that_padding_repeats(size: int, boundary: str) -> None:
    x = np.arange(1, size + 1)
    reach = 2 * size
    padded = pad(x[None, None], ((reach, reach),), boundary)[0, 0]
    met = sample(np.arange(-reach, size + reach), size, boundary)
    assert np.append(x, 0)[met].tolist() == padded.tolist()


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
    assert ended(conv.x).shape == (1, 1, 6, 8)
