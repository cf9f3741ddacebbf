"""What a padding word comes to is worked out anew where a change alters the sizes or the settings that it goes by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.canonical.reference import direct
from harness.canonical.window import Linear, Window
from harness.operations.transforms.arrays import InputAxes, KernelAxes, Resizing, ReverseKernel, TransposeKernelSpatial
from harness.operations.transforms.settings import AxisSwap, Dilation, Stride
from harness.operations.transforms.transform import applied, read
from harness.operations.windowed import search
from harness.operations.windowed.search.question import Question
from harness.worker.spans import padding_pair

SAME = "same_upper"


def same(conv: Linear) -> Linear:
    """`conv` with what `same` comes to in it."""
    axes = zip(conv.x.shape[2:], conv.w.shape[2:], conv.window.stride, conv.window.dilation)
    return replace(conv, window=replace(conv.window, padding=tuple(padding_pair(SAME, *axis) for axis in axes)))


def drawn(seed: int, sizes: tuple[int, ...], kernel: tuple[int, ...], stride: tuple[int, ...]) -> Linear:
    """Of an input (C, *spatial) and a kernel (O, C, *spatial), with `same`."""
    rng = np.random.default_rng(seed)
    rank = len(stride)
    window = Window(stride, (1,) * rank, ((0, 0),) * rank, (False,) * rank)
    return same(Linear(rng.normal(size=(1, *sizes)), rng.normal(size=kernel), None, window))


PADDING = ((0, 0), (0, 0))
CHANGED = {
    "7 x 8 input transposed at stride 2": (((1, 7, 8), (1, 1, 3, 3), (2, 2)), InputAxes((0, 1, 3, 2))),
    "4 x 3 x 3 x 3 kernel read (1, 2, 3, 0)": (((3, 7, 8), (4, 3, 3, 3), (1, 1)), KernelAxes((1, 2, 3, 0))),
    "flat kernel transposed": (((2, 7, 8), (2, 2, 2, 5), (1, 1)), TransposeKernelSpatial((0, 1, 3, 2))),
    "strides exchanged": (((1, 7, 8), (1, 1, 3, 3), (2, 1)), AxisSwap((1, 2), (1, 1), PADDING)),
    "another stride": (((1, 7, 8), (1, 1, 4, 3), (1, 1)), Stride((2, 2), PADDING)),
    "another dilation": (((1, 9, 8), (1, 1, 3, 2), (1, 1)), Dilation((2, 2), PADDING)),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", CHANGED)
@pytest.mark.parametrize("more", [(), (ReverseKernel((0, 1)),)], ids=["alone", "reversed"])
def test_the_word_is_worked_out_anew(name, more, seed):
    sizes, change = CHANGED[name]
    conv = drawn(seed, *sizes)
    anew = same(applied(conv, (change, *more)))
    told = replace(change, padding=anew.window.padding)
    observed = direct(anew)
    found = list(search.explanations(search.Search(Question(conv, observed, 1e-9, recipe=SAME), 2)))
    assert len(found[0]) == 1 + len(more), found[:3]
    assert any(told in each and set(more) <= set(each) for each in found), found[:3]
    for each in found:
        assert np.abs(read(direct(applied(conv, each)), each, observed.shape) - observed).max() < 1e-9


def test_a_padding_that_stays_is_not_told():
    conv = drawn(0, (1, 7, 7), (1, 1, 3, 3), (2, 2))
    observed = direct(InputAxes((0, 1, 3, 2)).differ(conv))
    (first, *_) = search.explanations(search.Search(Question(conv, observed, 1e-9, recipe=SAME), 1))
    assert [each.padding for each in first if isinstance(each, Resizing)] == [None]
