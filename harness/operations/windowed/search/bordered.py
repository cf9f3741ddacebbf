"""Outputs whose border a system leaves zero: what lies inside is explained, and the border is read off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from harness.canonical.axis import outputs_at
from harness.canonical.window import Pairs, spatial_index
from harness.operations.transforms.endings import OutputBorder
from harness.operations.transforms.transform import applied
from harness.operations.windowed.search.question import Question
from harness.operations.windowed.search.variants import Transforms, in_order

PLACES = 48
"""Outputs inside of the border by which a hypothesis is refuted."""


def bordered(question: Question, every: Iterable[Transforms]) -> Iterator[Transforms]:
    """A border of zeros, with each of some changes of the window that gives what lies inside of it."""
    widths = _widths(question.observed)
    if not any(map(any, widths)):
        return
    inside = np.zeros(question.observed.shape, bool)
    sizes = question.observed.shape[2:]
    inside[spatial_index(slice(low, size - high) for (low, high), size in zip(widths, sizes))] = True
    known = np.argwhere(np.isfinite(question.observed) & inside)
    places = np.random.default_rng(0).permutation(known)[:PLACES]
    seen = question.observed[tuple(places.T)]
    for changes in every:
        conv = applied(question.form, changes)
        fits = conv.output_shape == question.observed.shape and len(places)
        if fits and (np.abs(outputs_at(conv, places) - seen) <= question.slack).all():
            yield in_order((*changes, OutputBorder(widths)))


def _widths(observed: np.ndarray) -> Pairs:
    """How many slices of zeros stand at either end of each spatial axis; none at all where everything is zero."""
    other = (observed != 0) & np.isfinite(observed)
    found = []
    for axis in range(2, observed.ndim):
        there = np.flatnonzero(other.any(axis=tuple(each for each in range(observed.ndim) if each != axis)))
        found.append((int(there[0]), int(observed.shape[axis] - 1 - there[-1])) if len(there) else (0, 0))
    return tuple(found)
