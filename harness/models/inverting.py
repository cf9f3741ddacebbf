"""What a layer must have given, where the function of its output can be undone that was done at once.

A function of one element is undone by bisection where it rises, for values that it takes nowhere else: all of a
sigmoid, the positive ones of a ReLU or a GELU. What is left of the others is not known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from harness.canonical.reference import direct
from harness.models.carried import Signal
from harness.models.layer_case import NotJudged, case_of
from harness.models.meaning import Meaning
from harness.models.traced import Layer
from harness.rounding.formats import DTYPES, FLOAT64

LEVELS = np.array([*np.linspace(-8, 8, 65), 16.0, 64.0, 1e3, 1e5])
"""Values at which the function is looked at."""
HALVINGS = 70
FLAT = 1e-3
"""Slope below which nothing can be told of what was before."""
ROUNDINGS = 16
"""Units of roundoff that its result may be off."""
ENOUGH = 16

Function = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Before:
    """values: (N, C, *spatial) before the function, where `known`; slack: how far they may be off."""

    values: np.ndarray
    known: np.ndarray
    slack: np.ndarray


def before(meaning: Meaning, layer: Layer, y: Signal) -> Before | None:
    """What stood before a layer that gave `y`; None where it is no function of one element, or too little is known."""
    try:
        case = case_of(meaning.graph, layer, Signal(y.values, y.letters, y.dtype))
    except NotJudged:
        return None
    seen = case.arrays["input"].values.astype(np.float64)

    def function(x: np.ndarray) -> np.ndarray:
        return direct(case.given(input=x).meant())

    if not _of_one_element(function, seen):
        return None
    found = _undone(function, seen, DTYPES.get(y.dtype, FLOAT64).u)
    return found if np.count_nonzero(found.known) >= ENOUGH else None


def _of_one_element(function: Function, x: np.ndarray) -> bool:
    """Whether an element of the output changes with its own element of the input only."""
    other = x.copy()
    other.flat[::2] = other.flat[::2] + 1.0
    before_, after = function(x), function(other)
    return before_.shape == x.shape and bool((before_.flat[1::2] == after.flat[1::2]).all())


def _undone(function: Function, y: np.ndarray, u: float) -> Before:
    levels = [function(np.full(y.shape, level)) for level in LEVELS]
    lowest = np.argmin(levels, axis=0)
    left = np.full(y.shape, -np.inf)
    for number, values in enumerate(levels):
        np.maximum(left, values, out=left, where=number <= lowest)
    margin = ROUNDINGS * u * np.abs(y)
    known = (y > left + margin) & (y < levels[-1] - margin)
    low, high = LEVELS[lowest], np.full(y.shape, LEVELS[-1])
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        above = function(middle) > y
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    step = 1e-4 * (1 + np.abs(high))
    slope = (function(high + step) - function(high - step)) / (2 * step)
    known &= slope > FLAT
    slack = np.divide(margin, slope, out=np.zeros(y.shape), where=known)
    return Before(high, known, slack)
