"""Faults of layers that join tensors: their inputs in another order, or joined by another function."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from harness.models import fitting, joins
from harness.models.claiming import Walker
from harness.models.join import Join
from harness.models.layer_case import NotJudged
from harness.models.matching import Pair
from harness.models.reasons import Why
from harness.models.traced import Layer

MOST = 4
"""Tensors up to which all orders of them are tried."""


def joined_otherwise(walker: Walker, pair: Pair) -> Why | None:
    """The order or the function with which what A's layer takes gives what B's gave."""
    if len(pair.of_a) != 1 or not 1 <= len(pair.of_a[0].inputs) <= MOST or walker.meaning.join(pair.of_a[0]) is None:
        return None
    return next(itertools.chain(_ordered(walker, pair), _by_another(walker, pair)), None)


def _ordered(walker: Walker, pair: Pair) -> Iterator[Why]:
    (one,) = pair.of_a
    join = walker.meaning.join(one)
    for order in itertools.permutations(range(len(one.inputs))):
        if join is not None and _gives(walker, pair, join, order):
            words = f"B takes the inputs of {one.name} in the order {', '.join(one.inputs[at] for at in order)}"
            yield Why(({"id": "input_order", "order": list(order)},), (), words)


def _by_another(walker: Walker, pair: Pair) -> Iterator[Why]:
    (one,) = pair.of_a
    own = walker.meaning.join(one)
    for join in joins.possible(walker.a, one):
        if own is not None and _gives(walker, pair, join, range(len(one.inputs))):
            words = f"B gives the {join.words} of what A gives the {own.words} of"
            yield Why(({"id": "join", "a": own.words, "b": join.words},), (), words)


def _gives(walker: Walker, pair: Pair, join: Join, order: range | tuple[int, ...]) -> bool:
    (one,) = pair.of_a
    try:
        taken = [pair.taken[one.inputs[at]] for at in order]
        return fitting.of_signal(walker.meaning.joined(one, join, taken), pair.seen).agrees
    except NotJudged:
        return False


def called(one: Layer) -> str:
    """A layer that is no operation by the last name of the function that it calls."""
    return one.native.rpartition(".")[2] or "layer"


def handed_on(pair: Pair, one: Layer) -> Why | None:
    """That B leaves a join out: what it gives is one of the tensors that A's takes."""
    if len(pair.taken) < 2 or not any(fitting.of_signal(each, pair.seen).agrees for each in pair.taken.values()):
        return None
    kind = called(one)
    return Why(({"id": kind, "missing": one.name},), (), f"B leaves out {one.name} ({kind}) of A")
