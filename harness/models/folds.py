"""Layers that one side does in one, and the other in two."""

from __future__ import annotations

from harness.models.graph import Graph, lengths
from harness.models.traced import Layer


def done_at_once(a: Graph, b: Graph, one: Layer, layer: Layer) -> Layer | None:
    """The layer that follows one of A, where none of its kind follows the one of B, whatever follows that."""
    behind, others = _only(a, one), b.users[layer.outputs[0]]
    if behind is None or not others:
        return None
    its_like = any(other.operation in (None, behind.operation) and len(other.inputs) == 1 for other in others)
    return None if its_like else behind


def goes_on(a: Graph, b: Graph, one: Layer, layer: Layer) -> Layer | None:
    """The layer that follows one of B, where A has none of its kind: A's does what it does, too.

    It has parameters, which may be folded into A's, or makes of B's tensor one as long as A's, as cutting does.
    """
    behind, others = _only(b, layer), a.users[one.outputs[0]]
    if behind is None or not (behind.parameters or _gives_lengths(a, b, one, layer, behind)):
        return None
    return None if any(other.operation == behind.operation for other in others) else behind


def _gives_lengths(a: Graph, b: Graph, one: Layer, layer: Layer, behind: Layer) -> bool:
    wanted, first, last = (lengths(g, each.outputs[0]) for g, each in ((a, one), (b, layer), (b, behind)))
    return first != wanted == last


def _only(graph: Graph, layer: Layer) -> Layer | None:
    """The only layer that takes what a layer gives, where it takes nothing else and is known."""
    users = graph.users[layer.outputs[0]]
    alone = len(users) == 1 and len(users[0].inputs) == 1 and users[0].operation
    return users[0] if alone else None
