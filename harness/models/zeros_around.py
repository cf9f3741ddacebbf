"""Zeros that a system puts around a tensor by themselves, given to the layer behind."""

from __future__ import annotations

from dataclasses import replace

from harness.models.merging import ends, merged, users
from harness.models.traced import Layer, Trace
from harness.operations import written


def joined(trace: Trace) -> Trace:
    """The trace with such zeros in the layers that take them alone, where these can say it."""
    taking, kept = users(trace), ends(trace)
    for layer in trace.layers:
        behind = _only(layer, taking.get(layer.outputs[0], []) if len(layer.outputs) == 1 else [])
        settings = None if behind is None or layer.outputs[0] in kept else _padded(layer, behind)
        if behind is not None and settings is not None:
            trace = merged(trace, (layer, behind), replace(behind, inputs=layer.inputs, settings=settings))
            taking = users(trace)
    return trace


def _only(layer: Layer, behind: list[Layer]) -> Layer | None:
    alone = len(behind) == 1 and behind[0].inputs == layer.outputs
    same = alone and behind[0].layouts.get("input") == layer.layouts.get("input")
    return behind[0] if same else None


def _padded(layer: Layer, behind: Layer) -> dict[str, object] | None:
    """The settings of a layer that pads by itself what another has padded before; None where none say it."""
    letters = layer.layouts.get("input", "")
    return written.padded(layer.operation, layer.settings, behind.operation, behind.settings, letters)
