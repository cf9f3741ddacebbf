"""A kernel that is not the one that was given, but follows from it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from harness.canonical.layout import canonical
from harness.canonical.window import Linear
from harness.operations.transforms.transform import Transform

SLICES = {"D": "planes", "H": "rows", "W": "columns", "I": "input channels"}
"""What the parts of a kernel are called along an axis."""


@dataclass(frozen=True)
class KernelChange(Transform):
    """The kernel's values are used otherwise.

    kind: "absolute" (magnitudes); "order", along the axis of one letter, as `order` says; "short", where loops leave
    out the "last" or the "first" index along the axes of some letters. side: which of them.
    """

    id = "kernel_change"
    causes = 0.25
    touches = ("w",)

    kind: Literal["absolute", "order", "short"]
    letters: str = ""
    order: tuple[int, ...] = ()
    side: Literal["last", "first"] = "last"

    @property
    def choices(self) -> float:
        return 1.0 + (math.lgamma(len(self.order) + 1) / math.log(2) if self.order else 2.0)

    def words(self) -> str:
        parts = " and ".join(SLICES[letter] for letter in self.letters)
        if self.kind == "absolute":
            return "keep the signs of the kernel: the system took its magnitudes"
        if self.kind == "order":
            return f"put the kernel's {parts} in order: the system has them as {', '.join(map(str, self.order))}"
        return f"let the loops over the kernel's {parts} run to their ends: the system leaves out the {self.side} one"

    def differ(self, conv: Linear) -> Linear:
        if self.kind == "absolute":
            return replace(conv, w=np.abs(conv.w))
        if self.kind == "order":
            return replace(conv, w=conv.w.take(list(self.order), self._axes(conv.rank)[0]))
        w = conv.w.copy()
        for axis in self._axes(conv.rank):
            np.moveaxis(w, axis, 0)[self._left_out] = 0
        return replace(conv, w=w)

    @property
    def _left_out(self) -> int:
        return -1 if self.side == "last" else 0

    def _axes(self, rank: int) -> tuple[int, ...]:
        return tuple(canonical("kernel", rank).index(letter) for letter in self.letters)

    def code(self, conv: Linear) -> tuple[str, ...]:
        axes = self._axes(conv.rank)
        if self.kind == "absolute":
            return ("w = abs(w)",)
        if self.kind == "order":
            return (f"w = w.take({list(self.order)}, {axes[0]})",)
        return ("w = w.copy()", *(f"w[{':, ' * axis}{self._left_out}] = 0" for axis in axes))
