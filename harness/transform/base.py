"""What all transforms have in common."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from harness.canonical.window import Linear


@dataclass(frozen=True)
class Transform:
    """A named change of a convolution; by itself it changes nothing.

    id: the name that JSON, cases and tests use.
    """

    id: ClassVar[str]

    def words(self) -> str:
        """The transform in words."""
        raise NotImplementedError

    def differ(self, conv: Linear) -> Linear:
        """What a system computes that has this convention."""
        return conv

    def read(self, y: np.ndarray) -> np.ndarray:
        """What is read from the output of a system that has this convention."""
        return y

    def code(self, conv: Linear) -> tuple[str, ...]:
        """`differ(conv)` or `read` as NumPy lines on the canonical arrays: x, w, b before the call, y after it."""
        return ()

    def rewrite(self, conv: Linear) -> Linear:
        """`conv`, said for a system that has this convention or limit."""
        return conv

    def undo(self, conv: Linear) -> Linear:
        """The inverse of `rewrite`."""
        return conv

    def finish(self, y: np.ndarray) -> np.ndarray:
        """The output of `conv` from that of `rewrite(conv)`."""
        return y


def changed(conv: Linear, **changes: object) -> Linear:
    """`conv` with arrays (x, w, bias) and settings of its window replaced."""
    arrays = {key: changes.pop(key) for key in ("x", "w", "bias") if key in changes}
    return replace(conv, **arrays, window=replace(conv.window, **changes))  # type: ignore[arg-type]
