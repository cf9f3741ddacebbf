"""The parameters of a model, out of any file that holds arrays by name, or of a trace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.grammar.files import FileError
from harness.grammar.files.stored import Stored
from harness.models.traces import opened as opened_trace


@dataclass(frozen=True)
class Parameters:
    """arrays: by name, floating-point numbers only, not read yet. left_out: names of others, such as counters."""

    arrays: Mapping[str, Stored]
    left_out: tuple[str, ...]


@contextmanager
def opened(path: Path) -> Iterator[Parameters]:
    """The parameters in a file: those of a trace's layers, else all its arrays. Raises FileError."""
    with opened_trace(path) as trace:
        named = {name: None for layer in trace.layers for name in layer.parameters.values()} or trace.arrays
        floats = {name: trace.arrays[name] for name in named if "float" in trace.arrays[name].dtype}
        if not floats:
            raise FileError(f"{path.name}: it holds no parameters; expected arrays of floating-point numbers")
        yield Parameters(floats, tuple(name for name in named if name not in floats))
