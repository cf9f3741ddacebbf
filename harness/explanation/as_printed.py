"""Numbers that look printed and do not say so: what rounding to the digits that they show would leave open.

People copy arrays from a terminal, which rounds them, and the numbers no longer give one another exactly. A look is no
proof: what it explains is never certain, and the answer says which key of a case would say it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from harness.case.read import Case

EXACT = 1 / 32
"""Share of the slack within which a number counts as exact: one in so many that were rounded is."""
MOST = 8
"""Digits after the point that NumPy prints, and significant digits beyond which numbers look exact."""


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


def digits(values: np.ndarray) -> int | None:
    """Significant digits, up to MOST, with which every finite value is written; None for more, or whole numbers."""
    finite = values[np.isfinite(values)]
    if values.dtype.kind != "f" or (finite == np.rint(finite)).all():
        return None
    most = 0
    for value in np.unique(finite):
        if (shown := _significant(value)) > MOST:
            return None  # one tells it, of numbers that may be a million
        most = max(most, shown)
    return most


def _significant(value: np.floating) -> int:
    """Digits of the shortest text that gives the value."""
    mantissa, _, _ = np.format_float_scientific(value, unique=True, trim="-").partition("e")
    return sum(each.isdigit() for each in mantissa)


def read(role: str, values: np.ndarray) -> tuple[np.ndarray, str] | None:
    """Half a unit of the last digit that each of `values` shows, and words for it; None where they look exact.

    They are as wide after the point, or have as many significant digits, as more of them show in full.
    """
    places, significant = decimals(values), digits(values)
    if significant is not None and (places is None or _in_full(values, significant) > _to_the_end(values, places)):
        return _half_units(values, significant), f"{role} with {significant} significant digits"
    if places is None:
        return None
    return np.full(values.shape, 0.5 * 10.0**-places), f"{role} with {places} decimals"


def _in_full(values: np.ndarray, significant: int) -> int:
    return sum(_significant(value) == significant for value in values[np.isfinite(values)].ravel())


def _to_the_end(values: np.ndarray, places: int) -> int:
    finite = values[np.isfinite(values)]
    return int(np.count_nonzero(np.round(finite.astype(np.float64), places - 1).astype(values.dtype) != finite))


def _half_units(values: np.ndarray, significant: int) -> np.ndarray:
    size = np.where(np.isfinite(values) & (values != 0), np.abs(values.astype(np.float64)), 1.0)
    return np.where(values == 0, 0.0, 0.5 * 10.0 ** (np.floor(np.log10(size)) + 1 - significant))


def taken(case: Case, values: np.ndarray, exact: bool) -> Iterator[tuple[Case, np.ndarray | float, list[str]]]:
    """The case, half units of an output, and words for what looks printed: the output alone, then all arrays.

    exact: whether the output says nothing of its digits itself.
    """
    seen = read("output", values) if exact else None
    half, words = seen if seen else (0.0, "")
    if seen:
        yield case, half, [words]
    arrays, said = dict(case.arrays), []
    for role, given in case.arrays.items():
        if given.half_unit is None and (found := read(role, given.values)):
            arrays[role] = replace(given, half_unit=found[0])
            said.append(found[1])
    if said:
        yield replace(case, arrays=arrays), half, [*said, *filter(None, [words])]


def rounded(distance: np.ndarray, slack: np.ndarray) -> bool:
    """Whether numbers may have been rounded that are as far as this from arithmetic on the digits shown.

    Rounding moves all of them, by some part of the slack; where most are exact, the others are wrong.
    """
    return bool(np.count_nonzero(distance <= EXACT * slack) <= distance.size / 2)
