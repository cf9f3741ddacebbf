"""Traces of small networks, made in NumPy from the canonical forms, in the layouts of either kind of system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.canonical.reference import evaluate
from harness.grammar.files.stored import Stored
from harness.models.graph import Graph
from harness.models.layer_case import case_of
from harness.models.signal import Signal, canonical_letters, ordered
from harness.models.traced import Layer, Tensor, Trace

NOISE = 1.0
"""Units of roundoff by which outputs are off, drawn: as of a system with its own order of summation."""


@dataclass(eq=False)
class Net:
    """A network that is traced while it is built. layout: of its tensors. Arrays are float32.

    `seed` is that of the noise; two nets with different seeds round differently.
    """

    system: str = "torch 2.13.0"
    layout: str = "NCHW"
    weights: str = "OIHW"
    seed: int = 0
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    layers: list[Layer] = field(default_factory=list)
    inputs: list[Tensor] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed + 1000)

    def input(self, x: np.ndarray, name: str = "in/x") -> str:
        """An input with canonical axes."""
        self.arrays[name] = self._own(x).astype(np.float32)
        self.inputs.append(Tensor(name, self.layout))
        return name

    def layer(
        self,
        name: str,
        operation: str,
        taken: str,
        parameters: Mapping[str, np.ndarray] | None = None,
        settings: Mapping[str, Any] | None = None,
        really: Mapping[str, Any] | None = None,
        values: Mapping[str, np.ndarray] | None = None,
        stated: bool = True,
    ) -> str:
        """A layer of canonical parameters. really, values: settings and parameters of what is computed, where they are
        others than the trace says. stated: whether the trace has the layer, or its output only."""
        said = dict(settings or {})
        made = self._made(name, operation, parameters or {}, said)
        done = self._made(name, operation, {**(parameters or {}), **(values or {})}, {**said, **(really or {})})
        y = self._computed(done, taken, said_layer=name)
        out = f"out/{name}"
        self.arrays[out] = self._own(y)
        layer = Layer(name, operation, said, (taken,), (out,), made.parameters, made.layouts, f"native.{operation}")
        self.arrays.update({key: value for key, value in self._last.items() if key.startswith("par/")})
        self.arrays.update({f"par/{name}.{r}": self._kernel(r, v) for r, v in (parameters or {}).items()})
        if stated:
            self.layers.append(layer)
        return out

    def join(self, name: str, taken: Sequence[str], function: Any, native: str = "add") -> str:
        """A layer that is no operation."""
        out = f"out/{name}"
        self.arrays[out] = np.asarray(function(*(self.arrays[each] for each in taken)), np.float32)
        self.layers.append(Layer(name, None, {}, tuple(taken), (out,), {}, {}, native))
        return out

    def trace(self, *outputs: str) -> Trace:
        arrays = {name: Stored(value.dtype.name, value.shape, lambda v=value: v) for name, value in self.arrays.items()}
        return Trace(
            arrays,
            tuple(self.inputs),
            tuple(Tensor(each, self.layout if self.arrays[each].ndim == 4 else "") for each in outputs),
            tuple(self.layers),
            self.system,
            "a net of a test",
            "inference",
        )

    def _own(self, canonical: np.ndarray) -> np.ndarray:
        if canonical.ndim != len(self.layout):
            return canonical
        return np.ascontiguousarray(ordered(canonical, canonical_letters(canonical.ndim), self.layout))

    def _kernel(self, role: str, canonical: np.ndarray) -> np.ndarray:
        if canonical.ndim < 3:
            return canonical.astype(np.float32)
        return np.ascontiguousarray(ordered(canonical, "OIHW", self.weights)).astype(np.float32)

    def _made(self, name: str, operation: str, parameters: Mapping[str, np.ndarray], settings: Any) -> Layer:
        arrays = {f"par/{name}.{role}": self._kernel(role, value) for role, value in parameters.items()}
        self._last = arrays
        layouts = {"input": self.layout, "output": self.layout}
        layouts.update({role: self.weights for role, value in parameters.items() if value.ndim > 2})
        names = {role: f"par/{name}.{role}" for role in parameters}
        return Layer(name, operation, settings, ("",), ("",), names, layouts)

    def _computed(self, layer: Layer, taken: str, said_layer: str) -> np.ndarray:
        arrays = {name: Stored(v.dtype.name, v.shape, lambda v=v: v) for name, v in self._last.items()}
        graph = Graph(Trace(arrays, (), ()))
        x = self.arrays[taken]
        y = evaluate(case_of(graph, layer, Signal(x, self.layout if x.ndim == 4 else "", "float32")).meant())
        noise = self.rng.uniform(-NOISE, NOISE, y.shape) * 2.0**-24
        return (y * (1 + noise)).astype(np.float32)


def drawn(seed: int, *shape: int) -> np.ndarray:
    """Normal numbers that float32 has."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
