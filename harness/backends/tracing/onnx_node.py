"""A node of an ONNX graph, with what is known of its tensors, and what it is said to compute."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Tuple

import numpy as np

from harness.backends.tracing.axis_words import first
from harness.worker.recording import Meaning

Roles = Dict[int, str]
"""Place among a node's inputs -> role of the array there."""
WEIGHTS = {1: "kernel", 2: "bias"}


class Given:
    """A node with what is known of its tensors. shapes: by name. constants: those that the file holds."""

    def __init__(
        self,
        node: Any,
        opset: int,
        shapes: Mapping[str, Tuple[int, ...]],
        constants: Mapping[str, np.ndarray],
        attributes: Mapping[str, Any],
    ) -> None:
        self.op, self.opset, self.attributes = node.op_type, opset, attributes
        self._inputs, self._outputs = list(node.input), list(node.output)
        self._shapes, self._constants = shapes, constants

    def attribute(self, name: str, default: Any) -> Any:
        return self.attributes.get(name, default)

    def shape(self, index: int = 0) -> Tuple[int, ...]:
        """Shape of an input; () for one that is not there."""
        name = self._inputs[index] if index < len(self._inputs) else ""
        return self._shapes.get(name, ())

    @property
    def made(self) -> Tuple[int, ...]:
        """Shape of the output."""
        return self._shapes.get(self._outputs[0], ())

    def constant(self, index: int) -> Optional[np.ndarray]:
        """The numbers of an input that the file holds, None for one that is computed or not there."""
        name = self._inputs[index] if index < len(self._inputs) else ""
        return self._constants.get(name)

    def absent(self, index: int) -> bool:
        return index >= len(self._inputs) or not self._inputs[index]

    @property
    def rank(self) -> int:
        """Number of axes of the first input."""
        return len(self.shape())

    @property
    def letters(self) -> str:
        return first(self.rank)


Said = Optional[Tuple[Meaning, Roles]]
"""What a node computes and the roles of its inputs; None where no case can say it."""


def round_float(value: Any) -> Any:
    """A float32 of the file as a person wrote it: the shortest decimal that comes to the same float32."""
    return float(str(np.float32(value))) if isinstance(value, float) else value
