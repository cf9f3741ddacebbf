"""A trace in which each layer is one: what a system writes out in several is made what it is together.

pieces -> places -> biases -> zeros around -> formulas

Whether layers are one is told by the values: the one layer gives, within its bound, what they gave. Both models are
gathered before they are compared, so that it does not matter which of them writes what out.
"""

from __future__ import annotations

from harness.models import biases, formulas, pieces, places, zeros_around
from harness.models.traced import Trace

STEPS = (pieces.separated, places.restored, biases.joined, zeros_around.joined, formulas.joined)


def gathered(trace: Trace) -> Trace:
    """The same trace with layers that stand for several (`Layer.parts`). Raises FileError for broken arrays."""
    for step in STEPS:
        trace = step(trace) if trace.layers else trace
    return trace
