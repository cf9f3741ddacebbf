"""NumPy's own files: `.npy`, one array, and `.npz`, a zip of them; what is pickled in them is not read."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from harness.grammar.files.stored import FileError, Stored, decoded, following, itemsize, listed, refused
from harness.grammar.limits import LARGEST_HEADER
from harness.worker import wire

PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Compression of the members of an archive that is read: that of `numpy.savez` and `numpy.savez_compressed`."""


PICKLE = b"\x80"
"""The byte with which a pickle begins."""


@contextmanager
def opened(path: Path) -> Iterator[dict[str, Stored]]:
    with path.open("rb") as stream:
        if stream.read(1) == PICKLE:
            raise FileError(
                "a pickle, which is a program, and nothing is run here; load it where you trust it, and save it with "
                "numpy.save"
            )
        stream.seek(0)
        dtype, shape, _ = wire.read_header(stream)
        stream.seek(0)
        yield {"": Stored(dtype.name, shape, partial(_array, stream))}


@contextmanager
def opened_archive(path: Path) -> Iterator[dict[str, Stored]]:
    with zipfile.ZipFile(path) as archive:
        yield listed((info.filename.removesuffix(".npy"), _member(archive, info)) for info in archive.infolist())


def member(path: Path, name: str) -> bytes | None:
    """The bytes of a member that is no array, such as a description; None where there is none of this name.

    Raises FileError for one that is larger than descriptions are.
    """
    with zipfile.ZipFile(path) as archive:
        if name not in archive.namelist():
            return None
        with archive.open(name) as stream:
            data = bytes(following(stream, LARGEST_HEADER + 1))
    if len(data) > LARGEST_HEADER:
        raise FileError(f"{name} has more than {LARGEST_HEADER} bytes; at most as many are read")
    return data


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Stored:
    if info.compress_type not in PLAIN:
        return refused("compressed in another way than numpy.savez_compressed does it")
    try:
        with archive.open(info) as stream:
            dtype, shape, _ = wire.read_header(stream)
    except (ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as problem:
        return refused(f"it cannot be read: {problem}")
    packed = None if info.compress_type == zipfile.ZIP_STORED else info.compress_size

    def read() -> np.ndarray:
        with archive.open(info) as stream:
            return _array(stream)

    return Stored(dtype.name, shape, read, packed)


def _array(stream: Any) -> np.ndarray:
    """The array at `stream`, whose header was judged; behind it the stream must end."""
    dtype, shape, fortran = wire.read_header(stream)
    data = following(stream, int(np.prod(shape)) * itemsize(dtype.name))
    if stream.read(1):
        raise FileError(
            f"more bytes than shape {shape} and dtype {dtype.name} have; write each array into a file of its own"
        )
    return decoded(data, dtype.name, shape, fortran, big=dtype.byteorder == ">")
