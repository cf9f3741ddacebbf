"""Ctrl-C and the system's requests to end, as exceptions that leave nothing half done."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
Handler = Callable[[int, Any], Any]


class Interrupted(KeyboardInterrupt):
    """A signal came; `code` is the exit code by which shells know it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.name = signal.Signals(number).name
        self.code = 128 + number


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
