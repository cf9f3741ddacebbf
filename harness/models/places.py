"""Layers on rows that a system made of more axes, and that it puts back behind them.

(L, N, C) -> (L N, C) -> layer -> (L N, O) -> (L, N, O) is the same layer at each place of (L, N).
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np

from harness.canonical.layout import SPATIAL
from harness.models.merging import ends, merged, next_of, seen_as, users
from harness.models.traced import Layer, Trace
from harness.operations import TABLE

ROWS = "NC"


def restored(trace: Trace) -> Trace:
    """The trace with such layers on tensors of all their axes."""
    for layer in trace.layers:
        roles = _on_rows(layer)
        behind = _behind(trace, layer) if roles and layer.layouts.get("input") == ROWS else None
        if behind is not None:
            trace = _restored(trace, layer, behind, roles)
    return trace


def _on_rows(layer: Layer) -> list[str]:
    """The arrays that sum over axes of the input made one; none where a layer has no such."""
    operation = TABLE.get(layer.operation or "")
    return [] if operation is None else [name for name, role in operation.ROLES.items() if role.flattens]


def _behind(trace: Trace, layer: Layer) -> Layer | None:
    """The layer that puts back the axes, where only this one takes the rows, and they were made of more axes."""
    taking = users(trace)
    behind = next_of(layer, taking, ends(trace))
    before = next((each for each in trace.layers if layer.inputs[0] in each.outputs), None)
    if behind is None or before is None or before.operation or len(taking[layer.inputs[0]]) > 1:
        return None
    rows, whole = trace.shape(layer.outputs[0]), trace.shape(behind.outputs[0])
    if len(whole) - 2 not in SPATIAL or whole[-1] != rows[-1] or prod(whole[:-1]) != rows[0]:
        return None
    same = np.array_equal(trace.array(behind.outputs[0]).reshape(rows), trace.array(layer.outputs[0]))
    return behind if same else None


def _restored(trace: Trace, layer: Layer, behind: Layer, roles: list[str]) -> Trace:
    *places, _ = trace.shape(behind.outputs[0])
    (taken,) = layer.inputs
    axes = "N" + SPATIAL[len(places) - 1] + "C"
    summed = {role: layer.layouts.get(role, "").replace("I", "C") for role in roles}
    layouts = {**layer.layouts, "input": axes, "output": axes, **summed}
    whole = replace(layer, outputs=behind.outputs, layouts=layouts)
    seen = seen_as(trace.arrays[taken], (*places, trace.shape(taken)[-1]))
    return merged(trace, (layer, behind), whole, {taken: seen})
