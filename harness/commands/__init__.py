"""Commands: a module for each group of them, and what they share: exit codes and the case files that a user names.

The function of a command takes the parsed options and returns an exit code; its docstring is its help. `register` of a
module adds its commands to the command line.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from harness.case import Case, CaseError, find, load

EXPECTED, UNEXPECTED, USAGE, MISSING, INTERRUPTED = 0, 1, 2, 3, 130
DEFAULT_CASES = "cases"

Command = Callable[[argparse.Namespace], int]
Add = Callable[[str, Command, str], argparse.ArgumentParser]
"""Adds a command by name, function and example; gives its parser."""


def case_files(paths: Sequence[str]) -> list[Path]:
    """The case files in these files and folders, those of `cases` where none is named. Raises CaseError."""
    files = find(paths or [DEFAULT_CASES])
    if not files:
        raise CaseError(f"{', '.join(paths or [DEFAULT_CASES])}: no case file (*.yaml) in there")
    return files


def cases_of(files: Iterable[Path]) -> Iterator[Case]:
    """All cases of these files."""
    for path in files:
        yield from load(path)
