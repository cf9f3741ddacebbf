"""What a system does to an output after the sum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.canonical.window import Linear
from harness.operations.transforms.transform import Transform


@dataclass(frozen=True)
class Activation(Transform):
    """An activation was applied to the output: `relu`, max(y, 0)."""

    id = "activation"
    causes = 1.0
    local = True
    touches = ("y",)

    function: str = "relu"

    def words(self) -> str:
        return "compare what is before the activation, or apply it, too: the system gave max(y, 0), a ReLU of its sum"

    def read(self, y: np.ndarray) -> np.ndarray:
        return np.asarray(np.maximum(y, 0))

    def code(self, conv: Linear) -> tuple[str, ...]:
        return ("y = np.maximum(y, 0)",)
