"""Which transforms of the intended convolution give the observed values?

Candidates are read off response maps: for each way to reverse the kernel, the convolution at stride 1 over a widely
padded input holds, as strided views, the output of every padding there is. Hypotheses that miss a few sampled outputs
are dropped; what is left is for the caller to confirm on every element.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from harness.reference import direct
from harness.transform import PaddingSplit, ReverseKernel, Transform
from harness.window import Convolution, Pairs, span

SAMPLES = 6


def candidates(conv: Convolution, observed: np.ndarray, slack: float) -> list[tuple[Transform, ...]]:
    """Transforms of `conv` that may explain `observed` (N, O, *spatial), fewest and smallest changes first.

    `slack` is the absolute error that a value of `observed` may have; NaN in `observed` is an unknown element.
    Only the first image and the first output channel are looked at.
    """
    if observed.ndim != conv.x.ndim or observed.shape[:2] != conv.output_shape[:2] or not observed.size:
        return []
    first = replace(
        conv,
        x=conv.x[:1, : conv.w.shape[1]],
        w=conv.w[:1],
        bias=None if conv.bias is None else conv.bias[:1],
        window=replace(conv.window, groups=1),
    )
    found = []
    for axes in _reversals(conv.rank):
        reverse = (ReverseKernel(axes),) if axes else ()
        variant = reverse[0].differ(first) if reverse else first
        for pairs in _paddings(variant, observed[0, 0], slack):
            split = () if pairs == conv.window.padding else (PaddingSplit(conv.window.padding, pairs),)
            found.append((_distance(pairs, conv.window.padding), reverse + split))
    found.sort(key=lambda item: (len(item[1]), item[0]))
    return [transforms for _, transforms in found if transforms]


def _reversals(rank: int) -> list[tuple[int, ...]]:
    """Sets of axes to reverse, most likely first: none, all, then the rest."""
    subsets = [axes for size in range(1, rank) for axes in itertools.combinations(range(rank), size)]
    return [(), tuple(range(rank)), *subsets]


def _paddings(conv: Convolution, observed: np.ndarray, slack: float) -> Iterator[Pairs]:
    """The (low, high) paddings of `conv` (one image, one output channel) whose output may be `observed` (*spatial)."""
    win = conv.window
    extents = tuple(map(span, conv.w.shape[2:], win.dilation))
    lows = [range(-extent, 2 * extent + 1) for extent in extents]
    highs = [
        [(size - 1) * step + extent - span(n, base) - low for low in axis]
        for axis, size, step, extent, n, base in zip(
            lows, observed.shape, win.stride, extents, conv.x.shape[2:], win.base_dilation
        )
    ]
    margin = tuple((axis[-1], max(*high, 0)) for axis, high in zip(lows, highs))
    ones = (1,) * conv.rank
    response = direct(replace(conv, window=replace(win, padding=margin, stride=ones)))[0, 0]
    alive = np.ones([len(axis) for axis in lows], bool)
    for position in _sample(observed):
        here = tuple(
            slice(index * step, index * step + len(axis)) for index, step, axis in zip(position, win.stride, lows)
        )
        alive &= ~(np.abs(np.flip(response[here]) - observed[position]) > slack)
        if not alive.any():
            return
    for index in np.argwhere(alive):
        yield tuple((axis[i], high[i]) for axis, high, i in zip(lows, highs, index))


def _sample(observed: np.ndarray) -> list[tuple[int, ...]]:
    """Positions of known values: the largest ones, which tell most, and the corners between which paddings differ."""
    flat = np.nan_to_num(np.abs(observed), nan=-1.0).reshape(-1)
    largest = np.argsort(flat, kind="stable")[-SAMPLES:]
    ends = [flat.size - 1, 0]
    places = [place for place in dict.fromkeys([*largest[::-1].tolist(), *ends]) if flat[place] >= 0]
    return [tuple(int(i) for i in np.unravel_index(place, observed.shape)) for place in places]


def _distance(pairs: Pairs, intended: Pairs) -> int:
    return sum(abs(a - b) for pair, wanted in zip(pairs, intended) for a, b in zip(pair, wanted))
