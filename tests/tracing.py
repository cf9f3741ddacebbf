"""What the tests of traces ask of one."""

from __future__ import annotations

import numpy as np

from harness.cli import main
from harness.models.graph import Graph
from harness.models.meaning import Meaning
from harness.models.traced import Layer, Trace
from harness.operations import TABLE


def trace(folder, *source, layers=(), **inputs):
    """Runs `harness trace` on arrays by name, `x` for one without; the path of the trace."""
    arguments = []
    for name, values in inputs.items():
        np.save(folder / f"{name}.npy", values)
        given = f"{folder / name}.npy"
        arguments += ["--input", given if name == "x" else f"{name}={given}"]
    for each in layers:
        arguments += ["--layers", each]
    out = folder / "trace.npz"
    assert main(["trace", *map(str, source), *arguments, "-o", str(out)]) == 0
    return out


def layer(found: Trace, name: str) -> Layer:
    return next(each for each in found.layers if each.name == name)


def of(found: Trace, name: str) -> tuple:
    """Operation and settings of a layer."""
    each = layer(found, name)
    return each.operation, dict(each.settings)


def unlike(found: Trace) -> list[str]:
    """Layers of operations that are known here whose settings and arrays do not give their output."""
    known = [each for each in found.layers if each.operation in TABLE]
    assert known
    return [each.name for each in known if not holds(found, each)]


def holds(found: Trace, each: Layer) -> bool:
    """Whether a layer's settings, evaluated in canonical form on its own input, give its output in float32."""
    graph = Graph(found)
    made = Meaning(graph).of_layer(each, [graph.signal(name) for name in each.inputs])
    signal = graph.signal(each.outputs[0])
    wanted = signal.ordered(made.letters).values if signal.letters else signal.values.reshape(made.values.shape)
    return bool(np.allclose(made.values, wanted, rtol=1e-5, atol=1e-5 * np.abs(wanted).max()))
