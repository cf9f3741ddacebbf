"""One layer in the place of several of a trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from harness.grammar.files.stored import Stored
from harness.models.traced import Layer, Trace


def users(trace: Trace) -> Mapping[str, list[Layer]]:
    """Tensor -> the layers that take it."""
    found: dict[str, list[Layer]] = {}
    for layer in trace.layers:
        for name in dict.fromkeys(layer.inputs):
            found.setdefault(name, []).append(layer)
    return found


def ends(trace: Trace) -> set[str]:
    """The outputs of the model."""
    return {each.array for each in trace.outputs}


def next_of(layer: Layer, taking: Mapping[str, list[Layer]], kept: set[str]) -> Layer | None:
    """The layer of no operation that alone takes what a layer gives, and nothing else; None where there is none.

    kept: tensors that are looked at elsewhere, as the outputs of the model are.
    """
    (made,) = layer.outputs if len(layer.outputs) == 1 else ("",)
    behind = taking.get(made, [])
    if len(behind) != 1 or made in kept or behind[0].operation or len(behind[0].outputs) != 1:
        return None
    return behind[0] if behind[0].inputs == (made,) else None


def merged(trace: Trace, of: Sequence[Layer], into: Layer, arrays: Mapping[str, Stored] | None = None) -> Trace:
    """The trace with one layer in place of several, where the last of them stood. arrays: that it has besides."""
    gone = {layer.name for layer in of}
    order = [layer.name for layer in trace.layers if layer.name in gone]
    by_name = {layer.name: layer for layer in of}
    parts = tuple(name for each in order for name in by_name[each].names)
    whole = replace(into, parts=tuple(dict.fromkeys(parts)))
    layers = [whole if each.name == order[-1] else each for each in trace.layers if each.name not in gone - {order[-1]}]
    return replace(trace, layers=tuple(layers), arrays={**trace.arrays, **(arrays or {})})


def seen_as(stored: Stored, shape: tuple[int, ...]) -> Stored:
    """An array in another shape; it is read when it is asked for."""
    return replace(stored, shape=shape, read=_reshaped(stored.read, shape))


def _reshaped(read: Callable[[], np.ndarray], shape: tuple[int, ...]) -> Callable[[], np.ndarray]:
    return lambda: read().reshape(shape)
