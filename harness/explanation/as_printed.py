"""Printed numbers that do not say so: how many digits after the point do they show?

People copy arrays from a terminal, which rounds them, and the numbers no longer give one another exactly. Where nothing
explains an output, they may be taken as what they look like.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.case.read import Case

MOST = 8
"""Digits after the point that NumPy prints."""


def decimals(values: np.ndarray) -> int | None:
    """Digits after the point, 1 to MOST, with which every finite value is written; None for more, or whole numbers."""
    if values.dtype.kind != "f":
        return None
    finite = values[np.isfinite(values)]
    wide = finite.astype(np.float64)
    for places in range(MOST + 1):
        if (np.round(wide, places).astype(values.dtype) == finite).all():
            return places or None
    return None


def read(role: str, values: np.ndarray) -> tuple[np.ndarray, str] | None:
    """Half a unit of the last digit that each of `values` shows, and words for it; None where they look exact."""
    places = decimals(values)
    return None if places is None else (np.full(values.shape, 0.5 * 10.0**-places), f"{role} with {places} decimals")


def taken(case: Case) -> tuple[Case, list[str]]:
    """`case` with its numbers taken as printed where it does not say it, and words for each array so taken."""
    arrays, words = dict(case.arrays), []
    for role, given in case.arrays.items():
        if given.half_unit is None and (found := read(role, given.values)):
            arrays[role] = replace(given, half_unit=found[0])
            words.append(found[1])
    return replace(case, arrays=arrays), words
