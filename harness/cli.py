"""The command line, `harness` or `python -m harness`: the parser of all commands, and errors as one message each.

Exit codes: 0 everything came out as expected; 1 something did not; 2 the command or a case file is wrong; 3 a backend
that was asked for is missing. 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from collections.abc import Sequence

from harness import __version__, completion
from harness.case.read import CaseError
from harness.commands import (
    EXPECTED,
    INTERRUPTED,
    MISSING,
    USAGE,
    Command,
    backends,
    cases,
    explain,
    probe,
    reports,
    run_cases,
)
from harness.grammar.files import FileError
from harness.report import results
from harness.systems import own_programs, selection

WRONG = (CaseError, FileError, own_programs.OwnProgramError, selection.SelectionError, results.ResultsError)
"""What commands raise where they, or the files that they are given, are wrong."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    command: Command = options.command
    try:
        code = command(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # who reads the output, as `head` does, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXPECTED
    except (
        CaseError,
        FileError,
        own_programs.OwnProgramError,
        selection.SelectionError,
        results.ResultsError,
    ) as error:
        print(f"harness: {error}", file=sys.stderr)
        return USAGE
    except selection.MissingBackend as error:
        print(f"harness: {error}", file=sys.stderr)
        return MISSING
    except OSError as error:
        print(f"harness: {error.filename or ''}: {error.strerror or error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("harness: interrupted; no worker is left running", file=sys.stderr)
        return INTERRUPTED


def completion_command(options: argparse.Namespace) -> int:
    """Prints a script that completes commands and options in a shell."""
    print(completion.script(options.shell, _parser()), end="")
    return EXPECTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="harness",
        description="Which convolutions agree, and which convention explains it when they do not.",
        epilog="Exit code 0: everything came out as expected; 1: something did not; 2: the command or a case file is "
        "wrong; 3: a backend that was asked for is missing. `harness COMMAND --help` shows examples.",
    )
    parser.add_argument("--version", action="version", version=f"harness {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command, *examples: str) -> argparse.ArgumentParser:
        described = (command.__doc__ or "").strip()
        sub = commands.add_parser(
            name,
            help=described,
            description=textwrap.fill(described),
            epilog="\n  ".join(["examples:", *examples]),
            formatter_class=argparse.RawDescriptionHelpFormatter,  # an example stays on its line
        )
        sub.set_defaults(command=command)
        return sub

    for module in (run_cases, explain, probe, backends, cases, reports):
        module.register(add)
    completions = add(
        "completion",
        completion_command,
        'eval "$(harness completion bash)"    # in ~/.bashrc; zsh likewise',
        "harness completion fish | source    # in config.fish",
    )
    completions.add_argument("shell", choices=completion.SHELLS)
    return parser
