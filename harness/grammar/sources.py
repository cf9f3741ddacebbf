"""Arrays of a case file: written out, kept in a file beside it, or generated."""

from __future__ import annotations

import itertools
import math
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from harness.backends import caffemodel
from harness.grammar.document import CaseError, Item, numbers
from harness.grammar.generators import GENERATORS, SHAPE, Follows, elements, generate
from harness.grammar.kinds import FLAG, TEXT, Field, Kind, Record, integer
from harness.grammar.limits import LARGEST
from harness.worker import wire

DTYPES = ("float16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64")
UNREADABLE = (OSError, ValueError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error, struct.error)
"""What reading a broken file may raise: a RuntimeError where an archive is encrypted."""

VALUES = Kind(lambda item: item, {"$ref": "#/$defs/values"})
VALUES_SCHEMA = {
    "anyOf": [{"type": ["number", "null"]}, {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/values"}}]
}
SOURCES = {
    "values": Field(
        VALUES, "the numbers, in nested lists; null is an element that is not known, of integers in recordings only"
    ),
    "file": Field(
        TEXT,
        "a file in this folder or below it: .npy, .npz#key, .csv (commas) or .txt (blanks); "
        "NaN in a recording is an element that is not known",
    ),
    **GENERATORS,
}
WEIGHTS = {
    "caffemodel": Field(TEXT, "a Caffe weight file in this folder or below it; `layer` says whose weights are meant"),
    "layer": Field(TEXT, "with caffemodel: the layer, as the network names it"),
}
"""What a kernel and a bias may be taken from, besides SOURCES."""

CORNER = {
    "shape": Field(
        SHAPE, "with values: lengths of the whole array whose first elements they are; the rest is not known"
    ),
}
"""What the values of an input, a kernel and a bias may be a part of."""

PRINTED = {
    "nonfinite": Field(FLAG, "true: infinities and NaN are meant", default=False),
    "digits": Field(integer(1, 40), "significant digits that were printed; leave it out when the numbers are exact"),
    "decimals": Field(integer(0, 40), "digits after the point that were printed, instead of `digits`"),
}


@dataclass(frozen=True, eq=False)
class Array:
    """An array in the order of its stated layout; `stream` is what goes on when it was drawn."""

    values: np.ndarray
    known: np.ndarray
    stream: Follows | None = None


def make(
    source: Record,
    axes: int,
    dtype: str,
    folder: Path,
    follows: Follows | None = None,
    partial: bool = False,
) -> Array:
    """The array that `source` (a mapping with one key of SOURCES, or with those of WEIGHTS) describes, as `dtype`.

    `follows` is the stream that `seed: input` goes on with. Values of floating dtypes may be unknown: NaN, then. With
    `partial`, float64 or int64 comes back instead, and integers may be unknown, too. Raises CaseError for everything
    that does not fit.
    """
    key = next(key for key in (*SOURCES, "caffemodel") if key in source)
    whole = np.dtype(dtype).kind in "iu"
    known, stream = None, None
    if "shape" in source and key != "values":
        raise source.at("shape").key_error(f"belongs to `values`; {key} says itself how large the array is")
    if key == "values":
        values, known = _written_out(source, axes, whole, partial)
    elif key == "file":
        values = _from_file(source.at(key), source[key], folder, axes)
        if partial and not source["nonfinite"]:
            known = ~np.isnan(values)
    elif key == "caffemodel":
        values = _from_caffemodel(source, folder, axes)
    else:
        values, stream = generate(key, source[key], axes, follows)
    kept = "int64" if whole else "float64"
    values = _cast(source, key, values, kept if partial else dtype, known)
    return Array(values, np.ones(values.shape, bool) if known is None else known, stream)


def _written_out(source: Record, axes: int, whole: bool, partial: bool) -> tuple[np.ndarray, np.ndarray]:
    """The key `values`, as a corner of a whole array where `shape` says so, and which elements are known."""
    values, known = numbers(source.at("values"), axes, whole, partial or not whole)
    if "shape" in source:
        rest = _rest(source, values.shape, axes, whole)
        values, known = np.pad(values, rest, constant_values=math.nan), np.pad(known, rest)
    if not partial and not known.all() and source["nonfinite"]:
        raise source.at("nonfinite").key_error("elements that are not known and NaN that is meant look alike; keep one")
    return values, known


def _rest(source: Record, part: tuple[int, ...], axes: int, whole: bool) -> list[tuple[int, int]]:
    """What is missing of an array of the key `shape` behind its first elements, per axis."""
    item, shape = source.at("shape"), source["shape"]
    elements(source, axes)
    if whole:
        raise item.key_error("integer data have no elements that are not known; leave this out")
    if any(known > length for known, length in zip(part, shape)):
        raise item.error(f"expected the shape of an array that the values are a part of, {list(part)} or more")
    return [(0, length - known) for known, length in zip(part, shape)]


def half_unit(source: Record, values: np.ndarray) -> np.ndarray | None:
    """Half a unit of the last printed digit of each value (float64), None when nothing says that they were printed.

    With `digits`, the last of that many significant digits; a printed zero is exactly zero.
    """
    if "digits" in source and "decimals" in source:
        raise source.at("decimals").key_error("digits and decimals both given; keep the one that was printed")
    if "decimals" in source:
        return np.full(values.shape, 0.5 * 10.0 ** -source["decimals"])
    if "digits" not in source:
        return None
    sizes = np.abs(np.where(np.isfinite(values), values, 0).astype(np.float64))
    exponent = np.floor(np.log10(sizes, where=sizes > 0, out=np.zeros(values.shape)))
    exponent += 10.0 ** (exponent + 1) <= sizes
    exponent -= 10.0**exponent > sizes
    return np.where(sizes > 0, 0.5 * 10.0 ** (exponent + 1 - source["digits"]), 0.0)


def _cast(source: Record, key: str, values: np.ndarray, dtype: str, known: np.ndarray | None) -> np.ndarray:
    """`values` as `dtype`, which must hold them: finite unless declared otherwise, in range, whole for integers."""
    judged = values if known is None else np.where(known, values, 0)
    if values.dtype.kind == "f":
        _demand(
            source,
            key,
            judged,
            np.isfinite(judged) | source["nonfinite"],
            "that is finite; say `nonfinite: true` if it is meant",
        )
    if np.dtype(dtype).kind == "f":
        with np.errstate(over="ignore"):
            cast = values.astype(dtype)
        _demand(source, key, judged, np.isfinite(cast) | ~np.isfinite(values), f"within {dtype}")
        return cast
    info = np.iinfo(dtype)
    if values.dtype.kind == "f":
        fits = (judged == np.floor(judged)) & (judged >= info.min) & (judged < float(info.max) + 1)
    else:
        fits = (judged >= info.min) & (judged <= info.max)
    _demand(source, key, judged, fits, f"that is whole, from {info.min} to {info.max} ({dtype})")
    return judged.astype(dtype)


def _demand(source: Record, key: str, values: np.ndarray, fits: Any, words: str) -> None:
    """Raise an error at the first element that does not fit."""
    if np.all(fits):
        return
    index = tuple(int(position) for position in np.argwhere(~fits)[0])
    if key == "values":
        raise source.at(key).element(index).error(f"expected a number {words}, found {values[index]}")
    raise source.at(key).error(
        f"expected numbers {words.replace('that is', 'that are')}, found {values[index]} at index {list(index)}"
    )


def _from_file(item: Item, name: str, folder: Path, axes: int) -> np.ndarray:
    """The array in a file inside `folder`; only formats that carry numbers and nothing else are read."""
    name, key = split_key(name)
    path = inside(item, name, folder)
    readers: dict[str, Callable[[], np.ndarray]] = {
        ".npy": lambda: _read_npy_file(item, path),
        ".npz": lambda: _read_npz(item, path, key),
        ".csv": lambda: _read_table(path, ",", axes),
        ".txt": lambda: _read_table(path, None, axes),
    }
    if path.suffix not in readers:
        raise item.error(f"unknown kind of file {path.suffix!r}; expected {', '.join(readers)}")
    if path.suffix == ".npz" and not key:
        raise item.error("expected `name.npz#key` for an .npz file, which holds several arrays")
    try:
        values = readers[path.suffix]()
    except CaseError:
        raise
    except UNREADABLE as problem:
        raise item.error(f"{name} cannot be read: {problem}") from problem
    if values.ndim != axes:
        raise item.error(
            f"expected {axes} axes, one for each letter of the layout, found shape {values.shape} in {name}"
        )
    if not values.size:
        raise item.error(f"{name} has no elements: shape {values.shape}")
    return values


def split_key(name: str) -> tuple[str, str]:
    """File and key of `x.npz#key`; the name of another kind of file may hold a # of its own, and has no key."""
    file, found, key = name.partition(".npz#")
    return (f"{file}.npz", key) if found else (name, "")


def mapped(path: Path) -> np.ndarray:
    """The array in a .npy file, read where it is looked at. Raises CaseError where it is no such file."""
    try:
        with path.open("rb") as stream:
            dtype, shape, fortran = wire.read_header(stream)
            return np.memmap(stream, dtype, "r", stream.tell(), shape, "F" if fortran else "C")
    except (ValueError, EOFError) as problem:
        raise CaseError(f"{path} is no .npy file of numbers, as numpy.save writes it: {problem}") from problem


def _from_caffemodel(source: Record, folder: Path, axes: int) -> np.ndarray:
    """The weights of a layer, or its bias where one axis is wanted."""
    item, layer = source.at("caffemodel"), source["layer"]
    path = inside(item, source["caffemodel"], folder)
    if path.stat().st_size > 8 * LARGEST:
        raise item.error(f"{path.stat().st_size} bytes; a weight file may have {8 * LARGEST}")
    try:
        layers = caffemodel.read(path.read_bytes())
    except caffemodel.ModelError as problem:
        raise item.error(f"{source['caffemodel']} cannot be read: {problem}") from problem
    if layer not in layers:
        raise source.at("layer").error(f"expected `layer`, one of {', '.join(layers) or 'none'}; found {layer!r}")
    blobs = layers[layer]
    if axes > 1:
        values = blobs[0]
    elif len(blobs) > 1:
        values = blobs[1].ravel()  # old files write it as 1 x 1 x 1 x O
    else:
        raise item.error(f"layer {layer!r} has no bias; leave the bias out")
    if values.ndim != axes:
        raise item.error(f"expected {axes} axes, one for each letter of the layout; {layer!r} has shape {values.shape}")
    return values


def inside(item: Item, name: str, folder: Path) -> Path:
    """The regular file `name`, which must not lead out of `folder`, not even through a link."""
    root = folder.resolve()
    try:
        path = (root / name).resolve()
        inside = not os.path.isabs(name) and path.is_relative_to(root)
        there = path.is_file()
    except (OSError, ValueError) as problem:
        raise item.error(f"not a file name: {getattr(problem, 'strerror', None) or problem}") from problem
    if not inside:
        raise item.error(f"{name} leads out of the case file's folder; put the file beside the case file")
    if not there:
        raise item.error(f"no file {name} in the case file's folder")
    return path


def _read_npy_file(item: Item, path: Path) -> np.ndarray:
    with path.open("rb") as stream:
        return _read_npy(item, stream)


def _read_npz(item: Item, path: Path, key: str) -> np.ndarray:
    with zipfile.ZipFile(path) as archive:
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        if key not in members:
            raise item.error(f"no array {key!r} in {path.name}; it holds {', '.join(members)}")
        if members[key].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise item.error(f"{key!r} in {path.name} is compressed in another way than numpy.savez_compressed does it")
        with archive.open(members[key]) as stream:
            return _read_npy(item, stream)


def _read_npy(item: Item, stream: IO[bytes]) -> np.ndarray:
    """An array of plain numbers, whose header is judged before anything is read or reserved."""
    dtype, shape, fortran = wire.read_header(stream)
    if dtype.kind not in "iuf" or dtype.itemsize > 8:
        raise item.error(f"expected an array of floats or integers, found dtype {dtype}")
    count = math.prod(shape)
    if count > LARGEST:
        raise item.error(f"{count} elements; an array may have {LARGEST}")
    data = stream.read(count * dtype.itemsize)
    if len(data) != count * dtype.itemsize:
        raise item.error(
            f"cut short: {len(data)} bytes where shape {shape} and dtype {dtype} need {count * dtype.itemsize}"
        )
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C").astype(dtype.newbyteorder("="))


def _read_table(path: Path, delimiter: str | None, axes: int) -> np.ndarray:
    """Lines of numbers: one line or column is a 1-D array where one axis is wanted."""
    with path.open(encoding="utf-8-sig") as lines:
        try:
            table = np.loadtxt(itertools.islice(lines, LARGEST), delimiter=delimiter, ndmin=2)
        except ValueError as problem:
            between = "commas" if delimiter else "blanks"
            raise ValueError(f"{problem}; expected lines of as many numbers, {between} between them") from problem
    return table.ravel() if axes == 1 and 1 in table.shape else table
