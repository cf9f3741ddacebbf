"""Progress on a terminal while a run or a probe goes on; silent where standard error is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from threading import Timer
from types import TracebackType
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.text import Text

AFTER = 1.0
"""Seconds after which it is shown that something is waited for."""
Item = TypeVar("Item")


class Progress:
    """A bar of `total` cases or entry points, None while that is not known. A context manager."""

    def __init__(self, total: int | None = None) -> None:
        self._answers = 0
        self._console = Console(stderr=True)
        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
        )
        self._bar = Bar(*columns, console=self._console, transient=True, disable=not self._console.is_terminal)
        self._task = self._bar.add_task("starting workers", total=total)

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:  # else older Rich ends a line that was not begun
            self._bar.stop()

    def expect(self, total: int) -> None:
        """So many there will be."""
        self._bar.update(self._task, total=total)

    def heard(self, entry_point: str, last: bool) -> None:
        """One more call of an entry point was answered, its last one or not."""
        self._answers += 1
        told = f"{self._answers} calls answered, this one by {entry_point}"
        self._bar.update(self._task, advance=int(last), description=told)

    def advance(self, case: str) -> None:
        """One case is done."""
        self._bar.update(self._task, advance=1, description=case)

    def say(self, line: str) -> None:
        """A line that stays on the screen, above the bar."""
        if self._console.is_terminal:
            self._console.print(Text(line), soft_wrap=True)
        else:
            print(line, file=sys.stderr)


def waited_for(items: Iterable[Item], words: str) -> Iterator[Item]:
    """`items`; while the next one takes long, the terminal says what goes on, and since when."""
    coming = iter(items)
    while True:
        with _shown(words):
            some = list(islice(coming, 1))
        if not some:
            return
        yield some[0]


@contextmanager
def _shown(words: str) -> Iterator[None]:
    """Shows on a terminal, after a while, that something goes on; standard output is left alone."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    columns = SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn()
    bar = Bar(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
    bar.add_task(words, total=None)
    later = Timer(AFTER, bar.start)
    later.start()
    try:
        yield
    finally:
        later.cancel()
        later.join()  # so that it does not start behind what follows
        bar.stop()
