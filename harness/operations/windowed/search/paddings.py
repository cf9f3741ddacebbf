"""Paddings: which ones are tried, and what a padding that was found is called."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, lru_cache

from harness.canonical.window import Linear, Pairs
from harness.operations.transforms.settings import (
    AxisSwap,
    OutputMode,
    PaddingChange,
    PaddingSplit,
    SameCentre,
    StridePhase,
)
from harness.operations.transforms.transform import Transform
from harness.worker.spans import padding_pair, reach, span

WIDE = 9
"""Dilated kernel sizes up to which every low padding from a full crop to twice the kernel is tried."""

MODES = ("full", "valid", "same_upper", "same_lower", "same_half")


@cache
@lru_cache(4096)
def lows(n: int, k: int, stride: int, dilation: int, intended: frozenset[int]) -> frozenset[int]:
    """Low paddings to try along an axis of input size n and kernel size k; `intended` are those of all axes."""
    extent = span(k, dilation)
    if extent <= WIDE:
        return intended.union(range(-extent, 2 * extent + 1))
    named = [padding_pair(mode, n, k, stride, dilation)[0] for mode in MODES]
    centres = [*intended, *named, (extent - 1) // 2, extent // 2, extent - 1]
    return frozenset(centre + step for centre in centres for step in (-1, 0, 1))


def exact_high(conv: Linear, axis: int, low: int, observed: int) -> int:
    """The smallest high padding with which `observed` samples come out."""
    win = conv.window
    seen = reach(observed, conv.w.shape[axis + 2], win.stride[axis], win.dilation[axis])
    return seen - span(conv.x.shape[axis + 2], win.base_dilation[axis]) - low


def changes(conv: Linear, low: tuple[int, ...], observed: tuple[int, ...]) -> list[Transform]:
    """The padding with these low sides that gives `observed` sizes, by its likeliest name and then by others."""
    exact = tuple(exact_high(conv, axis, side, size) for axis, (side, size) in enumerate(zip(low, observed)))
    win = conv.window
    pairs = tuple(map(_pair, low, exact, win.stride, win.padding))
    if any(low < 0 or high < 0 for low, high in pairs) and win.boundary != "zero":
        pairs = tuple(zip(low, exact))
    split = PaddingSplit(win.padding, pairs)
    if any(step > 1 for step in win.stride):
        names: list[PaddingChange] = [split]
        mode = _mode(conv, low, exact)
        if _starts_later(conv, pairs):
            names.insert(bool(mode), StridePhase(win.padding, pairs))
        elif conv.output_shape[2:] == observed:
            names.append(StridePhase(win.padding, pairs))
        if mode in ("full", "valid"):
            names.append(OutputMode(win.padding, pairs, mode))
    elif conv.output_shape[2:] != observed:
        mode = _mode(conv, low, exact)
        names = [OutputMode(win.padding, pairs, mode)] if mode else [split, OutputMode(win.padding, pairs)]
    else:
        names = _shifted(conv, pairs)
    swapped = _swapped(conv, low, exact)
    return [*swapped, *(replace(each, also=place) for place, each in enumerate(names, len(swapped)))]


def _pair(low: int, exact: int, stride: int, intended: tuple[int, int]) -> tuple[int, int]:
    """(low, high): several highs give one size under a stride; the intended one, an even one, none, or the smallest."""
    choices = range(exact, exact + stride)
    for high in (intended[1], low, 0):
        if high in choices:
            return low, high
    return low, exact


def _starts_later(conv: Linear, pairs: Pairs) -> bool:
    """Whether only the low sides are smaller, by less than a stride: every sample is one of those at stride 1."""
    axes = list(zip(pairs, conv.window.padding, conv.window.stride))
    return pairs != conv.window.padding and all(
        0 <= old[0] - new[0] < step and new[1] == old[1] for new, old, step in axes
    )


def _mode(conv: Linear, low: tuple[int, ...], exact: tuple[int, ...]) -> str:
    """full, same or valid, if that is what the padding comes to."""
    win = conv.window
    for mode in MODES:
        pairs = [
            padding_pair(mode, n, k, stride, dilation)
            for n, k, stride, dilation in zip(conv.x.shape[2:], conv.w.shape[2:], win.stride, win.dilation)
        ]
        if all(
            pair[0] == side and high <= pair[1] < high + step
            for pair, side, high, step in zip(pairs, low, exact, win.stride)
        ):
            return mode.split("_")[0]
    return ""


def _shifted(conv: Linear, pairs: Pairs) -> list[PaddingChange]:
    """Names of a shift that keeps the size, at stride 1."""
    win = conv.window
    extents = tuple(map(span, conv.w.shape[2:], win.dilation))
    moves = [new[0] - old[0] for new, old in zip(pairs, win.padding)]
    split, centre = PaddingSplit(win.padding, pairs), SameCentre(win.padding, pairs)
    kept = all(sum(pair) == extent - 1 for pair, extent in zip(win.padding, extents))
    even = all(extent % 2 == 0 and abs(move) == 1 for extent, move in zip(extents, moves) if move)
    if not kept:
        return [split, centre]
    crop = OutputMode(win.padding, pairs, "cropped elsewhere")
    ends = all(pair[0] in (0, extent - 1) for pair, extent, move in zip(pairs, extents, moves) if move)
    return [crop, centre, split] if ends and not even else [centre, split, crop]


def _swapped(conv: Linear, low: tuple[int, ...], exact: tuple[int, ...]) -> list[AxisSwap]:
    """The intended numbers in another order, if that is what the padding is."""
    win = conv.window
    orders = {tuple(win.padding[::-1])}
    flat = [side for pair in win.padding for side in pair]
    rank = len(low)
    orders.add(tuple(zip(flat[:rank], flat[rank:])))  # all lows, then all highs, where pairs were meant
    lows_, highs = [pair[0] for pair in win.padding], [pair[1] for pair in win.padding]
    together = lows_ + highs
    orders.add(tuple(zip(together[::2], together[1::2])))  # the other way round
    found = [
        pairs
        for pairs in orders
        if pairs != win.padding
        and all(a == b and high <= c < high + step for (a, c), b, high, step in zip(pairs, low, exact, win.stride))
    ]
    return [AxisSwap(win.stride, win.dilation, pairs) for pairs in found[:1]]
