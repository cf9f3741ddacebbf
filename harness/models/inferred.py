"""Layers of a trace that has none: arrays that, as weights of an operation, give a later tensor from an earlier one.

Where parameters and shapes leave one way, and the values prove it, that is the layer; nothing is guessed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml

from harness.canonical.layout import SPATIAL, canonical
from harness.models import fitting
from harness.models.graph import Graph
from harness.models.meaning import Meaning
from harness.models.traced import Layer, Tensor, Trace
from harness.operations import TABLE
from harness.operations.operation import Operation

BEFORE = 3
"""Tensors before one of which it may be made."""
LAYOUTS = ("NC*", "N*C")
WEIGHTS = ("01*", "*10", "10*", "*01")
"""Layouts of weights: their two leading letters in canonical order are 0 and 1."""


def with_layers(trace: Trace) -> Trace:
    """The trace with the layers that can be told, and those of its outputs that they give; as it is without any."""
    found = _Found(trace, [trace.inputs[0].array])
    for name in list(trace.arrays):
        if name not in (*found.tensors, *found.parameters):
            found.take(name)
    if not found.layers:
        return trace
    made = {layer.outputs[0] for layer in found.layers}
    ends = tuple(each for each in trace.outputs if each.array in made)
    inputs = (Tensor(trace.inputs[0].array, found.layers[0].layouts["input"]),)
    return replace(trace, layers=tuple(found.layers), inputs=inputs, outputs=ends)


class _Found:
    """What was found of a trace so far."""

    def __init__(self, trace: Trace, tensors: list[str]) -> None:
        self.trace, self.tensors = trace, tensors
        self.layers: list[Layer] = []
        self.parameters: set[str] = set()

    def take(self, name: str) -> None:
        """Takes an array for a tensor where a layer gives it."""
        for layer in self._possible(name):
            graph = Graph(replace(self.trace, layers=(layer,)))
            seen = graph.signal(name)
            if fitting.of_layer(Meaning(graph), layer, [graph.signal(layer.inputs[0])], seen).agrees:
                self.layers.append(layer)
                self.parameters.update(layer.parameters.values())
                self.tensors.append(name)
                return

    def _possible(self, name: str) -> Iterator[Layer]:
        """Layers whose shapes fit, of earlier tensors, the nearest first."""
        weights = [each for each in self.trace.arrays if each not in (*self.tensors, *self.parameters, name)]
        for taken in reversed(self.tensors[-BEFORE:]):
            for operation, each, letters in itertools.product(_weighted(), weights, LAYOUTS):
                yield from _of_shapes(self.trace, operation, taken, each, name, letters)


def _weighted() -> list[Operation]:
    """Operations with an array of weights."""
    return [each for each in TABLE.values() if _role(each)]


def _role(operation: Operation) -> str:
    return next((name for name, role in operation.ROLES.items() if role.weights and not role.vector), "")


@dataclass(frozen=True)
class _Sizes:
    """Lengths of the axes of arrays, by role and letter."""

    input: dict[str, int]
    weights: dict[str, int]
    output: dict[str, int]

    def spatial(self, role: str) -> dict[str, Sequence[int]]:
        space = [letter for letter in self.input if letter not in "NC"]
        sides = {"input": self.input, role: self.weights, "output": self.output}
        return {name: [lengths[letter] for letter in space] for name, lengths in sides.items()}


def _of_shapes(trace: Trace, operation: Operation, x: str, w: str, y: str, letters: str) -> Iterator[Layer]:
    """The layers of an operation between two tensors with these weights, as far as shapes allow them."""
    shapes = [trace.shape(name) for name in (x, w, y)]
    rank = len(shapes[0]) - 2
    if rank not in SPATIAL or any(len(shape) != rank + 2 for shape in shapes):
        return
    role = _role(operation)
    leading = canonical(role, rank)[:2]
    axes = letters.replace("*", SPATIAL[rank])
    for order in WEIGHTS:
        own = order.replace("*", SPATIAL[rank]).replace("0", leading[0]).replace("1", leading[1])
        sizes = _Sizes(*(dict(zip(names, shape)) for names, shape in zip((axes, own, axes), shapes)))
        if sizes.input["N"] == sizes.output["N"] and (settings := _settings(operation, sizes, role, leading)):
            for vectors in _vectors(trace, operation, sizes.output["C"], (x, w, y)):
                layouts = {"input": axes, role: own, "output": axes}
                yield Layer(y, operation.NAME, settings, (x,), (y,), {role: w, **vectors}, layouts)


def _settings(operation: Operation, sizes: _Sizes, role: str, leading: str) -> dict[str, Any] | None:
    """The usual settings that give an output of its size; None where none do."""
    if sizes.weights[leading[0]] != sizes.output["C"] or sizes.weights[leading[1]] != sizes.input["C"]:
        return None
    texts = operation.new_cases().settings(sizes.spatial(role))
    found = {key: yaml.safe_load(text) for key, text in texts.items()}
    return None if "unknown" in found.values() else found


def _vectors(trace: Trace, operation: Operation, length: int, used: Sequence[str]) -> Iterator[dict[str, str]]:
    """None, or one vector that is as long as there are output channels."""
    roles = [name for name, role in operation.ROLES.items() if role.weights and role.vector]
    yield {}
    for name in trace.arrays:
        if roles and name not in used and trace.shape(name) == (length,):
            yield {roles[0]: name}
