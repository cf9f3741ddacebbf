"""Layers of no operation that compute together what one is, as a norm that is written out in sums and quotients.

Between a tensor and one behind it of the same shape stand layers that nothing else takes part in. Operations are asked
whether they give the one from the other with the parameters there; the values prove it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from harness.models import fitting
from harness.models.graph import Graph
from harness.models.meaning import Meaning
from harness.models.merging import ends, merged, seen_as, users
from harness.models.traced import Layer, Trace
from harness.operations import written

MOST = 24
"""Layers that are taken together: a normalization that is written out is as many."""
FEWEST = 2
VECTOR = "{} as a vector"
"""The name of a parameter that has one axis then."""


@dataclass(frozen=True)
class Region:
    """Layers that give a tensor `y` of `x` and of parameters alone, in order."""

    x: str
    y: str
    layers: tuple[Layer, ...]

    @property
    def parameters(self) -> list[str]:
        return list(dict.fromkeys(name for layer in self.layers for name in layer.parameters.values()))


def joined(trace: Trace) -> Trace:
    """The trace with one layer for each such region."""
    for x in dict.fromkeys(name for layer in trace.layers if not layer.operation for name in layer.inputs):
        whole = next(filter(None, (_whole(trace, region) for region in _regions(trace, x))), None)
        trace = trace if whole is None else whole
    return trace


def _regions(trace: Trace, x: str) -> Iterator[Region]:
    """Regions behind a tensor, the largest first."""
    taking, kept = users(trace), ends(trace)
    for layer in reversed(_reached(trace, x)):
        found = _leading(trace, x, layer)
        inside = {name for each in found for name in each.outputs} - {*layer.outputs}
        taken = [each for name in inside for each in taking.get(name, [])]
        alone = not inside & kept and all(each in found for each in taken)
        if alone and len(found) >= FEWEST and trace.shape(layer.outputs[0]) == trace.shape(x):
            yield Region(x, layer.outputs[0], tuple(found))


def _reached(trace: Trace, x: str) -> list[Layer]:
    """Layers of no operation that take what comes of `x`, or what is constant, and nothing else."""
    known, reached = {x}, list[Layer]()
    for layer in trace.layers:
        if not layer.operation and len(layer.outputs) == 1 and all(name in known for name in layer.inputs):
            known.update(layer.outputs)
            reached += [layer] if layer.inputs else []
            if len(reached) == MOST:
                break
    return reached


def _leading(trace: Trace, x: str, last: Layer) -> list[Layer]:
    """The layers that lead from `x`, and from parameters, to what a layer gives, in order."""
    makers = {name: layer for layer in trace.layers for name in layer.outputs}
    found, open_ = {last.name: last}, [name for name in last.inputs if name != x]
    while open_:
        layer = makers[open_.pop()]
        if layer.name not in found:
            found[layer.name] = layer
            open_ += [name for name in layer.inputs if name != x]
    return [layer for layer in trace.layers if layer.name in found]


def _whole(trace: Trace, region: Region) -> Trace | None:
    """The trace with the operation that a region is; None where it is none."""
    x, y = trace.array(region.x), trace.array(region.y)
    vectors = {name: trace.array(name) for name in region.parameters}
    for each in written.recognized(x, y, vectors):
        held = {VECTOR.format(name): seen_as(trace.arrays[name], (vectors[name].size,)) for name in each.roles.values()}
        layer = _layer(region, each)
        changed = replace(trace, arrays={**trace.arrays, **held}, layers=(layer,))
        graph = Graph(changed)
        if fitting.of_layer(Meaning(graph), layer, [graph.signal(region.x)], graph.signal(region.y)).agrees:
            return merged(trace, region.layers, layer, held)
    return None


def _layer(region: Region, found: written.Written) -> Layer:
    last = region.layers[-1]
    roles = {role: VECTOR.format(name) for role, name in found.roles.items()}
    layouts = {"input": found.letters, "output": found.letters}
    return Layer(
        last.name, found.operation, found.settings, (region.x,), (region.y,), roles, layouts, last.native, last.names
    )
