"""Files that hold a trace.

An `.npz` with the raw member `trace.json` (`described` says what that holds). Any other file of arrays by name, or a
folder of `.npy` files, is a trace without layers: tensors in their order, of which the first, or the one called
`input`, is the input.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.grammar import files
from harness.grammar.files import FileError
from harness.grammar.files.stored import Stored
from harness.grammar.limits import MOST_ARRAYS
from harness.models import described
from harness.models.traced import Trace, of_tensors
from harness.worker.archive import DESCRIPTION

ARCHIVE = ".npz"
"""The suffix of a trace with layers."""


@contextmanager
def opened(path: Path) -> Iterator[Trace]:
    """The trace in a file or a folder, for as long as the block takes.

    Raises FileError for what is none, also for what goes wrong while it is open.
    """
    if path.is_dir():
        yield of_tensors(path.name, _of_folder(path))
        return
    with files.opened(path) as held:
        told = files.member(path, DESCRIPTION) if path.suffix.lower() == ARCHIVE else None
        yield of_tensors(path.name, held) if told is None else described.trace(told, held)


def _of_folder(folder: Path) -> dict[str, Stored]:
    """The `.npy` files of a folder by their names without suffix, in the order of a person: `conv2` before `conv10`."""
    found = sorted(folder.rglob("*.npy"), key=lambda path: _as_people_sort(path.relative_to(folder).as_posix()))
    if len(found) > MOST_ARRAYS:
        raise FileError(f"{folder.name}: {len(found)} .npy files; at most {MOST_ARRAYS} are read")
    if not found:
        raise FileError(f"{folder.name}: a folder without .npy files; expected one for each tensor")
    return {path.relative_to(folder).with_suffix("").as_posix(): _stored(path) for path in found}


def _as_people_sort(name: str) -> list[tuple[str, int]]:
    """A key by which numbers inside of names count as numbers."""
    return [(text, int(number or -1)) for text, number in re.findall(r"(\D*)(\d{0,18})", name)]


def _stored(path: Path) -> Stored:
    with files.opened(path) as held:
        header = held[""]
    return Stored(header.dtype, header.shape, lambda: files.read(path), refused=header.refused)
