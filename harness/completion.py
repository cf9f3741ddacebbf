"""Completion of the command line in shells, which shtab writes from the parser itself."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping

from harness.backends import TABLE
from harness.ending import EXPECTED
from harness.options import command_line
from harness.options.of_cases import GIVEN

BACKENDS = {"backend", "backends"}
"""Options that take the name of one."""
FOLDERS = {"DIR"}
FILES = {"FILE", "CASE", "[A B] CASE", "OUTPUT", "SOURCE", "A", "B", "OLD", "NEW", *GIVEN}
"""What stands for a file in a help text."""


def completion_command(options: argparse.Namespace) -> int:
    """Prints the script."""
    print(script(options.shell, command_line.parser()))
    return EXPECTED


def script(shell: str, parser: argparse.ArgumentParser) -> str:
    """What teaches `shell`, one of `of_shells.SHELLS`, the commands of `parser`, their options and what these take."""
    import shtab  # costs more than a parser

    for action in _actions(parser):
        if action.dest in BACKENDS:
            action.choices = sorted(TABLE)
        elif kind := _of_paths(action.metavar):
            action.complete = getattr(shtab, kind)  # type: ignore[attr-defined]
    return str(shtab.complete(parser, shell))


def _of_paths(metavar: str | tuple[str, ...] | None) -> str:
    """The name that shtab has for what a value is, "" where it is no path."""
    names = {metavar} if isinstance(metavar, str) else set(metavar or ())
    return "DIRECTORY" if names & FOLDERS else "FILE" if names & FILES else ""


def commands(parser: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    """The parser of each command, by its name."""
    for action in parser._actions:  # argparse has no public way to ask
        if isinstance(action, argparse._SubParsersAction):
            return action.choices
    return {}


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for sub in commands(parser).values():
        yield from sub._actions
