"""Which layers of two models have the same parameters, told by the values alone: names do not count.

Fingerprints do not see in which order values are: they survive transposition, reversal, another order of flattening or
of gates. Rows divided by their largest value survive a factor that was folded into each. Values
that are all the same (scales of one, offsets of zero) tell nothing; neighbours settle those.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from harness.models.fingerprints import fingerprint
from harness.models.graph import Graph
from harness.models.traced import Layer

CLOSE = 1e-4
"""Relative difference of sketches of rows up to which one may be the other, scaled and rounded; others are 0.2 off."""

Sketch = tuple[int, np.ndarray]


@dataclass(frozen=True)
class Partners:
    """Layers of B by name -> names of those of A that have parameters of the same values, or of scaled ones."""

    same: Mapping[str, tuple[str, ...]]
    scaled: Mapping[str, tuple[str, ...]]

    def of(self, name: str) -> tuple[str, ...]:
        """All that may be the partner of a layer of B, likeliest first."""
        return (*self.same.get(name, ()), *self.scaled.get(name, ()))


def partners(a: Graph, b: Graph) -> Partners:
    """The layers of two models that have parameters in common."""
    values = [dict(_told(graph)) for graph in (a, b)]
    same = {name: _sharing(keys, values[0]) for name, keys in values[1].items()}
    taken = {each for found in same.values() for each in found}
    left = [name for name, keys in values[0].items() if keys and name not in taken]
    rows = {name: sketch for name, sketch in _sketches(a) if name in left}
    lone = {name for name, found in same.items() if not found}
    scaled = {name: tuple(_like(sketch, rows)) for name, sketch in _sketches(b) if name in lone}
    return Partners(same, scaled)


def _told(graph: Graph) -> Iterator[tuple[str, frozenset[tuple[int, int]]]]:
    for layer in graph.trace.layers:
        arrays = [graph.trace.array(name) for name in layer.parameters.values()]
        yield (
            layer.name,
            frozenset((each.size, fingerprint(each)) for each in arrays if each.size > 1 and np.ptp(each) > 0),
        )


def _sharing(keys: frozenset[tuple[int, int]], others: Mapping[str, frozenset[tuple[int, int]]]) -> tuple[str, ...]:
    """The layers that have the most values in common."""
    shared = {name: sum(size for size, _ in keys & other) for name, other in others.items()}
    most = max(shared.values(), default=0)
    return tuple(name for name, size in shared.items() if size == most > 0)


def _sketches(graph: Graph) -> Iterator[tuple[str, Sketch]]:
    """Of each layer, its largest array of several output channels: rows without their scale, in no order."""
    for layer in graph.trace.layers:
        array = _rows(graph, layer)
        if array is not None:
            yield layer.name, (array.size, _scale_free(array))


def _rows(graph: Graph, layer: Layer) -> np.ndarray | None:
    """(O, rest) of the largest array that has output channels."""
    found = [(name, layer.layouts.get(role, "")) for role, name in layer.parameters.items()]
    able = [(name, letters) for name, letters in found if "O" in letters and len(letters) > 1]
    if not able:
        return None
    name, letters = max(able, key=lambda each: np.prod(graph.trace.shape(each[0])))
    array = graph.trace.array(name).astype(np.float64)
    return np.moveaxis(array, letters.index("O"), 0).reshape(array.shape[letters.index("O")], -1)


def _scale_free(rows: np.ndarray) -> np.ndarray:
    """For each row the sums of magnitudes and of squares, in units of its largest value; sorted."""
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=0)
    unit = np.divide(rows, largest, out=np.zeros_like(rows), where=largest > 0)
    return np.sort([np.abs(unit).sum(axis=1), np.square(unit).sum(axis=1)], axis=1)


def _like(sketch: Sketch, others: Mapping[str, Sketch]) -> Iterator[str]:
    size, sums = sketch
    for name, (other_size, other) in others.items():
        if size == other_size and sums.shape == other.shape and np.allclose(sums, other, rtol=CLOSE):
            yield name
