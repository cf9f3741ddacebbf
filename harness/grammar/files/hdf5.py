"""`.h5` and `.hdf5`: datasets by their paths, read by h5py; `.keras`, an archive with such a file; MATLAB's 7.3 files.

What a file says of other files (links, external storage, virtual datasets) is not followed, and filters are those that
h5py has itself, so that HDF5 loads no plugin.
"""

from __future__ import annotations

import math
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from harness.grammar.files.stored import BLOCK, WIDE, FileError, Stored, decoded, listed, refused
from harness.grammar.limits import EXPANSION, LARGEST, LARGEST_UNPACKED, MOST_ARRAYS

DEFLATE = 1
FILTERS = {DEFLATE: "gzip", 2: "shuffle", 3: "fletcher32"}
"""Filters of HDF5 that are read, by number."""
WEIGHTS = "model.weights.h5"
NUMBERS = ("double", "single", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)))
"""Classes of MATLAB that are numbers."""


@contextmanager
def opened(path: Path) -> Iterator[dict[str, Stored]]:
    with _file(path) as file:
        yield listed((name, _stored(dataset)) for name, dataset in _datasets(file))


@contextmanager
def opened_keras(path: Path) -> Iterator[dict[str, Stored]]:
    """The weights of what Keras 3 saves; their paths name the kind of a layer, its own name stands beside them."""
    with zipfile.ZipFile(path) as archive, tempfile.TemporaryFile() as copy:
        if WEIGHTS not in archive.namelist():
            raise FileError(f"not what model.save of Keras writes: expected a zip with {WEIGHTS}")
        _unpack(archive, archive.getinfo(WEIGHTS), copy)
        with _file(copy) as file:
            yield listed((name, _stored(dataset)) for name, dataset in _datasets(file))


@contextmanager
def opened_matlab(path: Path) -> Iterator[dict[str, Stored]]:
    """Variables of MATLAB, with their axes in MATLAB's order: HDF5 has them reversed."""
    with _file(path) as file:
        found = ((name, dataset) for name, dataset in _datasets(file) if not name.startswith("#"))
        yield listed((name, _of_matlab(dataset)) for name, dataset in found)


@contextmanager
def _file(source: Any) -> Iterator[Any]:
    try:
        import h5py
    except ImportError:
        raise FileError(
            "HDF5 is read by h5py, which is not installed; run: pip install 'framework-agreement[h5]'"
        ) from None
    try:
        file = h5py.File(source, "r")
    except OSError as problem:
        raise FileError(f"no whole HDF5 file: {problem}; copy or download it again") from problem
    with file:
        yield file


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Any) -> None:
    size, packed = member.file_size, member.compress_size
    if size > 8 * LARGEST or size > max(EXPANSION * packed, 8 * LARGEST_UNPACKED):
        raise FileError(f"{member.filename} has {size} bytes, out of {packed}; at most {8 * LARGEST} are unpacked")
    with archive.open(member) as stream:
        while size > 0 and (block := stream.read(min(BLOCK, size))):
            target.write(block)
            size -= len(block)


def _datasets(file: Any) -> Iterator[tuple[str, Any]]:
    """Path and dataset, of all that can be reached without a link to another place."""
    names: list[str] = []

    def keep(name: str, found: Any) -> str | None:
        if hasattr(found, "dtype") and hasattr(found, "chunks"):
            names.append(name)
        return name if len(names) > MOST_ARRAYS else None  # which ends the visit

    file.visititems(keep)
    return ((name, file[name]) for name in names)


def _stored(dataset: Any) -> Stored:
    dtype = WIDE if _attribute(dataset, "dtype") == WIDE and dataset.dtype == "V2" else dataset.dtype.name
    if dataset.shape is None:
        return refused("it is empty")
    fault = _fault(dataset)
    if fault:
        return refused(fault, dtype, dataset.shape)
    layer = _attribute(dataset.parent, "name")
    packed = dataset.id.get_storage_size()
    return Stored(dtype, dataset.shape, partial(_read, dataset, dtype), packed, note=layer and f"layer {layer}")


def _attribute(owner: Any, name: str) -> str:
    """A text that is kept with a group or a dataset."""
    if name not in owner.attrs or owner.attrs.get_id(name).shape:
        return ""
    given = owner.attrs[name]
    return given.decode("utf-8", "replace") if isinstance(given, bytes) else given if isinstance(given, str) else ""


def _fault(dataset: Any) -> str:
    """Why the numbers of a dataset are not read."""
    if dataset.external:
        return f"its numbers are in another file, {dataset.external[0][0]!r}, which is not read; save them in this one"
    if dataset.is_virtual:
        return "it is a view of datasets in other files, which are not read; save the numbers in this one"
    filters = _filters(dataset)
    others = [number for number in filters if number not in FILTERS]
    if others or filters.count(DEFLATE) > 1:
        return f"it went through the filters {filters} of HDF5; expected gzip or none: h5repack -f GZIP=4 old.h5 new.h5"
    if dataset.chunks and math.prod(dataset.chunks) > max(LARGEST_UNPACKED, dataset.size):
        return f"its chunks {dataset.chunks} are larger than itself; save it without chunks"
    return ""


def _filters(dataset: Any) -> list[int]:
    plan = dataset.id.get_create_plist()
    return [plan.get_filter(index)[0] for index in range(plan.get_nfilters())]


def _read(dataset: Any, dtype: str) -> np.ndarray:
    if _filters(dataset):
        _demand_honest(dataset)
    values: np.ndarray = dataset[()]
    if dtype == WIDE:
        return decoded(values.tobytes(), dtype, dataset.shape)
    return np.asarray(values).astype(values.dtype.newbyteorder("="), copy=False)


def _demand_honest(dataset: Any) -> None:
    """Chunks take and unpack to no more than their size: HDF5 takes memory for whatever is said and comes out."""
    size = math.prod(dataset.chunks) * dataset.dtype.itemsize
    for index in range(dataset.id.get_num_chunks()):
        chunk = dataset.id.get_chunk_info(index)
        if chunk.size > size + BLOCK:
            raise FileError(f"the chunk at {chunk.chunk_offset} is said to take {chunk.size} bytes; it has {size}")
        if DEFLATE in _filters(dataset) and chunk.size > BLOCK // EXPANSION:
            _, packed = dataset.id.read_direct_chunk(chunk.chunk_offset)
            if _unpacks_to_more(packed, size + BLOCK):
                raise FileError(f"the chunk at {chunk.chunk_offset} unpacks to more than the {size} bytes that it has")


def _unpacks_to_more(packed: bytes, limit: int) -> bool:
    machine, count = zlib.decompressobj(), 0
    while packed and not machine.eof and count <= limit:
        count += len(machine.decompress(packed, BLOCK))
        packed = machine.unconsumed_tail
    return count > limit


def _of_matlab(dataset: Any) -> Stored:
    kind = _attribute(dataset, "MATLAB_class")
    if kind not in NUMBERS or "MATLAB_empty" in dataset.attrs:
        return refused(f"it is {'empty' if kind in NUMBERS else kind or 'of no class'}; expected an array of numbers")
    stored = _stored(dataset)
    return Stored(stored.dtype, stored.shape[::-1], lambda: stored.read().T, stored.packed, stored.refused, stored.note)
