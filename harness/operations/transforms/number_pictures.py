"""Pictures of what becomes of numbers: rounded, held at the ends of a format, wrapped around, put through a function.

Changes are read as JSON has them, which may come from a file: what is not of the expected form has no picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from harness.canonical.arithmetic import plain
from harness.grammar.forms import FormError, demand, finite
from harness.operations.panels import Cell, Panel, Picture
from harness.operations.transforms import of_change
from harness.operations.transforms.endings import ROUNDINGS, Activation, Overflow
from harness.rounding.formats import FORMATS, significand

FRACTIONS = np.array([-1.5, -0.4, 0.5, 1.2, 1.7, 2.5])
DIGITS = np.array([1 / 3, np.pi, 100.1, 2049.0])
SIGNS = np.array([-7.0, -2.0, -0.5, 0.0, 0.5, 2.0, 7.0])
PLACES = 5
"""Digits after the point that are drawn."""
BEYOND, LARGEST = 20, 2**40
"""How far beyond the ends of a format numbers are drawn, and the largest end that is."""
Found = Mapping[str, Any]


def pictures(changes: Iterable[Found]) -> Iterator[Picture]:
    """A picture of each change of numbers, whatever the operation."""
    for change in changes:
        drawn = DRAWN.get(of_change(change).picture)
        if drawn and (picture := drawn(change)):
            yield picture


def functions(formula: Callable[..., Any], settings: Found, change: Found) -> Iterator[Picture]:
    """What a formula of each value gives with the settings that are meant, and with those of a change."""
    computed = {**settings, str(change.get("id")): change.get("value"), **_pairs(change.get("others"))}
    try:
        meant, given = (_values(formula, each) for each in (settings, computed))
    except (AttributeError, KeyError, TypeError, ValueError):
        return
    if not np.array_equal(meant, given):
        rows = [[_row(SIGNS), _row(made, meant)] for made in (meant, given)]
        titles = ("what is meant", "what was computed")
        yield Picture("Below each number stands what the function makes of it.", list(map(Panel, titles, rows)))


def _values(formula: Callable[..., Any], settings: Found) -> np.ndarray:
    kept = {key: value for key, value in settings.items() if value is not None}
    with np.errstate(all="ignore"):
        return np.asarray(formula(plain, {"x": SIGNS.reshape(1, 1, -1)}, kept), np.float64).ravel()


def _rounded(change: Found) -> Picture | None:
    rule = str(change.get("rule"))
    if rule not in ROUNDINGS:
        return None
    return _picture(f"Each number was rounded {ROUNDINGS[rule].words}.", FRACTIONS, ROUNDINGS[rule].of(FRACTIONS))


def _limited(change: Found) -> Picture | None:
    try:
        demand("", change, {"kind": str, "low": int, "high": int})
    except FormError:
        return None
    kind, low, high = change["kind"], change["low"], change["high"]
    if kind not in LIMITED or not -LARGEST <= low < high <= LARGEST:
        return None
    numbers = np.array([low - BEYOND, low, (low + high) // 2, high, high + BEYOND], np.float64)
    return _picture(LIMITED[kind], numbers, Overflow(kind, low, high).end(numbers))


LIMITED = {
    "saturate": "Numbers beyond the ends of the format were held there.",
    "wrap": "Numbers beyond one end of the format went on from the other.",
}


def _narrowed(change: Found) -> Picture | None:
    name = str(change.get("format") or str(change.get("finding")).partition(" ")[0])
    if name not in FORMATS:
        return None
    return _picture(f"{name} keeps fewer digits.", DIGITS, significand(DIGITS, FORMATS[name].digits))


def _applied(change: Found) -> Picture | None:
    try:
        demand("", change, {"function": str, "parameters": [list]})
        numbers = _pairs(change["parameters"])
        demand("", numbers, {"*": finite})
        made = Activation(change["function"], tuple(numbers.items())).end(SIGNS)
    except (FormError, KeyError, TypeError):  # a function that nobody knows, or numbers that are not its own
        return None
    return _picture(f"{change['function'].replace('_', ' ')} was applied to each sum.", SIGNS, made)


DRAWN: Mapping[str, Callable[[Found], Picture | None]] = {
    "rounding": _rounded,
    "ends_of_format": _limited,
    "digits": _narrowed,
    "function": _applied,
}
"""The kind of picture that a transform has -> how it is drawn."""


def _pairs(found: Any) -> dict[str, Any]:
    """(key, value) pairs as JSON has them; {} for what are none."""
    try:
        return {str(key): value for key, value in found or ()}
    except (TypeError, ValueError):
        return {}


def _picture(caption: str, numbers: np.ndarray, made: np.ndarray) -> Picture | None:
    if np.array_equal(numbers, made):
        return None
    titles, rows = ("numbers as computed", "numbers as given"), (_row(numbers), _row(made, numbers))
    return Picture(caption, [Panel(title, [row]) for title, row in zip(titles, rows)])


def _row(numbers: np.ndarray, meant: np.ndarray | None = None) -> list[Cell]:
    """Cells with so many digits as one can look at; those that are not as meant are marked."""
    other = numbers if meant is None else meant
    shown = [[f"{each + 0.0:.7g}" for each in np.round(row, PLACES)] for row in (numbers, other)]
    return [Cell(new, "moved" if new != old else "") for new, old in zip(*shown)]
