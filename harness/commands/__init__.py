"""Commands: a module for each group of them, and what they share: exit codes and the case files that a user names.

The function of a command takes the parsed options and returns an exit code; its docstring is its help. `register` of a
module adds its commands to the command line.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from harness.case.read import Case, CaseError, find, load
from harness.operations import TABLE, USUAL
from harness.operations.operation import main_roles

EXPECTED, UNEXPECTED, USAGE, MISSING = 0, 1, 2, 3
DEFAULT_CASES = "cases"
ROLES = (*main_roles(TABLE[USUAL]), "output")
"""The arrays that a command line names."""
LAYOUTS = ",".join(["IN", *(role.upper() for role in ROLES[1:-1]), "OUT"])
"""What stands for their axes in a help text."""

Command = Callable[[argparse.Namespace], int]


class Add(Protocol):
    """Adds a command by name, function and examples; gives its parser."""

    def __call__(self, name: str, command: Command, *examples: str) -> argparse.ArgumentParser: ...


MOST = 1e6
"""Of seconds or GiB that a limit may have: more than the system takes is no limit."""


def above_zero(text: str) -> float:
    """A limit in seconds or GiB, or a ratio, as an option gives it."""
    with contextlib.suppress(ValueError):
        if 0 < (number := float(text)) <= MOST:
            return number
    raise argparse.ArgumentTypeError(f"expected a number above 0 and up to {MOST:g}, found {text}")


def named(text: str) -> Path:
    """A file or a folder that an option is to have written."""
    if not text.strip() or text == "-":
        raise argparse.ArgumentTypeError(f"expected a name, found {text!r}; standard output is called /dev/stdout")
    return Path(text)


def case_files(paths: Sequence[str]) -> list[Path]:
    """The case files in these files and folders, those of `cases` where none is named. Raises CaseError."""
    if not paths and not Path(DEFAULT_CASES).is_dir():
        raise CaseError(f"no folder {DEFAULT_CASES!r} here; name a case file, or write a case: harness new NAME")
    files = find(paths or [DEFAULT_CASES])
    if not files:
        raise CaseError(f"{', '.join(paths or [DEFAULT_CASES])}: no case file (*.yaml) in there")
    return files


def cases_of(files: Iterable[Path]) -> Iterator[Case]:
    """All cases of these files."""
    for path in files:
        yield from load(path)
