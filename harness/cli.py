"""The command line, `harness` or `python -m harness`: it imports and runs what is asked for; an error is one message.

Exit codes: 0 everything came out as expected; 1 something did not; 2 the command or a case file is wrong, or something
cannot be written; 3 a backend that was asked for is missing. 128 and the number of the signal after an interrupt: 130
after Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import cast

from harness import interrupts, terminal
from harness.ending import USAGE, Mistake
from harness.options import command_line

THREADS = "OPENBLAS_NUM_THREADS"
"""The variable of OpenBLAS, which it reads when it is loaded."""
Command = Callable[[argparse.Namespace], int]
SELDOM = 50_000
"""Objects more than are freed before Python looks for garbage; it does at every 700th by itself."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code."""
    with terminal.watched() as said, interrupts.raised(), warnings.catch_warnings(), _seldom_collected():
        if any(action == "error" for action, *_ in warnings.filters):
            warnings.simplefilter("default")  # numpy's are no errors of a command
        try:
            options = command_line.parser().parse_args(arguments)
        except SystemExit as end:
            sys.exit(_heard(said, int(end.code or 0)))
        return _heard(said, _run(options))


@contextlib.contextmanager
def _seldom_collected() -> Iterator[None]:
    """Looks for garbage more seldom: hardly any of it is in cycles, and a tenth of a start would go into looking."""
    usual = gc.get_threshold()
    gc.set_threshold(SELDOM, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@contextlib.contextmanager
def _kept() -> Iterator[None]:
    """Looks for no garbage in what is imported here, now or later: modules stay."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


def _heard(said: terminal.Stream, code: int) -> int:
    """The exit code of a command that has said all; that `head` has seen enough after a line is no fault."""
    said.flush()
    if said.fault is None or isinstance(said.fault, BrokenPipeError):
        return code
    print(f"harness: standard output: {said.fault.strerror}", file=sys.stderr)
    return USAGE


def _run(options: argparse.Namespace) -> int:
    """Runs a command; what goes wrong is one message on standard error and an exit code."""
    try:
        with _kept():
            run = command(options.command)
        return run(options)
    except Mistake as mistake:
        return _told(str(mistake), mistake.code)
    except OSError as error:
        return _told(": ".join(filter(None, [error.filename, error.strerror or str(error)])), USAGE)
    except MemoryError as error:
        return _told(f"there is not enough memory: {str(error) or 'arrays are too large'}; make them smaller", USAGE)
    except interrupts.Interrupted as interrupt:
        return interrupt.code if interrupt.unread else _told("interrupted; no worker is left running", interrupt.code)


def command(name: str) -> Command:
    """The function that `module:function` names; its module is imported when it is to run."""
    module, _, function = name.partition(":")
    with _one_thread():
        return cast(Command, getattr(importlib.import_module(module), function))


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """NumPy that is imported here multiplies matrices in one thread, as long as the user has not said otherwise.

    Threads that wait for each other take processor time: on a busy machine ten times as much as the products. Workers
    are started later, and compute as they do by themselves.
    """
    if THREADS in os.environ:
        yield
        return
    os.environ[THREADS] = "1"
    try:
        yield
    finally:
        del os.environ[THREADS]


def _told(message: str, code: int) -> int:
    print(f"harness: {message}", file=sys.stderr)
    return code
