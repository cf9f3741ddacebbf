"""Layers of B that A writes out in several which are not known one by one, as a normalization in sums and quotients.

Nothing says what those of A mean. So it is asked whether B's layer gives A's tensor from A's own input: then both do
the same, and B's layer has only to compute what it says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from harness.models import fitting
from harness.models.graph import Graph, lengths
from harness.models.matching import Matcher, Pair
from harness.models.meaning import Meaning
from harness.models.segments import LONGEST_OF_PARTS, segment
from harness.operations import TABLE


class Parts(Matcher):
    """The cuts of two models, also behind what A writes out."""

    def __init__(self, a: Graph, b: Graph, hints: Mapping[str, str]) -> None:
        super().__init__(a, b, hints)
        self._meant_by_b = Meaning(b)

    def _by_parts(self, name: str) -> bool:
        """Whether A gives in several layers what makes this tensor of B; then it is a cut."""
        for pair in self._written_out(name):
            layer, of_b = pair.of_b[0], self.b.signal(pair.of_b[0].inputs[0])
            if pair.outcome.agrees:
                own = fitting.of_layer(self._meant_by_b, layer, [of_b], pair.seen)
                self._add(replace(pair, outcome=own))
                return True
        return False

    def _claim_parts(self, name: str) -> bool:
        """A fault at the first layers of A that hold between them what the layer of B holds; whether there are such."""
        for pair in self._written_out(name):
            partners = {*self._partners.of(pair.of_b[0].name)}
            if len(partners) > 1 and partners <= {each.name for each in pair.of_a}:
                self._add(pair)
                return True
        return False

    def _written_out(self, name: str) -> Iterator[Pair]:
        """Several layers of A that may be the one that makes a tensor of B, held against its meaning on A's input."""
        layer = self.b.maker.get(name)
        start = self.cuts.image.get(layer.inputs[0]) if layer is not None and len(layer.inputs) == 1 else None
        if layer is None or layer.operation not in TABLE or start is None:
            return
        for a in self.a.order:
            found = segment(self.a, a, set(self.cuts.given), LONGEST_OF_PARTS)
            fits = found is not None and found[1] == {start} and len(found[0]) > 1 and a not in self.cuts.given
            if found is None or not fits or lengths(self.a, a) != lengths(self.b, name):
                continue
            if self._consistent({each.name for each in found[0]}, {layer.name}):
                outcome = fitting.of_layer(self._meant_by_b, layer, [self.a.signal(start)], self.a.signal(a))
                taken = {start: self.cuts.given[start]}
                yield Pair(a, name, tuple(found[0]), (layer,), taken, self.b.signal(name), outcome)
