"""A layer of a trace as a case: its own parameters and settings, on an input that may be any."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.backends.tracing.layer_keys import names_axes_by_place
from harness.canonical.layout import LayoutError
from harness.case.read import Case, CaseError, load
from harness.grammar.sources import DTYPES
from harness.models.carried import Signal, canonical_letters
from harness.models.graph import Graph
from harness.models.traced import Layer
from harness.operations import TABLE
from harness.operations.operation import Operation

FILE = "case.yaml"
MEANS = "means"
PLACE = re.compile(r"^(\d+:)*\d*:? *")
"""Line and column of a case that nobody sees, in a message."""
FLOATS = tuple(each for each in DTYPES if each.startswith("float"))


class NotJudged(Exception):
    """What a layer means cannot be said, or not on this input; the text says why."""


@dataclass(frozen=True)
class Letters:
    """Names of axes as a layer says them that names them by their places, and as the graph knows them; else none."""

    own: str
    known: str

    @classmethod
    def of(cls, graph: Graph, layer: Layer) -> Letters:
        """Of what a layer takes."""
        own = layer.layouts.get("input", "") if names_axes_by_place(layer.operation, layer.settings) else ""
        known = own and (graph.letters(layer.inputs[0]) or canonical_letters(len(own)))
        return cls(own, known) if len(own) == len(known) else cls("", "")

    def into(self, signal: Signal) -> Signal:
        """A tensor with the names that the layer has for its axes. Raises NotJudged where it has others."""
        if not self.own or sorted(signal.letters or self.known) != sorted(self.known):
            return signal
        try:
            return replace(signal.ordered(self.known) if signal.letters else signal, letters=self.own)
        except LayoutError as problem:
            raise NotJudged(str(problem)) from None

    def back(self, letters: str) -> str:
        """The names that the graph has, of those of the layer."""
        return letters.translate(str.maketrans(self.own, self.known))


def case_of(graph: Graph, layer: Layer, taken: Signal, seen: Signal | None = None) -> Case:
    """The case of a layer on the input `taken`, with the output `seen` as a recording. Raises NotJudged."""
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), graph, layer, taken, seen)
        try:
            (case,) = load(path)
        except (CaseError, LayoutError) as problem:
            raise NotJudged(f"{layer.name}: {PLACE.sub('', str(problem).removeprefix(f'{path}:'))}") from None
    return case


def written(
    folder: Path, graph: Graph, layer: Layer, taken: Signal, seen: Signal | None = None, by: tuple[str, str] = ("", "")
) -> Path:
    """The case file of a layer, and its arrays beside it. by: the system and the layer that gave `seen`, if others.

    Raises NotJudged, OSError.
    """
    operation = TABLE.get(layer.operation or "")
    if operation is None:
        raise NotJudged(f"{layer.name}: {layer.native or 'this layer'} is no operation that is known here")
    taken = Letters.of(graph, layer).into(taken)
    dtype = taken.dtype if taken.dtype in FLOATS else "float32"
    document = {
        "title": f"Layer {layer.name} of {graph.trace.source or graph.trace.system or 'a traced model'}",
        "operation": operation.NAME,
        "input": {**_saved(folder, "input", taken.values, taken.letters), "dtype": dtype},
        **_parameters(folder, graph, layer, operation),
        **_settings(operation, layer),
    }
    if seen is not None:
        system, name = by[0] or graph.trace.system or "traced", by[1] or layer.name
        said = {"system": system, "origin": f"traced behind {name}", "dtype": seen.dtype}
        document["recorded"] = [{**said, **_saved(folder, "observed", seen.values, seen.letters)}]
    path = folder / FILE
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")  # JSON is YAML
    return path


def _parameters(folder: Path, graph: Graph, layer: Layer, operation: Operation) -> dict[str, Any]:
    found = {}
    for role, name in layer.parameters.items():
        if role not in operation.ROLES:
            raise NotJudged(f"{layer.name}: {role} is no array of this operation")
        values = graph.trace.array(name)
        letters = layer.layouts.get(role) or operation.ROLES[role].vector
        if not letters:
            raise NotJudged(f"{layer.name}: the axes of {role} are not said (layouts)")
        found[role] = _saved(folder, role, values, letters)
    return found


def _settings(operation: Operation, layer: Layer) -> dict[str, Any]:
    """The settings of a layer; what it means is what networks mean, where it does not say it."""
    usual = {MEANS: operation.TAKEN_FOR_UNKNOWN[MEANS]} if MEANS in operation.SETTINGS else {}
    return {**usual, **layer.settings}


def _saved(folder: Path, name: str, values: np.ndarray, letters: str) -> dict[str, Any]:
    np.save(folder / f"{name}.npy", np.ascontiguousarray(values), allow_pickle=False)
    limits = {} if np.isfinite(values).all() else {"nonfinite": True}
    return {"layout": letters or canonical_letters(values.ndim), "file": f"{name}.npy", **limits}
