"""What is common to the commands: how one is added, and what their options take."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path
from typing import NamedTuple, Protocol

from harness.operations import SPOKEN, USUAL
from harness.operations.spoken import files, vectors

DEFAULT_CASES = "cases"
ROLES = files(SPOKEN[USUAL])
"""The arrays that a command line names."""
LAYOUTS = ",".join(["IN", *(role.upper() for role in ROLES[1:-1]), "OUT"])
"""What stands for their axes in a help text."""
PERHAPS = {role: each.ROLES[role].doc for each in SPOKEN.values() for role in vectors(each)}
"""Options that name a file and may be missing, and what is in it; of one name is the same array in all operations."""
MOST = 1e6
"""Of seconds or GiB that a limit may have: more than the system takes is no limit."""


class Add(Protocol):
    """Adds a command: its name, what it does, and `module:function`, which takes the options and gives an exit code.

    Its parser is given back.
    """

    def __call__(self, name: str, words: str, command: str, *examples: str) -> argparse.ArgumentParser: ...


def above_zero(text: str) -> float:
    """A limit in seconds or GiB, or a ratio, as an option gives it."""
    with contextlib.suppress(ValueError):
        if 0 < (number := float(text)) <= MOST:
            return number
    raise argparse.ArgumentTypeError(f"expected a number above 0 and up to {MOST:g}, found {text}")


def positive(text: str) -> int:
    """How many of something."""
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"expected a number of at least 1, found {text}")


def whole(text: str) -> int:
    """A whole number."""
    if text.isdecimal():
        return int(text)
    raise argparse.ArgumentTypeError(f"expected a whole number, found {text}")


class Shard(NamedTuple):
    """One of so many parts of a run: every `of`-th of its members, from `number` on, which counts from 1."""

    number: int
    of: int


def shard(text: str) -> Shard:
    """A part of a run, as I/N."""
    number, _, of = text.partition("/")
    if number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of):
        return Shard(int(number), int(of))
    raise argparse.ArgumentTypeError(f"expected a part of so many, as 1/4 ... 4/4, found {text}")


def named(text: str) -> Path:
    """A file or a folder that an option is to have written."""
    if not text.strip() or text == "-":
        raise argparse.ArgumentTypeError(f"expected a name, found {text!r}; standard output is called /dev/stdout")
    return Path(text)
