"""Where windows stand and how far they reach, against counting: each formula is the number of places that it is of."""

from __future__ import annotations

import operator
from itertools import product

import pytest

from harness.worker.spans import ceildiv, output_size, position, reach, span

SIZES = list(product((1, 2, 5, 9), (1, 2, 3), (1, 2, 3), (1, 2)))
"""(samples, taps, stride, dilation)"""


@pytest.mark.parametrize(("n", "k", "stride", "dilation"), SIZES)
def test_a_window_spans_the_places_of_its_taps_and_outputs_reach_those_of_all(
    n: int, k: int, stride: int, dilation: int
):
    places = [position(0, tap, stride, 0, dilation) for tap in range(k)]
    assert span(k, dilation) == places[-1] - places[0] + 1
    last = position(n - 1, k - 1, stride, 0, dilation)
    assert reach(n, k, stride, dilation) == last - places[0] + 1


@pytest.mark.parametrize("rounded", [operator.floordiv, ceildiv])
@pytest.mark.parametrize("padding", [(0, 0), (1, 2), (-1, 0)])
@pytest.mark.parametrize(("n", "k", "stride", "dilation"), SIZES)
def test_there_are_as_many_outputs_as_windows_that_fit(n, k, stride, dilation, padding, rounded):
    low, high = padding
    fits = [i for i in range(n + 9) if position(i, k - 1, stride, low, dilation) < n + high]
    found = output_size(n, k, stride, dilation, padding, rounded=rounded)
    left = n + low + high - span(k, dilation)
    beyond = rounded is ceildiv and left > 0 and left % stride > 0
    assert max(found, 0) == len(fits) + beyond or left < 0


@pytest.mark.parametrize(("size", "step", "steps"), [(0, 3, 0), (1, 3, 1), (3, 3, 1), (4, 3, 2), (-1, 3, 0)])
def test_steps_are_counted_up(size: int, step: int, steps: int):
    assert ceildiv(size, step) == steps
