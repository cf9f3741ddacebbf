"""Layers that ran as they do while a network is trained, and those of the other side that did not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.models.claiming import Walker
from harness.models.graph import Graph
from harness.models.matching import Pair
from harness.models.reasons import Why
from harness.models.traced import Layer, Trace
from harness.operations import TABLE

MODES = ("inference", "training")
DROPS, HELD = "dropout", {"mean", "variance"}
TO_DO = {"torch": "Call .eval() on its module, and trace it again.", "onnx": "Export it in inference mode again."}
"""System -> what ends training mode there."""
OTHERWISE = "Run it in inference mode, and trace it again."


def remarks(trace: Trace) -> tuple[str, ...]:
    """What a trace says of its run; at least that it was in training mode."""
    told = any("training" in each for each in trace.remarks)
    return trace.remarks if told or trace.mode != MODES[1] else (*trace.remarks, "it was traced in training mode")


def mode(walker: Walker, pair: Pair, found: Why) -> Why | None:
    """That one side was in training mode there, besides what was `found`; None where both were, or none."""
    sides = (walker.a, pair.of_a), (walker.b, pair.of_b)
    trained = [next((each for each in layers if _is_trained(graph, each)), None) for graph, layers in sides]
    if (trained[0] is None) == (trained[1] is None):
        return None
    side, graph = ("A", walker.a) if trained[0] else ("B", walker.b)
    layer = trained[0] or trained[1]
    assert layer is not None
    change = {"id": "mode", **{key: MODES[each is not None] for key, each in zip("ab", trained)}}
    does = "drops values at random" if _drops(layer) else "takes mean and variance of this batch"
    words = f"{side}'s {layer.name} was in training mode: it {does}. {_to_do(graph.trace)}"
    kept = found.transforms if side == "B" else ()
    return replace(found, transforms=(change, *kept), alternatives=(), words=words, to_prove=None)


def _is_trained(graph: Graph, layer: Layer) -> bool:
    """Whether a layer takes statistics over images that it might be given, or changes its only input at random."""
    if _drops(layer):
        x, y = (graph.trace.array(name) for name in (layer.inputs[0], layer.outputs[0]))
        return not np.array_equal(x, y)
    roles = TABLE[layer.operation].ROLES if layer.operation and layer.operation in TABLE else {}
    return {*roles} >= HELD and "N" in str(layer.settings.get("over", ""))


def _drops(layer: Layer) -> bool:
    return layer.operation is None and DROPS in layer.native.lower()


def _to_do(trace: Trace) -> str:
    return next((words for system, words in TO_DO.items() if system in trace.system.lower()), OTHERWISE)
