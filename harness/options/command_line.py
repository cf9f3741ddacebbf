"""The parser of all commands."""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Iterable
from typing import NoReturn

from harness import __version__
from harness.ending import USAGE
from harness.options import (
    of_backends,
    of_cases,
    of_explain,
    of_hunt,
    of_models,
    of_probe,
    of_results,
    of_runs,
    of_shells,
)

GROUPS = (of_runs, of_explain, of_probe, of_hunt, of_backends, of_cases, of_models, of_results, of_shells)


class Parser(argparse.ArgumentParser):
    """A parser that says what is nearest to a word that it does not know."""

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        """As its base does, and what a command does not know is its own error, with its own usage."""
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            options = [each for action in self._actions for each in action.option_strings]
            self.error(f"unrecognized arguments: {' '.join(rest)}{_nearest(rest[0].partition('=')[0], options)}")
        return found, rest

    def error(self, message: str) -> NoReturn:
        chosen = re.search(r"invalid choice: '([^']*)' \(choose from (.*)\)", message)
        near = _nearest(chosen[1], re.findall(r"[\w.-]+", chosen[2])) if chosen else ""
        self.exit(USAGE, f"{self.prog}: error: {message}{near}; `{self.prog} --help` says more\n")


def _nearest(word: str, known: Iterable[str]) -> str:
    import difflib  # for an error only

    close = difflib.get_close_matches(word, list(known), 1)
    return f"; the nearest known one is {close[0]!r}" if close else ""


def parser() -> argparse.ArgumentParser:
    """Parses a command line; `command` of what it gives is `module:function`."""
    whole = Parser(
        prog="harness",
        description="Which frameworks agree, and which convention explains it when they do not.",
        epilog="Exit code 0: everything came out as expected; 1: something did not; 2: the command or a case file is "
        "wrong; 3: a backend that was asked for is missing. `harness COMMAND --help` shows examples.",
    )
    whole.add_argument("--version", action="version", version=f"harness {__version__}")
    commands = whole.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, words: str, command: str, *examples: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(
            name,
            help=words,
            description=textwrap.fill(words),
            epilog="\n  ".join(["examples:", *examples]),
            formatter_class=argparse.RawDescriptionHelpFormatter,  # an example stays on its line
        )
        sub.set_defaults(command=command)
        return sub

    for group in GROUPS:
        group.register(add)
    return whole
