"""Outputs of a case that its page does not show, as steps from those that it shows: a few signs for each number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from harness.report import blocks
from harness.report.view import AgreementClass, Piece
from harness.rounding.formats import DTYPES

LONGEST = 15
"""Digits of a step that a reader with double precision gets right."""

Unshown = tuple[int, int, int, str]


def unshown(piece: Piece, classes: Mapping[str, Sequence[AgreementClass]]) -> dict[str, Unshown]:
    """Number of an output, or "reference" -> (number of the output to start from, digits, exponent, steps).

    digits: binary digits of the output's dtype, 0 of others than floats. An element of the output is that of the start,
    rounded to its dtype, plus its step times 2**exponent; or it stands in full, after "=". No steps: all are 0.
    """
    outputs = piece["outputs"]
    found = {str(number): (start, outputs[number]) for number, start in _starts(piece, classes).items()}
    meant = [each.figure for shown in classes.values() for each in shown if each.result["verdict"] == "agrees"]
    if meant:
        found["reference"] = meant[0], piece["case"]["reference"]
    return {
        name: (start, DTYPES[shown["dtype"]].digits if shown["dtype"] in DTYPES else 0, *steps(shown, outputs[start]))
        for name, (start, shown) in found.items()
        if shown["shape"] == outputs[start]["shape"]
    }


def _starts(piece: Piece, classes: Mapping[str, Sequence[AgreementClass]]) -> dict[int, int]:
    """Output that is not shown -> the output that is shown of its class."""
    numbers = {(each["mode"], each["entry_point"]): each["output"] for each in piece["results"]}
    figures = {each.figure for found in classes.values() for each in found}
    members = ((mode, each, name) for mode, found in classes.items() for each in found for name in each.members)
    starts = {numbers[mode, name]: each.figure for mode, each, name in members}
    return {number: start for number, start in sorted(starts.items()) if number not in figures}


def steps(shown: blocks.Described, start: blocks.Described) -> tuple[int, str]:
    """(exponent, steps with blanks between them) that lead from `start` to `shown`, arrays of one shape."""
    values, before = blocks.elements(shown), blocks.elements(start)
    apart = [_apart(*pair) for pair in zip(values, before)]
    scale = max((each[1] for each in apart if each), default=1)
    if all(each and not each[0] for each in apart):
        return 0, ""
    taken = (str(each[0] * (scale // each[1])) if each else "" for each in apart)
    texts = (
        step if 0 < len(step) <= LONGEST else f"={blocks.number(value, shown['dtype'])}"
        for step, value in zip(taken, values)
    )
    return 1 - scale.bit_length(), " ".join(texts)


def _apart(value: Any, before: Any) -> tuple[int, int] | None:
    """The exact difference as (numerator, denominator), the latter a power of two; None where there is none."""
    if value == before:
        return 0, 1
    if not all(isinstance(each, (int, float)) and math.isfinite(each) for each in (value, before)):
        return None
    if isinstance(value, float) and isinstance(before, float) and before and 0.5 < value / before < 2:
        return (value - before).as_integer_ratio()  # exact (Sterbenz), and several times as fast
    return (Fraction(value) - Fraction(before)).as_integer_ratio()
