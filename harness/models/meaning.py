"""What the layers of one model mean, evaluated on tensors that may be those of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from harness.canonical import running_error
from harness.canonical.layout import LayoutError
from harness.case.read import Case
from harness.grammar.streams import RawStream
from harness.judge.reading import Reading
from harness.models.carried import Signal, canonical_letters, ordered
from harness.models.graph import Graph
from harness.models.join import Join
from harness.models.joins import join_of, operands
from harness.models.layer_case import FLOATS, Letters, NotJudged, case_of
from harness.models.traced import Layer
from harness.operations import TABLE

Given = Mapping[str, Signal]
"""Tensors of a model by name, with the values that they are to have."""
KEPT = 8
"""Results of layers that are kept, as several tensors may need them."""


class Meaning:
    """Evaluates the layers of one trace: their operations, or what their own tensors tell that they do."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._joins: dict[str, Join | None] = {}
        self._kept: dict[tuple[str, tuple[int, ...]], tuple[Sequence[Signal], Signal]] = {}

    def value(self, name: str, given: Given) -> Signal:
        """A tensor, computed from those that are `given`. Raises NotJudged where a layer on the way is not known."""
        if name in given:
            return given[name]
        if name not in self.graph.maker:
            raise NotJudged(f"{name}: no layer makes it")
        layer = self.graph.maker[name]
        if len(layer.outputs) > 1:
            raise NotJudged(f"{layer.name}: it has several outputs")
        return self.of_layer(layer, [self.value(each, given) for each in layer.inputs])

    def of_layer(self, layer: Layer, taken: Sequence[Signal]) -> Signal:
        """What a layer gives for `taken`, with the error that rounding may make. Raises NotJudged."""
        if len(taken) != len(layer.inputs):
            raise NotJudged(f"{layer.name}: it takes {len(layer.inputs)} tensors, and {len(taken)} are given")
        key = (layer.name, tuple(map(id, taken)))
        if key not in self._kept:
            made = self._operation(layer, taken[0]) if layer.operation in TABLE else self._join(layer, taken)
            self._kept[key] = (taken, made)  # which keeps the numbers of `taken` from being given again
            if len(self._kept) > KEPT:
                self._kept.pop(next(iter(self._kept)))
        return self._kept[key][1]

    def join(self, layer: Layer) -> Join | None:
        """What a layer does that is no operation; None where its tensors do not tell it."""
        if layer.name not in self._joins:
            self._joins[layer.name] = None if layer.operation else join_of(self.graph, layer)
        return self._joins[layer.name]

    def _operation(self, layer: Layer, taken: Signal) -> Signal:
        letters = Letters.of(self.graph, layer)
        made = evaluated(case_of(self.graph, layer, taken), letters.into(taken))
        return replace(made, letters=letters.back(made.letters))

    def _join(self, layer: Layer, taken: Sequence[Signal]) -> Signal:
        join = self.join(layer)
        if join is None:
            raise NotJudged(f"{layer.name}: {layer.native or layer.operation or 'it'} is not known here")
        return self.joined(layer, join, taken)

    def _as_own(self, taken: Signal, name: str) -> Signal:
        """A tensor with the axes of this model's, or where nobody says these, with as many."""
        rank = len(self.graph.trace.shape(name))
        axes = self.graph.letters(name) or (canonical_letters(rank) if taken.values.ndim != rank else "")
        return taken.ordered(axes) if taken.letters and axes else taken

    def joined(self, layer: Layer, join: Join, taken: Sequence[Signal]) -> Signal:
        """What a layer would give for `taken` if it were this join. Raises NotJudged where shapes do not allow it."""
        try:
            own = [self._as_own(each, name) for each, name in zip(taken, layer.inputs)]
            own += [self.graph.signal_of(name) for name in operands(self.graph.trace, layer)]
            made = join.on(own)
            axes = self.graph.letters(layer.outputs[0]) or canonical_letters(made.values.ndim)
            return replace(made, letters=axes)
        except (LayoutError, ValueError) as problem:
            raise NotJudged(f"{layer.name}: {problem}") from None


def evaluated(case: Case, taken: Signal) -> Signal:
    """The output of a case whose input is `taken`, and its error: that of the arithmetic, and that of the input."""
    reading = Reading(case)
    dtype = taken.dtype if taken.dtype in FLOATS else case.dtype
    ladder = reading.ladder(dtype)
    spread = np.broadcast_to(ladder.bound(ladder.rungs[0]), reading.y.shape)
    if taken.spread is not None:
        canonical = replace(taken, values=taken.spread)
        moved = running_error.moved(case.meant(), reading.y, _in_canonical(case, canonical), signs())
        spread = np.hypot(spread, moved)
    return Signal(reading.y, canonical_letters(reading.y.ndim), dtype, spread)


def signs() -> running_error.Signs:
    """What draws signs, the same ones each time."""
    stream = RawStream("PCG64", 0)
    return lambda size: 2 * stream.integers(0, 1, size) - 1


def _in_canonical(case: Case, taken: Signal) -> np.ndarray:
    """An array like the input of a case in canonical axes."""
    x = case.arrays["input"]
    return ordered(taken.values, taken.letters or x.layout, canonical_letters(x.values.ndim))
