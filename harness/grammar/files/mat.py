"""`.mat` of MATLAB and Octave: variables by name, in MATLAB's order of axes.

The form of MATLAB 5 to 7 is read by hand: `scipy.io.loadmat` ends the process with some broken files (a mutant in tens,
SciPy 1.17), and takes what memory they ask for. That of 7.3 is HDF5. Element types, array classes and flags are those
of MathWorks' "MAT-File Format" (Version 5): a file is a header of 128 bytes and elements, which are compressed or
matrices; a matrix holds flags, lengths of its axes, its name and its numbers, each of them an element.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from harness.grammar.files.hdf5 import opened_matlab
from harness.grammar.files.stored import FileError, Stored, decoded, itemsize, listed, mapped, refused

HEADER = 128
MATRIX, COMPRESSED = 14, 15
TYPES = {
    1: "int8",
    2: "uint8",
    3: "int16",
    4: "uint16",
    5: "int32",
    6: "uint32",
    7: "float32",
    9: "float64",
    12: "int64",
    13: "uint64",
}
"""Numbers of element types -> dtypes: how numbers are kept, which may be shorter than what they are."""
CLASSES = dict(
    enumerate(
        ("float64", "float32", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"),
        6,
    )
)
"""Numbers of array classes -> dtypes."""
OTHER_CLASSES = {1: "a cell", 2: "a struct", 3: "an object", 4: "text", 5: "sparse", 16: "a function", 17: "an object"}
COMPLEX, LOGICAL = 0x0800, 0x0200
HEAD = 2**10
"""Bytes in which a matrix says what it is."""


class _Element(NamedTuple):
    """An element: its type, where its data are and how many bytes of them there are."""

    type: int
    start: int
    size: int

    @property
    def end(self) -> int:
        """Where the next one begins: at a multiple of 8 bytes."""
        return -(-(self.start + self.size) // 8) * 8


def opened(path: Path) -> AbstractContextManager[dict[str, Stored]]:
    with path.open("rb") as stream:
        header = stream.read(HEADER)
    if header.startswith(b"MATLAB 7.3 "):
        return opened_matlab(path)
    if len(header) == HEADER and header[126:] in (b"IM", b"MI"):
        return _opened(path)
    if b"\0" in header[:4] and len(header) > 20:
        raise FileError("the form of MATLAB 4; write it anew: save('file.mat', '-v7')")
    raise FileError("not a .mat file of MATLAB 5 or later; expected what save('file.mat') writes")


@contextmanager
def _opened(path: Path) -> Iterator[dict[str, Stored]]:
    """Variables of the form of MATLAB 5 to 7; what MATLAB keeps for itself has no name."""
    data = mapped(path)
    order = "<" if bytes(data[126:HEADER]) == b"IM" else ">"
    try:
        yield {name: stored for name, stored in listed(_variables(data, order)).items() if name}
    except struct.error as problem:
        raise FileError(f"a broken variable: {problem}") from problem


def _variables(data: memoryview, order: str) -> Iterator[tuple[str, Stored]]:
    at = HEADER
    while at < len(data):
        kind, size = struct.unpack_from(f"{order}II", data, at)
        if size > len(data) - at - 8:
            raise FileError(f"cut short: a variable of {size} bytes where {len(data) - at - 8} are left")
        content, known = data[at + 8 : at + 8 + size], kind in (MATRIX, COMPRESSED)
        yield _variable(content, order, packed=kind == COMPRESSED) if known else ("", refused("no variable"))
        at += 8 + size  # what is compressed ends at any byte, and matrices end at a multiple of 8


def _variable(content: memoryview, order: str, packed: bool) -> tuple[str, Stored]:
    """Name and array of a matrix."""
    head = _first(content, HEAD, order, packed)
    flags = _element(head, 0, order)
    axes = _element(head, flags.end, order)
    named = _element(head, axes.end, order)
    (word,) = struct.unpack_from(f"{order}I", head, flags.start)
    shape = struct.unpack_from(f"{order}{axes.size // 4}i", head, axes.start)
    name = head[named.start : named.start + named.size].decode("latin-1")
    dtype = CLASSES.get(word & 0xFF, "")
    if not dtype or word & (COMPLEX | LOGICAL):
        kind = OTHER_CLASSES.get(word & 0xFF, "complex" if word & COMPLEX else "logical" if dtype else "of no class")
        return name, refused(f"it is {kind}; expected a full array of real numbers", kind, shape)
    read = partial(_numbers, content, order, packed, _element(head, named.end, order), dtype, shape)
    return name, Stored(dtype, shape, read, len(content) if packed else None)


def _first(content: memoryview, count: int, order: str, packed: bool) -> bytes:
    """The first bytes of a matrix."""
    if not packed:
        return bytes(content[:count])
    data = zlib.decompressobj().decompress(content, count + 8)
    if len(data) < 8 or struct.unpack_from(f"{order}I", data)[0] != MATRIX:
        raise FileError("a compressed element that holds no matrix")
    return data[8:]


def _element(data: bytes, at: int, order: str) -> _Element:
    """The element at a place; short ones have type and size in two bytes each, and their data follow at once."""
    (word,) = struct.unpack_from(f"{order}I", data, at)
    if word >> 16:
        return _Element(word & 0xFFFF, at + 4, word >> 16)
    return _Element(word, at + 8, struct.unpack_from(f"{order}I", data, at + 4)[0])


def _numbers(
    content: memoryview, order: str, packed: bool, numbers: _Element, dtype: str, shape: tuple[int, ...]
) -> np.ndarray:
    kept = TYPES.get(numbers.type, "")
    needed = math.prod(shape) * (itemsize(kept) if kept else 0)
    if not kept or numbers.size != needed:
        raise FileError(f"{numbers.size} bytes of type {numbers.type} where shape {shape} needs {needed}")
    data = _first(content, numbers.start + needed, order, packed)[numbers.start :]
    return decoded(data, kept, shape, fortran=True, big=order == ">").astype(dtype, copy=False)
