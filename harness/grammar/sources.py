"""Arrays of a case file: written out, kept in a file beside it, or generated."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.grammar import files
from harness.grammar.document import Item, numbers
from harness.grammar.generators import GENERATORS, SHAPE, Follows, elements, generate
from harness.grammar.kinds import FLAG, TEXT, Field, Kind, Record, integer

DTYPES = ("float16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64")
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
    name, key = files.split_key(name)
    path = inside(item, name, folder)
    values = files.fitted(_read(item, path, key), path, axes)
    if values.ndim != axes:
        raise item.error(
            f"expected {axes} axes, one for each letter of the layout, found shape {values.shape} in {name}"
        )
    if not values.size:
        raise item.error(f"{name} has no elements: shape {values.shape}")
    return values


def _read(item: Item, path: Path, key: str, suffix: str = "") -> np.ndarray:
    try:
        return files.read(path, key, suffix)
    except files.FileError as problem:
        raise item.error(str(problem)) from problem


def _from_caffemodel(source: Record, folder: Path, axes: int) -> np.ndarray:
    """The weights of a layer, or its bias where one axis is wanted."""
    item, layer = source.at("caffemodel"), source["layer"]
    path = inside(item, source["caffemodel"], folder)
    try:
        blobs = files.names(path, ".caffemodel")
    except files.FileError as problem:
        raise item.error(str(problem)) from problem
    layers = dict.fromkeys(name.rpartition("/")[0] for name in blobs)
    if layer not in layers:
        raise source.at("layer").error(f"expected `layer`, one of {', '.join(layers) or 'none'}; found {layer!r}")
    wanted = f"{layer}/{0 if axes > 1 else 1}"
    if wanted not in blobs:
        raise item.error(f"layer {layer!r} has no bias; leave the bias out")
    values = _read(item, path, wanted, ".caffemodel")
    if axes == 1:
        return values.ravel()  # old files write it as 1 x 1 x 1 x O
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
