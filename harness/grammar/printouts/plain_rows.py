"""Rows of nothing but plain numbers, read many at a time: what `sheets` makes of them, in a fraction of its time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness.grammar.limits import MOST_PRINTED
from harness.grammar.printouts.found import Found
from harness.grammar.printouts.lines import Text, too_many
from harness.grammar.printouts.numerals import BARE_POINT, EXPONENT, LONGEST, POINT, WHOLE, Numbers

AT_ONCE = 2**18
"""Characters that are looked at together."""
LONGEST_EXPONENT = 6
BLANK, DIGIT, DOT, E, SIGN, OTHER = range(6)
KINDS = np.full(256, OTHER, np.uint8)
for _kind, _characters in enumerate((b" \t\n", b"0123456789", b".", b"eE", b"+-")):
    KINDS[list(_characters)] = _kind
FOLLOWS = np.zeros((6, 6), bool)
"""What may stand behind what, of two characters."""
for _kind, _next in {
    BLANK: [BLANK, DIGIT, DOT, SIGN],
    DIGIT: [BLANK, DIGIT, DOT, E],
    DOT: [BLANK, DIGIT, E],
    E: [DIGIT, SIGN],
    SIGN: [DIGIT, DOT],
}.items():
    FOLLOWS[_kind, _next] = True


def read(text: Text) -> Found | None:
    """The table of rows that begins in `text`; None where anything else is in it, or rows differ in length.

    Raises PrintoutError where there are too many numbers.
    """
    lines = [text.start, *text.lines[text.line + 1 :]]
    while not lines[-1].strip():
        lines.pop()
    numbers = Numbers()
    for first, part in _parts(lines):
        if text.assigned or not _add(numbers, part, text.line + first):
            return None
        if len(numbers) > MOST_PRINTED:
            raise too_many(text.line + first, 0)
    width = len(numbers) // len(lines)
    if not np.array_equal(numbers.lines, np.repeat(np.arange(len(lines)) + text.line + 1, width)):
        return None
    index = np.arange(len(numbers)).reshape(len(lines), width)
    return Found(numbers, index, {}, None, None, "plain", [index.ravel()], text.line + len(lines))


def _parts(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The lines in parts of about AT_ONCE characters, each with the number of its first line."""
    first = size = 0
    for number, line in enumerate(lines, 1):
        size += len(line)
        if size > AT_ONCE or number == len(lines):
            yield first, "\n".join(lines[first:number])
            first, size = number, 0


def _add(numbers: Numbers, part: str, line: int) -> bool:
    """Append the numbers of some lines, the first of which is `line`, from 0; False where anything else is in them."""
    seen = _Characters.of(part) if part.isascii() else None
    words = seen.words() if seen else None
    if seen is None or words is None:
        return False
    values = np.fromiter(map(float, part.split()), np.float64)
    if not np.isfinite(values).all():
        return False
    breaks = np.flatnonzero(seen.characters == ord("\n"))
    numbers.extend(values, *words, np.searchsorted(breaks, seen.starts) + line + 1)
    return True


@dataclass(frozen=True, eq=False)
class _Characters:
    """Characters of which any two may stand side by side, from a blank to a blank.

    starts, ends: where each word begins, and what is behind it. digits: how many there are up to each character.
    """

    characters: np.ndarray
    kinds: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    digits: np.ndarray

    @classmethod
    def of(cls, part: str) -> _Characters | None:
        """Those of a text, None where some are not those of numbers."""
        characters = np.frombuffer(f" {part} ".encode(), np.uint8)
        kinds = KINDS[characters]
        if not FOLLOWS[kinds[:-1], kinds[1:]].all():
            return None
        steps = np.diff((kinds != BLANK).view(np.int8))
        starts, ends = (np.flatnonzero(steps == step) + 1 for step in (1, -1))
        return cls(characters, kinds, starts, ends, np.cumsum(kinds == DIGIT))

    def words(self) -> tuple[np.ndarray, ...] | None:
        """Of each word its mark, the places of its last digit, of the last and of the first that is not zero.

        None where one is no number.
        """
        e, dot = (self._only(np.flatnonzero(self.kinds == kind)) for kind in (E, DOT))
        if e is None or dot is None:
            return None
        stop = np.where(e < 0, self.ends, e)
        shown = self._between(self.starts, stop)
        if (shown == 0).any() or (dot >= stop).any() or (self.ends - self.starts > LONGEST).any():
            return None
        power = self._powers(e)
        if power is None:
            return None
        fraction = np.where(dot < 0, 0, self._between(dot + 1, stop))
        marks = np.where(fraction > 0, POINT, np.where(dot < 0, WHOLE, BARE_POINT))
        place = power - fraction
        return np.where(e < 0, marks, EXPONENT), place, *self._digits_kept(place, stop)

    def _only(self, places: np.ndarray) -> np.ndarray | None:
        """Which of these places is in each word, -1 where none is; None where two are in one."""
        first, behind = (np.searchsorted(places, each) for each in (self.starts, self.ends))
        if (behind - first > 1).any():
            return None
        return np.where(behind > first, np.append(places, -1)[first], -1)

    def _between(self, first: np.ndarray, behind: np.ndarray) -> np.ndarray:
        """How many digits stand there."""
        return np.asarray(self.digits[behind - 1] - self.digits[first - 1])

    def _powers(self, e: np.ndarray) -> np.ndarray | None:
        """What stands behind each e, 0 where there is none; None where one is too long."""
        found, (has,) = np.zeros(len(e), np.int64), np.nonzero(e >= 0)
        if (self._between(e[has], self.ends[has]) > LONGEST_EXPONENT).any():
            return None
        text = self.characters.tobytes()
        found[has] = [int(text[first + 1 : behind]) for first, behind in zip(e[has].tolist(), self.ends[has].tolist())]
        return found

    def _digits_kept(self, place: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The places of the last and of the first digit that is not zero; of a zero, its own and one below."""
        (kept,) = np.nonzero((self.characters > ord("0")) & (self.kinds == DIGIT))
        bounded = np.concatenate(([0], kept, [0]))
        first, behind = (np.searchsorted(kept, each) for each in (self.starts, stop))
        last = self._between(bounded[behind] + 1, stop)
        whole = self._between(bounded[first + 1], stop)
        some = behind > first
        return place + np.where(some, last, 0), place + np.where(some, whole, 0) - 1
