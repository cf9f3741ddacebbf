"""Whether results bear the marks of a format: that they are numbers of it, as others would not be."""

from __future__ import annotations

import numpy as np

from harness.rounding.formats import Format

REFUTED = 16
"""Bits against a format from which on results do not bear its marks."""


def bears(fmt: Format, expected: np.ndarray, found: np.ndarray) -> bool:
    """Whether all of the result are numbers of the format, most of what was expected are not, and its fractions show.

    Results that are whole where the format has fractions were rounded to whole numbers, which are numbers of it, too.
    """
    few = np.mean(fmt.holds(expected)) < 0.5
    return bool(few and (fmt.holds(found) | np.isnan(found)).all()) and _bits_of_whole(fmt, found) < REFUTED


def _bits_of_whole(fmt: Format, found: np.ndarray) -> float:
    """Bits that say that results, all of which are whole, are no numbers of the format by chance: of a value in
    [2^e, 2^(e+1)), of which the format has 2^(digits - 1 - e) to each whole number, so many as there are halvings."""
    values = np.abs(found[np.isfinite(found)].astype(np.float64))
    if (values != np.rint(values)).any():
        return 0.0
    exponents = np.frexp(np.maximum(values, 1.0))[1] - 1
    return float(np.maximum(fmt.digits - 1 - exponents, 0).sum())
