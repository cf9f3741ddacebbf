"""Which changes of the intended convolution give the observed values? See `search` for how they are found.

`explanations` gives the set of all that fit, `quick` the likeliest for the many outputs of a run.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from harness.operations.transforms import CONVENTIONS
from harness.operations.transforms.transform import Transform
from harness.operations.windowed.search.candidates import DEEPEST, Search
from harness.operations.windowed.search.check import applied, completed, read
from harness.operations.windowed.search.question import Question
from harness.operations.windowed.search.rank import weight
from harness.operations.windowed.search.variants import Transforms

__all__ = ["CONVENTIONS", "DEEPEST", "Question", "Search", "applied", "explanations", "quick", "read", "weight"]

MOST = 1500
"""Candidates of one level that are evaluated in full, likeliest first."""


def quick(question: Question) -> Iterator[Transforms]:
    """The two most frequent causes, alone and together: reversed kernels and other paddings."""
    search = Search(question, deepest=2, quick=True)
    for count in (1, 2):
        for candidate in search.level(count):
            found = completed(question, candidate)
            if found:
                yield found


def explanations(search: Search, holds: Callable[[Transforms], bool] = lambda _: True) -> Iterator[Transforms]:
    """All sets of changes that fit, likeliest first: the smallest ones, and those that have one change more.

    A set that holds a smaller one is left out: what it adds changes nothing here. A set for which `holds` is false does
    not count. Candidates that are not looked at are counted in `search.left_out`.
    """
    holding: set[frozenset[Transform]] = set()
    for count in range(search.deepest + 1):
        smaller = set(holding)
        candidates = [each for each in search.level(count) if smaller.isdisjoint(_parts(each))]
        search.left_out += len(candidates[MOST:])
        for candidate in candidates[:MOST]:
            whole = completed(search.question, candidate)
            if whole is not None and holds(whole):
                holding.add(frozenset(candidate))
                yield whole
        if smaller:
            break


def _parts(transforms: Transforms) -> Iterator[frozenset[Transform]]:
    sizes = range(len(transforms) + 1)
    return (frozenset(part) for size in sizes for part in itertools.combinations(transforms, size))
