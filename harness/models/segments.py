"""The layers that lead from tensors that are paired to one that is not."""

from __future__ import annotations

from collections.abc import Iterable

from harness.models.graph import Graph
from harness.models.traced import Layer

LONGEST = 6
"""Layers of a segment that are taken together, besides those that only give a tensor another shape."""
LONGEST_OF_PARTS = 24
"""Likewise of those that are not evaluated: a normalization that a system writes out is as many."""
Segment = tuple[list[Layer], set[str]]
"""Layers in order, and the cuts that they start from."""


def segment(graph: Graph, name: str, cuts: set[str], longest: int = LONGEST) -> Segment | None:
    """The layers from `cuts` to a tensor, in order, and the cuts that they start from.

    None where there is a tensor that nothing makes and that is no cut, or more layers than `longest`.
    """
    found: dict[str, Layer] = {}
    starts, open_ = set[str](), [name]
    while open_:
        each = open_.pop()
        layer = graph.maker.get(each)
        if each in cuts and (found or each != name):
            starts.add(each)
        elif layer is None:
            return None
        elif layer.name not in found:
            found[layer.name] = layer
            open_ += layer.inputs
        if _counted(graph, found.values()) > longest or len(found) > LONGEST_OF_PARTS:
            return None
    return [layer for layer in graph.trace.layers if layer.name in found], starts


def _counted(graph: Graph, layers: Iterable[Layer]) -> int:
    return sum(not _only_shapes(graph, layer) for layer in layers)


def _only_shapes(graph: Graph, layer: Layer) -> bool:
    """Whether a layer makes a tensor of another shape out of one, and is no operation."""
    alone = not layer.operation and len(layer.inputs) == len(layer.outputs) == 1
    return alone and graph.trace.shape(layer.inputs[0]) != graph.trace.shape(layer.outputs[0])
