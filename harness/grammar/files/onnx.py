"""`.onnx`: the numbers of a graph (initializers and constants) by name, and its nodes with their attributes.

    ModelProto      graph = 7
    GraphProto      node = 1, initializer = 5, sparse_initializer = 15
    NodeProto       input = 1, output = 2, name = 3, op_type = 4, attribute = 5
    AttributeProto  name = 1, f = 2, i = 3, s = 4, t = 5, floats = 7, ints = 8
    TensorProto     dims = 1, data_type = 2, float_data = 4, int32_data = 5, int64_data = 7, name = 8, raw_data = 9,
                    double_data = 10, uint64_data = 11, external_data = 13 { key = 1, value = 2 }, data_location = 14
    SparseTensorProto  values = 1

Field numbers from onnx.proto. Numbers that a model keeps in a file of its own are read only from the model's folder.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from harness.grammar.files.stored import (
    WIDE,
    FileError,
    Stored,
    decoded,
    following,
    itemsize,
    listed,
    mapped,
    refused,
)
from harness.grammar.limits import MOST_ARRAYS
from harness.worker.protobuf import fields, integers, message, text

DTYPES = {
    **dict(enumerate(("float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool"), 1)),
    **dict(enumerate(("float16", "float64", "uint32", "uint64", "complex64", "complex128", WIDE), 10)),
}
FIXED = {"float32": 4, "float64": 10}
"""dtype -> the field of its numbers, where they are not raw. Others are whole numbers, or the bits of 16-bit floats."""
VARINTS = (5, 7, 11)
MOST_VARINTS = 2**22
RAW = 9
EXTERNAL = 1
Attribute = float | int | str | tuple[float, ...] | tuple[int, ...]


@dataclass(frozen=True)
class Node:
    """A node of a graph; attributes that are graphs, tensors or types are left out."""

    name: str
    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Attribute]


@contextmanager
def opened(path: Path) -> Iterator[dict[str, Stored]]:
    yield listed(_arrays(_graph(path), path.parent))


def nodes(path: Path) -> list[Node]:
    """All nodes of a model, in the order of the file. Raises ProtobufError or FileError for what is no model."""
    found: list[Node] = []
    for number, value in fields(_graph(path)):
        if number == 1:
            if len(found) == MOST_ARRAYS:
                raise FileError(f"a graph of more than {MOST_ARRAYS} nodes")
            found.append(_node(message(value)))
    return found


def _graph(path: Path) -> memoryview:
    for number, value in fields(mapped(path)):
        if number == 7:
            return message(value)
    raise FileError("not an ONNX model: it has no graph")


def _arrays(graph: memoryview, folder: Path) -> Iterator[tuple[str, Stored]]:
    """Each initializer, and the value of each `Constant` by the name of its output."""
    for number, value in fields(graph):
        if number == 5:
            yield _text(message(value), 8), _stored(message(value), folder)
        elif number == 15:
            names = (_text(each, 8) for each in _parts(message(value), 1))
            yield from ((name, refused("it is sparse, which is not read; save it dense")) for name in names)
        elif number == 1 and _text(message(value), 4) == "Constant":
            outputs = (text(output) for field, output in fields(message(value)) if field == 2)
            tensors = (each for attribute in _parts(message(value), 5) for each in _parts(attribute, 5))
            yield from zip(outputs, (_stored(tensor, folder) for tensor in tensors))


def _parts(data: memoryview, number: int) -> Iterator[memoryview]:
    return (message(value) for field, value in fields(data) if field == number)


def _joined(data: memoryview, number: int) -> bytearray:
    """The bytes of a repeated field of numbers of a fixed length, packed or one by one."""
    found = bytearray()
    for part in _parts(data, number):
        found += part
    return found


def _text(data: memoryview, number: int) -> str:
    return next((text(value) for field, value in fields(data) if field == number), "")


def _number(data: memoryview, number: int) -> int:
    return next(iter(integers((value for field, value in fields(data) if field == number), 1)), 0)


def _stored(tensor: memoryview, folder: Path) -> Stored:
    """A TensorProto, whose numbers are raw, typed, or in a file of their own."""
    shape, kind = tuple(integers(value for field, value in fields(tensor) if field == 1)), _number(tensor, 2)
    dtype = DTYPES.get(kind, f"number {kind} of ONNX")
    if _number(tensor, 14) == EXTERNAL:
        return _external(tensor, folder, dtype, shape)
    return Stored(dtype, shape, partial(_numbers, tensor, dtype, shape))


def _numbers(tensor: memoryview, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """The numbers of a tensor in the file itself."""
    for field in (RAW, FIXED.get(dtype)):
        data = _joined(tensor, field) if field else b""
        if data:
            return decoded(data, dtype, shape)
    whole = integers((value for field, value in fields(tensor) if field in VARINTS), MOST_VARINTS)
    bits = np.dtype("<u2" if dtype in ("float16", WIDE) else dtype).newbyteorder("<")
    return decoded(np.array(whole, np.int64).astype(bits).tobytes(), dtype, shape)


# --- numbers in a file of their own ----------------------------------------------------------------------------------


def _external(tensor: memoryview, folder: Path, dtype: str, shape: tuple[int, ...]) -> Stored:
    entries = {_text(entry, 1): _text(entry, 2) for entry in _parts(tensor, 13)}
    name = entries.get("location", "")
    try:
        path = (folder / name).resolve()
        inside = not os.path.isabs(name) and path.is_relative_to(folder.resolve())
        offset, length = int(entries.get("offset", 0)), int(entries.get("length", -1))
        there = path.is_file()
    except (OSError, ValueError, RuntimeError) as problem:  # RuntimeError: links that lead to each other
        return refused(f"its numbers are in {name!r}: {problem}", dtype, shape)
    if not inside:
        return refused(
            f"its numbers are in {name!r}, which leads out of the model's folder; put that file beside the model, and "
            "save the model anew with its name alone",
            dtype,
            shape,
        )
    if not there:
        return refused(f"its numbers are in {name!r}, which is not beside the model; copy it there", dtype, shape)
    return Stored(dtype, shape, partial(_from, path, offset, length, dtype, shape))


def _from(path: Path, offset: int, length: int, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """The numbers of `length` bytes from `offset` of another file; a length below 0 is not said."""
    needed = math.prod(shape) * itemsize(dtype)
    if offset < 0 or length not in (-1, needed):
        raise FileError(
            f"{length} bytes at {offset} of {path.name} where shape {shape} and dtype {dtype} need {needed}"
        )
    with path.open("rb") as stream:
        stream.seek(offset)
        return decoded(following(stream, needed), dtype, shape)


# --- nodes -----------------------------------------------------------------------------------------------------------


def _node(node: memoryview) -> Node:
    found: dict[int, list[str]] = {1: [], 2: []}
    attributes: dict[str, Attribute] = {}
    for field, value in fields(node):
        if field in found:
            found[field].append(text(value))
        elif field == 5:
            attributes.update(_attribute(message(value)))
    return Node(_text(node, 3), _text(node, 4), tuple(found[1]), tuple(found[2]), attributes)


def _attribute(attribute: memoryview) -> dict[str, Attribute]:
    """An attribute by its name, if it is a number, a text, or a list of numbers."""
    name = _text(attribute, 1)
    present = {field for field, _ in fields(attribute) if field in _ATTRIBUTES}
    return {name: _ATTRIBUTES[min(present)](attribute)} if present else {}


def _floats(attribute: memoryview, field: int) -> tuple[float, ...]:
    data = _joined(attribute, field)
    return struct.unpack(f"<{len(data) // 4}f", data)


def _integers(attribute: memoryview) -> tuple[int, ...]:
    return tuple(integers(value for field, value in fields(attribute) if field == 8))


_ATTRIBUTES: Mapping[int, Callable[[memoryview], Attribute]] = {
    2: lambda attribute: _floats(attribute, 2)[0],
    3: lambda attribute: _number(attribute, 3),
    4: lambda attribute: _text(attribute, 4),
    7: lambda attribute: _floats(attribute, 7),
    8: _integers,
}
