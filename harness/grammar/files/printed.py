"""`.txt`: an array as a system printed it, or lines of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness.grammar import printouts
from harness.grammar.files.encoded import text_of
from harness.grammar.files.stored import FileError, Stored
from harness.grammar.limits import LARGEST_TEXT
from harness.grammar.printouts import Printout, PrintoutError


def read(path: Path, shape: Sequence[int] | None = None) -> Printout:
    """What the file shows; `shape` as in `printouts.read`. Raises FileError, which names the line of the text."""
    size = path.stat().st_size
    if size > LARGEST_TEXT:
        raise FileError(f"{size} bytes of text; at most {LARGEST_TEXT} are read; save large arrays as .npy")
    try:
        with text_of(path) as text:
            return printouts.read(text.read(), shape)
    except PrintoutError as problem:
        raise FileError(f"line {problem.line}, column {problem.column}: {problem}") from problem


@contextmanager
def opened(path: Path) -> Iterator[dict[str, Stored]]:
    """One array; NaN for elements that are not known."""
    values = read(path).values
    yield {"": Stored(values.dtype.name, values.shape, lambda: values)}
