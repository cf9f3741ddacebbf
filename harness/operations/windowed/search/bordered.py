"""Outputs whose border a system does not compute: what lies inside is explained, and the border is read off.

It is left zero, before or after the bias is added, or the input is copied there: how wide it is follows from where that
stands.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal

import numpy as np

from harness.canonical.axis import outputs_at
from harness.canonical.gaps import output
from harness.canonical.window import Pairs
from harness.operations.budget import Budget
from harness.operations.transforms import in_order
from harness.operations.transforms.endings import OutputBorder
from harness.operations.transforms.transform import applied, beside, read
from harness.operations.windowed.search.check import completions
from harness.operations.windowed.search.outputs import OPEN
from harness.operations.windowed.search.question import Question
from harness.operations.windowed.search.variants import Transforms

LEFT: tuple[Literal["zero", "bias", "input"], ...] = ("zero", "bias", "input")
"""What a border may be."""
PLACES = 48
"""Outputs inside of the border by which a hypothesis is refuted."""
FEW = 2
"""Values of a border, beside others that a function makes zero too, that may be wrong for another reason."""


def bordered(question: Question, every: Iterable[Transforms], budget: Budget) -> Iterator[Transforms]:
    """A border that is zero, the bias or copied, with each of some changes of the window that gives what is inside.

    Where none does, with what else was made of the sums there.
    """
    windows = list(every)
    for left in LEFT:
        widths = _widths(_computed(question, OutputBorder((), left)))
        if any(map(any, widths)):
            border = OutputBorder(widths, left)
            inside = border.inside(question.observed)
            part = replace(question, observed=np.where(inside, question.observed, np.nan))
            found = [changes for changes in windows if _fits(part, changes)]
            for changes in found or (each for each in _ended(part, windows, budget) if _shows(question, each, inside)):
                yield in_order((*changes, border))


def _fits(question: Question, changes: Transforms) -> bool:
    """Whether changes give some of the known values, and these are as many as can tell."""
    conv = applied(question.form, changes)
    places = np.random.default_rng(0).permutation(np.argwhere(np.isfinite(question.observed)))[:PLACES]
    if conv.output_shape != question.observed.shape or not len(places):
        return False
    seen = question.observed[tuple(places.T)]
    return bool((np.abs(outputs_at(conv, places) - seen) <= question.slack).all())


def _ended(question: Question, windows: Iterable[Transforms], budget: Budget) -> Iterator[Transforms]:
    """Changes, and what was made of their sums, that give the known values."""
    for changes in windows:
        if budget.spent:
            return
        yield from itertools.islice(completions(question, (*changes, OPEN), budget), 1)


def _shows(question: Question, changes: Transforms, inside: np.ndarray) -> bool:
    """Whether more of the border than a few wrong values can be would be another one, were it computed."""
    conv = applied(question.form, changes)
    whole = read(output(conv), beside(changes, conv), question.observed.shape)
    if whole.shape != question.observed.shape:
        return True
    return int(np.count_nonzero((np.abs(whole - question.observed) > question.slack) & ~inside)) > FEW


def _computed(question: Question, border: OutputBorder) -> np.ndarray:
    """Which known values are not those of a border; none where it has no such values of its own."""
    observed, values = question.observed, border.values(question.form)
    fits = all(own in (1, size) for own, size in zip(values.shape, observed.shape))
    if not fits or (border.left == "bias" and not values.any()):
        return np.zeros(observed.shape, bool)
    room = question.slack if border.left == "bias" else 0.0
    return np.asarray((np.abs(observed - values) > room) & np.isfinite(observed))


def _widths(computed: np.ndarray) -> Pairs:
    """How many slices of a border stand at either end of each spatial axis; none at all where all is border."""
    found = []
    for axis in range(2, computed.ndim):
        there = np.flatnonzero(computed.any(axis=tuple(each for each in range(computed.ndim) if each != axis)))
        found.append((int(there[0]), int(computed.shape[axis] - 1 - there[-1])) if len(there) else (0, 0))
    return tuple(found)
