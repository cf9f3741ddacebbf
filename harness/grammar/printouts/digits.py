"""How far the number that was printed may be from what its text says: half a unit of the last digit that is sure.

As a rule that is the last digit of the number's own text. Programs whose way to print is known say more, or less:

* **Whole numbers**, printed without a point throughout, are exact. So are PyTorch's `2.`, which it prints only where
  all are whole. Where another program prints nothing but whole numbers as `2.` or `2.0`, they are taken as whole to 8
  decimals, as NumPy shows them unless it is told to show next to none (`precision=0`, which no text betrays but for a
  `-0.`).
* **NumPy** (and JAX, and TensorFlow's tensors) rounds to `precision` decimals and then leaves zeros out, so `2.` beside
  `1.304` is 2.000: the last place is that of the array, not of the number. Where fewer digits tell the number from its
  neighbours in its dtype, NumPy shows those, so the value of that dtype next to the text counts, too. The dtype is that
  which the text states, else the narrowest whose numbers have so many digits: float16 has up to 5, float32 up to 9.
* **tf.print, bfloat16 in NumPy, and C's %g** show 6 significant digits or more, and leave zeros out.
* **Julia** shows 6 significant digits in arrays of several columns, and in one column as many as tell the number.
* **Octave and MATLAB** show whole numbers as they are, an exact zero as `0`, and else a fixed number of decimals
  (`format short g`: 5 significant digits).
* **R** shows 7 significant digits, and without decimals what is whole to so many.
* **Code** that makes an array, as `np.array([[0.1, 0.5]])` or `float w[2] = {0.1f, 0.5f}`, says what it is: exact.
* **All other text** is taken by each number's own digits, but for two things. Where some number shows 8 significant
  digits or more, and others fewer, zeros were left out of numbers printed in full: the digits of the fullest count.
  And a whole number without a point, among others that have one, is whole to the most decimals of these, and to 5
  significant digits: whoever rounds to whole numbers rounds all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.grammar.printouts.numerals import BARE_POINT, EXPONENT, MISSING, POINT, WHOLE, WORD, Numbers

NUMPY_DECIMALS = 8
OF_G, OF_JULIA, OF_SHORT_G, OF_R = 6, 6, 5, 7
"""Significant digits that C's %g, Julia's matrices, MATLAB's `format short g` and R show, unless told otherwise."""
FULL = 8
"""Significant digits that nobody writes by hand."""
WIDEST_EXACT = 2.0**53
FORMATS = ((5, np.float16), (9, np.float32))
"""Digits that tell every number of a format from its neighbours."""


@dataclass(frozen=True)
class Shown:
    """What the texts of some numbers show, as `Numbers` has it."""

    values: np.ndarray
    marks: np.ndarray
    places: np.ndarray
    last: np.ndarray
    first: np.ndarray

    @classmethod
    def of(cls, numbers: Numbers, index: np.ndarray) -> Shown:
        every = numbers.values, numbers.marks, numbers.places, numbers.last, numbers.first
        return cls(*(each[index] for each in every))

    def has(self, *marks: int) -> np.ndarray:
        """Mask of the numbers that are written so."""
        return np.isin(self.marks, marks)

    @property
    def numbers(self) -> np.ndarray:
        """Mask of the numbers, words left out."""
        return ~self.has(WORD, MISSING)

    def all_are(self, *marks: int) -> bool:
        """Whether every number is written so."""
        return bool(self.has(*marks, WORD, MISSING).all())

    @property
    def all_whole(self) -> bool:
        """Whether all are whole, with one digit behind the point at most."""
        whole = (np.floor(self.values) == self.values) & (self.places >= -1) & ~self.has(EXPONENT)
        return bool(whole[self.numbers].all())

    @property
    def cut(self) -> bool:
        """Whether a zero has a minus sign, as small negative numbers have whose digits were cut off."""
        return bool(((self.values == 0) & np.signbit(self.values)).any())

    @property
    def own(self) -> np.ndarray:
        """Half a unit of the last digit of each number."""
        return _half(self.places)

    @property
    def kept(self) -> np.ndarray:
        """Half a unit of the last digit of each number that is not zero."""
        return _half(self.last)

    def significant(self, digits: int) -> Any:
        """Half a unit of that significant digit of each number; a zero has none."""
        return np.where(self.values == 0, 0.0, _half(self.first + 1 - digits))

    @property
    def decimals(self) -> int:
        """The most decimals that a number shows, those with an exponent left out."""
        return -int(self.places[self.has(POINT, BARE_POINT)].min(initial=0))

    @property
    def most_digits(self) -> int:
        """The most significant digits that a number shows."""
        shown = self.numbers & (self.values != 0)
        return int((self.first - self.last + 1)[shown].max(initial=1))

    @property
    def uneven(self) -> bool:
        """Whether the numbers with a point end at several places."""
        return len(np.unique(self.places[self.has(POINT, BARE_POINT)])) > 1

    def from_format(self, dtype: str | None) -> Any:
        """Distance of each number from the number of its dtype that is told by the same digits."""
        kind = _format(dtype, self.most_digits)
        if kind is None:
            return np.zeros(self.values.shape)
        with np.errstate(over="ignore", invalid="ignore"):
            apart = np.abs(self.values.astype(kind).astype(np.float64) - self.values)
        return np.minimum(np.nan_to_num(apart, nan=0.0, posinf=np.inf), self.kept)


Rule = Callable[[Shown, str | None], Any]


def half_units(numbers: Numbers, index: np.ndarray, program: str, dtype: str | None = None) -> np.ndarray:
    """Half a unit of the last sure digit of each number of `index`, which one program printed in one way."""
    shown = Shown.of(numbers, index)
    if shown.all_are(WHOLE) and program != "r":
        return np.where(np.abs(shown.values) >= WIDEST_EXACT, np.nan_to_num(np.spacing(np.abs(shown.values)) / 2), 0.0)
    return np.where(shown.numbers, RULES[program](shown, dtype), 0.0)


def _numpy(shown: Shown, dtype: str | None) -> Any:
    told = shown.from_format(dtype)
    if shown.all_are(EXPONENT):
        return np.maximum(shown.own, told)
    decimals = shown.decimals or (0 if shown.cut else NUMPY_DECIMALS)
    limit = np.where(shown.has(EXPONENT), 0.0, 0.5 * 10.0**-decimals)
    if not shown.has(BARE_POINT).any():
        limit = np.maximum(limit, shown.significant(max(OF_G, shown.most_digits)))
    return np.maximum(limit, told)


def _torch(shown: Shown, dtype: str | None) -> Any:
    return np.zeros(shown.values.shape) if shown.all_are(BARE_POINT) else shown.own


def _julia(shown: Shown, dtype: str | None) -> Any:
    limit = shown.significant(max(OF_JULIA, shown.most_digits))
    return np.maximum(limit, shown.from_format(dtype or "float64"))


def _julia_column(shown: Shown, dtype: str | None) -> Any:
    return shown.from_format(dtype or "float64")


def _octave(shown: Shown, dtype: str | None) -> Any:
    digits = shown.significant(max(OF_SHORT_G, shown.most_digits))
    trimmed = shown.has(POINT, WHOLE) if shown.uneven else shown.has(WHOLE)
    return np.where(trimmed, np.minimum(shown.own, digits), shown.own)


def _r(shown: Shown, dtype: str | None) -> Any:
    if shown.most_digits < OF_R and not shown.all_are(WHOLE):
        return shown.own
    return np.where(shown.has(WHOLE), np.minimum(shown.own, shown.significant(OF_R)), shown.own)


def _plain(shown: Shown, dtype: str | None) -> Any:
    if shown.all_whole and not shown.cut:
        return np.minimum(shown.own, 0.5 * 10.0**-NUMPY_DECIMALS)
    full = shown.most_digits >= FULL and shown.uneven
    trimmed = np.maximum(shown.significant(max(OF_SHORT_G, shown.most_digits)), 0.5 * 10.0**-shown.decimals)
    least = np.maximum(trimmed, shown.from_format(dtype))
    return np.where(full | shown.has(WHOLE), np.minimum(shown.own, least), shown.own)


def _code(shown: Shown, dtype: str | None) -> Any:
    return np.zeros(shown.values.shape)


RULES: dict[str, Rule] = {
    "numpy": _numpy,
    "torch": _torch,
    "julia": _julia,
    "julia column": _julia_column,
    "octave": _octave,
    "r": _r,
    "plain": _plain,
    "code": _code,
}
"""What is known of how each program prints."""


def _half(places: np.ndarray) -> np.ndarray:
    """Half of ten to the power of `places`; never 0, which would be exact."""
    return np.asarray(np.maximum(0.5 * 10.0 ** np.clip(places, -323, 308).astype(np.float64), 5e-324))


def _format(dtype: str | None, digits: int) -> type | None:
    """The dtype of numbers that are told from their neighbours by up to so many digits; None for double precision."""
    if dtype is not None:
        return {"float16": np.float16, "float32": np.float32}.get(dtype)
    return next((kind for most, kind in FORMATS if digits <= most), None)
