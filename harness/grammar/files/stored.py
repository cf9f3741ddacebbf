"""An array that a file holds, before it is read; and how raw bytes become one."""

from __future__ import annotations

import math
import mmap
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.ending import Mistake
from harness.grammar.limits import EXPANSION, LARGEST, LARGEST_UNPACKED, MOST_ARRAYS

WIDE = "bfloat16"
"""Numbers that NumPy has not: the upper half of a float32, which has all of them."""
DTYPES = (
    *("float16", WIDE, "float32", "float64"),
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
)
MOST_AXES = 32
BLOCK = 2**20


UNREADABLE = (
    *(OSError, ValueError, EOFError, KeyError, RuntimeError, MemoryError),
    *(zipfile.BadZipFile, zlib.error, struct.error),
)
"""What reading a broken file may raise: a RuntimeError where an archive is encrypted."""


class FileError(Mistake):
    """A file that cannot be used; the message says what was found, what was expected and what to do.

    file: the one at fault, where an array of it was read; None for the only one that there is.
    """

    def __init__(self, message: str, file: Path | None = None) -> None:
        super().__init__(message)
        self.file = file


def reason(problem: BaseException) -> str:
    """What the system says of a file, or else the exception."""
    return str(getattr(problem, "strerror", None) or problem)


@dataclass(frozen=True)
class Stored:
    """An array in a file that is open.

    dtype: as NumPy names it, or bfloat16; for what is not taken, as the format names it. shape: lengths of its axes.
    read: its numbers; called where dtype and size will do. packed: bytes that it takes in the file, where it is
    compressed. refused: why it cannot be read, and what to do. note: what else there is to say of it in a list.
    file: where it is, if several files are open at once.
    """

    dtype: str
    shape: tuple[int, ...]
    read: Callable[[], np.ndarray]
    packed: int | None = None
    refused: str = ""
    note: str = ""
    file: Path | None = None

    def taken(self) -> np.ndarray:
        """The array; bfloat16 comes as float32. Raises FileError before memory is taken for what is too large."""
        if fault := self.fault():
            raise FileError(fault, self.file)
        try:
            return self.read()
        except FileError as problem:
            raise FileError(str(problem), problem.file or self.file) from problem
        except UNREADABLE as problem:
            raise FileError(f"it cannot be read: {reason(problem)}", self.file) from problem

    def fault(self) -> str:
        """What is wrong with the array, as far as it can be told without reading it."""
        if self.refused:
            return self.refused
        if self.dtype not in DTYPES:
            return f"expected an array of floats or integers of at most 64 bits, found dtype {self.dtype}"
        if len(self.shape) > MOST_AXES or any(size < 0 for size in self.shape):
            return f"expected a shape of at most {MOST_AXES} axes, found {self.shape}"
        count = math.prod(self.shape)
        if count > LARGEST:
            return f"{count} elements; an array may have {LARGEST}"
        needed = count * itemsize(self.dtype)
        if self.packed is not None and count > LARGEST_UNPACKED and needed > EXPANSION * self.packed:
            return (
                f"{needed} bytes out of {self.packed}; a compressed array of more than {LARGEST_UNPACKED} elements may "
                f"expand {EXPANSION}-fold; if these are your numbers, save them in full, without compression"
            )
        return ""


Reader = Callable[[Path], AbstractContextManager[Mapping[str, Stored]]]
"""Opens a file and tells what it holds, without reading it: by name, "" for that of a file which holds one array."""


def listed(arrays: Iterable[tuple[str, Stored]]) -> dict[str, Stored]:
    """The arrays by name. Raises FileError where there are too many of them."""
    found: dict[str, Stored] = {}
    for index, (name, stored) in enumerate(arrays):
        if index == MOST_ARRAYS:
            raise FileError(f"more than {MOST_ARRAYS} arrays; a file may hold as many")
        found[name] = refused("there are two arrays of this name") if name in found else stored
    return found


def mapped(path: Path) -> memoryview:
    """The bytes of a file, which are read where they are looked at."""
    with path.open("rb") as stream:
        return memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))


def refused(why: str, dtype: str = "", shape: tuple[int, ...] = ()) -> Stored:
    """An array that cannot be read, and why."""
    return Stored(dtype, shape, _nothing, refused=why)


def itemsize(dtype: str) -> int:
    return 2 if dtype == WIDE else np.dtype(dtype).itemsize


def decoded(data: Any, dtype: str, shape: tuple[int, ...], fortran: bool = False, big: bool = False) -> np.ndarray:
    """The array of these bytes (anything that has a buffer), in the byte order of this machine.

    Raises FileError where there are more or fewer bytes than the array needs.
    """
    needed = math.prod(shape) * itemsize(dtype)
    if len(data) != needed:
        found = "cut short: " if len(data) < needed else ""
        raise FileError(f"{found}{len(data)} bytes where shape {shape} and dtype {dtype} need {needed}")
    raw = np.frombuffer(data, np.dtype("u2" if dtype == WIDE else dtype).newbyteorder(">" if big else "<"))
    if dtype == WIDE:
        raw = (raw.astype(np.uint32) << 16).view(np.float32)
    return raw.reshape(shape, order="F" if fortran else "C").astype(raw.dtype.newbyteorder("="), copy=False)


def following(stream: Any, count: int) -> memoryview:
    """The next `count` bytes of a stream, fewer where it ends; memory is taken as they arrive."""
    data = bytearray()
    while len(data) < count:
        block = stream.read(min(BLOCK, count - len(data)))
        if not block:
            break
        data += block
    return memoryview(data)


def _nothing() -> np.ndarray:
    raise AssertionError("a refused array is not read")
