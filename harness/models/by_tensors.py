"""Two traces of which neither has layers: where their tensors begin to differ, and nothing more can be said.

Nobody says what a layer does, so no bound on its rounding can be derived. Tensors count as the same while they differ
by less than DIFFERS of the size of their values, or by no more than GROWTH times what those before them do: rounding
grows slowly through a network, a fault at once. What comes behind the first that differ cannot be judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from harness.models.alignment import aligned, sketch
from harness.models.carried import Signal
from harness.models.fitting import placed
from harness.models.graph import Graph

DIFFERS = 1e-5
"""Share of the largest value: the smallest faults move a layer by as much."""
GROWTH = 30
AXES = "NCDHW"
"""Letters for axes of which nothing is known; which is which does not matter."""


@dataclass(frozen=True)
class Place:
    """Two tensors, by their names, and how far they are apart as a share of the largest value; None for other lengths.

    differs: whether this is the first place that does. judged: whether none did before.
    """

    a: str
    b: str
    apart: float | None
    differs: bool
    judged: bool


def places(a: Graph, b: Graph) -> Iterator[Place]:
    """The tensors of two traces that belong together, in order; the inputs are left out."""
    names = [[name for name in graph.order if name not in graph.inputs] for graph in (a, b)]
    sketches = ([sketch(graph.trace.array(name)) for name in each] for graph, each in zip((a, b), names))
    before, judged = 0.0, True
    for i, j in aligned(*sketches):
        apart = _apart(a.signal(names[0][i]), b.signal(names[1][j]))
        differs = judged and (apart is None or apart > max(DIFFERS, GROWTH * before))
        yield Place(names[0][i], names[1][j], apart, differs, judged)
        before, judged = max(before, apart or 0.0), judged and not differs


def _apart(a: Signal, b: Signal) -> float | None:
    values = placed(Signal(b.values, "", b.dtype), Signal(a.values, AXES[: a.values.ndim], a.dtype))
    if values is None:
        return None
    largest = float(np.abs(a.values, dtype=np.float64).max(initial=0.0))
    off = float(np.abs(values - a.values.astype(np.float64)).max(initial=0.0))
    return off / largest if largest else off
