"""The last lines of a program: the output with the axes that the user has."""

from __future__ import annotations

import re

from harness.canonical import layout


def returned(letters: str, rank: int) -> list[str]:
    """Lines that bring a canonical output `y` to the axes `letters`: of what these leave out, the first."""
    canonical = layout.canonical("output", rank)
    kept = [letter for letter in canonical if letter in letters]
    order = tuple(kept.index(letter) for letter in letters)
    index = re.sub("(, :)+$", "", ", ".join(":" if letter in letters else "0" for letter in canonical))
    taken = "" if index == ":" else f"[{index}]"
    moved = f".transpose{order}" if list(order) != sorted(order) else ""
    return [f"y = y{taken}{moved}"] if taken or moved else []
