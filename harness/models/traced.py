"""Traces: what one run of one model left behind, its layers with their settings, and the arrays between them.

Arrays are read when they are asked for, one at a time. `traces` says which files hold one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.grammar.files import FileError
from harness.grammar.files.stored import DTYPES, Stored

INPUT = "input"


@dataclass(frozen=True)
class Tensor:
    """An array of a trace, by its name, and the letters of its axes; "" where they are not said."""

    array: str
    layout: str = ""


@dataclass(frozen=True)
class Layer:
    """One call of a model.

    operation: what it computes, as cases call it; None where it is none of these, or where its settings are not known.
    settings: keys of such a case, as JSON has them. inputs, outputs: names of arrays. parameters: role -> name of an
    array. layouts: `input`, `output` or a role -> letters of the axes. native: what the system calls it. parts: names
    of the layers of a trace that this one stands for, where that is not the one of its name (`gathering`).
    """

    name: str
    operation: str | None
    settings: Mapping[str, Any]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    parameters: Mapping[str, str]
    layouts: Mapping[str, str]
    native: str = ""
    parts: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The layers of its trace that it is."""
        return self.parts or (self.name,)


def names_of(layers: Iterable[Layer]) -> tuple[str, ...]:
    """The layers of their trace that these are, in order, each once."""
    return tuple(dict.fromkeys(name for layer in layers for name in layer.names))


@dataclass(frozen=True, eq=False)
class Trace:
    """One run of one model; usable while the file is open that it was read from.

    arrays: by name, not read yet. mode: `inference` or `training`, "" where it is not said. remarks: what there is to
    say of the run. A trace without layers has tensors only, in the order of `arrays`.
    """

    arrays: Mapping[str, Stored]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    layers: tuple[Layer, ...] = ()
    system: str = ""
    source: str = ""
    mode: str = ""
    remarks: tuple[str, ...] = ()

    def array(self, name: str) -> np.ndarray:
        """The numbers of an array, bfloat16 as float32. Raises FileError, which names it, where it is broken."""
        return numbers(self.arrays, name)

    def shape(self, name: str) -> tuple[int, ...]:
        """Lengths of the axes of an array, which is not read."""
        return self.arrays[name].shape


def numbers(arrays: Mapping[str, Stored], name: str) -> np.ndarray:
    """The numbers of one of these arrays. Raises FileError, which names it, where it is broken."""
    try:
        return arrays[name].taken()
    except FileError as fault:
        raise FileError(f"{name!r}: {fault}", fault.file) from fault


def of_tensors(name: str, held: Mapping[str, Stored]) -> Trace:
    """The trace without layers of these arrays; those that hold no numbers are left out, and remarked.

    Raises FileError where none are left.
    """
    arrays = {each: stored for each, stored in held.items() if not stored.refused and stored.dtype in DTYPES}
    if not arrays:
        raise FileError(f"{name}: it holds no arrays of numbers; expected the tensors of a model")
    first = INPUT if INPUT in arrays else next(iter(arrays))
    last = tuple(Tensor(each) for each in list(arrays)[-1:] if each != first)
    left = tuple(f"{each!r} is left out: it does not hold numbers that are read" for each in held if each not in arrays)
    return Trace(arrays, (Tensor(first),), last, source=name, remarks=left)
