"""`.safetensors`: the length of a header in 8 bytes, the header as JSON, and the bytes of one array after the other.

    {"conv1.weight": {"dtype": "F32", "shape": [64, 3, 7, 7], "data_offsets": [begin, end]}, ...}

The format: https://github.com/huggingface/safetensors#format. As the library does, arrays that share bytes, and bytes
that belong to none, are refused.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from harness.grammar.files.stored import MOST_AXES, FileError, Stored, decoded, following, itemsize, listed
from harness.grammar.limits import LARGEST_HEADER

DTYPES = {
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
    **{f"I{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
    **{f"U{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
}
AGAIN = "copy or download the file again"


class _Place(NamedTuple):
    """Where the bytes of an array are, counted from the end of the header, and what they are."""

    begin: int
    end: int
    name: str
    dtype: str
    shape: tuple[int, ...]


@contextmanager
def opened(path: Path) -> Iterator[dict[str, Stored]]:
    with path.open("rb") as stream:
        header = _header(stream)
        start = stream.tell()
        places = [_place(name, entry) for name, entry in header.items() if name != "__metadata__"]
        _demand_whole(places, path.stat().st_size - start)
        stored = (Stored(each.dtype, each.shape, partial(_read, stream, start, each)) for each in places)
        yield listed(zip((each.name for each in places), stored))


def _read(stream: IO[bytes], start: int, place: _Place) -> np.ndarray:
    stream.seek(start + place.begin)
    return decoded(following(stream, place.end - place.begin), place.dtype, place.shape)


def _header(stream: IO[bytes]) -> dict[str, Any]:
    length = int.from_bytes(stream.read(8), "little")
    if length > LARGEST_HEADER:
        raise FileError(f"not a .safetensors file: a header of {length} bytes; at most {LARGEST_HEADER} are read")
    text = bytes(following(stream, length))
    if len(text) < length or not length:
        raise FileError(f"cut short: {len(text)} bytes of a header of {length}; {AGAIN}")
    try:
        header = json.loads(text, object_pairs_hook=_unique)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as problem:
        raise FileError(f"not a .safetensors file: its header is no JSON: {problem}") from problem
    if not isinstance(header, dict):
        raise FileError("not a .safetensors file: its header is no JSON object")
    return header


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise FileError(f"there are two entries of the name {next(each for each in names if names.count(each) > 1)!r}")
    return found


def _place(name: str, entry: Any) -> _Place:
    try:
        dtype, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        wanted = isinstance(dtype, str) and len(shape) <= MOST_AXES
        wanted = wanted and all(type(each) is int and each >= 0 for each in (*shape, begin, end))
    except (KeyError, TypeError, ValueError):
        wanted = False
    if not wanted:
        raise FileError(f"{name!r}: expected dtype, shape and data_offsets [begin, end] in the header")
    return _Place(begin, end, name, DTYPES.get(dtype, dtype), tuple(shape))


def _demand_whole(places: Sequence[_Place], size: int) -> None:
    """Each array has the bytes that it needs, and each of the `size` bytes belongs to one array."""
    at, before = 0, ""
    for place in sorted(places):
        if place.begin < at:
            raise FileError(f"{place.name!r} begins at byte {place.begin} of the data, inside of {before!r}")
        if place.begin > at:
            raise FileError(f"bytes {at} to {place.begin} of the data belong to no array; write the file anew")
        if place.dtype in DTYPES.values() and place.end - at != math.prod(place.shape) * itemsize(place.dtype):
            raise FileError(
                f"{place.name!r} has {place.end - at} bytes, which are not what shape {list(place.shape)} and dtype "
                f"{place.dtype} need"
            )
        at, before = place.end, place.name
    if at > size:
        raise FileError(f"cut short: {size} bytes of data, {at} are announced; {AGAIN}")
    if at < size:
        raise FileError(f"{size - at} bytes behind the last array; write the file anew")
