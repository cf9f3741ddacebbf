"""In which arithmetic a function computes, by its card: with fewer digits than its data have, or whole numbers only."""

from __future__ import annotations

import re
from typing import NamedTuple

from harness.operations.card import Card
from harness.operations.windowed.probes import precision
from harness.rounding.formats import DTYPES, FLOAT32, keeping

WIDEST = ("float64", "float32")
"""Dtypes of data by which it is told, the first that a function takes."""
SINGLE = FLOAT32.digits - 1
"""Bits of the fraction of float32."""
ROUNDED = 10
"""Bits that an FFT may lose of those that its dtype has."""


class Kept(NamedTuple):
    """words: what is kept of data that have more. equal: the dtype of data of which all is kept, "" for none."""

    words: str
    equal: str = ""


def kept(card: Card) -> Kept | None:
    """What a function keeps of its data; None where that is all of them, or was not measured."""
    for given in WIDEST:
        answer = card.conventions["dtypes"].get(given, "").partition(",")[0]
        if answer == given:
            return _measured(card, given)
        if answer in DTYPES:
            return _of_bits(DTYPES[answer].digits - 1, given)
        if "int" in answer:
            return Kept(f"gives {answer} of {given} data")
    return None


def _measured(card: Card, given: str) -> Kept | None:
    """By the precision that was measured with data of this dtype."""
    found, digits = card.precision.get(given, {}), DTYPES[given].digits - 1
    if found.get("input") == precision.ROUNDED:
        return Kept(f"rounds its sums of {given} data to whole numbers")
    if found.get("input", "").startswith("whole"):
        return Kept(f"takes {found['input']}, of {given} data")
    if about := re.search(r"\d+", found.get("errors", "")):
        bits = [int(about[0]) + ROUNDED]
    else:
        bits = [int(match[1]) for each in found.values() if (match := re.match(r"(\d+) bits", each))]
    fewest = min(bits, default=digits)
    return _of_bits(fewest, given) if fewest < digits else None


def _of_bits(bits: int, given: str) -> Kept:
    name = keeping(bits)
    equal = "float32" if given != "float32" and bits >= SINGLE else ""
    return Kept(f"keeps {bits} bits of {given} data" + (f" ({name})" if name else ""), equal)
