"""Pictures of a pooling: the windows along one axis on the padded input, and what each is divided by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from harness.grammar.forms import FormError, demand
from harness.operations.by_settings.telling import Telling
from harness.operations.panels import BLANK, GAP, Cell, Panel, Picture
from harness.operations.pooling_formula import KEPT, KEPT_UNPADDED, Axis, Bins, axes_of

MOST, WINDOWS = 12, 5
"""Samples of an axis with its padding, and windows, that are drawn."""
CHANGES = ("window", "stride", "dilation", "padding", "rounding", "divisor", "output_size")
PADDINGS = ("same", "same_upper", "same_lower", "valid", "half")
WORDS = {"rounding": ("floor", "ceil", KEPT, KEPT_UNPADDED), "divisor": ("valid", "padded", "window")}
CAPTIONS = {
    "divisor": "Each row is a window; behind it stands by how many samples its sum is divided.",
    "rounding": "Each row is a window: another number of them fits.",
}
CAPTION = "Each row is a window on the samples of the input, with its padding in grey."
Found = Mapping[str, Any]
Line = Axis | Bins


class WindowTelling(Telling):
    """What reports show of a pooling: its windows have pictures."""

    def pictures(self, case: Found, changes: Iterable[Found]) -> Iterable[Picture]:
        """A picture of each change of the windows, along the first axis on which it shows and that is small enough."""
        for change in changes:
            if change.get("id") in CHANGES and _is_whole(case, change):
                yield from _pictures(case, change)

    def examples(self) -> Iterable[tuple[str, Picture]]:
        """The two divisors that people meet, and the two roundings."""
        settings = {"window": [3], "stride": [2], "dilation": [1], "padding": [[1, 1]]}
        settings |= {"rounding": "floor", "divisor": "valid", "reduce": "average"}
        for key, was, value, size in (("divisor", "valid", "padded", 5), ("rounding", "floor", "ceil", 6)):
            case = {"input": {"shape": [1, 1, size]}, "settings": {**settings, "padding": [[int(size == 5)] * 2]}}
            for caption, panels in self.pictures(case, [{"id": key, "was": was, "value": value}]):
                named = [panel._replace(title=f"{key} {each}") for panel, each in zip(panels, (was, value))]
                yield f"{key}-of-a-pooling", Picture(caption, named)


def _is_whole(case: Found, change: Found) -> bool:
    """Whether settings and sizes are possible: results come from files, too."""
    rank = len(case["input"]["shape"]) - 2
    try:
        demand("", change, {"id": str, "others?": list})
        return 1 <= rank <= 3 and all(_is_possible(each, rank) for each in _both(case["settings"], change))
    except (FormError, KeyError, TypeError, ValueError):
        return False


def _both(settings: Found, change: Found) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings that are meant, and those that were computed with, as a form has them."""
    meant = {key: _tuples(value) for key, value in settings.items()}
    changed = {change["id"]: change["value"], **dict(change.get("others", ()))}
    computed = {**meant, **{key: _tuples(value) for key, value in changed.items()}}
    return meant, {key: value for key, value in computed.items() if value is not None}


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, (list, tuple)) else value


def _is_possible(settings: Found, rank: int) -> bool:
    """Whether windows can be drawn of these settings: whole numbers for each axis, and small ones."""
    if "output_size" in settings:
        return _are_small(settings["output_size"], rank, 1)
    steps = all(_are_small(settings[key], rank, 1) for key in ("window", "stride", "dilation"))
    pads = settings["padding"]
    own = (
        pads in PADDINGS
        if isinstance(pads, str)
        else len(pads) == rank and all(_are_small(each, 2, 0) for each in pads)
    )
    return steps and own and all(settings.get(key, words[0]) in words for key, words in WORDS.items())


def _are_small(found: Any, count: int, least: int) -> bool:
    return len(found) == count and all(type(each) is int and least <= each <= MOST for each in found)


def _pictures(case: Found, change: Found) -> Iterator[Picture]:
    sizes = case["input"]["shape"][2:]
    both = _both(case["settings"], change)
    if max(sizes) > MOST or min(sizes) < 1:
        return
    for meant, computed in zip(*(axes_of(sizes, each) for each in both)):
        panels = [
            _panel(title, line, settings, others)
            for title, line, settings, others in (
                ("what is meant", meant, both[0], computed),
                ("what was computed", computed, both[1], meant),
            )
        ]
        if panels[0].rows != panels[1].rows:
            yield Picture(CAPTIONS.get(str(change["id"]), CAPTION), panels)
            return


def _panel(title: str, line: Line, settings: Found, other: Line) -> Panel:
    """The samples, numbered from 1, and below them the taps of each window; behind an average what divides its sum."""
    seen = [place for each in (line, other) if each.outputs for place in (each.places.min(), each.places.max())]
    low, high = int(min([0, *seen])), int(max([line.n - 1, *seen]))
    places = line.places if line.outputs else np.zeros(1, int)
    own = range(min(0, int(places.min())), max(line.n, int(places.max()) + 1))
    samples = [_sample(at, line, own) for at in range(low, high + 1)]
    return Panel(title, [samples, *_windows(line, range(low, high + 1), settings)])


def _windows(line: Line, drawn: range, settings: Found) -> Iterator[list[Cell]]:
    """The rows of all windows, or of the first and the last ones: both ends show a padding."""
    if line.outputs <= WINDOWS:
        yield from (_window(line, number, drawn, settings) for number in range(line.outputs))
        return
    ends = WINDOWS // 2
    yield from (_window(line, number, drawn, settings) for number in range(ends))
    yield [GAP]
    yield from (_window(line, number, drawn, settings) for number in range(line.outputs - ends, line.outputs))


def _sample(at: int, line: Line, own: range) -> Cell:
    """A sample, or one of the padding, so far as the windows reach into it."""
    if 0 <= at < line.n:
        return Cell(str(at + 1))
    return Cell("", "added") if at in own else BLANK


def _window(line: Line, number: int, drawn: range, settings: Found) -> list[Cell]:
    """A row of a window: its taps, and its divisor."""
    places, inside = line.places[number].tolist(), line.inside[number].tolist()
    own = {at for at, one in zip(places, inside) if one or isinstance(line, Axis)}
    taps = [Cell("x", "seen") if at in own else BLANK for at in drawn]
    if settings.get("reduce") != "average":
        return taps
    return [*taps, Cell(f"/{line.counts(settings.get('divisor', 'valid'))[number]}", "blank")]
