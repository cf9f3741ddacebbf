"""Pictures of settings that are letters of axes: over which something runs, or in which order they are taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.canonical.layout import canonical
from harness.operations.panels import Cell, Panel, Picture

RUNS = {
    "over": "What is computed over the marked axes of the input, was computed over others.",
    "across": "The squares along the marked axes were to be summed; they were summed along others.",
}
"""Key of a setting that says over which axes something runs -> what one sees."""
FLATTENED = "flattened"
Found = Mapping[str, Any]


def letters(case: Found, change: Found) -> Iterator[Picture]:
    """The picture of a change of such a setting; none of others, and of what does not fit the case."""
    axes = canonical("input", len(case["input"]["shape"]) - 2)
    key = str(change.get("id"))
    both = [str(change.get(side)) for side in ("was", "value")]
    if not all(set(each) <= set(axes) and len(each) <= len(axes) for each in both):
        return
    if key in RUNS:
        yield _picture(RUNS[key], [[Cell(each, "seen" if each in marked else "") for each in axes] for marked in both])
    elif key == FLATTENED and len(both[0]) == len(both[1]):
        rows = [[Cell(new, "moved" if new != old else "") for new, old in zip(order, both[0])] for order in both]
        yield _picture("The axes of the input were flattened in another order, the last one fastest.", rows)


def _picture(caption: str, rows: list[list[Cell]]) -> Picture:
    titles = ("what is meant", "what was computed")
    return Picture(caption, [Panel(title, [row]) for title, row in zip(titles, rows)])
