"""Axes of the input, which a setting names by their letters."""

from __future__ import annotations

from harness.canonical.layout import SPATIAL, USUAL, canonical
from harness.grammar.document import Item
from harness.grammar.kinds import Kind
from harness.operations.operation import Setting

LETTERS = USUAL + SPATIAL[3]


def _read(item: Item) -> str:
    """Letters of axes, in canonical order."""
    value = item.scalar
    if not isinstance(value, str) or not value or set(value) - set(LETTERS) or len(set(value)) < len(value):
        raise item.expected(f"letters of axes, each once, of {LETTERS}")
    return "".join(sorted(value, key=LETTERS.index))


AXES = Kind(_read, {"type": "string", "pattern": f"^[{LETTERS}]+$"})


def checked(setting: Setting, rank: int) -> str:
    """The letters of a setting; raises CaseError for one that an input of this rank does not have."""
    over, item = setting
    have = canonical("input", rank)
    for letter in over:
        if letter not in have:
            raise item.error(f"the input has no axis {letter}; its axes: {' '.join(have)}")
    return str(over)


def axes_of(over: str, axes: int) -> tuple[int, ...]:
    """Numbers of the axes with these letters, of an input with so many axes in canonical order."""
    letters = canonical("input", axes - 2)
    return tuple(letters.index(letter) for letter in over)
