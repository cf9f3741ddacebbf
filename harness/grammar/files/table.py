"""Lines of numbers: `.csv` (commas between them) and `.tsv` (tabs)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from harness.grammar.files.encoded import text_of
from harness.grammar.files.stored import FileError, Stored
from harness.grammar.limits import LARGEST_TEXT, LONGEST_LINE

SEPARATORS = {".csv": (",", "commas"), ".tsv": ("\t", "tabs")}


@contextmanager
def opened(path: Path) -> Iterator[dict[str, Stored]]:
    """One array of two axes, lines and columns."""
    size = path.stat().st_size
    if size > LARGEST_TEXT:
        raise FileError(f"{size} bytes of text; at most {LARGEST_TEXT} are read; save large arrays as .npy")
    separator, words = SEPARATORS[path.suffix.lower()]
    _demand_lines(path)
    with text_of(path) as lines:
        try:
            values = np.loadtxt(lines, delimiter=separator, ndmin=2)
        except UnicodeDecodeError:
            raise
        except ValueError as problem:
            raise ValueError(f"{problem}; expected lines of as many numbers, {words} between them") from problem
    yield {"": Stored(values.dtype.name, values.shape, lambda: values)}


def _demand_lines(path: Path) -> None:
    """Raises FileError where a line is too long for its numbers to be read at once."""
    with path.open("rb") as file:
        while line := file.readline(LONGEST_LINE + 1):
            if len(line) > LONGEST_LINE:
                raise FileError(f"a line of more than {LONGEST_LINE} bytes; save large arrays as .npy")
