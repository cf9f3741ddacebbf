"""How much work a search may do: counted, not timed, so that an answer is the same on every machine, busy or not."""

from __future__ import annotations

from dataclasses import dataclass

ANSWER = 15 * 10**9
"""Steps of about a nanosecond that an answer may take, which nobody has to wait for long."""
OUTPUT = 3 * 10**9
"""The same for one output of a run, which may have many."""
SEARCH = 0.6
"""Share of what is left that one search may take, as others may follow."""


@dataclass
class Budget:
    """Work that is left."""

    left: int = ANSWER

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        return self.left <= 0

    def take(self, steps: int) -> None:
        """Some work was done, or is about to be."""
        self.left -= steps

    def for_search(self) -> Budget:
        """A budget of its own with SEARCH of what is left here, which is taken off."""
        steps = int(max(self.left, 0) * SEARCH)
        self.take(steps)
        return Budget(steps)
