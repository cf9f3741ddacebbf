"""Faults of layers whose settings agree and whose numbers do not, as statistics that were not moved with the rest."""

from __future__ import annotations

from harness.models import fitting
from harness.models.claiming import Walker
from harness.models.fingerprints import fingerprint
from harness.models.graph import Graph
from harness.models.matching import Pair
from harness.models.meaning import Meaning
from harness.models.reasons import Why
from harness.models.traced import Layer


def other_numbers(walker: Walker, pair: Pair) -> Why | None:
    """The vectors of which B holds others than A, where it computes what its own layer says with them."""
    if len(pair.of_a) != 1 or len(pair.of_b) != 1 or pair.of_a[0].operation != pair.of_b[0].operation:
        return None
    (one,), (layer,) = pair.of_a, pair.of_b
    shared = [role for role in one.parameters if role in layer.parameters]
    other = [role for role in shared if _print(walker.a, one, role) != _print(walker.b, layer, role)]
    if not other or not _is_as_stated(walker, pair):
        return None
    words = f"B holds other numbers than A as {', '.join(other)}; move them again, from the same checkpoint"
    return Why(tuple({"id": role, "numbers": "other"} for role in other), (), words)


def _print(graph: Graph, layer: Layer, role: str) -> int:
    return fingerprint(graph.trace.array(layer.parameters[role]))


def _is_as_stated(walker: Walker, pair: Pair) -> bool:
    """Whether B's layer gives what it says, from its own input and numbers."""
    (layer,) = pair.of_b
    taken = [walker.b.signal(name) for name in layer.inputs]
    return fitting.of_layer(Meaning(walker.b), layer, taken, pair.seen).agrees
