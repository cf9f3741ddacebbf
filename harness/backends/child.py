"""A program that computes for an adapter: commands go to it line by line, arrays through files without a name."""

from __future__ import annotations

import os
import subprocess
import tempfile
from typing import Any, List, Sequence

import numpy as np


class Failed(Exception):
    """The system that the program calls refused; the text is what it said."""

    of_the_system = True


class Stumbled(Exception):
    """The program, which is the harness's own, failed before or after the call of the system."""


class Child:
    """A running program. The variable HARNESS_FILES tells it the files of x, w and y, which hold raw numbers.

    For each line that it reads it writes one: dtype and shape of the array that it left in y, as `float32 3 4`, or
    `error: ` and what the system said, or `fault: ` and what is wrong with the program itself.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.files: List[Any] = [tempfile.TemporaryFile() for _ in range(3)]  # noqa: SIM115 (open as long as we live)
        names = " ".join("/dev/fd/%d" % file.fileno() for file in self.files)
        self.process = subprocess.Popen(
            command,
            env={**os.environ, "HARNESS_FILES": names},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[file.fileno() for file in self.files],
        )

    def first_line(self) -> str:
        """What it says when it has started: its version."""
        return self._line()

    def ask(self, line: str, x: np.ndarray, w: np.ndarray, order: Any) -> np.ndarray:
        """The array that the program makes of `line`, x and w, all in memory order `order` ("C" or "F")."""
        assert self.process.stdin
        for file, array in zip(self.files, (x, w)):
            file.seek(0)
            file.truncate()
            file.write(array.tobytes(order))
            file.flush()
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        answer = self._line()
        if answer.startswith("error: "):
            raise Failed(answer[len("error: ") :])
        if answer.startswith("fault: "):
            raise Stumbled(answer[len("fault: ") :])
        dtype, *shape = answer.split()
        if any(size.startswith("-") for size in shape):
            raise Failed("answers with an array of shape %s" % " x ".join(shape))
        self.files[2].seek(0)
        return np.frombuffer(self.files[2].read(), dtype).reshape([int(size) for size in shape], order=order)

    def _line(self) -> str:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:  # the worker dies of its program's death, and is reported so
            os._exit(abs(self.process.wait()) or 1)
        return line.decode("utf-8", "replace").rstrip("\n")
