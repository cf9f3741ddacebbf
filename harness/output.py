"""Files that a command writes: demanded before its work begins, and then written whole or not at all.

A file that is there already is replaced only where it is of the kind that the command writes: no case, no array and no
report is lost to an option that names it by mistake. Pipes and devices are written as they are. An error that comes of
writing names the file, also where the system does not, as of a full disk.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import stat
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from harness.ending import Mistake

BEGINNING = 1024
"""Bytes of a file that tell its kind."""
ANY, NOTHING = re.compile(b""), re.compile(b"(?!)")
"""What a file may begin with that is added to, and one that is never replaced."""


class OutputError(Mistake):
    """A file that cannot be written, or must not; the text says by which option it was named, why and what to do."""


@dataclass(frozen=True)
class Output:
    """A file that is to be written.

    option: what named it. ours: what a file of the kind begins with.
    """

    option: str
    path: Path
    ours: re.Pattern[bytes]

    def error(self, why: str) -> OutputError:
        return OutputError(f"{self.option} {self.path}: {why}")


def demand(outputs: Iterable[Output]) -> None:
    """Raises OutputError for the first that cannot be written, is another kind of file, or is named twice."""
    seen: dict[str, Output] = {}
    for output in outputs:
        other = seen.setdefault(os.path.realpath(output.path), output)
        if other is not output:
            raise output.error(f"{other.option} is written there; choose another name")
        try:
            _demand(output)
        except OSError as error:
            raise output.error(f"cannot be written: {error.strerror or error}") from None


def _demand(output: Output) -> None:
    kind = _kind(output.path)
    if kind == stat.S_IFDIR:
        raise output.error("is a folder; expected a file")
    if kind == stat.S_IFREG:
        _demand_kind(output)
    if kind in (None, stat.S_IFREG):
        _demand_folder(Path(os.path.realpath(output.path)))


def _kind(path: Path) -> int | None:
    """What is there, as `stat` calls it; None for nothing. Raises OSError where nothing can be."""
    try:
        return stat.S_IFMT(os.stat(path).st_mode)
    except FileNotFoundError:
        return None


def _demand_kind(output: Output) -> None:
    """A file that is there may be replaced; one that is write-protected raises OSError."""
    with output.path.open("r+b") as file:
        beginning = file.read(BEGINNING)
    if beginning and not output.ours.match(beginning):
        raise output.error("is there already, and is not what this would write; choose another name or remove it")


def _demand_folder(path: Path) -> None:
    """A file can be made in the nearest folder that is there, and no name is too long for what is to be made in it."""
    folder = next(folder for folder in path.parents if folder.exists())
    tempfile.TemporaryFile(dir=folder).close()
    for part in path.relative_to(folder).parts:
        (folder / part).exists()


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """An OSError in this block is about `path`."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A text file (UTF-8) that takes the place of `path` when the block ends well; its folder is made when missing.

    After an exception `path` is as it was. A link stays one, and a pipe or a device is written at once. Raises OSError.
    """
    with naming(path):
        if _kind(path) not in (None, stat.S_IFREG):
            with path.open("w", encoding="utf-8", newline="\n") as file:
                yield file
            return
        whole = Path(os.path.realpath(path))
        whole.parent.mkdir(parents=True, exist_ok=True)
        part = whole.with_name(f".{os.getpid()}-{id(whole):x}.part")
        try:
            with part.open("x", encoding="utf-8", newline="\n") as file:
                yield file
            part.replace(whole)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def free_path(folder: Path, name: str, text: str) -> Path:
    """The first numbered case file of this name that is not there, or that holds `text`."""
    plain = re.sub(r"[^\w.=@()-]+", "-", name)
    paths = (folder / f"{plain}-{number}.yaml" for number in itertools.count(1))
    return next(path for path in paths if not path.exists() or path.read_bytes() == text.encode())


class Spool:
    """Text that waits in the folder for temporary files, so that memory does not grow with it. Raises OSError."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115 (closed with this object)
        self._folder = Path(tempfile.gettempdir())
        self.empty = True
        weakref.finalize(self, _close, self._file)

    def add(self, parts: Iterable[str]) -> None:
        """Keeps these parts behind the others."""
        self.empty = False
        with naming(self._folder):
            self._file.writelines(parts)

    def lines(self) -> Iterator[str]:
        """All that is kept, line by line; more can be added then."""
        with naming(self._folder):
            self._file.seek(0)
            yield from self._file


def _close(file: TextIO) -> None:
    with contextlib.suppress(OSError):  # what a full disk did not take was told when it was added
        file.close()
