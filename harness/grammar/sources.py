"""Arrays of a case file: written out, kept in a file beside it, or generated."""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.grammar import files, printouts, regular
from harness.grammar.document import CaseError, Item, shortened
from harness.grammar.generators import GENERATORS, SHAPE, Follows, elements, generate
from harness.grammar.kinds import FLAG, TEXT, Field, Kind, Record, integer
from harness.grammar.nested import numbers
from harness.grammar.printouts import Printout, PrintoutError

DTYPES = ("float16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64")
BLOCK = Kind(lambda item: item, {"type": "string", "pattern": r"\S"})
"""A printout below `|`."""
VALUES = Kind(lambda item: item, {"anyOf": [BLOCK.schema, {"$ref": "#/$defs/values"}]})
VALUES_SCHEMA = {
    "anyOf": [{"type": ["number", "null"]}, {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/values"}}]
}
SOURCES = {
    "values": Field(
        VALUES,
        "the numbers, in nested lists, where null is an element that is not known, of integers in recordings only; "
        "or, below `|`, as a system printed them",
    ),
    "file": Field(
        TEXT,
        "a file in this folder or below it: .npy, .csv (commas), .txt (as a system printed it), or one that holds "
        "several arrays, with the name of one: x.npz#name, .safetensors, .pt, .onnx, .h5, .keras, .mat ...; NaN in a "
        "recording is an element that is not known",
    ),
    **GENERATORS,
}
WEIGHTS = {
    "caffemodel": Field(TEXT, "a Caffe weight file in this folder or below it; `layer` says whose weights are meant"),
    "layer": Field(TEXT, "with caffemodel: the layer, as the network names it"),
}
"""What weights may be taken from, besides SOURCES."""

CORNER = {
    "shape": Field(
        SHAPE,
        "lengths of the whole array whose first elements the values are, or of which a printout leaves some out; "
        "the rest is not known",
    ),
}
"""What values may be a part of."""

PRINTED = {
    "nonfinite": Field(FLAG, "true: infinities and NaN are meant", default=False),
    "digits": Field(
        integer(1, 40),
        "significant digits that were printed; leave it out when the numbers are exact, or a printout shows their own",
    ),
    "decimals": Field(integer(0, 40), "digits after the point that were printed, instead of `digits`"),
}


@dataclass(frozen=True, eq=False)
class Array:
    """An array in the order of its stated layout.

    stream: what goes on when it was drawn. half_unit: that of each number as its printout shows it, None without one.
    stored: the dtype in which its file or its printout has it; "" where neither says.
    """

    values: np.ndarray
    known: np.ndarray
    stream: Follows | None = None
    half_unit: np.ndarray | None = None
    stored: str = ""


def printed(source: Record, folder: Path) -> Printout | None:
    """What a block of text or a .txt file shows; None where the source is another. Raises CaseError."""
    shape = source["shape"] if "shape" in source.items else None
    if "values" in source and isinstance(source.at("values").scalar, str):
        return _from_block(source.at("values"), shape)
    if "file" in source and source["file"].lower().endswith(files.PRINTED):
        return _from_text_file(source.at("file"), source["file"], folder, shape)
    return None


def make(
    source: Record,
    axes: int,
    dtype: str,
    folder: Path,
    follows: Follows | None = None,
    partial: bool = False,
    printout: Printout | None = None,
) -> Array:
    """The array that `source` (a mapping with one key of SOURCES, or with those of WEIGHTS) describes, as `dtype`.

    `follows` is the stream that `seed: input` goes on with; `printout` is what `printed` gives, where it was asked
    before. Values of floating dtypes may be unknown: NaN, then. With `partial`, float64 or int64 comes back instead,
    and integers may be unknown, too. Raises CaseError for everything that does not fit.
    """
    key = next(key for key in (*SOURCES, "caffemodel") if key in source)
    stored = ""
    whole = np.dtype(dtype).kind in "iu"
    known, stream, half, lines = None, None, None, None
    printout = printed(source, folder) if printout is None else printout
    if "shape" in source and key != "values" and printout is None:
        raise source.at("shape").key_error(f"belongs to `values`; {key} says itself how large the array is")
    if printout is not None:
        values, known, half, lines = _as_printed(source, key, printout, axes, whole, partial)
        stored = printout.dtype or ""
    elif key == "values":
        values, known = _written_out(source, axes, whole, partial)
    elif key == "file":
        values = _from_file(source.at(key), source[key], folder, axes)
        name, own = files.split_key(source[key])
        stored = files.dtype(inside(source.at(key), name, folder), own)
        if partial and not source["nonfinite"]:
            known = ~np.isnan(values)
    elif key == "caffemodel":
        values = _from_caffemodel(source, folder, axes)
    else:
        values, stream = generate(key, source[key], axes, follows)
    kept = ("int64" if whole else "float64") if partial else dtype
    cast = _cast(source, key, values, kept, known, lines)
    known = np.ones(values.shape, bool) if known is None else known
    return Array(cast, known, stream, None if half is None else _widened(half, values, cast), stored)


def _as_printed(
    source: Record, key: str, printout: Printout, axes: int, whole: bool, partial: bool
) -> tuple[np.ndarray, ...]:
    """Values, what is known of them, half units and lines of a printout, with as many axes as its layout names."""
    values, known = printout.values, printout.known
    if partial and not source["nonfinite"]:
        known = known & ~np.isnan(values)
    if not partial:
        _demand_known(source, source.at(key), known, whole)
    parts = values, known, printout.half_unit, printout.lines
    if axes == 1 and values.size == max(values.shape):
        return tuple(part.ravel() for part in parts)
    if values.ndim != axes:
        raise source.at(key).error(
            f"expected {axes} axes, one for each letter of the layout, found shape {list(values.shape)}"
        )
    return parts


def _demand_known(source: Record, item: Item, known: np.ndarray, whole: bool) -> None:
    """Elements that are not known are NaN: integers have none, and NaN that is meant looks the same."""
    if known.all():
        return
    if whole:
        raise item.error("integer data must be known in full; give all of them, or a floating dtype")
    if source["nonfinite"]:
        raise source.at("nonfinite").key_error("elements that are not known and NaN that is meant look alike; keep one")


def _widened(half: np.ndarray, values: np.ndarray, cast: np.ndarray) -> np.ndarray | None:
    """Half units of numbers that their dtype has rounded, too; None where all are exact."""
    finite = np.isfinite(values)
    rounded = np.abs(np.where(finite, cast.astype(np.float64), 0) - np.where(finite, values, 0))
    wide = half + rounded
    return wide if wide.any() else None


def _from_block(item: Item, shape: Sequence[int] | None) -> Printout:
    if item.block is None:
        raise item.error(
            "expected numbers in nested lists, or a printout on the lines below a `|`, found "
            f"the text {shortened(item.scalar)!r}"
        )
    try:
        return printouts.read(item.block, shape)
    except PrintoutError as problem:
        raise item.error_in_block(problem.line, problem.column, str(problem)) from problem


def _from_text_file(item: Item, name: str, folder: Path, shape: Sequence[int] | None) -> Printout:
    path = inside(item, name, folder)
    try:
        return files.read_printed(path, shape)
    except files.FileError as problem:
        raise item.error(str(problem)) from problem


def float_dtype(printout: Printout) -> str | None:
    """The floating dtype of printed numbers: that which the text states, float64 where float32 has not all of them."""
    if printout.dtype in ("float16", "float32", "float64"):
        return printout.dtype
    values = printout.values[printout.known & np.isfinite(printout.values)]
    with np.errstate(over="ignore"):
        apart = np.abs(values.astype(np.float32).astype(np.float64) - values)
    half = printout.half_unit[printout.known & np.isfinite(printout.values)]
    return "float64" if (apart > half).any() else None


def _written_out(source: Record, axes: int, whole: bool, partial: bool) -> tuple[np.ndarray, np.ndarray]:
    """The key `values`, as a corner of a whole array where `shape` says so, and which elements are known."""
    values, known = numbers(source.at("values"), axes, whole, partial or not whole)
    if "shape" in source:
        rest = _rest(source, values.shape, axes, whole and not partial)
        values, known = np.pad(values, rest, constant_values=0 if whole else math.nan), np.pad(known, rest)
    if not partial:
        _demand_known(source, source.at("values"), known, whole)
    return values, known


def _rest(source: Record, part: tuple[int, ...], axes: int, whole: bool) -> list[tuple[int, int]]:
    """What is missing of an array of the key `shape` behind its first elements, per axis."""
    item, shape = source.at("shape"), source["shape"]
    elements(source, axes)
    if whole:
        raise item.key_error("integer data must be known in full; leave this out")
    if any(known > length for known, length in zip(part, shape)):
        raise item.error(f"expected the shape of an array that the values are a part of, {list(part)} or more")
    return [(0, length - known) for known, length in zip(part, shape)]


def half_unit(source: Record, made: Array) -> np.ndarray | None:
    """Half a unit of the last printed digit of each value (float64), None when nothing says that they were printed.

    With `digits`, the last of that many significant digits; a printed zero is exactly zero. A printout shows that of
    each number, where neither `digits` nor `decimals` is given.
    """
    values = made.values
    if "digits" in source and "decimals" in source:
        raise source.at("decimals").key_error("digits and decimals both given; keep the one that was printed")
    if "decimals" in source:
        return np.full(values.shape, 0.5 * 10.0 ** -source["decimals"])
    if "digits" not in source:
        return made.half_unit
    sizes = np.abs(np.where(np.isfinite(values), values, 0).astype(np.float64))
    exponent = np.floor(np.log10(sizes, where=sizes > 0, out=np.zeros(values.shape)))
    exponent += 10.0 ** (exponent + 1) <= sizes
    exponent -= 10.0**exponent > sizes
    return np.where(sizes > 0, 0.5 * 10.0 ** (exponent + 1 - source["digits"]), 0.0)


def _cast(
    source: Record, key: str, values: np.ndarray, dtype: str, known: np.ndarray | None, lines: np.ndarray | None = None
) -> np.ndarray:
    """`values` as `dtype`, which must hold them: finite unless declared otherwise, in range, whole for integers."""
    judged = values if known is None else np.where(known, values, 0)
    at = functools.partial(_misfit, source.at(key), key, lines)
    if values.dtype.kind == "f":
        _demand(
            at,
            judged,
            np.isfinite(judged) | source["nonfinite"],
            "that is finite; say `nonfinite: true` if it is meant",
        )
    if np.dtype(dtype).kind == "f":
        with np.errstate(over="ignore"):
            cast = values.astype(dtype)
        _demand(at, judged, np.isfinite(cast) | ~np.isfinite(values), f"within {dtype}")
        return cast
    info = np.iinfo(dtype)
    if values.dtype.kind == "f":
        fits = (judged == np.floor(judged)) & (judged >= info.min) & (judged < float(info.max) + 1)
    else:
        fits = (judged >= info.min) & (judged <= info.max)
    _demand(at, judged, fits, f"that is whole, from {info.min} to {info.max} ({dtype})")
    return judged.astype(dtype)


def _demand(at: Callable[..., CaseError], values: np.ndarray, fits: Any, words: str) -> None:
    """Raise an error at the first element that does not fit."""
    if not np.all(fits):
        index = tuple(int(position) for position in np.argwhere(~fits)[0])
        raise at(index, words, values[index])


def _misfit(
    item: Item, key: str, lines: np.ndarray | None, index: tuple[int, ...], words: str, found: np.number
) -> CaseError:
    """The error at an element of an array; `lines` are those of a printout."""
    one = f"expected a number {words}, found {found}"
    if lines is not None and item.block is not None:
        return item.error_in_block(int(lines[index]), 1, one)
    if key == "values":
        return item.element(index).error(one)
    where = f"at index {list(index)}" + ("" if lines is None else f", line {lines[index]}")
    return item.error(f"expected numbers {words.replace('that is', 'that are')}, found {found} {where}")


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
    except (OSError, ValueError, RuntimeError) as problem:  # RuntimeError: links that lead to each other
        raise item.error(f"not a file name: {getattr(problem, 'strerror', None) or problem}") from problem
    if not inside:
        raise item.error(f"{name} leads out of the case file's folder; put the file beside the case file")
    if fault := regular.fault(path):
        gone = fault == regular.NOTHING
        raise item.error(f"no file {name} in the case file's folder" if gone else f"{name} {fault}")
    return path
