"""Outputs of which limits leave but few different values: too few for their order to tell candidates apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.operations.budget import Budget
from harness.operations.windowed.search.check import completions
from harness.operations.windowed.search.outputs import OPEN
from harness.operations.windowed.search.question import Question
from harness.operations.windowed.search.samples import rises
from harness.operations.windowed.search.variants import Transforms


def limited(question: Question, every: Iterable[Transforms], budget: Budget) -> Iterator[Transforms]:
    """What was made of the sums, with each of some changes of the window, where few different values are known."""
    if not rises(question):
        for changes in every:
            if budget.spent:
                return
            yield from completions(question, (*changes, OPEN), budget)
