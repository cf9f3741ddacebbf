"""B with all faults mended, evaluated end to end in canonical form, and held against A.

Layers of B that were cleared are evaluated as B states them, all others as A's mean; each takes what the mended layers
before it give. How far A's own outputs may lie from that is the running error (`running_error`) of its arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from harness.models import fitting
from harness.models.carried import Signal
from harness.models.fitting import Outcome
from harness.models.layer_case import NotJudged
from harness.models.matching import Pair, Walker
from harness.models.meaning import Meaning

Says = Callable[[Pair], bool]


@dataclass(frozen=True)
class Repaired:
    """What the mended network gives.

    verdict: agrees or unexplained. share: of the bound, that of the worst output. begins: layers of B at which what is
    left begins. ends: of B as it is, the largest distance from A, and as a share of the same bound.
    """

    verdict: str
    rung: str | None
    share: float | None
    begins: tuple[str, ...]
    ends: tuple[float, float]


def repaired(walker: Walker) -> Repaired | None:
    """What the mended network gives; None where it cannot be evaluated from its input to all of its outputs."""
    found = _of_layers_that_say(walker, lambda pair: True)
    if found is None or found.verdict == "agrees":
        return found
    return _of_layers_that_say(walker, partial(_says_what_it_computes, walker))


def _of_layers_that_say(walker: Walker, says: Says) -> Repaired | None:
    """Likewise; says: whether layers of B that were cleared compute what their trace says."""
    try:
        made = dict(_evaluated(walker, says))
    except NotJudged:
        return None
    outputs = [each.array for each in walker.a.trace.outputs]
    images = {a: b for b, a in walker.cuts.image.items()}
    if not outputs or any(name not in made or name not in images for name in outputs):
        return None
    kept = [fitting.of_signal(made[name], walker.a.signal(name)) for name in outputs]
    ends = [_end(walker, made[name], name, images[name]) for name in outputs]
    worst = max(kept, key=lambda each: each.fit.share if each.fit else float("inf"))
    begins = () if worst.fit else _begins(walker, made)
    return Repaired(
        "agrees" if worst.fit else "unexplained",
        worst.fit.rung if worst.fit else None,
        worst.fit.share if worst.fit else None,
        begins,
        (max(each[0] for each in ends), max(each[1] for each in ends)),
    )


def _says_what_it_computes(walker: Walker, pair: Pair) -> bool:
    """Whether B's own tensors are what its layers mean there; a layer may do more than its trace tells."""
    given = {name: walker.b.signal(name) for name in walker.cuts.image if name != pair.b}
    try:
        return fitting.of_signal(Meaning(walker.b).value(pair.b, given), pair.seen).agrees
    except NotJudged:
        return False


def _evaluated(walker: Walker, says: Says) -> Iterator[tuple[str, Signal]]:
    """The tensors of the mended network at the cuts, by the names that they have in A."""
    of_a, of_b = Meaning(walker.a), Meaning(walker.b)
    made = {name: walker.a.signal(name) for name in walker.a.inputs}
    yield from made.items()
    for pair in walker.pairs:
        if pair.a not in made:
            own = pair.outcome.agrees and bool(pair.of_b) and not pair.undone and says(pair)
            made[pair.a] = _of_pair(pair, made, of_a, of_b if own else None, walker.cuts.image)
            yield pair.a, made[pair.a]


def _of_pair(
    pair: Pair, made: Mapping[str, Signal], of_a: Meaning, of_b: Meaning | None, image: Mapping[str, str]
) -> Signal:
    if of_b is not None:
        try:
            given = {b: made[a] for b, a in image.items() if a in made and a != pair.a}
            return of_b.value(pair.b, given)
        except NotJudged:
            pass  # B does not say what it does there
    return of_a.value(pair.a, made)


def _end(walker: Walker, made: Signal, a: str, b: str) -> tuple[float, float]:
    """The largest distance of an output of B from that of A, and as a share of the bound."""
    own = walker.a.signal(a)
    values = fitting.placed(own, made)
    meant = made if values is None else replace(made, values=values.astype(float))
    outcome = fitting.of_signal(meant, walker.b.signal(b))
    return outcome.largest, outcome.share


def _begins(walker: Walker, made: Mapping[str, Signal]) -> tuple[str, ...]:
    """The layers of B at the first cut where the mended network is not A."""
    for pair in walker.pairs:
        if pair.a in made and _differs(fitting.of_signal(made[pair.a], walker.a.signal(pair.a))):
            return tuple(layer.name for layer in pair.of_b) or tuple(layer.name for layer in pair.of_a)
    return ()


def _differs(outcome: Outcome) -> bool:
    return outcome.fit is None
