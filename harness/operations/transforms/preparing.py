"""Conventions about what is done to an input before it is used, and about arrays that are read from their other end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.canonical.layout import canonical
from harness.canonical.window import Linear, padded
from harness.operations.transforms.arrays import NAMES, PARTS, Role
from harness.operations.transforms.boundary import by_hand, unpadded
from harness.operations.transforms.transform import Part, Transform, each_of, for_channels

TURNED = {"N": "its images stand in reverse order", "D": "its planes are mirrored", "H": "its rows are mirrored"}
"""What is said of an axis that is read backwards; of the last one, that its columns are mirrored."""


@dataclass(frozen=True)
class Offset(Transform):
    """`values`, one for each input channel, are added to the input, as where a mean is subtracted.

    padded: whether they are added after the padding, so that the border has them, too.
    """

    id = "offset"
    causes = 0.25

    values: tuple[float, ...]
    padded: bool = False

    @property
    def choices(self) -> float:
        return 1.0

    @property
    def inferred(self) -> tuple[float, ...]:
        return self.values

    @property
    def touches(self) -> tuple[Part, ...]:
        return ("x", "window") if self.padded else ("x",)

    def words(self) -> str:
        when = ", the padding among them" if self.padded else ""
        return f"prepare the input alike: the system added {each_of(self.values)} to the values of its channels{when}"

    def differ(self, conv: Linear) -> Linear:
        added = for_channels(self.values, conv.x)
        if self.padded:
            return unpadded(conv, padded(conv) + added)
        return conv.of_prepared(lambda x: x + added, float(np.abs(added).max(initial=0.0)))

    def code(self, conv: Linear) -> tuple[str, ...]:
        shape = (1, -1) + (1,) * conv.rank
        return (
            *(by_hand(conv) if self.padded else ()),
            f"x = x + np.array({list(self.values)!r}).reshape{shape}",
        )


@dataclass(frozen=True)
class Flip(Transform):
    """The input or the output is read backwards along axes, by their letters: mirrored images, a reversed batch."""

    id = "flip"
    causes = 0.25

    role: Role
    letters: str

    @property
    def choices(self) -> float:
        return 3.0

    @property
    def touches(self) -> tuple[Part, ...]:
        return PARTS[self.role]

    def words(self) -> str:
        found = " and ".join(TURNED.get(letter, "its columns are mirrored") for letter in self.letters)
        return f"turn the {self.role} round: {found}"

    def differ(self, conv: Linear) -> Linear:
        return conv if self.role == "output" else conv.map(self._flipped, NAMES[self.role])

    def read(self, y: np.ndarray) -> np.ndarray:
        return self._flipped(y) if self.role == "output" else y

    def code(self, conv: Linear) -> tuple[str, ...]:
        name = NAMES[self.role]
        return (f"{name} = np.flip({name}, {self._axes(conv.rank)})",)

    def _flipped(self, a: np.ndarray) -> np.ndarray:
        return np.flip(a, self._axes(a.ndim - 2))

    def _axes(self, rank: int) -> tuple[int, ...]:
        return tuple(canonical(self.role, rank).index(letter) for letter in self.letters)
