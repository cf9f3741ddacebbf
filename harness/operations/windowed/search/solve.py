"""When no convention explains an output: which kernel was applied.

Every output element is a sum of kernel taps times input values, so the applied kernel solves a linear system whose
matrix holds what each element sees (im2col). Its rank says how much of the kernel the data determine.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from harness.canonical.axis import columns, elements
from harness.canonical.gaps import output as output_of
from harness.canonical.window import Linear
from harness.operations.transforms.transform import each_of
from harness.operations.transforms.values import KernelValues
from harness.operations.windowed.search.agreement import LARGEST
from harness.operations.windowed.search.question import Question
from harness.operations.windowed.search.units import in_own_units, of_input

SHOWN = 32
"""Values of a kernel up to which it is shown."""
PLACES = 6
"""Digits after the point of a kernel that is shown, at most."""
SURE = 3.0
"""Standard deviations by which a tap may be off."""
WORK = 4 * 10**9
"""Equations times unknowns squared that are solved, for all channels; what is found is held against all equations."""
ENOUGH = 2
"""Equations for each unknown, at least, where not all of them are solved."""
MOVED = 1e-4
"""Share of the largest tap beyond which one that was solved for is another one."""
MANY = 8
"""Taps that are told which the data do not tell apart."""
HALVINGS = 20
"""Of an interval, to find the least share of a room that values leave anything."""
FEW = 0.5
"""Share of its taps up to which another kernel is called the intended one with some values changed."""


@dataclass(frozen=True)
class Solution:
    """The kernel that fits the values best, by least squares.

    kernel: (O, I, *spatial). rank: of the system, of `terms` unknowns per output channel. fits: whether it gives the
    values; that says something only with more `equations` than the rank. values: the changed taps, if they are few.
    moved: the largest change of a tap, as a share of the largest one. offsets: (O,), what is added in place of the
    stated bias; None where that is. off: by how much a tap may be off, as what is left says.
    """

    kernel: np.ndarray
    rank: int
    terms: int
    equations: int
    fits: bool
    values: KernelValues | None
    moved: float
    offsets: np.ndarray | None = None
    off: float = 0.0

    def remarks(self) -> Iterator[str]:
        """What follows, in sentences."""
        yield (
            f"the kernel that was applied, by least squares: {self.equations} values of each output channel tell "
            f"{self.rank} of its {self.terms} elements"
        )
        if not self.fits:
            yield (
                "no kernel of this size, with any bias, gives these values at the intended stride, dilation and "
                "padding: the settings are others, some values are wrong, or something else is made of them"
            )
        elif self.rank < self.terms or self.equations <= self.rank:
            yield "some kernel of this size gives these values, but too few values are known to say which"
        elif self.values is None and self.offsets is None and self.moved <= MOVED:
            yield (
                f"the kernel that fits best is the intended one, to {self.moved:.1g} of its largest value: what is "
                "left over is in the outputs, not in the kernel"
            )
        elif self.values is None:
            digits = min(-math.floor(math.log10(self.off)), PLACES) if self.off else PLACES
            told = np.round(self.kernel, digits) + 0.0
            shown = np.array2string(told, precision=max(digits, 0)) if told.size <= SHOWN else "too large to show"
            added = "" if self.offsets is None else f", with another bias ({each_of(self.offsets.tolist())})"
            yield f"one kernel gives these values, and it is another one{added}: {shown}"


def single_taps(question: Question) -> list[KernelValues]:
    """Changes of a single tap each that give the observed values, as many as the data do not tell apart."""
    small, unit = in_own_units(question)
    for outputs, matrix, seen, meant, room in _systems(small):
        missing = seen - meant
        wrong = np.flatnonzero((np.abs(missing) > room).any(axis=0))
        if wrong.size:
            place = int(wrong[0])
            taps = itertools.islice(_taps(small, outputs[place], matrix, missing[:, place], room[:, place]), MANY)
            return [_in_the_kernels_unit(each, unit) for each in taps]
    return []


def _in_the_kernels_unit(change: KernelValues, unit: int) -> KernelValues:
    """The change with its values times 2**unit."""
    return KernelValues(tuple((index, math.ldexp(value, unit)) for index, value in change.taps), change.off * 2.0**unit)


def _taps(
    question: Question, output: int, matrix: np.ndarray, missing: np.ndarray, room: np.ndarray
) -> Iterator[KernelValues]:
    """The taps of an output channel of which a change makes up for what is missing (rows of `matrix`)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        change = matrix.T @ missing / np.einsum("ij,ij->j", matrix, matrix)
    for tap in np.flatnonzero(np.isfinite(change)):
        met = matrix[:, tap]
        left = missing - met * change[tap]
        if np.count_nonzero(met) > 1 and not (np.abs(left) > 2 * question.slack).any():
            index = (output, *map(int, np.unravel_index(tap, question.form.w.shape[1:])))
            off = SURE * float(np.sqrt(np.mean(left**2) / (met @ met)))
            value = float(question.form.w[index]) + _within(float(change[tap]), met, missing, room)
            found = KernelValues(((index, value),), off)
            yield from [found] if _gives(question, found) else []


def _within(change: float, met: np.ndarray, missing: np.ndarray, room: np.ndarray) -> float:
    """The change that all values allow with the smallest share of what all have in common of their room, as arithmetic
    may have used but a part of it; that which least squares give where they allow none."""
    told = met != 0
    met, missing, room = met[told], missing[told], room[told]

    def limits(share: float) -> tuple[float, float]:
        tight = room - (1 - share) * room.min()
        ends = np.sort([(missing + side * tight) / met for side in (-1, 1)], axis=0)
        return float(ends[0].max()), float(ends[1].min())

    least, most = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (least + most) / 2
        low, high = limits(middle)
        least, most = (least, middle) if low <= high else (middle, most)
    low, high = limits(most)
    return min(max(change, low), high) if low <= high else change


def solve(question: Question) -> Solution | None:
    """The kernel that was applied, with another bias where there must be one.

    None where the shapes differ or the system is too large.
    """
    plain = _solved(question, False)
    if plain is None or plain.fits or plain.rank >= plain.equations - 1:
        return plain
    other = _solved(question, True)
    return other if other and other.fits else plain


def _solved(question: Question, biased: bool) -> Solution | None:
    """The kernel that fits best; `biased`: with a bias in place of the stated one, which is one unknown more."""
    small, unit = in_own_units(question)
    conv = small.form
    kernel, bias = np.zeros(conv.w.shape), conv.offsets.astype(np.float64)
    rank, equations, fits, terms, off = 0, 0, True, conv.terms + biased, 0.0
    for outputs, matrix, seen, _, _ in _systems(small):
        matrix = np.column_stack([matrix, np.ones(len(matrix))]) if biased else matrix
        seen = seen if biased else seen - bias[outputs]
        some = _solvable(len(matrix), terms, WORK * len(outputs) // len(conv.w))
        if not some.size:
            return None
        found, _, rank, _ = np.linalg.lstsq(matrix[some], seen[some], rcond=None)
        kernel[outputs] = found[: conv.terms].T.reshape(-1, *conv.w.shape[1:])
        bias[outputs] = found[-1] if biased else bias[outputs]
        equations = len(seen)
        apart = np.abs(matrix @ found - seen)
        fits = fits and bool((apart <= 2 * small.slack + 1e-9 * np.abs(seen)).all())
        off = max(off, _uncertain(matrix[some], apart[some]))
    if not equations:
        return None
    values = _changed(conv, kernel, off) if fits and not biased and rank == conv.terms < equations else None
    values = None if values is None else _in_the_kernels_unit(values, unit)
    apart, largest = (float(np.abs(each).max(initial=0)) for each in (kernel - conv.w, conv.w))
    moved = apart / largest if largest else math.inf
    own = np.ldexp(bias, unit + of_input(question.form)) if biased else None
    return Solution(np.ldexp(kernel, unit), int(rank), terms, equations, fits, values, moved, own, off * 2.0**unit)


def _uncertain(matrix: np.ndarray, apart: np.ndarray) -> float:
    """By how much the unknowns may be off, as what they leave of some equations says."""
    return SURE * float(np.sqrt(np.mean(apart**2)) * np.sqrt((np.linalg.pinv(matrix) ** 2).sum(axis=1)).max())


def _solvable(equations: int, unknowns: int, work: int) -> np.ndarray:
    """Which equations are solved: all, or of many more than unknowns some anywhere; none where these are too many."""
    if equations * unknowns * min(equations, unknowns) <= work:
        return np.arange(equations)
    most = work // unknowns**2
    chosen = np.random.default_rng(0).permutation(equations)[:most]
    return np.sort(chosen) if most >= ENOUGH * unknowns else np.zeros(0, int)


def _systems(question: Question) -> Iterator[tuple[list[int], np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """For output channels that see the same input and are known at the same places: (channels, matrix, values seen,
    values meant, their room), with a row for each place and, of values, a column for each channel."""
    conv, observed = question.form, question.observed
    room = np.broadcast_to(question.slack if question.room is None else question.room, observed.shape)
    if observed.shape != conv.output_shape or elements(conv) > LARGEST:
        return
    met, meant = columns(conv), output_of(conv)
    each = len(conv.w) // conv.window.groups
    alike: dict[tuple[int, bytes], list[int]] = {}
    for output in range(len(conv.w)):
        alike.setdefault((output // each, np.isfinite(observed[:, output]).tobytes()), []).append(output)
    for (group, _), outputs in alike.items():
        seen = _by_place(observed, outputs)
        known = np.isfinite(seen[:, 0]) & np.isfinite(met[group]).all(axis=1)
        if known.any():
            meant_there, room_there = (_by_place(each, outputs)[known] for each in (meant, room))
            yield outputs, met[group][known], seen[known], meant_there, room_there


def _by_place(y: np.ndarray, outputs: list[int]) -> np.ndarray:
    """(N, O, *spatial) as (places, channels) of some channels."""
    return np.moveaxis(y[:, outputs], 1, -1).reshape(-1, len(outputs))


def _changed(conv: Linear, kernel: np.ndarray, off: float) -> KernelValues | None:
    apart = np.abs(kernel - conv.w)
    moved = np.argwhere(apart > MOVED * float(np.nanmax(np.abs(conv.w), initial=0)))
    if not 0 < len(moved) <= FEW * conv.w.size:
        return None
    return KernelValues(tuple((tuple(map(int, index)), float(kernel[tuple(index)])) for index in moved), off)


def _gives(question: Question, change: KernelValues) -> bool:
    y = output_of(change.differ(question.form))
    return not bool((np.abs(y - question.observed) > question.slack).any())
