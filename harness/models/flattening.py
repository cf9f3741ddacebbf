"""Layers that only bring axes into one, and the layer behind that takes what they make: a fault of both is its own.

By itself it agrees, for it is given the numbers that the other made. What A's layer means is what it makes of the
tensor before, so it is judged there, with the order in which its own trace makes axes one.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from harness.models import fitting
from harness.models.claiming import Walker
from harness.models.graph import Graph
from harness.models.joins import operands
from harness.models.matching import Pair
from harness.models.meaning import Meaning
from harness.models.traced import Layer
from harness.operations import TABLE


def joined(walker: Walker) -> list[Pair]:
    """The pairs of a walk, with one in place of each two that are judged together."""
    found = {id(pair): _whole(walker, pair) for pair in walker.pairs}
    through = [layer for pair in found.values() if pair is not None for layer in pair.through]
    kept = [found[id(pair)] or _without(walker, pair) for pair in walker.pairs]
    return [pair for pair in kept if pair.through or not _only_moves(pair, through)]


def _without(walker: Walker, pair: Pair) -> Pair:
    """A pair that does not agree, of B the layers but those that only bring axes into one before another of them."""
    moves = [_before(walker.b, layer) for layer in pair.of_b if _flattens(layer)]
    through = tuple(layer for layer in pair.of_b if layer in moves)
    if pair.outcome.agrees or not through:
        return pair
    return replace(pair, of_b=tuple(layer for layer in pair.of_b if layer not in through), through=through)


def _only_moves(pair: Pair, through: list[Layer]) -> bool:
    """Whether a pair has layers, and all of them are judged with another."""
    layers = (*pair.of_a, *pair.of_b)
    return bool(layers) and all(layer in through for layer in layers) and not pair.outcome.agrees


def _whole(walker: Walker, pair: Pair) -> Pair | None:
    """The pair of two layers that take what was made one, judged from the tensors before; None where that is not so."""
    if len(pair.of_a) != 1 or len(pair.of_b) != 1 or not all(map(_flattens, (*pair.of_a, *pair.of_b))):
        return None
    (one,), (layer,) = pair.of_a, pair.of_b
    moves = _before(walker.a, one), _before(walker.b, layer)
    if moves == (None, None) or (pair.outcome.agrees and _agrees(walker, one.inputs[0])):
        return None
    a, b = (each.inputs[0] for each in (moves[0] or one, moves[1] or layer))
    whole = one if moves[0] is None else _as_one(walker.meaning, moves[0], one)
    if whole is None or walker.cuts.image.get(b) != a:
        return None
    taken = walker.b.signal(b)
    outcome = fitting.of_layer(walker.meaning, whole, [taken], pair.seen)
    through = tuple(each for each in moves if each is not None)
    return replace(pair, of_a=(whole,), taken={a: taken}, outcome=outcome, through=through)


def _agrees(walker: Walker, name: str) -> bool:
    """Whether a tensor of A is a cut at which B agrees."""
    return all(pair.outcome.agrees for pair in walker.pairs if pair.a == name)


def _flattens(layer: Layer) -> list[str]:
    """The setting that says in which order a layer makes axes one; none where it does not."""
    operation = TABLE.get(layer.operation or "")
    return [role.flattens for role in operation.ROLES.values() if role.flattens] if operation else []


def _before(graph: Graph, layer: Layer) -> Layer | None:
    """The layer before that is no operation, and makes fewer axes of the only tensor that it takes."""
    before = graph.maker.get(layer.inputs[0])
    if before is None or before.operation or len(before.inputs) != 1 or len(before.outputs) != 1:
        return None
    if operands(graph.trace, before):
        return None
    sizes = [graph.trace.shape(name) for name in (before.inputs[0], before.outputs[0])]
    return before if len(sizes[0]) > len(sizes[1]) and np.prod(sizes[0]) == np.prod(sizes[1]) else None


def _as_one(meaning: Meaning, moves: Layer, layer: Layer) -> Layer | None:
    """A layer of A that takes the tensor before, and says itself in which order axes are made one."""
    graph, letters = meaning.graph, meaning.graph.letters(moves.inputs[0])
    order = _order(graph, moves, letters)
    if order is None or layer.layouts.get("input") not in (None, "NC"):
        return None
    layouts = {**layer.layouts, "input": letters}
    said = {**layer.settings, **dict.fromkeys(_flattens(layer), order)}
    return replace(layer, inputs=moves.inputs, settings=said, layouts=layouts)


def _order(graph: Graph, moves: Layer, letters: str) -> str | None:
    """The letters of all axes but N in the order in which a layer makes one of them; its own order first."""
    x, y = (graph.trace.array(name) for name in (moves.inputs[0], moves.outputs[0]))
    if len(letters) != x.ndim or "N" not in letters or y.ndim != 2:
        return None
    rest = letters.replace("N", "")
    for order in map("".join, itertools.permutations(rest)):
        if np.array_equal(x.transpose([letters.index(each) for each in "N" + order]).reshape(y.shape), y):
            return order
    return None
