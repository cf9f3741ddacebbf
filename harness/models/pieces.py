"""A layer that gives several tensors, as a split, made one for each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.models.merging import ends, users
from harness.models.traced import Layer, Trace


def separated(trace: Trace) -> Trace:
    """The trace with a layer for each tensor that is taken; of operations and of several inputs, as they are."""
    wanted = {*users(trace), *ends(trace)}
    layers = tuple(each for layer in trace.layers for each in _separated(layer, wanted))
    return replace(trace, layers=layers)


def _separated(layer: Layer, wanted: set[str]) -> Iterator[Layer]:
    taken = [name for name in layer.outputs if name in wanted]
    if layer.operation or len(layer.outputs) < 2 or len(layer.inputs) != 1 or not taken:
        yield layer
        return
    for name in taken:
        own = layer.name if name == taken[0] else f"{layer.name}[{layer.outputs.index(name)}]"
        yield replace(layer, name=own, outputs=(name,), parts=layer.names)
