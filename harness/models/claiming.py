"""A walk along B: where nothing of A gives a tensor, the fault is claimed at the layers that have the same part."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from harness.models.alignment import aligned, sketch
from harness.models.fitting import Outcome
from harness.models.folds import done_at_once, goes_on
from harness.models.graph import Graph, lengths
from harness.models.matching import Lead
from harness.models.traced import Layer
from harness.models.written_out import Parts

AHEAD = 4
"""Tensors of B after one that nothing gives, in which A's layers may meet it again."""


class Walker(Parts):
    """Walks along B. hints: layers of B -> of A, as a user pairs them."""

    def __init__(self, a: Graph, b: Graph, hints: Mapping[str, str]) -> None:
        super().__init__(a, b, hints)
        self._placed = {} if b.trace.layers else _aligned(a, b)

    def walk(self) -> None:
        """Finds all cuts that there are, and judges each."""
        self.a.name_axes()
        for name in self.b.order:
            ways = self._by_part, self._by_values, self._by_parts
            if name not in self.cuts.image and not any(way(name) for way in ways):
                self._claim(name)
        for a, b in zip(self.a.trace.outputs, self.b.trace.outputs):
            if self.cuts.image.get(b.array) != a.array:
                self._before(a.array, b.array)

    def _claim(self, name: str) -> None:
        """A fault at the layer with the same part, unless B is on its way to where A's layers meet it again."""
        if self._meets_again(name):
            return
        layer = self.b.maker.get(name)
        if layer is None:
            self._claim_by_order(name)
            return
        if self._claim_together(name, layer) or self._skips(layer) or self._adds(layer) or self._claim_parts(name):
            return
        if self._claim_written_out(name):
            return
        for one in self._same_part(layer):
            if self._may_be(one, layer) or self._partners.of(layer.name) or layer.name in self._hints:
                if not self._done_in_two(one, layer):
                    self._claim_of(one, layer)
                return

    def _may_be(self, one: Layer, layer: Layer) -> bool:
        """Whether a layer of A takes what one of B does; and gives as much, unless both are one operation or join."""
        alike = one.operation == layer.operation and (one.operation is not None or len(one.inputs) > 1)
        return self._meets(one, layer) and (
            alike or lengths(self.a, one.outputs[0]) == lengths(self.b, layer.outputs[0])
        )

    def _skips(self, layer: Layer) -> bool:
        """Whether B leaves one layer of A out before a layer that does the same as the next; then these are a pair."""
        left_out = [each for each in self._following(layer) if len(each.outputs) == 1 and not self._has_partner(each)]
        behind = [one for each in left_out for one in self.a.users[each.outputs[0]] if one.name not in self._used]
        alike = [one for one in behind if layer.operation and one.operation == layer.operation]
        return any(self._does_the_same(one, layer) for one in alike)

    def _adds(self, layer: Layer) -> bool:
        """Whether B has one layer more before a layer that does the same as A's next; then these are a pair."""
        if self._partners.of(layer.name) or len(layer.outputs) != 1:
            return False
        next_ = [one for one in self._following(layer) if one.operation and not self._has_partner(one)]
        behind = [each for each in self.b.users[layer.outputs[0]] if len(each.outputs) == 1]
        alike = [(one, each) for one in next_ for each in behind if each.operation == one.operation]
        return any(self._does_the_same(one, each) for one, each in alike)

    def _claim_of(self, one: Layer, layer: Layer) -> None:
        """A fault at two layers, that of A with what follows it where B does that in the same layer."""
        lead, outcome = self._begins(one, layer)
        self._pair_layers(one, layer, outcome, lead)
        behind = done_at_once(self.a, self.b, one, layer)
        behind = None if behind is None or self._has_partner(behind) else behind
        if behind is not None:
            first = self.pairs.pop()
            outcome = self._outcome(behind.outputs[0], [one, behind], first.taken, first.seen)
            self._add(replace(first, a=behind.outputs[0], of_a=(one, behind), outcome=outcome))

    def _begins(self, one: Layer, layer: Layer) -> tuple[Lead, Outcome]:
        """Where a layer of B begins that is not what one of A means: where the lengths are those that A's would give.

        Where none are, at layers before it that change lengths, as they do in B a part of what A's layer does.
        """
        tried = [(lead, self._on_own_input(one, layer, lead)) for lead in self._leads(layer)]
        fitting = [each for each in tried if math.isfinite(each[1].far)]
        parts = [each for each in tried[1:] if lengths(self.b, each[0].taken[0]) != lengths(self.b, layer.inputs[0])]
        return (fitting or parts or tried)[0]

    def _done_in_two(self, one: Layer, layer: Layer) -> bool:
        """Whether B does in two layers, the second with parameters of its own, what one of A does."""
        behind = goes_on(self.a, self.b, one, layer)
        return behind is not None and {*self._partners.of(behind.name)} <= {one.name}

    def _claim_together(self, name: str, layer: Layer) -> bool:
        """A fault at two layers of B that do what one of A does; whether there are such."""
        before = self.b.maker.get(layer.inputs[0]) if len(layer.inputs) == 1 else None
        if before is None or layer.inputs[0] in self.cuts.image:
            return False
        for one in self._same_part(before):
            segment, own = self._segment(one.outputs[0]), self._segment_of_b(name)
            if self._done_in_two(one, before) and segment is not None and own is not None:
                self._add(self._judged(one.outputs[0], name, segment, own))
                return True
        return False

    def _claim_written_out(self, name: str) -> bool:
        """A fault where B does in several layers, of the same tensors, what A does in one that joins them."""
        own = self._segment_of_b(name)
        if own is None or len(own[0]) < 2 or len(own[1]) < 2:
            return False
        free = (each for each in self.a.trace.layers if each.name not in self._used and not each.operation)
        joining = (each for each in free if {*each.inputs} == own[1] and len(each.outputs) == 1)
        one = next((each for each in joining if lengths(self.a, each.outputs[0]) == lengths(self.b, name)), None)
        if one is not None:
            self._add(self._judged(one.outputs[0], name, ([one], own[1]), own))
        return one is not None

    def _claim_by_order(self, name: str) -> None:
        """Likewise of a tensor of which there is nothing but its values and its place among others."""
        a = self._placed.get(name)
        segment = None if a is None or a in self.cuts.given else self._segment(a)
        if a is not None and segment is not None:
            self._add(self._judged(a, name, segment, ([], set())))

    def _meets_again(self, name: str) -> bool:
        at = self.b.order.index(name) + 1
        return any(self._goes_through(name, each) for each in self.b.order[at : at + AHEAD])

    def _goes_through(self, name: str, later: str) -> bool:
        """Whether A's layers give a later tensor of B, which comes of this one."""
        own = self._segment_of_b(later)
        inside = own is not None and (not self.b.trace.layers or any(name in each.inputs for each in own[0]))
        return inside and any(each.outcome.agrees for each in self._candidates(later))


def _aligned(a: Graph, b: Graph) -> dict[str, str]:
    """Tensor of B -> the one of A that stands in its place, by order and values."""
    names = [[name for name in graph.order if name not in graph.inputs] for graph in (a, b)]
    sketches = ([sketch(graph.trace.array(name)) for name in each] for graph, each in zip((a, b), names))
    return {names[1][j]: names[0][i] for i, j in aligned(*sketches)}
