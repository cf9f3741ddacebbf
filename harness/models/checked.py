"""What `harness check` says of a trace: all that it names is there and can be read, and its numbers are finite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from harness.models.traced import Trace
from harness.models.traces import opened


def lines(path: Path) -> Iterator[str]:
    """Warnings, then what the trace holds. Raises FileError where it is none, or is broken."""
    with opened(path) as trace:
        for remark in trace.remarks:
            yield f"warning: {path}: {remark}"
        for name in trace.arrays:
            if not np.isfinite(trace.array(name)).all():
                yield f"warning: {path}: {name!r} holds numbers that are not finite"
        yield f"{path}: {_held(trace)}"


def _held(trace: Trace) -> str:
    arrays = f"{len(trace.arrays)} arrays"
    if not trace.layers:
        return f"a trace without layers: {arrays}, the input is {trace.inputs[0].array!r}"
    unknown = sum(layer.operation is None for layer in trace.layers)
    of = f" of {trace.system}" if trace.system else ""
    return f"a trace{of}: {len(trace.layers)} layers, of them {unknown} of no known operation; {arrays}"
