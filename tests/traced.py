"""Traces of small networks, made in NumPy from the canonical forms, in the layouts of either kind of system."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from harness.canonical.reference import evaluate
from harness.grammar.files.stored import Stored
from harness.models.carried import Signal, canonical_letters, ordered
from harness.models.graph import Graph
from harness.models.layer_case import case_of
from harness.models.traced import Layer, Tensor, Trace, of_tensors
from harness.worker.archive import Archive

NOISE = 2.0**-24
"""Relative error of outputs, drawn: as of a system that rounds on its own."""

Arrays = Mapping[str, np.ndarray]


@dataclass(eq=False)
class Net:
    """A network that is traced while it is built, in float32.

    layout: of its tensors; weights: of what has output and input channels. Two nets with other seeds round otherwise.
    """

    system: str = "numpy"
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
        self.arrays[name] = self._own(x)
        self.inputs.append(Tensor(name, self.layout))
        return name

    def layer(
        self,
        name: str,
        operation: str,
        taken: str,
        parameters: Arrays | None = None,
        settings: Mapping[str, Any] | None = None,
        really: Mapping[str, Any] | None = None,
        values: Arrays | None = None,
        stated: bool = True,
    ) -> str:
        """A layer with parameters of canonical axes.

        really: settings of what is computed, where they are others than those that are stated. values: likewise of the
        parameters, which the trace then has. stated: whether the layer was traced.
        """
        held = {role: self._parameter(each) for role, each in {**(parameters or {}), **(values or {})}.items()}
        self.arrays.update({f"par/{name}.{role}": each for role, each in held.items()})
        out = f"out/{name}"
        names = {role: f"par/{name}.{role}" for role in held}
        layouts = {"input": self._letters(taken)} | {role: self.weights for role in held if held[role].ndim > 2}
        layouts |= {role: self.weights.translate(SPACELESS) for role in held if held[role].ndim == 2}
        layer = Layer(name, operation, dict(settings or {}), (taken,), (out,), names, layouts, f"native.{operation}")
        computed = Layer(name, operation, {**layer.settings, **(really or {})}, (taken,), (out,), names, layouts)
        self.arrays[out] = self._own(self._rounded(computed, taken))
        layer.layouts["output"] = self._letters(out)  # type: ignore[index]
        if stated:
            self.layers.append(layer)
        return out

    def join(self, name: str, taken: Sequence[str], function: Callable[..., np.ndarray], native: str = "") -> str:
        """A layer that is no operation."""
        out = f"out/{name}"
        self.arrays[out] = np.asarray(function(*(self.arrays[each] for each in taken)), np.float32)
        self.layers.append(Layer(name, None, {}, tuple(taken), (out,), {}, {}, native))
        return out

    def trace(self, *outputs: str) -> Trace:
        """The trace in memory."""
        ends = tuple(Tensor(each, self._letters(each)) for each in outputs)
        return Trace(stored(self.arrays), tuple(self.inputs), ends, tuple(self.layers), self.system, "", "inference")

    def bare(self, *outputs: str) -> Trace:
        """The trace of its tensors only."""
        names = {"in/x": "input"} | {out: out for layer in self.layers for out in layer.outputs}
        return of_tensors("bare", stored({new: self.arrays[old] for old, new in names.items()}))

    def write(self, path: Path, *outputs: str) -> Path:
        """The trace as a file."""
        layers = [{key: _plain(value) for key, value in vars(layer).items() if value != ()} for layer in self.layers]
        ends = {
            "inputs": [vars(each) for each in self.inputs],
            "outputs": [{"array": each, "layout": self._letters(each)} for each in outputs],
        }
        with Archive(path) as archive:
            for name, values in self.arrays.items():
                archive.add(name, values)
            archive.describe({"format": 1, "system": self.system, "mode": "inference", **ends, "layers": layers})
        return path

    def _letters(self, name: str) -> str:
        return self.layout if self.arrays[name].ndim == 4 else canonical_letters(self.arrays[name].ndim)

    def _own(self, canonical: np.ndarray) -> np.ndarray:
        if canonical.ndim != 4:
            return canonical.astype(np.float32)
        return np.ascontiguousarray(ordered(canonical, "NCHW", self.layout), np.float32)

    def _parameter(self, canonical: np.ndarray) -> np.ndarray:
        if canonical.ndim == 4:
            canonical = ordered(canonical, "OIHW", self.weights)
        elif canonical.ndim == 2 and self.weights.index("O") > self.weights.index("I"):
            canonical = canonical.T
        return np.ascontiguousarray(canonical, np.float32)

    def _rounded(self, layer: Layer, taken: str) -> np.ndarray:
        graph = Graph(Trace(stored(self.arrays), (), ()))
        x = self.arrays[taken]
        y = evaluate(case_of(graph, layer, Signal(x, self._letters(taken), "float32")).meant())
        return np.asarray(y * (1 + NOISE * self.rng.uniform(-1, 1, y.shape)))


SPACELESS = {ord(letter): None for letter in "DHW"}


def stored(arrays: Arrays) -> dict[str, Stored]:
    """Arrays as files hold them."""
    return {name: Stored(each.dtype.name, each.shape, lambda each=each: each) for name, each in arrays.items()}


def drawn(seed: int, *shape: int) -> np.ndarray:
    """Normal numbers that float32 has."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
