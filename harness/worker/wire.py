"""The wire format: a message is one JSON line, then the arrays it announces as `.npy` blobs in the same stream.

The JSON object's key `arrays` is the number of blobs that follow (0 when absent). Blobs are `.npy` version 1 or 2 and
hold numbers only: nothing in them is ever unpickled or evaluated. What arrives is not trusted: every length is checked
before memory is taken for it. A stream is any object with `readline(limit)` and `readinto(view)`, or `write(data)`.
"""

from __future__ import annotations

import io
import json
import re
import struct
from functools import lru_cache
from typing import Any, Dict, Iterator, List, Mapping, Sequence, Tuple, Union

import numpy as np

PROTOCOL = 2
"""Version of the protocol; the hello carries it."""
UNDERSTOOD = (1, 2)
"""Versions that the parent speaks. In version 1 there is one operation only, and calls count their arrays."""

LINE_LIMIT = 16 << 20
HEADER_LIMIT = 1 << 16
ARRAY_LIMIT = 4 << 30
ARRAYS_LIMIT = 1 << 16

Data = Union[bytes, memoryview]
Shape = Tuple[int, ...]

_MAGIC = b"\x93NUMPY"
_ENTRIES = [
    re.compile(r"""(['"])%s\1\s*:\s*%s""" % entry)
    for entry in (
        ("descr", r"""['"]([<>=|]?[a-zA-Z]\d{0,3})['"]"""),
        ("fortran_order", "(True|False)"),
        ("shape", r"\(([\d,\s]*)\)"),
    )
]
"""What a `.npy` header holds, in any order. A grammar of its own, since Python's parser breaks for the rest of the
process on text that is nested deeply (3.11)."""
_FILLING = str.maketrans("", "", ", \n")


class WireError(ValueError):
    """The stream holds something that is not the protocol."""


class NotJson(WireError):
    """A whole `line` that is no JSON; the stream stands behind it."""

    def __init__(self, line: bytes) -> None:
        super().__init__("expected one JSON line, found %r" % line[:80])
        self.line = line


def write_message(stream: Any, message: Mapping[str, Any], arrays: Sequence[np.ndarray] = ()) -> None:
    """Writes the JSON object `message` and its `arrays` to `stream`, and flushes it.

    Raises WireError, before anything is written, where an array does not hold numbers.
    """
    line = json.dumps(dict(message, arrays=len(arrays)), separators=(",", ":"))
    parts: List[Data] = [line.encode() + b"\n"]
    for array in arrays:
        array = np.asarray(array, order="C")
        parts += [_header(array.dtype, array.shape), _bytes_of(array)]
    for part in _joined(parts):
        stream.write(part)
    stream.flush()


def read_message(stream: Any, most: int = ARRAYS_LIMIT) -> Tuple[Dict[str, Any], List[np.ndarray]]:
    """The next message of `stream` and its arrays, at most `most`: `(dict, list of numpy arrays)`.

    Raises EOFError where the stream ends, WireError where it is not the protocol, as NotJson after a whole other line.
    """
    line = stream.readline(LINE_LIMIT)
    if not line:
        raise EOFError("end of stream")
    if not line.endswith(b"\n"):
        if len(line) >= LINE_LIMIT:
            raise WireError("a line of more than %d bytes" % LINE_LIMIT)
        raise EOFError("end of stream inside a message")
    try:
        message = json.loads(line.decode())
    except (ValueError, RecursionError):
        raise NotJson(line) from None
    if not isinstance(message, dict):
        raise WireError("expected a JSON object, found %r" % line[:80])
    count = message.get("arrays", 0)
    if type(count) is not int or not 0 <= count <= most:
        raise WireError("expected `arrays` from 0 to %d, found %r" % (most, count))
    return message, [_read_array(stream) for _ in range(count)]


def _joined(parts: Sequence[Data], block: int = 1 << 16) -> Iterator[Data]:
    """The parts with runs of small ones joined, so that many small arrays cost one write and a large one no copy."""
    small: List[Data] = []
    for part in parts:
        if len(part) < block:
            small.append(part)
            continue
        if small:
            yield b"".join(small)
            small = []
        yield part
    yield b"".join(small)


@lru_cache(maxsize=4096)
def _header(dtype: np.dtype, shape: Shape) -> bytes:
    _check_numbers(dtype)
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    )
    return stream.getvalue()


def _check_numbers(dtype: np.dtype) -> None:
    if dtype.kind not in "biufc":
        raise WireError("arrays of numbers are taken, not of dtype %s" % dtype)


def _bytes_of(array: np.ndarray) -> memoryview:
    """The memory of a contiguous array; as uint8, since a memoryview knows no complex or byte-swapped numbers."""
    return array.reshape(-1, order="A").view(np.uint8).data


def read_header(stream: Any) -> Tuple[np.dtype, Shape, bool]:
    """(dtype, shape, fortran_order) of the `.npy` blob at `stream`, which then stands at its data.

    Raises WireError for anything else than an array of numbers, EOFError where the stream ends before.
    """
    start = _exactly(stream, 10)
    if start[:6] != _MAGIC or start[6] not in (1, 2):
        raise WireError("expected a .npy blob, found %r" % start)
    if start[6] == 1:
        (length,) = struct.unpack("<H", start[8:])
    else:
        (length,) = struct.unpack("<I", start[8:] + _exactly(stream, 2))
    if length > HEADER_LIMIT:
        raise WireError(".npy header of %d bytes; at most %d are read" % (length, HEADER_LIMIT))
    return _parse_header(_exactly(stream, length))


def _read_array(stream: Any) -> np.ndarray:
    dtype, shape, fortran = read_header(stream)
    array = np.empty(shape, dtype, order="F" if fortran else "C")
    _fill(stream, _bytes_of(array))
    return array


@lru_cache(maxsize=4096)
def _parse_header(header: bytes) -> Tuple[np.dtype, Shape, bool]:
    """(dtype, shape, fortran_order) of a `.npy` header; cached: the literal takes longer to read than the data."""
    text, found = header.decode("latin1"), []
    try:
        for entry in _ENTRIES:
            before, _, value, text_after = entry.split(text, 1)
            text = before + text_after
            found.append(value)
        dtype = np.dtype(found[0])
        shape = tuple(int(size) for size in found[2].split(",") if size.strip())
    except (ValueError, TypeError):
        raise WireError("not a .npy header: %r" % header[:80]) from None
    _check_numbers(dtype)
    if text.translate(_FILLING) != "{}" or len(shape) > 32:
        raise WireError("not the .npy header of an array: %r" % header[:80])
    total = dtype.itemsize
    for size in shape:
        total *= max(size, 1)  # an empty array may not have absurd sizes either: numpy refuses to make it
    if total > ARRAY_LIMIT:
        said = "%d" % total if total < 2**64 else "more than 2**64"
        raise WireError("an array of %s bytes is announced; at most %d are taken" % (said, ARRAY_LIMIT))
    return dtype, shape, found[1] == "True"


def _exactly(stream: Any, length: int) -> bytes:
    data = bytearray(length)
    _fill(stream, memoryview(data))
    return bytes(data)


def _fill(stream: Any, view: memoryview) -> None:
    while len(view):
        count = stream.readinto(view)
        if not count:
            raise EOFError("end of stream inside a message")
        view = view[count:]
