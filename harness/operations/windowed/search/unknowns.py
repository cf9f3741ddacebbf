"""The linear system for what is not known of input, kernel and bias, given some of the output.

Every output element is one equation: known factors times elements that are not known, plus what is known already.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from harness.canonical.axis import seen_at
from harness.canonical.layout import canonical
from harness.canonical.window import Linear
from harness.operations.windowed.search.agreement import AXES, LARGEST, indices

MOST = 500
"""Output elements that become equations, from the first one on."""
ENTRIES = 300_000
"""Terms that all equations may have together; where each has many, there are fewer equations."""
NAMED = 32
"""Elements whose values a sentence may give."""
ROUNDING = 1e-9
"""What solving in float64 may be off by, as a share of the largest value."""

Unknown = tuple[str, int]
"""The array that an element is of, and its flat index."""


@dataclass(frozen=True, eq=False)
class System:
    """matrix (equations, unknowns) and right side. unknowns: (role, flat index) of each.

    slack: an error that no value of the right side exceeds. coarse: one that no element of the matrix exceeds.
    products: output elements left out, since they see products of two unknown elements. met (equations, I, *spatial):
    the input that meets each kernel element.
    """

    matrix: np.ndarray
    right: np.ndarray
    slack: float
    coarse: float
    unknowns: list[Unknown]
    products: int
    met: np.ndarray

    @cached_property
    def solution(self) -> tuple[np.ndarray, int, bool]:
        """By least squares: the unknown elements, the rank, and whether they give the right side."""
        found, rank = np.zeros(len(self.unknowns)), 0
        if self.matrix.size:
            found, _, rank, _ = np.linalg.lstsq(self.matrix, self.right, rcond=None)
        left = np.abs(self.matrix @ found - self.right)
        room = self.slack + self.coarse * np.abs(found).sum() + ROUNDING * np.abs(self.right).max(initial=0)
        return found, int(rank), bool((left <= room).all())

    @property
    def confirmed(self) -> bool:
        """Whether the right side has a solution that most right sides do not have."""
        _, rank, solvable = self.solution
        return solvable and rank < len(self.matrix)

    def remarks(self, conv: Linear) -> Iterator[str]:
        """What the system says of the values, in sentences."""
        if self.products:
            yield f"{self.products} values are left out, as they hold products of two unknown elements"
        if not self.matrix.size:
            return
        found, rank, solvable = self.solution
        values, unknown = len(self.matrix), f"the {len(found)} unknown elements"
        if not solvable:
            yield f"{values} values do not fit what the case means, whatever {unknown} are"
        elif rank == values:
            yield f"{values} values are too few to check anything alone: some choice of {unknown} gives any values"
        else:
            yield f"{values} values fit what the case means, with some choice of {unknown}"
        if self.confirmed and rank == len(found) <= NAMED:
            named = zip(self.unknowns, found)
            yield f"only this choice fits: {', '.join(f'{_named(conv, *each)} = {value:.6g}' for each, value in named)}"
        yield from self._alike(conv)

    def _alike(self, conv: Linear) -> Iterator[str]:
        """Rows or columns of the kernel that always meet equal input."""
        for axis, letter in enumerate(canonical("kernel", conv.rank)[1:], start=1):
            groups: dict[bytes, list[int]] = {}
            for index in range(self.met.shape[axis]):
                part = np.take(self.met, index, axis)
                if np.nan_to_num(part).any():
                    groups.setdefault(part.tobytes(), []).append(index)
            for same in groups.values():
                if len(same) > 1:
                    yield (
                        f"kernel {indices(AXES[letter], same)} meet equal input: these values would not tell them apart"
                    )


def system(conv: Linear, observed: np.ndarray, slack: float, coarse: float) -> System | None:
    """The system of the first known elements of `observed`, (N, O, *spatial) or a corner of it; None if too large.

    Elements that are not known are NaN, in `conv` as in `observed`. slack, coarse: errors of what is observed, and of
    input and kernel, that none of them exceeds.
    """
    corner = tuple(slice(0, size) for size in conv.output_shape)
    known = np.argwhere(np.isfinite(observed[corner]))[: max(min(MOST, ENTRIES // conv.terms), 1)]
    if not len(known):
        return None
    numbered = np.arange(1, conv.x.size + 1).reshape(conv.x.shape)
    values = np.array([0.0, *conv.x.ravel(), conv.window.filling])
    places = replace(conv, x=numbered, window=replace(conv.window, constant=float(conv.x.size + 1)))
    rows, right, seen = [], [], []
    for element, place in zip(known, seen_at(places, known).astype(np.int64)):
        x = values[place]
        terms = _terms(conv, int(element[1]), place, x)
        if terms is not None:
            rows.append(terms[0])
            right.append(observed[tuple(element)] - terms[1])
            seen.append(x.reshape(conv.w.shape[1:]))
    unknowns = sorted({each for row in rows for each in row})
    if len(rows) * len(unknowns) > LARGEST:
        return None
    columns = {unknown: number for number, unknown in enumerate(unknowns)}
    matrix = np.zeros((len(rows), len(columns)))
    for number, row in enumerate(rows):
        for unknown, factor in row.items():
            matrix[number, columns[unknown]] = factor
    met_there = np.array(seen).reshape(len(seen), *conv.w.shape[1:])
    return System(matrix, np.array(right), slack, coarse, unknowns, len(known) - len(rows), met_there)


def _terms(conv: Linear, channel: int, place: np.ndarray, x: np.ndarray) -> tuple[dict[Unknown, float], float] | None:
    """What unknown elements are multiplied by, and the sum of the known terms; None where two are multiplied."""
    w = conv.w[channel].ravel().astype(np.float64)
    if (np.isnan(x) & np.isnan(w)).any():
        return None
    factors: dict[Unknown, float] = {}
    for tap in np.flatnonzero(np.isnan(w) & (x != 0)):
        factors["kernel", channel * len(w) + int(tap)] = float(x[tap])
    for tap in np.flatnonzero(np.isnan(x) & (w != 0)):
        unknown = "input", int(place[tap]) - 1
        factors[unknown] = factors.get(unknown, 0.0) + float(w[tap])
    bias = float(conv.offsets[channel])
    if np.isnan(bias):
        factors["bias", channel] = 1.0
    return factors, float(np.nansum(x * w)) + float(np.nan_to_num(bias))


def _named(conv: Linear, role: str, flat: int) -> str:
    """An element in canonical order: "kernel[0, 0, 2, 1]"."""
    shape = {"input": conv.x.shape, "kernel": conv.w.shape, "bias": (len(conv.w),)}[role]
    return f"{role}[{', '.join(str(index) for index in np.unravel_index(flat, shape))}]"
