"""An array as it stands in a printout, and its place in the whole array where elements were left out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.grammar.limits import MOST_PRINTED
from harness.grammar.printouts.digits import half_units
from harness.grammar.printouts.lines import PrintoutError
from harness.grammar.printouts.numerals import MISSING, Numbers


@dataclass(frozen=True)
class Gap:
    """Elements that were left out along an axis: behind how many, how many if that is known, and in which line."""

    position: int
    missing: int | None
    line: int


@dataclass(frozen=True, eq=False)
class Found:
    """The numbers of a printout in their order.

    index: position in `numbers` of each element that is shown. gaps: what was left out, by axis. shape, dtype: what the
    text says of the whole array, None where it does not. program: whose way to print it is, a key of `digits.RULES`.
    parts: positions that were formatted together. line: the last line, from 1.
    """

    numbers: Numbers
    index: np.ndarray
    gaps: Mapping[int, Gap]
    shape: tuple[int, ...] | None
    dtype: str | None
    program: str
    parts: Sequence[np.ndarray]
    line: int


@dataclass(frozen=True, eq=False)
class Printout:
    """An array that was printed, in the order of its system's indices.

    values: float64, NaN where `known` is False. half_unit: float64, how far the number that was printed may be from
    what its text says (see `digits`), 0 where it is exact. dtype: what the text says of it, None where it does not.
    lines: the line of the text in which each element stands, from 1; 0 where it was left out.
    """

    values: np.ndarray
    known: np.ndarray
    half_unit: np.ndarray
    dtype: str | None
    lines: np.ndarray


def placed(found: Found, stated: Sequence[int] | None) -> Printout:
    """The whole array; `stated` is its shape where the user says it, and it is larger than what is shown.

    Raises PrintoutError where shapes do not fit each other, or nothing says how many elements were left out.
    """
    positions = _positions(found, None if stated is None else tuple(stated))
    numbers = found.numbers
    half = np.zeros(len(numbers))
    for part in found.parts:
        half[part] = half_units(numbers, part, found.program, found.dtype)
    flat = (numbers.values, numbers.marks != MISSING, half, numbers.lines)
    values, known, half_unit, lines = (
        _spread(each[found.index], positions, fill) for each, fill in zip(flat, (math.nan, False, 0.0, 0))
    )
    return Printout(values, known, half_unit, found.dtype, lines)


def _spread(shown: np.ndarray, positions: Sequence[np.ndarray], fill: float) -> np.ndarray:
    """`shown` at some positions of a larger array; each of `positions` ends with the length of its axis."""
    whole = np.full([int(axis[-1]) for axis in positions], fill, shown.dtype)
    whole[np.ix_(*(axis[:-1] for axis in positions))] = shown
    return whole


def _positions(found: Found, stated: tuple[int, ...] | None) -> list[np.ndarray]:
    """Where the elements that are shown stand along each axis, and behind that the length of the axis."""
    shown = found.index.shape
    for told, shape in (("the text says", found.shape), ("`shape` says", stated)):
        if shape is not None and len(shape) != len(shown):
            raise _misfit(found, told, shape)
    lengths = [_length(found, axis, stated) for axis in range(len(shown))]
    if math.prod(lengths) > MOST_PRINTED:
        raise PrintoutError(
            found.line,
            1,
            f"{math.prod(lengths)} elements; a printed array may have {MOST_PRINTED}: put it into a .npy file",
        )
    return [_along(found, axis, *each) for axis, each in enumerate(zip(shown, lengths))]


def _along(found: Found, axis: int, count: int, length: int) -> np.ndarray:
    before = found.gaps[axis].position if axis in found.gaps else count
    behind = count - before
    return np.concatenate([np.arange(before), np.arange(length - behind, length), [length]])


def _length(found: Found, axis: int, stated: tuple[int, ...] | None) -> int:
    """The length of an axis, which must be the same whoever says it."""
    count, gap = found.index.shape[axis], found.gaps.get(axis)
    length = _told(found, axis)
    if stated is not None:
        if stated[axis] < (count + bool(gap) if length is None else length):
            raise _misfit(found, "`shape` says", stated)
        return stated[axis]
    if length is None:
        raise PrintoutError(
            gap.line if gap else found.line,
            1,
            "elements were left out here, and nothing says how many; give the `shape` of the whole array: beside "
            "`values`, or in a line before it, as (2, 3)",
        )
    return length


def _told(found: Found, axis: int) -> int | None:
    """The length of an axis as the text tells it; None where elements were left out, and it does not say how many."""
    count, gap = found.index.shape[axis], found.gaps.get(axis)
    said = None if found.shape is None else found.shape[axis]
    shown = count if gap is None else None if gap.missing is None else count + gap.missing
    if said is not None and (shown not in (None, said) or said < count + bool(gap)):
        raise _misfit(found, "the text says", found.shape or ())
    return said if shown is None else shown


def _misfit(found: Found, told: str, shape: Sequence[int]) -> PrintoutError:
    printed = list(found.index.shape)
    return PrintoutError(
        found.line,
        1,
        f"{told} that the shape is {list(shape)}, but what is printed has shape {printed}; is it cut off?",
    )
