"""One spatial axis as a table: which sample of the input meets which tap of which output.

Everything that asks what an output sees gathers by such a table; only the regular windows of `reference` are taken as a
strided view instead, which is the same without a copy.
"""

from __future__ import annotations

import math
from functools import singledispatch
from typing import Any

import numpy as np

from harness.canonical.window import CONSTANT, Linear, spatial_index
from harness.worker.spans import position, span

GATHERED = 2**20
"""Numbers that are gathered at a time for some outputs."""


def sample(position: np.ndarray, size: int, boundary: str = "zero", base_dilation: int = 1) -> np.ndarray:
    """Which of the `size` samples of an axis stands at `position`, or is repeated there; `size` itself for a zero, and
    `size + 1` for the number that a padding is filled with.

    boundary: what lies beyond the ends. With base_dilation b the samples are b apart and zeros stand between them.
    """
    if base_dilation == 1 and boundary != CONSTANT:
        return _inside(position, size, boundary)
    wide = span(size, base_dilation)
    inside = _inside(position, wide, "zero" if boundary == CONSTANT else boundary)
    met = (inside < wide) & (inside % base_dilation == 0)
    other = np.where(inside < wide, size, size + 1) if boundary == CONSTANT else size
    return np.where(met, inside // base_dilation, other)


def _inside(position: np.ndarray, size: int, boundary: str) -> np.ndarray:
    """The place within 0 ... size - 1 that `position` is by the boundary; `size` for a zero beyond the ends."""
    if boundary == "zero":
        return np.where((position >= 0) & (position < size), position, size)
    if boundary == "edge":
        return np.asarray(np.clip(position, 0, size - 1))
    period = {"wrap": size, "symmetric": 2 * size, "reflect": max(2 * size - 2, 1)}[boundary]
    folded = position % period
    mirror = period - (boundary == "symmetric")
    return folded if boundary == "wrap" else np.where(folded >= size, mirror - folded, folded)


def tables(conv: Linear) -> list[np.ndarray]:
    """For each spatial axis (outputs, taps): the sample that meets each tap of the kernel as it is given."""
    win = conv.window
    found = []
    for axis, (size, taps) in enumerate(zip(conv.output_shape[2:], conv.w.shape[2:])):
        tap = np.arange(taps)[:: -1 if win.reversal[axis] else 1]
        place = position(np.arange(size)[:, None], tap, win.stride[axis], win.padding[axis][0], win.dilation[axis])
        found.append(sample(place, conv.x.shape[2 + axis], win.boundary, win.base_dilation[axis]))
    return found


@singledispatch
def meets_input(conv: Any) -> bool:
    """Whether some output sees a sample of the input itself, and not only what lies beyond its ends."""
    return all(_meets(conv, axis) for axis in range(conv.rank))


@singledispatch
def meets_one(conv: Any) -> bool:
    """Whether every output sees one sample of each channel at most, though more are meant for it."""
    seen = (table < size for table, size in zip(tables(conv), conv.x.shape[2:]))
    return math.prod(conv.w.shape[2:]) > 1 and all(bool((each.sum(axis=1) <= 1).all()) for each in seen)


def _meets(conv: Linear, axis: int) -> bool:
    """Whether a tap meets a sample of an axis: under the first outputs that it does not leave before the input."""
    win, last = conv.window, conv.output_shape[2 + axis] - 1
    stride, dilation, base = win.stride[axis], win.dilation[axis], win.base_dilation[axis]
    low, taps = win.padding[axis][0], np.arange(conv.w.shape[2 + axis])[:, None]
    first = np.maximum(-(position(0, taps, stride, low, dilation) // stride), 0)
    output = np.minimum(first + np.arange(base), last)
    size = conv.x.shape[2 + axis]
    met = sample(position(output, taps, stride, low, dilation), size, base_dilation=base)
    return last >= 0 and bool((met < size).any())


def seen_at(conv: Linear, places: np.ndarray) -> np.ndarray:
    """What some outputs see of the input: a row (I * taps) for each row (n, o, *spatial) of `places`, float64."""
    return _seen_at(conv, ended(conv.x, conv.window.filling), places)


@singledispatch
def outputs_at(conv: Any, places: np.ndarray) -> np.ndarray:
    """Some outputs in plain float64: one for each row (n, o, *spatial) of `places`."""
    x, w = ended(conv.x, conv.window.filling), conv.w.reshape(len(conv.w), -1).astype(np.float64)
    step = max(GATHERED // conv.terms, 1)
    parts = [places[start : start + step] for start in range(0, len(places), step)]
    found = [np.einsum("pt,pt->p", _seen_at(conv, x, part), w[part[:, 1]]) for part in parts]
    return np.asarray(np.concatenate([*found, np.zeros(0)]) + conv.offsets[places[:, 1]])


def _seen_at(conv: Linear, x: np.ndarray, places: np.ndarray) -> np.ndarray:
    """What outputs see of the `ended` input: (places, I * taps)."""
    win, (n, o, *spatial) = conv.window, places.T
    inputs, axes = conv.w.shape[1], (1,) * conv.rank
    channels = (o // (len(conv.w) // win.groups) * inputs)[:, None] + np.arange(inputs)
    index = [n.reshape(-1, 1, *axes), channels.reshape(*channels.shape, *axes)]
    for axis, output in enumerate(spatial):
        tap = np.arange(conv.w.shape[2 + axis])[:: -1 if win.reversal[axis] else 1]
        there = position(output[:, None], tap, win.stride[axis], win.padding[axis][0], win.dilation[axis])
        met = sample(there, conv.x.shape[2 + axis], win.boundary, win.base_dilation[axis])
        index.append(met.reshape(len(places), 1, *axes[:axis], -1, *axes[axis + 1 :]))
    return np.asarray(x[tuple(index)].reshape(len(places), -1))


def ended(x: np.ndarray, filling: float = 0.0) -> np.ndarray:
    """`x` (N, C, *spatial) as float64, with a zero behind the end of every spatial axis and what fills a padding behind
    that: what `sample` calls `size` and `size + 1`."""
    wide = np.full((*x.shape[:2], *(size + 2 for size in x.shape[2:])), filling)
    wide[spatial_index(slice(size + 1) for size in x.shape[2:])] = 0.0
    wide[tuple(map(slice, x.shape))] = x
    return wide


def columns(conv: Linear) -> np.ndarray:
    """The input that every output element of a group sees, float64: (groups, N * output elements, I * taps)."""
    groups, rank = conv.window.groups, conv.rank
    x = ended(conv.x, conv.window.filling)
    x = x.reshape(len(x), groups, -1, *x.shape[2:])
    index: list[Any] = [slice(None)] * 3
    for axis, table in enumerate(tables(conv)):
        index.append(table.reshape(*(1,) * axis, len(table), *(1,) * (rank - 1), -1, *(1,) * (rank - 1 - axis)))
    seen = x[tuple(index)]  # N groups I *outputs *taps
    seen = seen.transpose(1, 0, *range(3, 3 + rank), 2, *range(3 + rank, 3 + 2 * rank))
    return np.asarray(seen.reshape(groups, -1, conv.terms))


def elements(conv: Linear) -> int:
    """Elements of `columns(conv)`."""
    return len(conv.x) * math.prod(conv.output_shape[2:]) * conv.terms * conv.window.groups
