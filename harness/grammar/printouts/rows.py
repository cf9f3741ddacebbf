"""Rows of numbers: what stands between the numbers, and decimal commas where they are the only reading."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.grammar.printouts.lines import PrintoutError

DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")
NO_COMMA = re.compile(r"[^,.]*")
PADDED = re.compile(r"(?:^|,)\s*[+-]?0[0-9]")
COMMENT = re.compile(r"(?<!\S)[#%]|(?<=[,;])[#%]")
"""Where a comment begins: not in a word, as in `5%`."""
WORD = re.compile(r"(\S+)")
PARTS: dict[str | None, re.Pattern[str]] = {
    None: WORD,
    **{mark: re.compile(rf"([^{mark}]*){mark}|([^{mark}]+)") for mark in ";,"},
}
"""A number and what ends it."""


@dataclass(frozen=True)
class Row:
    """A line of numbers: its text, where it stands (from 0), and the power of ten that multiplies it."""

    text: str
    line: int
    column: int
    shift: int


@dataclass(frozen=True)
class Between:
    """What stands between numbers: `;`, `,` or blanks; and whether a comma within a number is its point."""

    separator: str | None
    decimal_comma: bool

    def fields(self, row: Row) -> Iterator[tuple[str, int]]:
        """The numbers of a row as text, and the column of each, from 0. Raises PrintoutError where one is missing."""
        for part in PARTS[self.separator].finditer(row.text.rstrip()):
            field = part[part.lastindex or 1]
            text = field.strip()
            if not text:
                raise PrintoutError(
                    row.line + 1, row.column + part.start() + 1, f"a number is missing before this {self.separator!r}"
                )
            yield self._pointed(text), row.column + part.start() + len(field) - len(field.lstrip())

    def _pointed(self, text: str) -> str:
        return text.replace(",", ".") if self.decimal_comma and DECIMAL_COMMA.fullmatch(text) else text


def between(rows: Iterable[Row]) -> Between:
    """What stands between the numbers of these rows: the same in all of them. Raises PrintoutError where it is open."""
    rows = list(rows)
    if any(";" in row.text for row in rows):
        return Between(";", not any("." in row.text for row in rows))
    if not any("," in row.text for row in rows):
        return Between(None, False)
    if _decimal_commas(rows):
        return Between(None, True)
    _demand_no_padding(rows)
    return Between(",", False)


def _decimal_commas(rows: Iterable[Row]) -> bool:
    """Whether commas can only be points: blanks stand between all numbers, and commas within them."""
    several = False
    for row in rows:
        for count, word in enumerate(WORD.finditer(row.text)):
            several |= count > 0
            if not (DECIMAL_COMMA.fullmatch(word[0]) or NO_COMMA.fullmatch(word[0])):
                return False
    return several


def _demand_no_padding(rows: Iterable[Row]) -> None:
    for row in rows:
        if PADDED.search(row.text):
            raise PrintoutError(
                row.line + 1,
                row.column + 1,
                "is the comma a decimal point or does it separate numbers? write points, or `;` between the numbers",
            )
