"""`.pt` and `.pth` of PyTorch: the tensors of what `torch.save` wrote, without PyTorch, and without unpickling.

Since PyTorch 1.6 such a file is a zip: `data.pkl` says how tensors are made of storages, and each storage is a member,
`data/0`. A tensor's name is the path to it: keys of dictionaries and places in lists, with points between them.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from harness.grammar.files.pickled import Build, Pairs, value
from harness.grammar.files.stored import (
    DTYPES,
    MOST_AXES,
    FileError,
    Stored,
    decoded,
    following,
    itemsize,
    listed,
    refused,
)
from harness.grammar.limits import LARGEST, LARGEST_HEADER, MOST_ARRAYS

WEIGHTS = "load it in PyTorch where you trust it, and save its weights: torch.save(model.state_dict(), 'weights.pt')"
BEFORE_1_6 = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
"""The pickled number with which files of the older form begin."""
DEEPEST, LONGEST_NAME = 64, 2**12
"""Values that a tensor may lie within, and characters of its name."""
STORAGES = {
    "Double": "float64",
    "Float": "float32",
    "Half": "float16",
    "BFloat16": "bfloat16",
    "Long": "int64",
    "Int": "int32",
    "Short": "int16",
    "Char": "int8",
    "Byte": "uint8",
    "Bool": "bool",
    "ComplexFloat": "complex64",
    "ComplexDouble": "complex128",
}
OTHER_DTYPES = (
    *("bool", "complex32", "complex64", "complex128"),
    *("float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu"),
)
UNTYPED = ("torch.storage.UntypedStorage", "torch.UntypedStorage")


@dataclass(frozen=True)
class Storage:
    """The numbers of one or more tensors: `count` of a dtype, in the member `data/KEY`."""

    key: str
    dtype: str
    count: int


@dataclass(frozen=True)
class Tensor:
    """Which numbers of a storage a tensor has; offset and strides are counted in numbers, as PyTorch does."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: str
    lazy: bool


@contextmanager
def opened(path: Path) -> Iterator[dict[str, Stored]]:
    _demand_zip(path)
    with zipfile.ZipFile(path) as archive:
        folder = _folder(archive)
        index = archive.getinfo(f"{folder}data.pkl")
        if index.file_size > LARGEST_HEADER:
            raise FileError(f"a data.pkl of {index.file_size} bytes; at most {LARGEST_HEADER} are read; {WEIGHTS}")
        with archive.open(index) as stream:
            data = bytes(following(stream, index.file_size))
        try:
            made = value(data, FUNCTIONS, NAMES, _storage)
        except FileError as fault:
            raise FileError(f"data.pkl: {fault}; nothing of it was run: {WEIGHTS}") from fault
        yield listed((name, _stored(archive, folder, tensor)) for name, tensor in _tensors(made))


def _demand_zip(path: Path) -> None:
    if zipfile.is_zipfile(path):
        return
    with path.open("rb") as stream:
        start = stream.read(len(BEFORE_1_6))
    if start == BEFORE_1_6:
        raise FileError(
            "the form of before PyTorch 1.6, which is a pickle throughout; write it anew: "
            "torch.save(torch.load(file, weights_only=True), file)"
        )
    raise FileError("not what torch.save writes: expected a zip with data.pkl; copy or download the file again")


def _folder(archive: zipfile.ZipFile) -> str:
    """The folder of the archive in which all is kept."""
    found = [name for name in archive.namelist() if name == "data.pkl" or name.endswith("/data.pkl")]
    if len(found) != 1:
        raise FileError(f"not what torch.save writes: expected one data.pkl in the zip, found {len(found)}")
    return found[0].removesuffix("data.pkl")


# --- what data.pkl says ----------------------------------------------------------------------------------------------


def _storage(given: Any) -> Storage:
    kind, typed, key, _, count = given
    if kind != "storage" or not isinstance(key, str) or not _whole(count):
        raise ValueError("expected a storage, its key and its size")
    return Storage(key, _dtype(typed.text), count)


def _dtype(name: str) -> str:
    """The dtype of a storage's class or of a dtype's name."""
    last = name.rpartition(".")[2]
    return "uint8" if name in UNTYPED else STORAGES.get(last.removesuffix("Storage"), last)


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *rest: Any) -> Tensor:
    """As torch._utils._rebuild_tensor_v2, whose last argument says that a tensor is negated or conjugated when used."""
    return _rebuilt(storage, offset, shape, strides, storage.dtype, rest[2] if len(rest) > 2 else None)


def _tensor_of_dtype(storage: Any, offset: Any, shape: Any, strides: Any, _: Any, __: Any, *rest: Any) -> Tensor:
    """As torch._utils._rebuild_tensor_v3, for dtypes that have no storage of their own."""
    dtype, metadata = (*rest, None)[:2]
    return _rebuilt(storage, offset, shape, strides, _dtype(dtype.text), metadata)


def _rebuilt(storage: Storage, offset: Any, shape: Any, strides: Any, dtype: str, metadata: Any) -> Tensor:
    fits = isinstance(storage, Storage) and len(shape) == len(strides) <= MOST_AXES
    if not fits or not all(map(_whole, (offset, *shape, *strides))):
        raise ValueError("expected a storage, an offset, a shape and as many strides")
    lazy = isinstance(metadata, Pairs) and any(on for _, on in metadata.items)
    return Tensor(storage, offset, tuple(shape), tuple(strides), dtype, lazy)


def _of_type(function: Any, _: Any, arguments: Any, __: Any) -> Any:
    """As torch._tensor._rebuild_from_type_v2: a tensor with attributes, such as a buffer."""
    if not function.text.startswith("torch._utils."):
        raise ValueError("expected a function that makes a tensor")
    return FUNCTIONS[function.text](*arguments)


def _whole(given: Any) -> bool:
    return type(given) is int and 0 <= given < 2**63


FUNCTIONS: dict[str, Build] = {
    "collections.OrderedDict": lambda pairs=(): Pairs([(key, each) for key, each in pairs]),
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _tensor_of_dtype,
    "torch._utils._rebuild_parameter": lambda tensor, *_: tensor,
    "torch._utils._rebuild_parameter_with_state": lambda tensor, *_: tensor,
    "torch._tensor._rebuild_from_type_v2": _of_type,
    "torch.Size": tuple,
    "torch.device": lambda *words: words,
}
"""What stands for the functions that make tensors, and plain values that go with them."""
NAMES = (
    *(f"torch.{name}Storage" for name in STORAGES),
    *UNTYPED,
    *(f"torch.{name}" for name in (*DTYPES, *OTHER_DTYPES)),
    *("torch.Tensor", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer"),
)


def _tensors(made: Any) -> Iterator[tuple[str, Tensor]]:
    """All tensors by their paths. Raises FileError where there are too many values, or they hold themselves."""
    todo: list[tuple[tuple[str, ...], Any]] = [((), made)]
    seen = 0
    while todo:
        path, each = todo.pop()
        if sum(map(len, path)) > LONGEST_NAME:
            raise FileError(f"data.pkl has names of more than {LONGEST_NAME} characters; {WEIGHTS}")
        if isinstance(each, Tensor):
            yield ".".join(path), each
            continue
        inner = _inner(each)
        seen += len(inner)
        if seen > 16 * MOST_ARRAYS or len(path) > DEEPEST:
            raise FileError(f"data.pkl holds too many values, or some within themselves; {WEIGHTS}")
        todo += [((*path, name), value) for name, value in reversed(inner)]


def _inner(each: Any) -> Sequence[tuple[str, Any]]:
    """What a value holds, and its name there."""
    if isinstance(each, Pairs):
        return [(_word(key, place), value) for place, (key, value) in enumerate(each.items)]
    return [(str(place), value) for place, value in enumerate(each)] if isinstance(each, list | tuple) else ()


def _word(key: Any, place: int) -> str:
    """A key as a part of a name, its place for what is no text and no number: a tuple may hold itself many times."""
    if isinstance(key, str):
        return key
    short = key is None or isinstance(key, float) or (isinstance(key, int) and abs(key) < 2**63)
    return str(key) if short else f"#{place}"


# --- the numbers -----------------------------------------------------------------------------------------------------


def _stored(archive: zipfile.ZipFile, folder: str, tensor: Tensor) -> Stored:
    if tensor.dtype not in DTYPES:
        return Stored(tensor.dtype, tensor.shape, partial(_read, archive, folder, tensor))
    fault = _fault(archive, folder, tensor)
    if fault:
        return refused(fault, tensor.dtype, tensor.shape)
    member = archive.getinfo(f"{folder}data/{tensor.storage.key}")
    packed = min(member.compress_size, _span(tensor) * itemsize(tensor.dtype))
    return Stored(tensor.dtype, tensor.shape, partial(_read, archive, folder, tensor), packed)


def _fault(archive: zipfile.ZipFile, folder: str, tensor: Tensor) -> str:
    """Why the numbers of a tensor cannot be had, as far as it can be told without reading them."""
    storage = tensor.storage
    if tensor.lazy:
        return "it is negated or conjugated only when it is used; save tensor.resolve_neg().resolve_conj()"
    try:
        size = archive.getinfo(f"{folder}data/{storage.key}").file_size
    except KeyError:
        return f"its numbers, data/{storage.key}, are not in the file"
    if size != storage.count * itemsize(storage.dtype):
        return f"data/{storage.key} has {size} bytes where {storage.count} numbers of {storage.dtype} are announced"
    needed = (tensor.offset + _span(tensor)) * itemsize(tensor.dtype)
    if _span(tensor) and needed > size:
        return f"it reaches to byte {needed} of data/{storage.key}, which has {size}"
    if _span(tensor) > LARGEST:
        return f"it is spread over {_span(tensor)} numbers; at most {LARGEST} are read; save tensor.contiguous()"
    return ""


def _span(tensor: Tensor) -> int:
    """How many numbers of the storage lie between the first and the last that the tensor has, these two included."""
    if not math.prod(tensor.shape):
        return 0
    return 1 + sum((size - 1) * step for size, step in zip(tensor.shape, tensor.strides))


def _read(archive: zipfile.ZipFile, folder: str, tensor: Tensor) -> np.ndarray:
    width, count = itemsize(tensor.dtype), _span(tensor)
    with archive.open(f"{folder}data/{tensor.storage.key}") as stream:
        stream.seek(tensor.offset * width)
        data = following(stream, count * width)
    flat = decoded(data, tensor.dtype, (count,), big=_big(archive, folder))
    strides = [step * flat.itemsize for step in tensor.strides]
    return np.lib.stride_tricks.as_strided(flat, tensor.shape, strides, writeable=False).copy()


def _big(archive: zipfile.ZipFile, folder: str) -> bool:
    """Whether numbers are kept with the highest byte first; files of older versions do not say so, and are not."""
    name = f"{folder}byteorder"
    if name not in archive.namelist():
        return False
    with archive.open(name) as stream:
        return stream.read(16).strip() == b"big"
