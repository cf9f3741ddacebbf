"""Standard output and standard error, whatever becomes of them: closed, full, read by nobody, of an old encoding.

What a command says must not end its work. A stream that fails is written no more, and the command is told at its end;
letters that the stream's encoding lacks are written as escapes.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from typing import Any, TextIO, cast


class Stream:
    """A stream as long as it can be written; `fault` is what ended that."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.fault: OSError | None = None

    def write(self, text: str) -> int:
        encoding = self._stream.encoding or "utf-8"
        self._try(self._stream.write, text.encode(encoding, "backslashreplace").decode(encoding))
        return len(text)

    def flush(self) -> None:
        self._try(self._stream.flush)

    def _try(self, action: Callable[..., Any], *arguments: Any) -> None:
        if self.fault is None:
            try:
                action(*arguments)
            except OSError as error:
                self.fault = error
                self._drop()

    def _drop(self) -> None:
        """What waits to be written goes nowhere, so that it fails no second time when Python ends."""
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def width() -> int | None:
    """Columns of the terminal that standard output is; None where it is none, as files and pipes have no width."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


@contextlib.contextmanager
def watched() -> Iterator[Stream]:
    """Standard output, watched as standard error is, while the block runs."""
    _open_closed()
    said, told = Stream(sys.stdout), Stream(sys.stderr)
    with contextlib.redirect_stdout(cast(TextIO, said)), contextlib.redirect_stderr(cast(TextIO, told)):
        try:
            yield said
        finally:
            said.flush()
            told.flush()


def _open_closed() -> None:
    """Opens the standard streams that are closed, or the next files that are opened would take their place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 (as long as we live)
