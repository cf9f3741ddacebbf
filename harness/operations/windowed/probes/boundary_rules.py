"""What a padding is filled with, measured with whole numbers."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from harness.canonical.reference import direct
from harness.canonical.window import CONSTANT, OF_SAMPLES, Linear, Window
from harness.operations.windowed.probes import padding_rules
from harness.operations.windowed.probes.subject import Subject, in_words
from harness.operations.windowed.trials import FILLING
from harness.parent.asking import Asking
from harness.parent.outcome import Outcome

SEPARABLE = ("zero", *OF_SAMPLES)
"""Boundaries that pad the outer product of lines as they pad each line."""
ANY_BOUNDARY = " or ".join(SEPARABLE)
"""What is found where nothing is padded."""


def boundaries(subject: Subject) -> Asking[dict[str, str]]:
    """Own word of a boundary, with the number that it is told to fill with -> what it is."""
    entry = subject.entry
    words = entry.takes.words
    word = next((words[name] for name in ("same", "full", *words) if name in words), None)
    if word is None:
        return {}
    axes = subject.sided(((6, 5), (7, 5), (6, 5)))
    x, w = padding_rules.lines(subject, axes, high=6)
    told: dict[str, dict[str, Any]] = {own: {"boundary": own} for own in entry.takes.boundaries.values()}
    if own := entry.takes.boundaries.get(CONSTANT):
        told[filled(own)] = {"boundary": own, "constant": FILLING}
    outcomes = yield [subject.ask(*padding_rules.tensors(subject, x, w), word.native, **each) for each in told.values()]
    found = {name: _boundary(subject, x, w, outcome) for name, outcome in zip(told, outcomes)}
    return {name: what for name, what in found.items() if what != ANY_BOUNDARY}


def filled(own: str) -> str:
    """What a card calls an own word for a boundary beside a number."""
    return f"{own} of {FILLING:g}"


def _boundary(subject: Subject, x: list[np.ndarray], w: list[np.ndarray], outcome: Outcome) -> str:
    y = subject.read_whole(outcome)
    if y is None:
        return in_words(outcome)
    own = [part[::-1] if backwards else part for part, backwards in zip(w, subject.reversal)]
    fits = []
    for mode in SEPARABLE:
        options = [
            {low: padding_rules.line(a, b, low, m, boundary=mode) for low in range(len(b))}
            for a, b, m in zip(x, own, y.shape[2:])
        ]
        if all(padding_rules.fitting(y[0, 0], options)):
            fits.append(mode)
    if not fits and _fills(subject, x, w, y):
        return CONSTANT
    return " or ".join(fits) or "unknown"


def _fills(subject: Subject, x: list[np.ndarray], w: list[np.ndarray], y: np.ndarray) -> bool:
    """Whether the padding is filled with FILLING, whatever stands on each side."""
    arrays, ones = padding_rules.tensors(subject, x, w), (1,) * subject.rank
    for lows in product(*(range(len(each)) for each in w)):
        sizes = zip(y.shape[2:], map(len, x), map(len, w), lows)
        pairs = tuple((low, m + k - 1 - n - low) for m, n, k, low in sizes)
        window = Window(ones, ones, pairs, subject.reversal).bounded(CONSTANT, FILLING)
        if np.array_equal(direct(Linear(*arrays, None, window))[:, :1], y[:, :1]):
            return True
    return False
