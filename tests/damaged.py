"""Damaged files: a few bytes are changed, or the file ends there. Reading one gives arrays, or one message."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from harness.grammar import files
from harness.grammar.files.stored import FileError

Damage = tuple[int, bytes, bool]
"""Where, modulo the file's length; the bytes that stand there then; whether nothing follows them."""
DAMAGE = st.tuples(st.integers(0, 10**6), st.binary(min_size=1, max_size=5), st.booleans())


def read_when_damaged(path: Path, damage: Damage) -> None:
    """Damages a file and reads all arrays that it then names; raises what is no message."""
    at, new, cut = damage
    whole = path.read_bytes()
    at %= len(whole)
    path.write_bytes(whole[:at] + new + (b"" if cut else whole[at + len(new) :]))
    with contextlib.suppress(FileError):
        for name in files.names(path):
            with contextlib.suppress(FileError):
                assert isinstance(files.read(path, name), np.ndarray)
