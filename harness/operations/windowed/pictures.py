"""Pictures of what differs: the kernel turned, the window on the padded input, axes, buffers.

They are made of a case and of the transforms of an explanation as JSON has them, which may come from a file: what is
not of the expected form, or too large to look at, has no picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from harness.canonical import layout
from harness.canonical.axis import sample
from harness.canonical.window import BOUNDARIES
from harness.grammar.forms import FormError, demand, finite, pair
from harness.operations.panels import BLANK, GAP, Cell, Mark, Panel, Picture
from harness.operations.transforms import of_change
from harness.operations.windowed.group_pictures import drawn_groups
from harness.worker.spans import position, reach, span

MEANT, COMPUTED = "what is meant", "what was computed"
MOST = 7
"""Cells along an axis of a kernel, or of one side of a padding, that are drawn."""
SHOWN = 6
"""Samples of an input that are drawn before those at its end."""
PER_AXIS = ("intended", "actual", "stride", "dilation", "padding")
"""Keys of changes that have something for each axis."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"

Found = Mapping[str, Any]


def pictures(case: Found, changes: Iterable[Found]) -> Iterator[Picture]:
    """A picture of each change that has one."""
    rank = len(case["input"]["shape"]) - 2
    for change in changes if _is_whole(case, rank) else ():
        drawn = DRAWN.get(of_change(change).picture)
        if drawn and _fits(change, drawn.form, rank) and (picture := drawn.draw(case, change)):
            yield picture


def _is_whole(case: Found, rank: int) -> bool:
    """Whether sizes and settings are of as many axes as they should be, and possible."""
    sizes = [*case["input"]["shape"], *case["kernel"]["shape"]]
    steps = [case["settings"][key] for key in ("stride", "dilation")]
    whole = len(sizes) == 2 * (rank + 2) and {len(case["settings"]["padding_pairs"]), *map(len, steps)} == {rank}
    return 1 <= rank <= 3 and whole and min([*sizes, *steps[0], *steps[1]]) > 0 and _is_boundary(case["settings"])


def _is_boundary(found: Found) -> bool:
    return found.get("boundary", "zero") in BOUNDARIES


def _fits(change: Found, form: Found, rank: int) -> bool:
    """Whether a change is of the form, and what it says of each axis is of as many as there are."""
    try:
        demand("", change, form)
    except FormError:
        return False
    sizes = [len(change[key]) for key in PER_AXIS if change.get(key) is not None]
    cuts = change.get("cuts") or ()
    per_axis = {*sizes, *map(len, cuts)} <= {rank} and len(cuts) in (0, 2)
    return per_axis and _is_boundary(change)


# --- the kernel ------------------------------------------------------------------------------------------------------


def _reversed(case: Found, change: Found) -> Picture | None:
    """The taps of one plane of the kernel, numbered, as they meet the input."""
    sizes = case["kernel"]["shape"][2:][-2:]
    first = len(case["kernel"]["shape"]) - 2 - len(sizes)
    backwards = [axis - first for axis in change["axes"]]
    if max(sizes) > MOST or not set(backwards) & set(range(len(sizes))):
        return None
    taps = np.arange(1, np.prod(sizes) + 1).reshape(sizes)
    taps = np.flip(taps) if _backwards(case) else taps
    turned = np.flip(taps, tuple(axis for axis in backwards if axis in range(len(sizes))))
    how = "turned by 180 degrees" if set(backwards) >= {0, 1} else "read the other way round"
    return Picture(f"The kernel was {how}.", (Panel(MEANT, _grid(taps, taps)), Panel(COMPUTED, _grid(turned, taps))))


def _backwards(case: Found) -> bool:
    """Whether the kernel that is meant meets the input backwards."""
    return bool(case["settings"].get("means") == "convolution")


def _grid(found: np.ndarray, meant: np.ndarray) -> list[list[Cell]]:
    """Rows of numbers; those that stand elsewhere than is meant are marked."""
    rows = zip(np.atleast_2d(found).tolist(), np.atleast_2d(meant).tolist())
    return [[Cell(str(new), "moved" if new != old else "") for new, old in zip(*each)] for each in rows]


def _cells(texts: Iterable[str], mark: Mark = "") -> list[Cell]:
    return [Cell(text, mark) for text in texts]


# --- the window on the padded input ----------------------------------------------------------------------------------


class _Strip(NamedTuple):
    """One axis: its samples, what is padded, the kernel's taps and their distance, the stride, and the filling."""

    size: int
    low: int
    high: int
    taps: int
    dilation: int
    stride: int
    boundary: str
    filling: float
    backwards: bool

    @property
    def extent(self) -> int:
        return span(self.taps, self.dilation)

    @property
    def fits(self) -> bool:
        """Whether it is small enough to look at, and not all cut away."""
        drawn = max(abs(self.low), abs(self.high), self.stride) <= MOST and self.extent <= 2 * MOST and self.size > 0
        return drawn and self.size + min(self.low, 0) + min(self.high, 0) >= 1

    def panel(self, title: str) -> Panel:
        """The padded input; below it the taps where the window begins, and where it stands next."""
        places = range(-max(self.low, 0), self.size + max(self.high, 0))
        tail = 2 + max(self.high, 0)
        head = max(SHOWN, self.extent + self.stride) + max(self.low, 0)
        gap = len(places) - head - tail > 1
        drawn = [*places[:head], None, *places[-tail:]] if gap else [*places]
        taps = [met for met in map(self._met, range(2)) if max(met, default=0) < self.size + self.high]
        seen = set(taps[0]) if taps else set()
        samples = [GAP if place is None else self._sample(place, place in seen) for place in drawn]
        return Panel(title, [samples, *(_taps(drawn, each) for each in taps)])

    def _met(self, output: int) -> dict[int, str]:
        """Place -> the tap of an output that meets it."""
        letters = LETTERS[: self.taps][:: -1 if self.backwards else 1]
        return {position(output, tap, self.stride, self.low, self.dilation): each for tap, each in enumerate(letters)}

    def _sample(self, place: int, seen: bool) -> Cell:
        cut = place < -self.low or place >= self.size + self.high
        inside = 0 <= place < self.size
        mark: Mark = "cut" if cut else "seen" if seen and inside else "" if inside else "added"
        return Cell(str(place + 1) if inside else self._filled(place), mark)

    def _filled(self, place: int) -> str:
        """The sample that the boundary puts outside of the input, numbered as there."""
        found = int(sample(np.array(place), self.size, self.boundary))
        return str(found + 1) if found < self.size else f"{self.filling:.7g}"


def _taps(drawn: Sequence[int | None], met: Mapping[int, str]) -> list[Cell]:
    return [BLANK if place is None or place not in met else Cell(met[place], "seen") for place in drawn]


def _strip(case: Found, axis: int, padding: Sequence[Sequence[int]], **changed: Sequence[int]) -> _Strip:
    settings = {**case["settings"], **changed}
    low, high = padding[axis]
    return _Strip(
        case["input"]["shape"][axis + 2],
        low,
        high,
        case["kernel"]["shape"][axis + 2],
        settings["dilation"][axis],
        settings["stride"][axis],
        str(settings["boundary"]),
        float(settings.get("constant", 0.0)),
        _backwards(case),
    )


def _compared(case: Found, axis: int, meant: _Strip, computed: _Strip, caption: str) -> Picture | None:
    if not (meant.fits and computed.fits):
        return None
    along = f" along {_axis_name(case, axis)}" if len(case["input"]["shape"]) > 3 else ""
    return Picture(f"{caption}{along}.", (meant.panel(MEANT), computed.panel(COMPUTED)))


def _axis_name(case: Found, axis: int) -> str:
    return layout.SPATIAL[len(case["input"]["shape"]) - 2][axis]


def _padded(case: Found, change: Found) -> Picture | None:
    """Of the first axis whose padding differs; of a transposed one, what is cut off the full output."""
    pairs = list(zip(*(change.get("cuts") or (change["intended"], change["actual"]))))
    axis = next((axis for axis, (old, new) in enumerate(pairs) if list(old) != list(new)), None)
    if axis is None or axis >= len(case["input"]["shape"]) - 2:
        return None
    if change.get("cuts"):
        return _cut(case, axis, change)
    meant, computed = (_strip(case, axis, change[key]) for key in ("intended", "actual"))
    return _compared(case, axis, meant, computed, of_change(change).seen)


def _cut(case: Found, axis: int, change: Found) -> Picture | None:
    """The full output of a transposed convolution, with what is cut off it."""
    n, k = (case[role]["shape"][axis + 2] for role in ("input", "kernel"))
    settings = case["settings"]
    full = reach(n, k, settings["stride"][axis], settings["dilation"][axis])
    cuts = [side[axis] for side in change["cuts"]]
    if full > 3 * MOST or min(map(min, cuts)) < -MOST or max(map(sum, cuts)) >= full:
        return None
    panels = [Panel(title, [_output(full, *cut)]) for title, cut in zip((MEANT, COMPUTED), cuts)]
    return Picture("Other samples were cut off the full output.", panels)


def _output(full: int, low: int, high: int) -> list[Cell]:
    """The samples of a full output; a negative cut adds zeros."""
    marks: list[Mark] = ["cut" if place < low or place >= full - high else "" for place in range(full)]
    own = [Cell(str(place + 1), mark) for place, mark in enumerate(marks)]
    return [*_cells("0" * max(-low, 0), "added"), *own, *_cells("0" * max(-high, 0), "added")]


def _stepped(case: Found, change: Found) -> Picture | None:
    """Of the first axis along which the stride or the dilation is another."""
    key = change["id"]
    pairs = list(zip(case["settings"][key], change.get(key, ())))
    axis = next((axis for axis, (old, new) in enumerate(pairs) if old != new), None)
    if axis is None or axis >= len(change["padding"]) or change.get("of_input"):
        return None
    meant = _strip(case, axis, case["settings"]["padding_pairs"])
    computed = _strip(case, axis, change["padding"], **{key: change[key]})
    return _compared(case, axis, meant, computed, of_change(change).seen)


def _bounded(case: Found, change: Found) -> Picture | None:
    """Of the first axis that is padded."""
    padding = case["settings"]["padding_pairs"]
    axis = next((axis for axis, each in enumerate(padding) if max(each) > 0), None)
    if axis is None:
        return None
    meant = _strip(case, axis, padding)
    computed = meant._replace(boundary=change["boundary"], filling=float(change["constant"]))
    return _compared(case, axis, meant, computed, of_change(change).seen)


# --- axes ------------------------------------------------------------------------------------------------------------


def _ordered(role: str) -> Callable[[Found, Found], Picture | None]:
    """The axes of an array in the order that is meant, and in that in which they were read."""

    def draw(case: Found, change: Found) -> Picture | None:
        order = change.get("order", change.get("source"))
        letters = layout.canonical(role, len(order) - 2) if 3 <= len(order) <= 5 else ""
        if sorted(order) != list(range(len(letters))):
            return None
        read = [Cell(letters[axis], "moved" if axis != place else "") for place, axis in enumerate(order)]
        panels = (Panel(MEANT, [_cells(letters)]), Panel(COMPUTED, [read]))
        return Picture(f"The axes of the {role} were read in another order.", panels)

    return draw


def _reread(case: Found, change: Found) -> Picture | None:
    """Six numbers in a row, as two rows of three in the one order and in the other."""
    rows = np.arange(1, 7).reshape(2, 3)
    columns = np.arange(1, 7).reshape((2, 3), order="F")
    panels = (Panel("row by row", _grid(rows, rows)), Panel("column by column", _grid(columns, rows)))
    return Picture(f"The numbers of the {change['role']} were taken in another order.", panels)


class _Drawn(NamedTuple):
    """What a change must hold to be drawn, and what draws it."""

    form: Found
    draw: Callable[[Found, Found], Picture | None]


DRAWN: Mapping[str, _Drawn] = {
    "reversed_kernel": _Drawn({"axes": [int]}, _reversed),
    "padding": _Drawn({"intended": [pair], "actual": [pair], "cuts?": [[pair]]}, _padded),
    "steps": _Drawn({"stride?": [int], "dilation?": [int], "padding": [pair]}, _stepped),
    "filling": _Drawn({"boundary": str, "constant": finite}, _bounded),
    "axes_of_input": _Drawn({"order": [int]}, _ordered("input")),
    "axes_of_kernel": _Drawn({"order": [int]}, _ordered("kernel")),
    "axes_of_output": _Drawn({"source": [int]}, _ordered("output")),
    "groups": _Drawn({"groups": int, "kind": str}, drawn_groups),
    "buffer": _Drawn({"role": str}, _reread),
}
"""The kind of picture that a transform has -> how it is drawn."""
