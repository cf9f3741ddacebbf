"""Ctrl-C, the system's requests to end, and a reader that is gone, as exceptions that leave nothing half done."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
Handler = Callable[[int, Any], Any]


class Interrupted(KeyboardInterrupt):
    """A signal came; `code` is the exit code by which shells know it. unread: nobody reads what is said."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.name = signal.Signals(number).name
        self.code = 128 + number
        self.unread = self.name == "SIGPIPE"


@contextlib.contextmanager
def raised() -> Iterator[None]:
    """In this block a signal raises Interrupted in the main thread; one that is ignored stays so, as under nohup."""
    with _handled(_raise):
        yield


@contextlib.contextmanager
def held() -> Iterator[None]:
    """A signal that comes in this block has its effect at the end of it."""
    came: list[int] = []
    try:
        with _handled(lambda number, _: came.append(number)):
            yield
    finally:
        if came:
            signal.raise_signal(came[0])


@contextlib.contextmanager
def while_read(nothing_else: bool = True) -> Iterator[None]:
    """In this block a reader of standard output that is gone, as `head` is after its lines, raises Interrupted by
    SIGPIPE, also while something is computed; `nothing_else`: whether the work is for the reader alone."""
    main, out = threading.current_thread(), _pipe() if nothing_else else None
    if out is None or main is not threading.main_thread():
        yield
        return
    gone, (end, ours) = threading.Event(), os.pipe()

    def watch() -> None:
        polled = select.poll()
        for each in (out, end):
            polled.register(each, 0)  # of errors only, which a pipe without a reader is
        if out in dict(polled.poll()):
            gone.set()
            signal.pthread_kill(main.ident or 0, signal.SIGPIPE)

    def stop(number: int, _: Any) -> None:
        if gone.is_set():  # else the pipe of a worker broke
            raise Interrupted(number)

    watcher, before = threading.Thread(target=watch, daemon=True), signal.signal(signal.SIGPIPE, stop)
    try:
        watcher.start()
        yield
        sys.stdout.flush()
    finally:
        signal.signal(signal.SIGPIPE, before)
        os.close(ours)
        watcher.join()
        for each in (out, end):
            os.close(each)
    if gone.is_set():
        raise Interrupted(signal.SIGPIPE)


def _pipe() -> int | None:
    """Standard output, where it is a pipe or a socket that can be watched."""
    with contextlib.suppress(OSError, ValueError):  # it is closed, or no file
        mode = os.fstat(sys.stdout.fileno()).st_mode
        if hasattr(select, "poll") and (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
            return os.dup(sys.stdout.fileno())
    return None


def _raise(number: int, _: Any) -> None:
    raise Interrupted(number)


@contextlib.contextmanager
def _handled(handler: Handler) -> Iterator[None]:
    """Signals go to `handler`; only the main thread can say so."""
    main = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in SIGNALS} if main else {}
    ours = {number: old for number, old in before.items() if old not in (signal.SIG_IGN, None)}
    try:
        for number in ours:
            signal.signal(number, handler)
        yield
    finally:
        for number, old in ours.items():
            signal.signal(number, old)
