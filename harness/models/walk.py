"""Two traces, layer by layer: which differ, why, and what is left when that is mended.

inputs -> cuts (pairs of tensors) -> each judged on its own -> faults explained -> the mended network against A
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from harness.ending import Mistake
from harness.models import by_tensors, fitting, flattening, input_pictures, preprocessing, training
from harness.models.carried import Signal
from harness.models.claiming import Walker
from harness.models.explaining import why
from harness.models.gathering import gathered
from harness.models.graph import Graph
from harness.models.inferred import with_layers
from harness.models.matching import Pair
from harness.models.preprocessing import Preparation
from harness.models.reasons import Why, coded, system_of
from harness.models.repair import Ends, Repaired, repaired
from harness.models.traced import Layer, Trace, names_of

AGREES, CONVENTION, UNEXPLAINED, NOT_JUDGED = "agrees", "convention", "unexplained", "not judged"


class WalkError(Mistake):
    """Two traces that cannot be walked, or a pair that is none; the text says why and what to do."""


@dataclass(frozen=True)
class Judged:
    """A pair of layers of A and of B, as lists, and the verdict on those of B.

    a, b: names of layers; either may be empty where a side has none there. between: for what was not traced, the layer
    of B before it and the one behind it. largest: the largest distance from what A means; map: where it is.
    own: whether it is what the layers' own trace says that was held against its tensors. asked: the only layer of A,
    and the tensors of B that it was asked about, before and behind; None where there are more.
    """

    a: tuple[str, ...]
    b: tuple[str, ...]
    operation: str | None
    layout: str
    verdict: str
    why: Why
    rung: str | None
    share: float | None
    largest: float
    between: tuple[str, ...] = ()
    map: fitting.Map = ()
    own: bool = False
    asked: tuple[Layer, str, str] | None = None

    @property
    def is_fault(self) -> bool:
        return self.verdict in (CONVENTION, UNEXPLAINED)


@dataclass(frozen=True)
class Walked:
    """What came of a walk.

    unpaired: names of layers of A and of B that have no pair. ends: how far the outputs of B, as it is, are from A's.
    remarks: what the traces of A and of B say of their runs, as that layers were in training mode.
    """

    preparation: Preparation
    pairs: tuple[Judged, ...]
    unpaired: tuple[tuple[str, ...], tuple[str, ...]]
    repaired: Repaired | None
    ends: Ends | None
    remarks: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    @property
    def faults(self) -> tuple[Judged, ...]:
        return tuple(each for each in self.pairs if each.is_fault)

    @property
    def agrees(self) -> bool:
        """Whether there is no fault, in the input neither, and the ends do not differ."""
        ends_differ = self.ends is not None and self.ends.differ
        return not self.faults and self.preparation.verdict == AGREES and not ends_differ


def walk(a: Trace, b: Trace, hints: Mapping[str, str] | None = None) -> Walked:
    """Walks two traces. hints: layers of B -> of A that are pairs.

    Where only B has layers, what they mean is held against A's tensors, and then against its own. Where neither has,
    those are taken that can be inferred, and of all others `by_tensors` says what is left. Raises WalkError where they
    have other numbers of inputs, FileError for broken arrays.
    """
    walked = _walked(gathered(a), gathered(b), hints or {})
    return replace(walked, remarks=(training.remarks(a), training.remarks(b)))


def _walked(a: Trace, b: Trace, hints: Mapping[str, str]) -> Walked:
    if a.layers or b.layers:
        return _by_layers(a, b, hints)
    inferred = with_layers(a), with_layers(b)
    rest = _of_tensors(Graph(a), Graph(b))
    if not any(each.layers for each in inferred):
        return rest
    walked = _by_layers(*inferred, hints)
    told = [layer for each in inferred for layer in each.layers]
    known = {name for layer in told for name in (*layer.outputs, *layer.parameters.values())}
    left = [pair for pair in rest.pairs if not known & {*pair.a, *pair.b}]
    return replace(rest, pairs=(*walked.pairs, *left)) if left else walked


def _by_layers(a: Trace, b: Trace, hints: Mapping[str, str]) -> Walked:
    graphs = Graph(a), Graph(b)
    hints = _checked(graphs, hints)
    if a.layers:
        return _told(*_through(*graphs, hints))
    walker, preparation = _through(graphs[1], graphs[0], {})
    walker.pairs = [walker.on_own(pair) if pair.outcome.agrees else pair for pair in walker.pairs]
    return _seen_from_b(_told(walker, preparation))


def _through(a: Graph, b: Graph, hints: Mapping[str, str]) -> tuple[Walker, Preparation]:
    """Finds the cuts, the inputs first, and judges them."""
    walker = Walker(a, b, hints)
    preparation = _inputs(walker)
    walker.walk()
    walker.pairs = flattening.joined(walker)
    if preparation.verdict == CONVENTION and _compensate(walker):
        preparation = replace(preparation, verdict=AGREES, words=f"{preparation.words}; the first layers undo it")
    return walker, preparation


def _told(walker: Walker, preparation: Preparation) -> Walked:
    pairs = tuple(_judged(walker, pair) for pair in walker.pairs if pair.of_a or pair.of_b or not pair.outcome.agrees)
    whys = coded([each.why for each in pairs], system_of(walker.b.trace.system))
    pairs = tuple(replace(each, why=found) for each, found in zip(pairs, whys))
    return Walked(preparation, pairs, _unpaired(walker), *repaired(walker))


def _of_tensors(a: Graph, b: Graph) -> Walked:
    """What can be said where nobody says what layers do."""
    preparation = preprocessing.compared(a.signal(a.inputs[0]), b.signal(b.inputs[0]))
    found = list(by_tensors.places(a, b)) if preparation.verdict == AGREES else []
    known = [{each.a for each in found} | {*a.inputs}, {each.b for each in found} | {*b.inputs}]
    left = [tuple(name for name in graph.order if name not in names) for graph, names in zip((a, b), known)]
    return Walked(preparation, tuple(map(_of_place, found)), (left[0], left[1]), None, None)


def _of_place(place: by_tensors.Place) -> Judged:
    verdict = UNEXPLAINED if place.differs else AGREES if place.judged else NOT_JUDGED
    words = {
        UNEXPLAINED: "the first tensors that differ: the fault is in what is computed between those before and these",
        NOT_JUDGED: "it comes behind the first tensors that differ, and no layers are known",
    }
    rung = f"{place.apart:.1g} of the largest value" if verdict == AGREES and place.apart else "exact"
    why_ = Why(words=words.get(verdict, ""))
    largest = float("inf") if place.apart is None else place.apart
    return Judged((place.a,), (place.b,), None, "", verdict, why_, rung if verdict == AGREES else None, None, largest)


def _checked(graphs: tuple[Graph, Graph], hints: Mapping[str, str]) -> Mapping[str, str]:
    known = [{name: layer.name for layer in graph.trace.layers for name in layer.names} for graph in graphs]
    for names, layers, side in ((hints.values(), known[0], "A"), (hints, known[1], "B")):
        for name in names:
            if name not in layers:
                raise WalkError(f"--pair: {side} has no layer {name!r}; it has {', '.join(list(layers)[:20])}")
    return {known[1][its]: known[0][mine] for its, mine in hints.items()}


def _inputs(walker: Walker) -> Preparation:
    """Compares the inputs, which are the first cuts."""
    if len(walker.a.inputs) != len(walker.b.inputs):
        raise WalkError(f"A has {len(walker.a.inputs)} input(s), B {len(walker.b.inputs)}; trace both with the same")
    found = []
    for name, other in zip(walker.a.inputs, walker.b.inputs):
        found.append(_prepared(walker.a.signal(name), walker.b.signal(other)))
        walker.a.tell(name, found[-1].letters[0])
        walker.b.tell(other, found[-1].letters[1])
        walker.cuts.add(name, other, walker.b.signal(other))
    return next((each for each in found if each.verdict != AGREES), found[0])


def _prepared(a: Signal, b: Signal) -> Preparation:
    """How B's input is made of A's: in another range, or else as another picture."""
    found = preprocessing.compared(a, b)
    if found.verdict != UNEXPLAINED:
        return found
    known = found.letters if any(found.letters) else (a.letters, b.letters)
    return input_pictures.compared(replace(a, letters=known[0]), replace(b, letters=known[1])) or found


def _compensate(walker: Walker) -> bool:
    """Whether the first layers of B undo how its input was prepared; they agree then, on A's input."""
    inputs = set(walker.a.inputs)
    first = [pair for pair in walker.pairs if inputs & set(pair.taken)]
    undone = [replace(pair, outcome=_on_the_input_of_a(walker, pair, inputs), undone=True) for pair in first]
    if not first or not all(pair.outcome.agrees for pair in undone):
        return False
    walker.pairs = [undone[first.index(pair)] if pair in first else pair for pair in walker.pairs]
    return True


def _on_the_input_of_a(walker: Walker, pair: Pair, inputs: set[str]) -> fitting.Outcome:
    given = {name: walker.a.signal(name) if name in inputs else each for name, each in pair.taken.items()}
    return fitting.of_signal(walker.meaning.value(pair.a, given), pair.seen)


def _judged(walker: Walker, pair: Pair) -> Judged:
    outcome, found = pair.outcome, Why()
    verdict = AGREES if outcome.agrees else NOT_JUDGED if outcome.why else UNEXPLAINED
    if verdict == UNEXPLAINED and not _says_what_it_computes(walker, pair):
        verdict, found = NOT_JUDGED, Why(words="A's own output there is not what its trace says that it computes")
    elif verdict == UNEXPLAINED:
        found = why(walker, pair)
        verdict = CONVENTION if found.transforms else UNEXPLAINED
    elif verdict == NOT_JUDGED:
        found = Why(words=outcome.why)
    if verdict != AGREES and (trained := training.mode(walker, pair, found)):
        verdict, found = CONVENTION, trained
    fit = outcome.fit
    return Judged(
        names_of(pair.of_a),
        names_of(pair.of_b) or (() if walker.b.trace.layers else (pair.b,)),
        _operation(pair),
        f"{walker.a.letters(pair.a)} > {walker.b.letters(pair.b)}",
        verdict,
        found,
        fit.rung if fit else None,
        fit.share if fit else None,
        outcome.largest,
        () if pair.of_b or not walker.b.trace.layers else tuple(_between(walker, pair)),
        outcome.map,
        pair.own,
        _asked(walker, pair),
    )


def _asked(walker: Walker, pair: Pair) -> tuple[Layer, str, str] | None:
    of_b = [layer for layer in (*pair.through, *pair.of_b) if layer in walker.b.trace.layers]
    if len(pair.of_a) != 1 or not pair.of_a[0].operation or not of_b or not of_b[0].inputs:
        return None
    return pair.of_a[0], of_b[0].inputs[0], pair.b


def _operation(pair: Pair) -> str | None:
    """What a pair is about: the layers of B with parameters, or those of A, or the last."""
    layers = [layer for layer in (*pair.of_b, *pair.of_a) if layer.operation]
    about = [layer for layer in layers if layer.parameters] or layers[::-1]
    return about[0].operation if about else None


def _says_what_it_computes(walker: Walker, pair: Pair) -> bool:
    """Whether A's own tensors are what its layers mean; else they tell nothing of B's."""
    own = walker.on_own(pair).outcome
    return pair.own or own.agrees or bool(own.why)


def _between(walker: Walker, pair: Pair) -> Iterator[str]:
    """The layer of B before what was not traced, and the one behind it."""
    order = walker.b.order
    before = [walker.b.maker[name] for name in order[: order.index(pair.b) + 1] if name in walker.b.maker]
    if before:
        yield before[-1].names[-1]
    yield from (layer.names[0] for layer in walker.b.users[pair.b][:1])


def _unpaired(walker: Walker) -> tuple[tuple[str, ...], tuple[str, ...]]:
    of_a = {name for pair in walker.pairs for name in names_of((*pair.of_a, *pair.through))}
    of_b = {name for pair in walker.pairs for name in names_of((*pair.of_b, *pair.through))}
    found = [
        tuple(name for name in names_of(graph.trace.layers) if name not in names)
        for graph, names in ((walker.a, of_a), (walker.b, of_b))
    ]
    tensors = tuple(name for name in walker.b.order if name not in walker.cuts.image)
    return found[0], found[1] if walker.b.trace.layers else tensors


def _seen_from_b(walked: Walked) -> Walked:
    """The same with the sides exchanged: it was B whose layers said what is meant."""
    pairs = tuple(map(_exchanged, walked.pairs))
    return replace(walked, pairs=pairs, unpaired=walked.unpaired[::-1], repaired=None)


def _exchanged(each: Judged) -> Judged:
    told = each.is_fault and not each.own
    words = f"of A's tensors, as B's layers say it: {each.why.words}" if told else each.why.words
    layout = " > ".join(reversed(each.layout.split(" > ")))
    return replace(each, a=each.b, b=each.a, layout=layout, why=replace(each.why, words=words), asked=None)
