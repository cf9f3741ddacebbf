"""What a padding that was found is called, where a stride is stated."""

from __future__ import annotations

import numpy as np
import pytest

from harness.canonical.window import Linear, Window
from harness.operations.windowed.search.paddings import changes


def strided(n: int, step: int, pair: tuple[int, int]) -> Linear:
    window = Window((step,), (1,), (pair,), (False,))
    return Linear(np.zeros((1, 1, n)), np.zeros((1, 1, 3)), None, window)


@pytest.mark.parametrize(
    ("n", "step", "pair", "low", "names"),
    [
        (10, 2, (0, 0), -1, ["stride_phase", "padding_split"]),  # nobody pads by -1
        (11, 3, (0, 0), -2, ["stride_phase", "padding_split"]),
        (8, 2, (1, 1), 0, ["padding_split", "stride_phase"]),  # SAME of TensorFlow, which is far more frequent
        (10, 2, (0, 0), 1, ["padding_split", "stride_phase"]),  # begins before, with what is no sample at stride 1
        (11, 2, (0, 0), -2, ["padding_split", "stride_phase"]),  # a whole stride later
    ],
)
def test_a_stride_that_starts_later_is_called_so_where_no_usual_padding_does_it(n, step, pair, low, names):
    conv = strided(n, step, pair)
    found = changes(conv, (low,), conv.output_shape[2:])
    assert [each.id for each in found][: len(names)] == names
    assert [each.also for each in found] == list(range(len(found)))
