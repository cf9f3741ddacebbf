"""Which of several equal arrays belong together, by where they stand: beside arrays whose partners are known.

Values say nothing there, so this is a guess, and whoever uses it says so.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence


def layer_of(name: str) -> str:
    """What arrays of one layer have in common: the name up to its last separator."""
    found = re.match("(.*)[./:]", name)
    return found[1] if found else ""


class Neighbours:
    """Pairs that are certain, as witnesses; `a` and `b` are all names in their order."""

    def __init__(self, a: Sequence[str], b: Sequence[str]) -> None:
        self._places = {name: index for index, name in enumerate(a)}, {name: index for index, name in enumerate(b)}
        self._votes: dict[str, Counter[str]] = defaultdict(Counter)
        self._known: list[tuple[int, int]] = []

    def met(self, a: str, b: str) -> None:
        """Takes note of a pair that is certain."""
        self._votes[layer_of(a)][layer_of(b)] += 1
        self._known.append((self._places[0][a], self._places[1][b]))

    def assigned(self, a: Sequence[str], b: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Pairs of equal arrays: of one layer where a pair of it is known, then in the order of the files."""
        left = list(b)
        for name in a:
            if left:
                chosen = max(
                    left, key=lambda other: (self._votes[layer_of(name)][layer_of(other)], -self._far(name, other))
                )
                left.remove(chosen)
                yield name, chosen

    def _far(self, a: str, b: str) -> int:
        """How far B's place is from where A's neighbours have their partners."""
        at, other = self._places[0][a], self._places[1][b]
        nearest = min(self._known, key=lambda pair: abs(pair[0] - at), default=(at, at))
        return abs(other - nearest[1] - (at - nearest[0]))
