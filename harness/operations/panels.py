"""Pictures as operations describe them: panels of cells, which reports draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

Mark = Literal["", "blank", "added", "seen", "cut", "moved"]
"""Of a cell: as it is, nothing there, added around an array, seen by what is computed first, left out, moved."""


class Cell(NamedTuple):
    """A square with a short text."""

    text: str = ""
    mark: Mark = ""


class Panel(NamedTuple):
    """Rows of cells under a title."""

    title: str
    rows: Sequence[Sequence[Cell]]


class Picture(NamedTuple):
    """What is meant beside what was computed; the caption says what to see."""

    caption: str
    panels: Sequence[Panel]


BLANK = Cell(mark="blank")
GAP = Cell("...", "blank")
