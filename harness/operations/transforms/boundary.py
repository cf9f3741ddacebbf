"""What is beyond the border of an input, and code that pads by it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from harness.canonical.window import CONSTANT, OF_SAMPLES, Linear, holds
from harness.operations.transforms.transform import Transform, changed


@dataclass(frozen=True)
class Boundary(Transform):
    """The padding is filled with something else: what a boundary says, or with the number `constant`."""

    id = "boundary"
    picture = "filling"
    seen = "The padding is filled with something else"
    causes = 4.0

    boundary: str
    constant: float = 0.0

    @property
    def choices(self) -> float:
        return math.log2(4)

    @property
    def inferred(self) -> tuple[float, ...]:
        return (self.constant,) if self.boundary == CONSTANT else ()

    def unusual(self, rank: int) -> float:
        return 2.0 if self.boundary == CONSTANT else 0.0

    def frees(self, rank: int) -> frozenset[str]:
        return frozenset({"boundary", "constant"} if self.boundary == CONSTANT else {"boundary"})

    def words(self) -> str:
        number = f"{self.constant:.7g}" if self.boundary == CONSTANT else self.boundary
        return f"correct the boundary; the system filled the padding with {number}"

    def differ(self, conv: Linear) -> Linear:
        return replace(conv, window=conv.window.bounded(self.boundary, self.constant))


def unpadded(conv: Linear, x: np.ndarray) -> Linear:
    """`conv` of the input `x`, which is padded already."""
    ones = (1,) * conv.rank
    none = ((0, 0),) * conv.rank
    return changed(conv, x=x, padding=none, boundary="zero", constant=0.0, base_dilation=ones)


def filling(conv: Linear) -> str:
    """The number that fills the padding, in the fewest digits that name it among those of the input's dtype."""
    number, dtype = conv.window.filling, conv.x.dtype
    return str(dtype.type(number) if holds(dtype, number) else number)


def by_hand(conv: Linear) -> tuple[str, ...]:
    """NumPy lines that pad x as the window of `conv` says."""
    pairs, boundary = conv.window.padding, conv.window.boundary
    grow = [(0, 0), (0, 0), *((max(low, 0), max(high, 0)) for low, high in pairs)]
    crop = ", ".join(f"{max(-low, 0) or ''}:{high if high < 0 else ''}" for low, high in pairs)
    filled = f", constant_values={filling(conv)}" if conv.window.filling else ""
    mode = f', mode="{boundary}"' if boundary in OF_SAMPLES else filled
    return (
        *((f"x = np.pad(x, {grow}{mode})",) if any(map(any, grow)) else ()),
        *((f"x = x[:, :, {crop}]",) if any(min(pair) < 0 for pair in pairs) else ()),
    )
