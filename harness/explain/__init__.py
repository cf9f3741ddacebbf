"""Which changes of the intended convolution give the observed values? See `search` for how they are found.

`explanations` gives the set of all that fit, `quick` the likeliest for the many outputs of a run.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.explain.check import applied, completed, read
from harness.explain.question import Question
from harness.explain.rank import weight
from harness.explain.search import Search
from harness.explain.variants import Transforms
from harness.transform import CONVENTIONS, Transform

__all__ = ["CONVENTIONS", "DEEPEST", "Question", "Search", "applied", "explanations", "quick", "read", "weight"]

DEEPEST = 3
MOST = 1500
"""Candidates of one level that are evaluated in full, likeliest first."""


def quick(question: Question) -> Iterator[Transforms]:
    """The two most frequent causes, alone and together: reversed kernels and other paddings."""
    search = Search(question, quick=True)
    for count in (1, 2):
        for candidate in search.level(count):
            found = completed(question, candidate)
            if found:
                yield found


def explanations(question: Question, deepest: int = DEEPEST) -> list[Transforms]:
    """All sets of changes that fit, likeliest first: the smallest ones, and those that have one change more.

    A set that holds a smaller one is left out: what it adds changes nothing here.
    """
    search = Search(question)
    found: list[Transforms] = []
    holding: list[frozenset[Transform]] = []
    for count in range(deepest + 1):
        smaller = list(holding)
        for candidate in search.level(count)[:MOST]:
            if any(each <= frozenset(candidate) for each in smaller):
                continue
            whole = completed(question, candidate)
            if whole is not None:
                found.append(whole)
                holding.append(frozenset(candidate))
        if smaller:
            break
    return found
