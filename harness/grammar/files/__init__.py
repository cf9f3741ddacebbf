"""Files of arrays that people have: one reader for each format, by suffix. Nothing in a file is executed.

`names` and `read` are all that most callers need. An array keeps its dtype; bfloat16, which NumPy has not, comes as
float32. A reader is imported when a file of its kind is met, and a package that is an extra of this one with it.
"""

from __future__ import annotations

import difflib
import importlib
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from harness.grammar import regular
from harness.grammar.files.stored import UNREADABLE, Reader, Stored, reason
from harness.grammar.files.stored import FileError as FileError

if TYPE_CHECKING:
    from harness.grammar.files.onnx import Node
    from harness.grammar.printouts import Printout

SINGLE = {
    ".npy": "npy.opened",
    ".csv": "table.opened",
    ".tsv": "table.opened",
    ".txt": "printed.opened",
}
"""Suffixes of files that hold one array, and what opens them: a module of this package, and its function."""
KEYED = {
    ".npz": "npy.opened_archive",
    ".safetensors": "safetensors.opened",
    ".pt": "checkpoint.opened",
    ".pth": "checkpoint.opened",
    ".onnx": "onnx.opened",
    ".h5": "hdf5.opened",
    ".hdf5": "hdf5.opened",
    ".keras": "hdf5.opened_keras",
    ".mat": "mat.opened",
    ".caffemodel": "caffe_weights.opened",
}
"""Suffixes of files that hold arrays by name, `file.npz#name`, and what opens them."""
TABLE = {**SINGLE, **KEYED}
PRINTED = ".txt"
"""The suffix of what a system printed, which may say its shape and dtype and shows how exact its numbers are."""
TEXTS = (".csv", ".tsv", ".txt")
"""Suffixes of files that hold numbers as text."""
OF_TWO_AXES = (*TEXTS, ".mat")
"""Suffixes of files whose arrays have two axes or more: what has one is a line or a column there."""
OTHERWISE = {
    ".pb": "a TensorFlow graph; load it in TensorFlow and save its constants with numpy.savez",
    ".pkl": "a pickle is a program, and nothing is run here; load it where you trust it and save it with numpy.savez",
}
"""Suffixes of files that are known and not read, and what to do."""
MOST_NAMED = 12
"""Names of arrays in a message."""

_KEY = re.compile(f"({'|'.join(map(re.escape, KEYED))})#", re.IGNORECASE)


def split_key(name: str) -> tuple[str, str]:
    """File and key of `x.npz#key`; the name of a file that holds one array may have a # of its own, and has no key."""
    found = _KEY.search(name)
    return (name, "") if found is None else (name[: found.end() - 1], name[found.end() :])


def is_file(name: str) -> bool:
    """Whether this reads as the name of a file of arrays, and not as a number or a word."""
    return Path(split_key(name)[0]).suffix.lower() in TABLE


def names(path: Path, suffix: str = "") -> list[str]:
    """Names of the arrays in a file, "" for the only one of a file whose arrays have none; `suffix` as in `read`."""
    with opened(path, suffix) as held:
        return list(held)


def read(path: Path, key: str = "", suffix: str = "") -> np.ndarray:
    """The array of a file, by its name where there are several.

    `suffix` says the format where the file's name does not. Raises FileError for everything that does not fit: another
    kind of file, a broken one, a name that it does not have, an array that is too large or not of numbers.
    """
    with opened(path, suffix) as held:
        name = _chosen(path, held, key)
        try:
            return held[name].taken()
        except FileError as fault:
            raise FileError(f"{name!r}: {fault}" if name else str(fault), fault.file) from fault


def shape(path: Path, key: str = "") -> tuple[int, ...]:
    """Lengths of the axes of an array, which is not read. Raises FileError as `read` does."""
    with opened(path) as held:
        return _numbers(held, _chosen(path, held, key)).shape


def dtype(path: Path, key: str = "") -> str:
    """The dtype of an array as its file has it, perhaps bfloat16. Raises FileError as `read` does."""
    with opened(path) as held:
        return _numbers(held, _chosen(path, held, key)).dtype


def _numbers(held: Mapping[str, Stored], name: str) -> Stored:
    """The array of this name. Raises FileError where it would not be read."""
    if fault := held[name].fault():
        raise FileError(f"{name!r}: {fault}" if name else fault)
    return held[name]


def nodes(path: Path) -> list[Node]:
    """The nodes of an ONNX model. Raises FileError as `read` does."""
    from harness.grammar.files import onnx

    with _named(path):
        _demand_file(path)
        return onnx.nodes(path)


def member(path: Path, name: str) -> bytes | None:
    """What else than arrays an `.npz` holds, by its name; None where it does not. Raises FileError as `read` does."""
    from harness.grammar.files import npy

    with _named(path):
        _demand_file(path)
        return npy.member(path, name)


def fitted(values: np.ndarray, path: Path, axes: int) -> np.ndarray:
    """An array with as many axes as its layout names, where its format has no way to say them.

    Text and MATLAB have no arrays of one axis; MATLAB leaves out last axes of length 1.
    """
    suffix = path.suffix.lower()
    if axes == 1 and suffix in OF_TWO_AXES and values.size == max(values.shape):
        return values.ravel()
    return values.reshape(values.shape + (1,) * (axes - values.ndim)) if suffix == ".mat" else values


def bring(name: str, target: Path, axes: int) -> tuple[Path, np.ndarray]:
    """Keeps the array of a file (`x.npz#key`) at `target`, plus a suffix: text as it is, anything else as .npy.

    Returns where it is kept, and the array, `fitted` to so many axes. Raises FileError as `read` does.
    """
    file, key = split_key(name)
    values, suffix = fitted(read(Path(file), key), Path(file), axes), Path(file).suffix
    if suffix.lower() in TEXTS:
        return Path(shutil.copyfile(file, f"{target}{suffix}")), values
    np.save(f"{target}.npy", values)
    return Path(f"{target}.npy"), values


def read_printed(path: Path, shape: Sequence[int] | None = None) -> Printout:
    """What a file of the suffix PRINTED shows; `shape` is that of the whole array, as `printouts.read` has it."""
    from harness.grammar.files import printed

    with _named(path):
        _demand_file(path)
        return printed.read(path, shape)


@contextmanager
def opened(path: Path, suffix: str = "") -> Iterator[Mapping[str, Stored]]:
    """What a file holds, by name. Raises FileError, also where an array of it is read that is broken."""
    with ExitStack() as stack:
        with _named(path):
            reader = _reader(suffix or path.suffix.lower())
            _demand_file(path)
            held = stack.enter_context(reader(path))
        try:
            yield {name: replace(stored, file=path) for name, stored in held.items()}
        except FileError as fault:
            if fault.file not in (None, path):
                raise
            raise _of_file(path, fault) from fault


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Faults of a file as a FileError that names it."""
    try:
        yield
    except FileError as fault:
        raise _of_file(path, fault) from fault
    except UNREADABLE as problem:
        raise FileError(f"{path.name} cannot be read: {reason(problem)}") from problem


def _of_file(path: Path, fault: FileError) -> FileError:
    """The fault with the name of its file, which is told once."""
    return FileError(f"{path.name}: {fault}", Path())


def _demand_file(path: Path) -> None:
    if fault := regular.fault(path):
        raise FileError(fault)
    if not path.stat().st_size:
        raise FileError("is empty; write, copy or download it again")


def _reader(suffix: str) -> Reader:
    if suffix in OTHERWISE:
        raise FileError(f"it is not read: {OTHERWISE[suffix]}")
    if suffix not in TABLE:
        raise FileError(f"unknown kind of file {suffix!r}; expected {', '.join(TABLE)}")
    module, _, function = TABLE[suffix].partition(".")
    return cast(Reader, getattr(importlib.import_module(f"{__name__}.{module}"), function))


def _chosen(path: Path, held: Mapping[str, Stored], key: str) -> str:
    """The name of the array that is meant: the only one of numbers where no key is given."""
    if key in held:
        return key
    usable = [name for name, stored in held.items() if not stored.refused] or list(held)
    if not key and len(usable) == 1:
        return usable[0]
    if not usable:
        raise FileError("it holds no arrays")
    if not key:
        raise FileError(f"it holds {len(usable)} arrays, name one as {path.name}#NAME: {_listed(usable, held)}")
    likest = sorted(usable, key=lambda name: -_likeness(key, f"{name} {held[name].note}"))
    raise FileError(f"no array {key!r}; it holds, the most similar first, {_listed(likest, held)}")


def _likeness(key: str, name: str) -> float:
    return (key in name) + difflib.SequenceMatcher(None, key, name).ratio()


def _listed(chosen: Iterable[str], held: Mapping[str, Stored]) -> str:
    """Names with their shapes, as many as a message takes."""
    named = [_described(name, held[name]) for name in chosen]
    rest = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    return ", ".join(named[:MOST_NAMED]) + rest


def _described(name: str, stored: Stored) -> str:
    """As `conv1.weight (64 x 3 x 7 x 7)`."""
    sizes = " x ".join(map(str, stored.shape)) or ("not to be read" if stored.refused else "one number")
    return f"{name} ({sizes}{stored.note and ', ' + stored.note})"
