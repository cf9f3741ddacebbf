"""The graph of a trace: which layer makes a tensor, which take it, and what the axes of a tensor are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import numpy as np

from harness.models.carried import Signal
from harness.models.traced import Layer, Trace


class Traced(Mapping[str, Signal]):
    """Tensors of a trace by name, each read when it is asked for."""

    def __init__(self, graph: Graph, names: Iterable[str]) -> None:
        self._graph, self._names = graph, frozenset(names)

    def __getitem__(self, name: str) -> Signal:
        return self._graph.signal(name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Graph:
    """The layers of a trace, and the tensors between them in the order in which they came to be.

    order: the inputs, what layers make, and orphans: tensors that a layer takes and no layer makes, since what made
    them was not traced. An orphan stands before the first layer that takes it. Without layers, all arrays.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.inputs = tuple(each.array for each in trace.inputs)
        self.maker: Mapping[str, Layer] = {name: layer for layer in trace.layers for name in layer.outputs}
        made = self._made() if trace.layers else trace.arrays
        self.order = tuple(dict.fromkeys([*self.inputs, *made, *(each.array for each in trace.outputs)]))
        self._told: dict[str, str] = {}
        self._usual: dict[int, str] = {}

    def _made(self) -> Iterator[str]:
        for layer in self.trace.layers:
            yield from layer.inputs
            yield from layer.outputs

    @cached_property
    def users(self) -> Mapping[str, tuple[Layer, ...]]:
        """The layers that take a tensor."""
        return {name: tuple(each for each in self.trace.layers if name in each.inputs) for name in self.order}

    @cached_property
    def orphans(self) -> frozenset[str]:
        """Tensors that no layer makes and that are no inputs."""
        return frozenset(self.order) - frozenset(self.maker) - frozenset(self.inputs)

    def letters(self, name: str) -> str:
        """The axes of a tensor, as the layers say that make it or take it, or as was told; "" where neither is so."""
        return self._letters[name] or self._told.get(name, "")

    def tell(self, name: str, letters: str) -> None:
        """Says the axes of a tensor, which were found; others of as many axes are likely to have the same."""
        self._told[name] = letters
        self._usual.setdefault(len(letters), letters)

    @cached_property
    def _letters(self) -> Mapping[str, str]:
        found: dict[str, str] = {each.array: each.layout for each in (*self.trace.outputs, *self.trace.inputs)}
        for name in self.order:
            found[name] = found.get(name) or self._said(name) or self._handed_on(name, found)
        return found

    def _said(self, name: str) -> str:
        said = [layer.layouts.get("input", "") for layer in self.users[name] if layer.inputs[0] == name]
        if name in self.maker and self.maker[name].outputs[0] == name:
            said.insert(0, self.maker[name].layouts.get("output", ""))
        return next((each for each in said if len(each) == len(self.trace.shape(name))), "")

    def _handed_on(self, name: str, found: Mapping[str, str]) -> str:
        """The axes of what a layer takes that says nothing of them, where it gives a tensor of the same lengths."""
        layer = self.maker.get(name)
        for taken in layer.inputs if layer else ():
            if found.get(taken) and len(self.trace.shape(taken)) == len(self.trace.shape(name)):
                return found[taken]
        return ""

    def signal(self, name: str) -> Signal:
        """A traced tensor."""
        return self.signal_of(name, self.letters(name))

    def signal_of(self, name: str, letters: str = "") -> Signal:
        """Any array of the trace, with these axes."""
        values = self.trace.array(name)
        perhaps = "" if letters else self._usual.get(values.ndim, "")
        return Signal(values, letters, np.dtype(values.dtype).name, perhaps=perhaps)


def lengths(graph: Graph, name: str) -> list[int]:
    """Lengths of the axes of a tensor in no order, without those of 1."""
    return sorted(size for size in graph.trace.shape(name) if size != 1)
