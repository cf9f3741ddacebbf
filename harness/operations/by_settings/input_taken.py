"""The user's input in an expression of a system, in the order of axes that a call takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.operations.expressions import index, permuted, tf_transposed, transposed

MOVED = {"torch": permuted, "tensorflow": tf_transposed}
"""System -> how it says another order of axes, where that is not NumPy's way."""


@dataclass(frozen=True)
class Taken:
    """The user's input in an expression: in any order of its axes.

    own: the user's axes by their canonical names, which an exchange of axes gives others. kernel: those of the kernel,
    "" where there is none. backwards: whether the channels are read the other way round. system: whose arrays they are.
    """

    own: str
    kernel: str
    backwards: bool
    system: str

    def by(self, letters: str) -> str:
        """The input with these axes; one that the user's has not has length 1."""
        there = [letter for letter in letters if letter in self.own]
        x = self.moved("x", [self.own.index(letter) for letter in there])
        parts = ["None" if letter not in there else "::-1" if self._turned(letter) else ":" for letter in letters]
        if self.system == "torch" and "::-1" in parts:
            kept = index([":" if part == "::-1" else part for part in parts])
            return f"{x}{kept}.flip({parts.index('::-1')})"
        return x + index(parts)

    def moved(self, text: str, order: Sequence[int]) -> str:
        """An array with its axes in another order."""
        plain = list(order) == sorted(order)
        return text if plain else MOVED.get(self.system, transposed)(text, order)

    def _turned(self, letter: str) -> bool:
        return self.backwards and letter == "C"
