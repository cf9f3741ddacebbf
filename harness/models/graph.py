"""The graph of a trace: which layer makes a tensor, which take it, and what the axes of a tensor are."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from weakref import WeakValueDictionary

import numpy as np

from harness.backends.tracing.layer_keys import names_axes_by_place
from harness.models.carried import Signal, canonical_letters
from harness.models.traced import Layer, Trace

MOST_ORDERS = 5
"""Axes up to which all orders of them are tried."""


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
        self._in_use = WeakValueDictionary[str, np.ndarray]()

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
        ends = [each for each in self.trace.outputs if not self._is_named_by_place(each.array)]
        found: dict[str, str] = {each.array: each.layout for each in (*ends, *self.trace.inputs)}
        for name in self.order:
            found[name] = found.get(name) or self._said(name) or self._handed_on(name, found)
        return found

    def _is_named_by_place(self, name: str) -> bool:
        """Whether what makes a tensor names its axes by their places, as the trace does that of an output then."""
        layer = self.maker.get(name)
        return layer is not None and names_axes_by_place(layer.operation, layer.settings)

    def _said(self, name: str) -> str:
        said = [_sure(layer, "input") for layer in self.users[name] if layer.inputs[0] == name]
        if name in self.maker and self.maker[name].outputs[0] == name:
            said.insert(0, _sure(self.maker[name], "output"))
        return next((each for each in said if len(each) == len(self.trace.shape(name))), "")

    def _handed_on(self, name: str, found: Mapping[str, str]) -> str:
        """The axes of what a layer takes that says nothing of them, where it gives as many; moved as it moves them."""
        layer = self.maker.get(name)
        for taken in layer.inputs if layer else ():
            if found.get(taken) and len(self.trace.shape(taken)) == len(self.trace.shape(name)):
                may_move = layer is not None and len(layer.inputs) == 1 and layer.operation is None
                return self._moved(found[taken], taken, name) if may_move else found[taken]
        return ""

    def _moved(self, letters: str, taken: str, made: str) -> str:
        """Letters of a tensor as those of one that has its elements in other places; "" where no order of axes does."""
        x, y = self.trace.array(taken), self.trace.array(made)
        if (
            x.size != y.size
            or x.max(initial=-np.inf) != y.max(initial=-np.inf)
            or not np.array_equal(np.sort(x, axis=None), np.sort(y, axis=None))
        ):
            return letters
        return next(("".join(letters[axis] for axis in order) for order in orders_of(x, y)), "")

    def name_axes(self) -> None:
        """Says the axes of all tensors of which nobody does: as what makes them hands them on, or else the canonical.

        The names tell places then, to which those of another model are brought.
        """
        found: dict[str, str] = {}
        for name in self.order:
            known = self.letters(name) or self._handed_on(name, found)
            found[name] = known or canonical_letters(len(self.trace.shape(name)))
        self._told = found

    def signal(self, name: str) -> Signal:
        """A traced tensor; where nobody says its axes, perhaps they are those of what its layer takes."""
        signal = self.signal_of(name, self.letters(name))
        handed_on = "" if signal.letters else self._handed_on(name, self._told)
        return replace(signal, perhaps=handed_on) if handed_on else signal

    def signal_of(self, name: str, letters: str = "") -> Signal:
        """Any array of the trace, with these axes."""
        values = self._in_use.get(name)
        if values is None:  # one copy of a tensor is enough, whoever uses it
            values = self._in_use[name] = self.trace.array(name)
        perhaps = "" if letters else self._usual.get(values.ndim, "")
        return Signal(values, letters, np.dtype(values.dtype).name, perhaps=perhaps)


def orders_of(x: np.ndarray, y: np.ndarray) -> Iterator[tuple[int, ...]]:
    """Orders of the axes of `x` that give `y`; of more than MOST_ORDERS axes, only its own."""
    plain = tuple(range(x.ndim))
    for order in itertools.permutations(plain) if x.ndim <= MOST_ORDERS else [plain]:
        if tuple(x.shape[axis] for axis in order) == y.shape and np.array_equal(x.transpose(order), y):
            yield order


def _sure(layer: Layer, role: str) -> str:
    """The letters that a layer says, where they are more than names of places."""
    by_place = names_axes_by_place(layer.operation, layer.settings)
    return "" if by_place else layer.layouts.get(role, "")


def lengths(graph: Graph, name: str) -> list[int]:
    """Lengths of the axes of a tensor in no order, without those of 1."""
    return sorted(size for size in graph.trace.shape(name) if size != 1)
