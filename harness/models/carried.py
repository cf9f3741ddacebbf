"""Numbers between layers: their axes, and how far rounding may have moved them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from harness.canonical.layout import SPATIAL, LayoutError


@dataclass(frozen=True, eq=False)
class Signal:
    """A tensor on its way through layers.

    letters: of its axes, "" where nobody says them; perhaps: those that others of as many axes have. dtype: of the
    arithmetic whose rounding `spread` bounds, in the shape of `values`; that is None where the values are exact, as
    those of a traced tensor are.
    """

    values: np.ndarray
    letters: str
    dtype: str
    spread: np.ndarray | None = None
    perhaps: str = ""

    def ordered(self, letters: str) -> Signal:
        """The same with its axes in the order of `letters`. Raises LayoutError where they are other axes."""
        spread = None if self.spread is None else ordered(self.spread, self.letters, letters)
        return Signal(ordered(self.values, self.letters, letters), letters, self.dtype, spread)

    @property
    def error(self) -> np.ndarray:
        """The spread; zeros where the values are exact."""
        return np.zeros(self.values.shape) if self.spread is None else self.spread


def ordered(array: np.ndarray, letters: str, wanted: str) -> np.ndarray:
    """A view with axes in the order `wanted`: what is missing has length 1, what is left out must have.

    Raises LayoutError where `letters` does not name the axes of the array, or leaves out one that is longer.
    """
    if len(letters) != array.ndim:
        raise LayoutError(f"layout {letters!r} names {len(letters)} axes, the array has {array.ndim}")
    gone = [letter for letter in letters if letter not in wanted]
    if any(array.shape[letters.index(letter)] != 1 for letter in gone):
        raise LayoutError(f"layout {wanted!r} leaves out axes of {letters!r} that are longer than 1")
    kept = [letter for letter in wanted if letter in letters]
    moved = array.transpose([letters.index(letter) for letter in (*kept, *gone)])
    sizes = dict(zip(letters, array.shape))
    return moved.reshape([sizes.get(letter, 1) for letter in wanted])


def canonical_letters(axes: int) -> str:
    """The letters of a canonical output with so many axes."""
    return "NC" + SPATIAL.get(axes - 2, "") if axes >= 2 else "NC"[:axes]


def orders(shape: tuple[int, ...], wanted: tuple[int, ...], letters: str) -> Iterator[str]:
    """Layouts that an array of `shape` may have where it is one of `letters` and `wanted` lengths."""
    long = [letter for letter, size in zip(letters, wanted) if size != 1]
    free = [letter for letter in letters if letter not in long]
    sizes = dict(zip(letters, wanted))
    for chosen in itertools.combinations(free, max(len(shape) - len(long), 0)):
        for order in itertools.permutations([*long, *chosen]):
            if tuple(sizes[letter] for letter in order) == shape:
                yield "".join(order)
