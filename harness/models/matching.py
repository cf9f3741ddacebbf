"""Which tensors of two models play the same part, and whether each of those of B is what A's layers mean.

A *cut* is such a pair of tensors. Between cuts lie segments: layers of A and layers of B that do the same, one for one
or many to many, as where one side folds, fuses or splits. Segments of A are evaluated on B's own tensors, so that no
fault hides or accuses what follows it. Cuts are sought along B, and held to what evidence there is, in this order: a
layer of A with the same parameters, or the only one of its kind there, on B's own input; any few layers of A between
cuts that give B's values. Where nothing gives them, a fault is at the layer that has the same part, unless B goes on to
where A's layers meet it again. Names settle nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.models import fitting
from harness.models.carried import Signal
from harness.models.fitting import Outcome
from harness.models.graph import Graph, lengths
from harness.models.layer_case import NotJudged
from harness.models.meaning import Meaning
from harness.models.partners import partners
from harness.models.segments import LONGEST_OF_PARTS, Segment, segment
from harness.models.traced import Layer


@dataclass(frozen=True, eq=False)
class Pair:
    """A cut, the layers of both sides that lead to it from earlier cuts, and what came of it.

    a, b: names of tensors. taken: the tensors of B that the segment starts from, by the names that they have in A.
    through: layers of both that only bring axes into one before it, and are judged with it.
    undone: whether B's layers undo what its input was prepared with, so that theirs is A's input.
    own: whether the tensors are A's own, as what its trace says was held against them.
    """

    a: str
    b: str
    of_a: tuple[Layer, ...]
    of_b: tuple[Layer, ...]
    taken: Mapping[str, Signal]
    seen: Signal
    outcome: Outcome
    undone: bool = False
    own: bool = False
    through: tuple[Layer, ...] = ()


@dataclass(frozen=True)
class Lead:
    """Where a layer of B begins: the tensors that it takes, or a cut before layers of B that are a part of it.

    taken: names of tensors of B. layers: those between the cut and the layer, which have no parameters, as a padding.
    """

    taken: tuple[str, ...]
    layers: tuple[Layer, ...] = ()


@dataclass(eq=False)
class Cuts:
    """The cuts that are known. image: tensor of B -> that of A; given: tensor of A -> the values that it has in B."""

    image: dict[str, str] = field(default_factory=dict)
    given: dict[str, Signal] = field(default_factory=dict)

    def add(self, a: str, b: str, values: Signal) -> None:
        self.image[b] = a
        self.given.setdefault(a, values)


class Matcher:
    """The cuts of two models. hints: layers of B -> of A, as a user pairs them."""

    def __init__(self, a: Graph, b: Graph, hints: Mapping[str, str]) -> None:
        self.a, self.b, self.meaning = a, b, Meaning(a)
        self.cuts, self.pairs = Cuts(), list[Pair]()
        self._partners, self._hints = partners(a, b), hints
        self._layers = {layer.name: layer for layer in a.trace.layers}
        self._used: set[str] = set()

    def on_own(self, pair: Pair) -> Pair:
        """The same layers of A on A's own tensors: whether its trace computes what it says.

        Where a pair has none, the layer that made its tensor of A.
        """
        maker = self.a.maker.get(pair.a)
        if not pair.of_a and maker is not None:
            pair = replace(pair, of_a=(maker,), taken=dict.fromkeys(maker.inputs, pair.seen))
        taken = {name: self.a.signal(name) for name in pair.taken}
        seen = self.a.signal(pair.a)
        return replace(pair, taken=taken, seen=seen, own=True, outcome=self._outcome(pair.a, pair.of_a, taken, seen))

    # --- a layer of A on the input of a layer of B -------------------------------------------------------------------

    def _by_part(self, name: str) -> bool:
        """Whether a layer with the same part gives this tensor of B; then it is a cut, and so is what it takes."""
        layer = self.b.maker.get(name)
        if layer is None:
            return False
        return any(self._does_the_same(other, layer) for other in self._same_part(layer))

    def _does_the_same(self, one: Layer, layer: Layer) -> bool:
        """Whether a layer of A gives what one of B does; then they are a pair."""
        for lead in self._leads(layer):
            outcome = self._on_own_input(one, layer, lead)
            if outcome.agrees:
                self._pair_layers(one, layer, outcome, lead)
                return True
        return False

    def _leads(self, layer: Layer) -> Iterator[Lead]:
        """Where a layer of B may begin: at what it takes, or at the only cut that leads to it.

        Layers between have no parameters, or those of the same layer of A.
        """
        yield Lead(layer.inputs)
        if len(layer.inputs) != 1 or layer.inputs[0] in self.cuts.image:
            return
        found = segment(self.b, layer.outputs[0], set(self.cuts.image), LONGEST_OF_PARTS)
        if found is not None and len(found[1]) == 1 and all(self._is_part(each, layer) for each in found[0][:-1]):
            yield Lead(tuple(found[1]), tuple(found[0][:-1]))

    def _is_part(self, each: Layer, layer: Layer) -> bool:
        """Whether a layer of B before another may be a part of what one layer of A does."""
        own = {*self._partners.of(each.name)}
        return not each.parameters or (len(own) == 1 and own == {*self._partners.of(layer.name)})

    def _same_part(self, layer: Layer) -> Iterator[Layer]:
        """Layers of A that may have the part of one of B: by the user's word, the same parameters, or their place."""
        if layer.name in self._hints:
            yield self._layers[self._hints[layer.name]]
            return
        known = [self._layers[name] for name in self._partners.of(layer.name)]
        free = [each for each in known if each.name not in self._used and _alike(each, layer)]
        yield from sorted(free, key=lambda each: not self._meets(each, layer))
        if not known:
            yield from (each for each in self._following(layer) if _alike(each, layer) and not self._has_partner(each))

    def _following(self, layer: Layer) -> list[Layer]:
        """Layers of A that nobody has the part of and that take what this one takes in B."""
        return [each for each in self.a.trace.layers if each.name not in self._used and self._meets(each, layer)]

    def _meets(self, one: Layer, layer: Layer) -> bool:
        takes = ([self.cuts.image.get(name, "") for name in lead.taken] for lead in self._leads(layer))
        return any(sorted(one.inputs) == sorted(taken) for taken in takes)

    def _has_partner(self, one: Layer) -> bool:
        return any(one.name in self._partners.of(name) for name in self._partners.same)

    def _on_own_input(self, one: Layer, layer: Layer, lead: Lead) -> Outcome:
        inputs = self._inputs(one, lead)
        if inputs is None or len(one.outputs) != 1 or len(layer.outputs) != 1:
            return Outcome(why=f"{one.name}: it takes other tensors than {layer.name}")
        return fitting.of_layer(self.meaning, one, inputs, self.b.signal(layer.outputs[0]))

    def _inputs(self, one: Layer, lead: Lead) -> list[Signal] | None:
        """What a layer of B takes, in the order in which that of A does."""
        if len(one.inputs) != len(lead.taken):
            return None
        images = {self.cuts.image.get(name): name for name in lead.taken}
        known = len(images) == len(lead.taken) and all(name in images for name in one.inputs)
        return [self.b.signal(images[mine] if known else its) for mine, its in zip(one.inputs, lead.taken)]

    def _pair_layers(self, one: Layer, layer: Layer, outcome: Outcome, lead: Lead) -> None:
        """A cut behind two layers of the same part; what they take is one, too, and judged where it was none."""
        images = {self.cuts.image.get(name): name for name in lead.taken}
        for mine, its in zip(one.inputs, lead.taken):
            if mine not in images and its not in self.b.inputs:
                self._before(mine, its)
        inputs = self._inputs(one, lead) or []
        taken, of_b = dict(zip(one.inputs, inputs)), (*lead.layers, layer)
        self._add(Pair(one.outputs[0], layer.outputs[0], (one,), of_b, taken, self._seen(layer), outcome))

    def _before(self, a: str, b: str) -> None:
        """The cut before two layers that do the same, where what they take was not known to be."""
        segment = ([], {a}) if a in self.cuts.given else self._segment(a)
        own = None if b in self.cuts.image else self._segment_of_b(b)
        untraced = b in self.b.orphans or not self.b.trace.layers
        if segment is None or not (segment[0] or (own and own[0]) or untraced):
            return
        pair = self._judged(a, b, segment, own or ([], set()))
        if pair.outcome.agrees or not self._by_the_last(segment[0], (own or ([], set()))[0]):
            self._add(pair)

    def _by_the_last(self, of_a: Sequence[Layer], of_b: Sequence[Layer]) -> bool:
        """Whether the last layers of two segments do the same: then they are a pair, what is before them another."""
        alike = bool(of_a and of_b) and _alike(of_a[-1], of_b[-1])
        return alike and self._does_the_same(of_a[-1], of_b[-1])

    # --- layers of A that give the values of B -----------------------------------------------------------------------

    def _by_values(self, name: str) -> bool:
        """Whether a few layers of A between cuts give this tensor of B; then it is a cut."""
        found = next((each for each in self._candidates(name) if each.outcome.agrees), None)
        if found is not None:
            self._add(found)
        return found is not None

    def _candidates(self, name: str) -> Iterator[Pair]:
        """What few layers of A give, from the cuts that this tensor of B comes of, those first that are as many."""
        own = self._segment_of_b(name)
        if own is None:
            return
        near = [(a, segment) for a in self.a.order if (segment := self._possible(a, name, own)) is not None]
        for a, segment in sorted(near, key=lambda each: self._unlike(each[1][0], own[0])):
            try:
                yield self._judged(a, name, segment, own)
            except NotJudged:
                continue

    def _possible(self, a: str, b: str, own: Segment) -> Segment | None:
        """The segment to a tensor of A if it may be this one of B: from the same cuts, with the same parameters."""
        segment = ([], {a}) if a in own[1] and a in self.cuts.given else self._segment(a)
        if segment is None or (a in self.cuts.given and a not in own[1]):
            return None
        orphan = b in self.b.orphans
        if orphan and lengths(self.a, a) != lengths(self.b, b):
            return None
        if segment[1] != own[1] and not (orphan and segment[0]):
            return None
        names = ({each.name for each in side} for side in (segment[0], own[0]))
        return segment if self._consistent(*names) else None

    def _consistent(self, of_a: set[str], of_b: set[str]) -> bool:
        """Whether the layers of the two sides that have partners have them in the other."""
        if any((known := {*self._partners.of(name)}) and not known & of_a for name in of_b):
            return False
        wanted = {name: {b for b in self._partners.same if name in self._partners.of(b)} for name in of_a}
        return all(not known or known & of_b for known in wanted.values())

    def _unlike(self, of_a: Sequence[Layer], of_b: Sequence[Layer]) -> tuple[bool, int, int]:
        last = of_a[-1].operation if of_a else None
        return (not of_b or last != of_b[-1].operation, abs(len(of_a) - len(of_b)), len(of_a))

    def _judged(self, a: str, b: str, segment: Segment, own: Segment) -> Pair:
        """A cut, and whether A's layers give it. Raises NotJudged where they are not known."""
        taken = {name: self.cuts.given[name] for name in segment[1] if name in self.cuts.given}
        seen = self.b.signal(b)
        outcome = self._outcome(a, segment[0], taken, seen)
        return Pair(a, b, tuple(segment[0]), tuple(own[0]), taken, seen, outcome)

    def _outcome(self, a: str, layers: Sequence[Layer], taken: Mapping[str, Signal], seen: Signal) -> Outcome:
        """What layers of A make of cuts, against `seen`."""
        if len(layers) == 1:
            return fitting.of_layer(self.meaning, layers[0], [taken[name] for name in layers[0].inputs], seen)
        try:
            return fitting.of_signal(self.meaning.value(a, taken), seen)
        except NotJudged as problem:
            return Outcome(why=str(problem))

    # --- segments ----------------------------------------------------------------------------------------------------

    def _segment(self, name: str) -> Segment | None:
        """Layers of A that lead to a tensor from cuts, and those cuts; None where they do not, or are many."""
        return segment(self.a, name, set(self.cuts.given))

    def _segment_of_b(self, name: str) -> Segment | None:
        """Likewise in B, its cuts by the names that they have in A; nothing where no layer made it."""
        if name in self.b.orphans:
            return [], set()
        found = segment(self.b, name, set(self.cuts.image), LONGEST_OF_PARTS)
        return None if found is None else (found[0], {self.cuts.image[each] for each in found[1]})

    def _seen(self, layer: Layer) -> Signal:
        return self.b.signal(layer.outputs[0])

    def _add(self, pair: Pair) -> None:
        if pair.outcome.letters and not pair.seen.letters:
            self.b.tell(pair.b, pair.outcome.letters)
            pair = replace(pair, seen=replace(pair.seen, letters=pair.outcome.letters))
        self.pairs.append(replace(pair, outcome=pair.outcome.settled))
        self.cuts.add(pair.a, pair.b, pair.seen)
        self._used.update(layer.name for layer in pair.of_a)


def _alike(one: Layer, other: Layer) -> bool:
    return one.operation == other.operation or None in (one.operation, other.operation)
