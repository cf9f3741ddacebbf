"""Layers that one side does in one, and the other in two."""

from __future__ import annotations

from math import prod

from harness.models.graph import Graph, lengths
from harness.models.traced import Layer


def done_at_once(a: Graph, b: Graph, one: Layer, layer: Layer) -> Layer | None:
    """The layer that follows one of A, where none of its kind follows the one of B, whatever follows that."""
    behind, others = _only(a, one), b.users[layer.outputs[0]]
    if behind is None or not others:
        return None
    return None if any(_is_its_like(b, other, behind) for other in others) else behind


def _is_its_like(b: Graph, other: Layer, behind: Layer) -> bool:
    """Whether a layer of B may do what one of A does, or leads to one that may, as a padding does."""
    if len(other.inputs) != 1 or other.operation in (None, behind.operation):
        return len(other.inputs) == 1
    users = b.users[other.outputs[0]] if not other.parameters else ()
    return any(each.operation == behind.operation for each in users)


def goes_on(a: Graph, b: Graph, one: Layer, layer: Layer) -> Layer | None:
    """The layer that follows one of B, where A has none of its kind: A's does what it does, too.

    It has parameters, which may be folded into A's, or makes of B's tensor one as long as A's, as cutting does. One of
    which nothing is known holds what B's layer lacks of A's parameters, as a bias that is added by itself.
    """
    behind, others = _only(b, layer), a.users[one.outputs[0]]
    if behind is None:
        return _rest(a, b, one, layer)
    if not (behind.parameters or _gives_lengths(a, b, one, layer, behind)):
        return None
    return None if any(other.operation == behind.operation for other in others) else behind


def _rest(a: Graph, b: Graph, one: Layer, layer: Layer) -> Layer | None:
    """The only layer behind one of B, where it holds as many numbers as A's layer has besides those of B's."""
    users = b.users[layer.outputs[0]]
    if len(users) != 1 or len(users[0].inputs) != 1 or not users[0].parameters:
        return None
    wanted, first, second = _sizes(a, one), _sizes(b, layer), _sizes(b, users[0])
    return users[0] if sorted([*first, *second]) == sorted(wanted) else None


def _sizes(graph: Graph, layer: Layer) -> list[int]:
    return [prod(graph.trace.shape(name)) for name in layer.parameters.values()]


def _gives_lengths(a: Graph, b: Graph, one: Layer, layer: Layer, behind: Layer) -> bool:
    wanted, first, last = (lengths(g, each.outputs[0]) for g, each in ((a, one), (b, layer), (b, behind)))
    return first != wanted == last


def _only(graph: Graph, layer: Layer) -> Layer | None:
    """The only layer that takes what a layer gives, where it takes nothing else and is known."""
    users = graph.users[layer.outputs[0]]
    alone = len(users) == 1 and len(users[0].inputs) == 1 and users[0].operation
    return users[0] if alone else None
