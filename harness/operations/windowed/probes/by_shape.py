"""Whether an entry point computes the same whatever the shapes: a loop may reverse even kernels only, or end too early.

Each size is read for itself: along which axes the kernel is read backwards, with zeros around the input or none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product

import numpy as np

from harness.canonical.reference import direct
from harness.canonical.window import Linear, Window
from harness.operations.card import Fault
from harness.operations.windowed.probes.faults import call_in_words
from harness.operations.windowed.probes.subject import Subject, whole
from harness.parent.asking import Asking

DEPENDS = "what it computes depends on the shape"
OTHERWISE = "it gives as many outputs as without padding, and other numbers"
INPUT, KERNELS = 8, (2, 3, 4, 5)
"""Samples of the inputs along each axis, and of the kernels."""
HIGHEST = 2
"""The largest number in the data: sums stay below 128, which every format holds."""

Flags = tuple[bool, ...]


def by_shape(subject: Subject) -> Asking[list[Fault]]:
    """A fault where two sizes are read otherwise, or one that pads nothing gives other numbers than sums have."""
    pairs = [_data(subject, k) for k in KERNELS]
    questions = [subject.ask(*pair) for pair in pairs]
    answers = [subject.read_whole(outcome) for outcome in (yield questions)]
    seen = [
        (set(_readings(*pair, y)), pair, y, question)
        for pair, y, question in zip(pairs, answers, questions)
        if y is not None
    ]
    told = [each for each in seen if each[0]]
    for (one, first, *_), (other, second, *_) in combinations(told, 2):
        if not one & other:
            where = f"kernel {_sized(first[1])} {_in_words(one)}, {_sized(second[1])} {_in_words(other)}"
            return [Fault(f"{DEPENDS}: {where}", f"input {_sized(first[0])}; whole numbers up to {HIGHEST}")]
    for readings, (x, w), y, question in seen:
        if not readings and y.shape == direct(_valid(x, w, (False,) * subject.rank)).shape:
            return [Fault(OTHERWISE, call_in_words(question))]
    return []


def _data(subject: Subject, k: int) -> tuple[np.ndarray, np.ndarray]:
    sizes = subject.sided(tuple((INPUT + axis, k) for axis in range(subject.rank)))
    x, w = (whole((1, 1, *side), 71 + seed, HIGHEST) for seed, side in enumerate(zip(*sizes)))
    return x.astype(subject.dtype), subject.limits.taps(w).astype(subject.dtype)


def _readings(x: np.ndarray, w: np.ndarray, y: np.ndarray) -> Iterator[Flags]:
    """Along which axes a kernel is read backwards that gives the whole of y, with some padding of zeros."""
    added = [m - n + k - 1 for n, k, m in zip(x.shape[2:], w.shape[2:], y.shape[2:])]
    lows = [range(-1, total + 2) for total in added]
    if any(not -k < total < 2 * k for k, total in zip(w.shape[2:], added)):
        return
    for flags in product((False, True), repeat=len(added)):
        for low in product(*lows):
            padding = tuple((each, total - each) for each, total in zip(low, added))
            if np.array_equal(direct(_summed(x, w, padding, flags)), y):
                yield flags
                break


def _valid(x: np.ndarray, w: np.ndarray, flags: Flags) -> Linear:
    return _summed(x, w, ((0, 0),) * len(flags), flags)


def _summed(x: np.ndarray, w: np.ndarray, padding: Sequence[tuple[int, int]], flags: Flags) -> Linear:
    ones = (1,) * len(flags)
    return Linear(x, w, None, Window(ones, ones, tuple(padding), flags))


def _sized(array: np.ndarray) -> str:
    return " x ".join(map(str, array.shape[2:]))


def _in_words(readings: set[Flags]) -> str:
    flags = min(readings)
    if len(set(flags)) > 1:
        return "is read backwards along some axes"
    return "is read backwards" if all(flags) else "is read forwards"
