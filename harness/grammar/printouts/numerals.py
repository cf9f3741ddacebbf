"""Numbers as they are printed: what each is worth, and which digits its text shows."""

from __future__ import annotations

import math
import re
from array import array
from functools import cached_property
from typing import Any

import numpy as np

LONGEST = 400
"""Characters that a number may have: the largest of double precision has 309 digits before its point."""

NUMBER = re.compile(r"([+-]?)([0-9]*)(\.?)([0-9]*)(?:[eEdDf]([+-]?[0-9]{1,6}))?[fFlLdD]?")
"""Sign, digits, point, digits, exponent; Fortran's `d`, Julia's `f`, and what C and Java put behind a literal."""
HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{1,13}")
WORDS = {
    **{sign + word: math.nan for sign in ("", "-", "+") for word in ("nan", "nan(ind)")},
    **{sign + word: float(sign + "inf") for sign in ("", "-", "+") for word in ("inf", "infinity")},
}
UNKNOWN = frozenset(("na", "--", "missing", "null", "none", "<na>"))
"""What R, NumPy's masked arrays, Julia, JSON, Python and pandas write for an element that is not known."""
COMPLEX = re.compile(r"(?:[0-9]\.?|nan|inf|\))\s?\*?(?:im|[ij])\b", re.IGNORECASE)
"""The imaginary part of a complex number somewhere in a line."""

WHOLE, POINT, BARE_POINT, EXPONENT, WORD, MISSING = range(6)
"""How a number is written: 2, 2.5, 2., 2e5, nan, and one that is not known."""


class Numbers:
    """Numbers in the order in which they were read.

    values: float64. places: power of ten of the last digit that each shows; last: of the last that is not zero;
    first: of the first that is not zero. marks: how each is written. lines: where each stands, from 1.
    """

    def __init__(self) -> None:
        self._values, self._marks = array("d"), array("b")
        self._places, self._last, self._first, self._lines = (array("i") for _ in range(4))

    def __len__(self) -> int:
        return len(self._values)

    def add(self, text: str, line: int, shift: int = 0) -> bool:
        """Append the number that `text` shows, times ten to the `shift`; False, and nothing, where it shows none."""
        return self._add_number(text, line, shift) or self._add_word(text.lower(), line)

    def _add_number(self, text: str, line: int, shift: int) -> bool:
        found = NUMBER.fullmatch(text)
        if not found or len(text) > LONGEST:
            return False
        sign, whole, point, fraction, exponent = found.groups()
        digits = whole + fraction
        if not digits:
            return False
        power = shift + int(exponent or 0)
        value = float(f"{sign}{whole or 0}.{fraction or 0}e{power}")
        place = power - len(fraction)
        kept = digits.rstrip("0")
        self._append(
            value,
            EXPONENT if exponent else WHOLE if not point else POINT if fraction else BARE_POINT,
            place,
            place + (len(digits) - len(kept) if kept else 0),
            place + len(digits.lstrip("0")) - 1,
            line,
        )
        return math.isfinite(value)

    def _add_word(self, word: str, line: int) -> bool:
        if word in WORDS:
            self._append(WORDS[word], WORD, 0, 0, 0, line)
        elif word in UNKNOWN:
            self._append(math.nan, MISSING, 0, 0, 0, line)
        elif HEXADECIMAL.fullmatch(word):
            self._append(float(int(word, 16)), WHOLE, 0, 0, 0, line)
        else:
            return False
        return True

    def _append(self, value: float, mark: int, place: int, last: int, first: int, line: int) -> None:
        self._values.append(value)
        self._marks.append(mark)
        self._places.append(place)
        self._last.append(last)
        self._first.append(first)
        self._lines.append(line)

    def extend(self, *parts: np.ndarray) -> None:
        """Append many: values, marks, places, last, first and lines of them."""
        kept: tuple[array[Any], ...] = (self._values, self._marks, self._places, self._last, self._first, self._lines)
        for own, more in zip(kept, parts, strict=True):
            own.frombytes(np.asarray(more, own.typecode).tobytes())

    @cached_property
    def values(self) -> np.ndarray:
        return np.frombuffer(self._values, np.float64)

    @cached_property
    def marks(self) -> np.ndarray:
        return np.frombuffer(self._marks, np.int8)

    @cached_property
    def places(self) -> np.ndarray:
        return np.frombuffer(self._places, np.int32)

    @cached_property
    def last(self) -> np.ndarray:
        return np.frombuffer(self._last, np.int32)

    @cached_property
    def first(self) -> np.ndarray:
        return np.frombuffer(self._first, np.int32)

    @cached_property
    def lines(self) -> np.ndarray:
        return np.frombuffer(self._lines, np.int32)


def is_value(text: str) -> bool:
    """Whether `text` is a number, a word for one, or one for an element that is not known."""
    return Numbers().add(text, 0)
