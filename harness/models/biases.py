"""Biases that a system adds by themselves, given to the layer before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.models.graph import Graph
from harness.models.joins import SUM, join_of
from harness.models.merging import ends, merged, next_of, seen_as, users
from harness.models.traced import Layer, Trace
from harness.operations import TABLE

BIAS = "bias"


def joined(trace: Trace) -> Trace:
    """The trace with such biases in their layers; they are told by what they do, not by what they are called."""
    taking, kept = users(trace), ends(trace)
    for layer in trace.layers:
        behind = next_of(layer, taking, kept) if _may_have_one(layer) else None
        if behind is not None and (axis := _channels(trace, layer, behind)) is not None:
            trace = _with_bias(trace, layer, behind, axis)
    return trace


def _may_have_one(layer: Layer) -> bool:
    operation = TABLE.get(layer.operation or "")
    weights = [] if operation is None else [role for role in operation.ROLES if operation.ROLES[role].weights]
    return BIAS in weights and len(weights) > 1 and BIAS not in layer.parameters


def _channels(trace: Trace, layer: Layer, behind: Layer) -> int | None:
    """The axis of channels, where what follows adds a number to each of them; None where it does not."""
    letters = layer.layouts.get("output", "")
    if "C" not in letters or len(behind.parameters) != 1:
        return None
    (name,) = behind.parameters.values()
    shape, axis = trace.shape(layer.outputs[0]), letters.index("C")
    given = (1,) * (len(shape) - len(trace.shape(name))) + trace.shape(name)
    if len(letters) != len(shape) or given != tuple(size if at == axis else 1 for at, size in enumerate(shape)):
        return None
    join = join_of(Graph(trace), behind)
    return axis if join is not None and join.words == SUM else None


def _with_bias(trace: Trace, layer: Layer, behind: Layer, axis: int) -> Trace:
    (name,) = behind.parameters.values()
    size = trace.shape(layer.outputs[0])[axis]
    given: Mapping[str, str] = {**layer.parameters, BIAS: f"{name} as a vector"}
    whole = replace(layer, outputs=behind.outputs, parameters=given, layouts={**layer.layouts, BIAS: "O"})
    return merged(trace, (layer, behind), whole, {given[BIAS]: seen_as(trace.arrays[name], (size,))})
