"""The parser of all commands."""

from __future__ import annotations

import argparse
import textwrap

from harness import __version__
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


def parser() -> argparse.ArgumentParser:
    """Parses a command line; `command` of what it gives is `module:function`."""
    whole = argparse.ArgumentParser(
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
