"""The files beside the index of a markdown report: which case stands in which, and how they are written and cleared."""

from __future__ import annotations

import errno
import re
from bisect import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

from harness.output import replacing
from harness.report.text import plain
from harness.report.words import UNEXPECTED

HOME = "[All cases of this report]("
"""What each of the files begins with, by which one is known that may be replaced or cleared away."""
ALIEN = "is there already and no part of a report; remove it, or choose another folder (--out)"
_ODD = re.compile(r"[^\w.-]+|^[.-]+")


@dataclass(slots=True)
class Leaf:
    """The file of the cases of one case file, named from the report's folder without suffix; so far as it is known.

    first: the number of its first case. lines: how many of the sections in a row are its own.
    """

    name: str
    file: str
    first: int
    cases: int = 0
    failures: int = 0
    lines: int = 0

    @property
    def folder(self) -> str:
        """The folder of the case file, as people see it."""
        return str(PurePosixPath(self.file).parent)


class Leaves:
    """The files of a report in the order of their cases; `taken` are names that others have."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.all: list[Leaf] = []
        self._names = {name.lower() for name in taken}
        self._cases = 0

    @property
    def last(self) -> Leaf:
        return self.all[-1]

    def of(self, file: str, failures: int) -> Leaf:
        """The leaf of one more case, which is of this case file."""
        self._cases += 1
        if not self.all or self.last.file != file:
            self.all.append(Leaf(self._name(file), file, self._cases))
        self.last.cases += 1
        self.last.failures += failures
        return self.last

    def address(self, number: int) -> str:
        """Where the case of this number stands, counted from 1."""
        leaf = self.all[bisect(self.all, number, key=lambda each: each.first) - 1]
        return f"{leaf.name}.md#case-{number - leaf.first + 1}"

    def rows(self, folder: str) -> Iterator[list[str]]:
        """For each folder of case files: its name, cases, failures, and links to the files in `folder`."""
        groups: dict[str, list[Leaf]] = {}
        for leaf in self.all:
            groups.setdefault(leaf.folder, []).append(leaf)
        for name, leaves in groups.items():
            failures = sum(leaf.failures for leaf in leaves)
            links = (_link(leaf, folder) for leaf in leaves)
            yield [plain(name), str(sum(leaf.cases for leaf in leaves)), str(failures or ""), ", ".join(links)]

    def _name(self, file: str) -> str:
        """A name that no other file of the report has, also where names differ in case only."""
        path = PurePosixPath(file).with_suffix("")
        parts = [_ODD.sub("-", part) for part in (path.parts[-3:] if path.is_absolute() else path.parts)]
        name = stem = "/".join(part.strip("-") or "case" for part in parts)
        number = 2
        while name.lower() in self._names:
            name, number = f"{stem}-{number}", number + 1
        self._names.add(name.lower())
        return name


def _link(leaf: Leaf, folder: str) -> str:
    mark = f" {UNEXPECTED}" if leaf.failures else ""
    return f"[{plain(PurePosixPath(leaf.file).name)}]({folder}/{leaf.name}.md){mark}"


class Beside:
    """Writes the files beside an index, in a folder of its name."""

    def __init__(self, index: Path) -> None:
        self._index, self._folder = index, index.with_suffix("")
        self._written: set[Path] = set()

    def write(self, name: str, parts: Iterable[str]) -> None:
        """Writes a file of these parts; raises OSError."""
        self._write(name, (f"{part}\n\n" for part in parts))

    def copy(self, leaf: Leaf, lines: Iterator[str]) -> None:
        """Writes the file of a leaf, whose lines come next; raises OSError."""
        self._write(leaf.name, islice(lines, leaf.lines))

    def clear(self) -> None:
        """Takes away what an earlier report left in the folder; raises OSError."""
        for path in self._folder.rglob("*.md"):
            if path not in self._written and path.is_file() and _is_ours(path):
                path.unlink()

    def _write(self, name: str, lines: Iterable[str]) -> None:
        path = self._folder / f"{name}.md"
        home = "../" * name.count("/") + f"../{self._index.name}"
        if path.exists() and not _is_ours(path):
            raise FileExistsError(errno.EEXIST, ALIEN, str(path))
        with replacing(path) as file:
            file.write(f"{HOME}{home})\n\n")
            file.writelines(lines)
        self._written.add(path)


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(HOME)) == HOME.encode()
