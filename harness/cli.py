"""The command line, `harness` or `python -m harness`: the parser of all commands, and errors as one message each.

Exit codes: 0 everything came out as expected; 1 something did not; 2 the command or a case file is wrong, or something
cannot be written; 3 a backend that was asked for is missing. 128 and the number of the signal after an interrupt: 130
after Ctrl-C.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
import warnings
from collections.abc import Sequence

from harness import __version__, completion, interrupts, terminal
from harness.case.read import CaseError
from harness.commands import (
    EXPECTED,
    MISSING,
    USAGE,
    Command,
    cases,
    explain_outputs,
    installation,
    probe_entries,
    reports,
    run_cases,
)
from harness.grammar.files import FileError
from harness.output import OutputError
from harness.report import results
from harness.systems import own_programs, selection

WRONG = (
    CaseError,
    FileError,
    OutputError,
    own_programs.OwnProgramError,
    selection.SelectionError,
    results.ResultsError,
)
"""What commands raise where they, or the files that they are given, are wrong."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code."""
    with terminal.watched() as said, interrupts.raised(), warnings.catch_warnings():
        if any(action == "error" for action, *_ in warnings.filters):
            warnings.simplefilter("default")  # numpy's are no errors of a command
        try:
            options = _parser().parse_args(arguments)
        except SystemExit as end:
            sys.exit(_heard(said, int(end.code or 0)))
        return _heard(said, _run(options))


def _heard(said: terminal.Stream, code: int) -> int:
    """The exit code of a command that has said all; that `head` has seen enough after a line is no fault."""
    said.flush()
    if said.fault is None or isinstance(said.fault, BrokenPipeError):
        return code
    print(f"harness: standard output: {said.fault.strerror}", file=sys.stderr)
    return USAGE


def _run(options: argparse.Namespace) -> int:
    """Runs a command; what goes wrong is one message on standard error and an exit code."""
    command: Command = options.command
    try:
        return command(options)
    except WRONG as error:
        return _told(str(error), USAGE)
    except selection.MissingBackend as error:
        return _told(str(error), MISSING)
    except OSError as error:
        return _told(": ".join(filter(None, [error.filename, error.strerror or str(error)])), USAGE)
    except MemoryError as error:
        return _told(f"the memory does not do: {str(error) or 'arrays are too large'}; make them smaller", USAGE)
    except interrupts.Interrupted as interrupt:
        return _told("interrupted; no worker is left running", interrupt.code)


def _told(message: str, code: int) -> int:
    print(f"harness: {message}", file=sys.stderr)
    return code


def completion_command(options: argparse.Namespace) -> int:
    """Prints a script that completes commands and options in a shell."""
    print(completion.script(options.shell, _parser()), end="")
    return EXPECTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="harness",
        description="Which frameworks agree, and which convention explains it when they do not.",
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

    for module in (run_cases, explain_outputs, probe_entries, installation, cases, reports):
        module.register(add)
    completions = add(
        "completion",
        completion_command,
        'eval "$(harness completion bash)"    # in ~/.bashrc; zsh likewise',
        "harness completion fish | source    # in config.fish",
    )
    completions.add_argument("shell", choices=completion.SHELLS)
    return parser
