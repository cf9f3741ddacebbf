"""The algorithm card: direct, Winograd or FFT, from what leaks into outputs that do not see it.

A NaN, or a sample 2**30 times as large as the others, changes the outputs whose window holds it. A direct sum changes
no other. Winograd changes whole tiles, an FFT everything, overlapping blocks their block.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from harness.operations.windowed.probes.subject import Subject, whole
from harness.parent.asking import Asking, Question, together
from harness.parent.outcome import Outcome

OUTLIER = 2.0**30
DIRECT, TILES, BLOCKS, FFT = ALGORITHMS = ("direct", "tiles (Winograd)", "blocks", "FFT")
"""In the order of how far they carry what they should not."""

NEVER = "never"

TILE = 8
"""Tiles of Winograd's algorithm have up to so many samples a side, as blocks have only under small kernels."""


class Size(NamedTuple):
    """Samples of input and kernel along each axis, and channels of input and output."""

    n: int
    k: int
    channels: int = 1

    def words(self) -> str:
        return f"n={self.n} k={self.k}" + (f" with {self.channels} channels" if self.channels > 1 else "")


LADDER = {
    1: (Size(32, 3), Size(512, 64), Size(8192, 2048)),
    2: (Size(16, 3), Size(32, 7), Size(48, 13), Size(100, 31)),
    3: (Size(10, 3), Size(20, 9)),
}
MANY = Size(18, 3, 16)
"""What is asked of systems made for many channels: Winograd pays off only there."""


def algorithm(subject: Subject) -> Asking[dict[str, Any]]:
    """`by size`: size -> algorithm; `algorithm`: that, and the first sizes where it changes; `integers exact below`."""
    sizes = LADDER[subject.rank]
    if subject.entry.takes.stride and subject.many and subject.entry.takes.groups != "depthwise":
        sizes = (*sizes, MANY)
    parts = yield from together({size.words(): _at(subject, size) for size in sizes} | {"exact": _exact(subject)})
    exact = parts.pop("exact")
    found = yield from _with_switch(subject, {size: parts[size.words()] for size in sizes})
    if exact == NEVER and {BLOCKS, FFT} & set(found.values()):  # small blocks reach no further than tiles do
        found = {size: BLOCKS if each == TILES else each for size, each in found.items()}
    by_size = {size.words(): each for size, each in found.items()}
    return {"algorithm": _summary(by_size), "integers exact below": exact, "by size": by_size}


def _with_switch(subject: Subject, found: Mapping[Size, str]) -> Asking[dict[Size, str]]:
    """`found`, and the first size beyond the last that was direct at which it is so no longer, by bisection."""
    pairs = ((low, high) for low, high in pairwise(found) if low.channels == high.channels)
    switch = next(((low, high) for low, high in pairs if found[low] == DIRECT != found[high]), None)
    if switch is None:
        return dict(found)
    low, high = switch
    beyond = found[high]
    while high.k - low.k > 1:
        middle = Size((low.n + high.n) // 2, (low.k + high.k) // 2, low.channels)
        there = yield from _at(subject, middle)
        low, high, beyond = (middle, high, beyond) if there == DIRECT else (low, middle, there)
    return dict(sorted({**found, high: beyond}.items(), key=lambda item: (item[0].channels, item[0].k)))


def _summary(found: dict[str, str]) -> str:
    changes = [f"{now} from {size}" for (_, before), (size, now) in pairwise(found.items()) if now != before]
    return ", ".join([next(iter(found.values())), *changes])


def _at(subject: Subject, size: Size) -> Asking[str]:
    shape = (1, size.channels, *(size.n,) * subject.rank)
    x = (whole(shape, 21, 1000) / 1000).astype(subject.dtype)
    w = whole((size.channels, size.channels, *(size.k,) * subject.rank), 22, 1000) / 1000
    w = subject.limits.taps(w).astype(subject.dtype)
    place = (0, 0, *(size.n // 2,) * subject.rank)
    outcomes = yield [subject.ask(x, w), *(_spoilt(subject, x, w, place, value) for value in (OUTLIER, np.nan))]
    clean, *spoilt = map(subject.read, outcomes)
    if clean is None or not clean.size:
        return "unknown"
    leaks = [_leak(clean, each, size.k) for each in spoilt if each is not None and each.shape == clean.shape]
    return max(leaks, key=ALGORITHMS.index, default="unknown")


def _spoilt(subject: Subject, x: np.ndarray, w: np.ndarray, place: tuple[int, ...], value: float) -> Question:
    spoilt = x.copy()
    spoilt[place] = value
    return subject.ask(spoilt, w)


def _leak(clean: np.ndarray, spoilt: np.ndarray, k: int) -> str:
    """The algorithm, from how far the difference of two outputs (N, O, *spatial) reaches."""
    changed = ((clean != spoilt) | np.isnan(spoilt)).any(axis=(0, 1))
    places = np.argwhere(changed)
    if not len(places):
        return DIRECT
    reach = places.max(axis=0) - places.min(axis=0) + 1
    if (reach <= k).all():
        return DIRECT
    if changed.mean() > 0.8:
        return FFT if reach.max() > k + TILE or changed.size > (k + TILE) ** changed.ndim else TILES
    return TILES if (reach <= k + TILE).all() else BLOCKS


def _exact(subject: Subject) -> Asking[str]:
    """The power of two below which sums of whole numbers come out right."""
    powers = (6, 10, 14, 18, 20, 21, 22, 23, 30, 40, 50, 51, 52)
    questions, expected = [], []
    for power in powers:
        row = 2.0**power + 2 * whole((24,), 31, 4) - 1
        side = 24 if subject.limits.inputs else 5
        x = np.broadcast_to(row, (1, 1, *(side,) * (subject.rank - 1), 24)).astype(subject.dtype)
        w = np.zeros((1, 1, *(3,) * subject.rank), subject.dtype)
        w[(0, 0, *(1,) * (subject.rank - 1))] = 1
        if subject.limits.ones:
            x, w = _one_line(x), np.ones_like(w)
        questions.append(subject.ask(x, w))
        expected.append(row[4:-4] + row[5:-3] + row[6:-2])
    outcomes = yield questions
    good = [_right(subject, *each) for each in zip(outcomes, expected)]
    count = good.index(False) if False in good else len(good)
    return f"2**{powers[count - 1] + 2}" if count else NEVER


def _one_line(x: np.ndarray) -> np.ndarray:
    """The line in the middle of the other axes that `_right` reads the sums of, zeros beside it."""
    found = np.zeros_like(x)
    middle = (0, 0, *(2,) * (x.ndim - 3))
    found[middle] = x[middle]
    return found


def _right(subject: Subject, outcome: Outcome, expected: np.ndarray) -> bool:
    y = subject.read(outcome)
    if y is None:
        return False
    row = y[(0, 0, *(1 + low for low in subject.low[:-1]))]
    start = 4 + subject.low[-1]
    return np.array_equal(row[start : start + len(expected)], expected)
