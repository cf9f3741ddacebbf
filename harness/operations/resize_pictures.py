"""Pictures of a resize: where its outputs stand among the samples of the input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from harness.grammar.forms import FormError, demand, finite
from harness.operations.by_settings.telling import Telling
from harness.operations.panels import Cell, Panel, Picture
from harness.operations.resize_grid import COORDINATES, Line, lines_of

MOST = 9
"""Outputs and samples of an axis that are drawn."""
CHANGE = {"value": str, "was": str}
Found = Mapping[str, Any]


class GridTelling(Telling):
    """What reports show of a resize: its grids have pictures."""

    def pictures(self, case: Found, changes: Iterable[Found]) -> Iterable[Picture]:
        """A picture of each change of the coordinates, along the first axis that is small enough to look at."""
        for change in changes:
            if change.get("id") == "coordinates" and _is_known(case, change):
                yield from _pictures(case, change)

    def examples(self) -> Iterable[tuple[str, Picture]]:
        """A line of four samples that becomes one of eight."""
        case = {"input": {"shape": [1, 1, 4]}, "reference": {"shape": [1, 1, 8]}, "settings": {}}
        change = {"id": "coordinates", "was": "half_pixel", "value": "align_corners"}
        for caption, panels in self.pictures(case, [change]):
            titles = [change["was"], change["value"]]
            yield (
                "grid-of-a-resize",
                Picture(caption, [panel._replace(title=each) for panel, each in zip(panels, titles)]),
            )


def _is_known(case: Found, change: Found) -> bool:
    """Whether all that a picture needs is there: results come from files, too. A factor that changes with it is not."""
    try:
        demand("", change, CHANGE)
        for scale in case["settings"].get("scale") or ():
            finite("", scale)
    except (FormError, TypeError):
        return False
    return not change.get("others") and {change["was"], change["value"]} <= set(COORDINATES)


def _pictures(case: Found, change: Found) -> Iterator[Picture]:
    sizes = list(zip(case["input"]["shape"][2:], case["reference"]["shape"][2:]))
    scales = case["settings"].get("scale") or [None] * len(sizes)
    for (n, m), scale in zip(sizes, scales):
        if min(n, m) >= 1 and max(n, m) <= MOST and (scale is None or scale > 0):
            made = ({"size": (m,), "scale": scale and (scale,), "coordinates": change[key]} for key in ("was", "value"))
            meant, computed = (lines_of([n], settings)[0] for settings in made)
            if meant.places != computed.places:
                yield Picture(
                    "The outputs stand at other places among the samples of the input, of which the first is 0.",
                    (_panel("what is meant", meant, meant), _panel("what was computed", computed, meant)),
                )
                return


def _panel(title: str, line: Line, meant: Line) -> Panel:
    """The outputs, numbered from 0, and below each its place."""
    places = [Cell(_text(at), "moved" if at != old else "") for at, old in zip(line.places, meant.places)]
    return Panel(title, [[Cell(str(number), "seen") for number in range(line.m)], places])


def _text(at: Fraction) -> str:
    """A place with the digits that matter."""
    return f"{float(at):.2f}".rstrip("0").rstrip(".")
