"""Axes and numbers of layers, in the words of cases."""

from __future__ import annotations

from itertools import combinations
from typing import Any, Dict, Iterable, List, Sequence, Tuple

SPATIAL = {3: "W", 4: "HW", 5: "DHW"}
"""Number of axes of an array, batch and channels among them -> letters of the spatial ones."""

EVERY = {"".join(letters): "".join(letters) for count in range(1, 6) for letters in combinations("NCDHW", count)}
"""Every set of axes, as a case names it: the words of a function that takes any."""
WITHIN = {letters: letters for letters in ("C", *SPATIAL.values())}
"""The axes of a window around an element, of a function that takes any."""


def first(rank: int) -> str:
    """Letters of an array with channels first, by its axes: N C, then the spatial ones; "" for others."""
    return "NC" + SPATIAL[rank] if rank in SPATIAL else {1: "C", 2: "NC"}.get(rank, "")


def last(rank: int) -> str:
    """The same with channels last."""
    return "N" + SPATIAL[rank] + "C" if rank in SPATIAL else {1: "C", 2: "NC"}.get(rank, "")


def even(values: Sequence[int]) -> Any:
    """One number where it holds for all axes, else one per axis."""
    found = [int(each) for each in values]
    return found[0] if len(set(found)) == 1 else found


def steps(**settings: Any) -> Dict[str, Any]:
    """Settings of one number per axis; those that a case need not say, for they are 1, are left out, but `stride`."""
    found = {key: even(values) for key, values in settings.items()}
    return {key: value for key, value in found.items() if value != 1 or key == "stride"}


def grouped(groups: int) -> Dict[str, int]:
    return {"groups": int(groups)} if groups != 1 else {}


def pairs(lows: Iterable[Any], highs: Iterable[Any]) -> List[List[int]]:
    """[low, high] of each axis."""
    return [[int(low), int(high)] for low, high in zip(lows, highs)]


def pairs_of(padding: Iterable[Sequence[Any]], letters: str) -> List[Tuple[int, int]]:
    """(low, high) of each axis in an order of letters, of (letter, low, high) for those that are padded."""
    given = {letter: (int(low), int(high)) for letter, low, high in padding}
    return [given.get(letter, (0, 0)) for letter in letters]
