"""B with all faults mended, evaluated end to end in canonical form, and held against A.

Layers of B that were cleared are evaluated as B states them, all others as A's mean; each takes what the mended layers
before it give. How far A's own outputs may lie from that is the running error (`running_error`) of its arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from harness.models import fitting
from harness.models.carried import Signal
from harness.models.claiming import Walker
from harness.models.graph import Traced
from harness.models.layer_case import NotJudged
from harness.models.matching import Pair
from harness.models.meaning import Meaning
from harness.models.traced import names_of

ROUGH = 1e-4
"""Share of the largest value that rounding may make of the ends where no bound is known."""
Says = Callable[[Pair], bool]


@dataclass(frozen=True)
class Repaired:
    """What the mended network gives.

    verdict: agrees or unexplained. share: of the bound, that of the worst output. begins: layers of B at which what is
    left begins.
    """

    verdict: str
    rung: str | None
    share: float | None
    begins: tuple[str, ...]


@dataclass(frozen=True)
class Made:
    """The outputs of the mended network, by the names that they have in A, and where it begins not to be A."""

    outputs: Mapping[str, Signal]
    begins: tuple[str, ...]


@dataclass(frozen=True)
class Ends:
    """How far the outputs of B, as it is, lie from those of A, where that is most.

    largest: the largest distance; relative: the same as a share of the largest value. share: of what rounding may do,
    None where some layer is not known and no bound can be derived.
    """

    largest: float
    relative: float
    share: float | None

    @property
    def differ(self) -> bool:
        """Whether it is more than rounding; without a bound, whether it is more than ROUGH of the largest value."""
        return self.relative > ROUGH if self.share is None else self.share > 1


def repaired(walker: Walker) -> tuple[Repaired | None, Ends | None]:
    """What the mended network gives, and how far the ends are apart as they are.

    The first is None where it cannot be evaluated from its input to all of its outputs.
    """
    made = _made(walker, lambda pair: True)
    found = None if made is None else _held(walker, made)
    if found is not None and found.verdict != "agrees":
        made = _made(walker, partial(_says_what_it_computes, walker))
        found = None if made is None else _held(walker, made)
    ends = [_end(walker, made, a, b) for a, b in _outputs(walker)]
    return found, max(ends, key=lambda each: (each.share or 0.0, each.relative), default=None)


def _outputs(walker: Walker) -> list[tuple[str, str]]:
    """The outputs of both, by their cuts, or else by their order."""
    images = {a: b for b, a in walker.cuts.image.items()}
    ends = zip(walker.a.trace.outputs, walker.b.trace.outputs)
    return [(a.array, images.get(a.array, b.array)) for a, b in ends]


def _made(walker: Walker, says: Says) -> Made | None:
    """What the mended network gives; says: whether cleared layers of B compute what their trace says."""
    names, kept = [each.array for each in walker.a.trace.outputs], dict[str, Signal]()
    begins: tuple[str, ...] = ()
    try:
        for name, signal, layers in _evaluated(walker, says):
            if name in names:
                kept[name] = signal
            if not begins and fitting.of_signal(signal, walker.a.signal(name)).fit is None:
                begins = layers
    except NotJudged:
        return None
    return Made(kept, begins) if names and len(kept) == len({*names}) else None


def _held(walker: Walker, made: Made) -> Repaired:
    """The outputs of the mended network held against those of A."""
    kept = [fitting.of_signal(meant, walker.a.signal(name)) for name, meant in made.outputs.items()]
    worst = max(kept, key=lambda each: each.share)
    if worst.fit is None:
        return Repaired("unexplained", None, None, made.begins)
    return Repaired("agrees", worst.fit.rung, worst.fit.share, ())


def _says_what_it_computes(walker: Walker, pair: Pair) -> bool:
    """Whether B's own tensors are what its layers mean there; a layer may do more than its trace tells."""
    given = Traced(walker.b, [name for name in walker.cuts.image if name != pair.b])
    try:
        return fitting.of_signal(Meaning(walker.b).value(pair.b, given), pair.seen).agrees
    except NotJudged:
        return False


def _evaluated(walker: Walker, says: Says) -> Iterator[tuple[str, Signal, tuple[str, ...]]]:
    """The tensors of the mended network at the cuts, by the names that they have in A, and the layers that lead there.

    Each is let go of behind the last pair that takes it, so that few are held at once.
    """
    of_a, of_b = Meaning(walker.a), Meaning(walker.b)
    made = {name: walker.a.signal(name) for name in walker.a.inputs}
    yield from ((name, signal, ()) for name, signal in made.items())
    done, last = {*made}, _last_uses(walker)
    for number, pair in enumerate(walker.pairs):
        if pair.a not in done:
            own = pair.outcome.agrees and bool(pair.of_b) and not pair.undone and says(pair)
            made[pair.a] = _of_pair(pair, made, of_a, of_b if own else None, walker.cuts.image)
            done.add(pair.a)
            yield pair.a, made[pair.a], names_of(pair.of_b or pair.of_a)
        for name in [each for each in made if last.get(each, -1) <= number]:
            del made[name]


def _last_uses(walker: Walker) -> dict[str, int]:
    """Tensor of A -> the number of the last pair that takes it, in A or as B's layers do."""
    found: dict[str, int] = {}
    for number, pair in enumerate(walker.pairs):
        for layer in (*pair.of_a, *pair.of_b, *pair.through):
            found.update({walker.cuts.image.get(name, name): number for name in layer.inputs})
            found.update(dict.fromkeys(layer.inputs, number))
    return found


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


def _end(walker: Walker, made: Made | None, a: str, b: str) -> Ends:
    """How far an output of B is from that of A."""
    own = walker.a.signal(a)
    meant = own if made is None else made.outputs[a]
    values = fitting.placed(own, meant)
    meant = replace(meant, values=meant.values.astype(float) if values is None else values.astype(float))
    outcome = fitting.of_signal(meant, walker.b.signal(b))
    size = float(np.abs(own.values).max(initial=0.0))
    relative = outcome.largest / size if size else outcome.largest
    return Ends(outcome.largest, relative, None if made is None else outcome.share)
