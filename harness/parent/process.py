"""A worker process: start, time limit, stop.

Nothing it does ends the run: a worker that dies, hangs or breaks the protocol is a WorkerDied.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from harness.parent import talk, unix
from harness.parent.outcome import Outcome
from harness.parent.pipe import Pipe
from harness.parent.talk import Batch, Hello
from harness.parent.worker_limits import Limits
from harness.worker import wire
from harness.worker.entry import EntryPoint
from harness.worker.tail import Tail


class Startable(Protocol):
    """What the pool needs to know of a backend; `harness.backends.Backend` is one."""

    @property
    def name(self) -> str: ...

    def missing(self) -> str | None: ...

    def command(self) -> list[str]: ...

    def environ(self) -> Mapping[str, str]: ...

    def fallback(self) -> Startable | None: ...

    def recited(self) -> str: ...


USUAL = Limits()


class Unavailable(Exception):
    """A backend that cannot be started; the text says why and what to do."""


class WorkerDied(Exception):
    """The worker is gone; the text says how."""


class Hung(WorkerDied):
    """The worker gave no answer in time."""


class Worker:
    """One worker process and the three pipes to it."""

    def __init__(self, backend: Startable, limits: Limits) -> None:
        self.name, self.limits = backend.name, limits
        self.process = subprocess.Popen(
            backend.command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=_environment(backend.environ()),
            start_new_session=True,  # Ctrl-C reaches the parent only, which then stops the workers in good order
        )
        if limits.memory is not None:
            unix.limit_memory(self.process.pid, limits.memory)
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self.pipe = Pipe(self.process.stdin.fileno(), self.process.stdout.fileno())
        self.errors = Tail(self.process.stderr)
        self.protocol = wire.PROTOCOL

    def hello(self) -> Hello:
        """Waits for the first message. Raises Unavailable when the worker says so, WorkerDied when it is gone."""
        message = self._first()
        if "unavailable" in message:
            raise Unavailable(str(message["unavailable"]))
        try:
            said = talk.hello(message)
        except talk.OddMessage as odd:
            raise WorkerDied(str(odd)) from None
        self.protocol = said.protocol
        return replace(said, entry_points=tuple(map(self._told_apart, said.entry_points)))

    def greeted(self) -> None:
        """Waits for the first message of a worker that is no backend. Raises as `hello` does."""
        message = self._first()
        if "unavailable" in message:
            raise Unavailable(str(message["unavailable"]))

    def answered(self, message: Mapping[str, Any], arrays: Sequence[np.ndarray]) -> dict[str, Any]:
        """The answer to a message and its arrays, as JSON. Raises WorkerDied where there is none."""
        self.pipe.deadline = time.monotonic() + self.limits.call
        with self._deaths(self.limits.call):
            wire.write_message(self.pipe, message, arrays)
        return self._read(self.limits.call, arrays=0)[0]

    def ask(self, batch: Batch) -> Iterator[Outcome]:
        """Sends a batch and gives the outcomes in order. Raises WorkerDied at the first that is missing."""
        self.pipe.deadline = time.monotonic() + self.limits.call
        with self._deaths(self.limits.call):
            wire.write_message(self.pipe, *talk.request(batch, self.protocol))
        for _ in batch:
            message, arrays = self._read(self.limits.call, arrays=1)
            try:
                yield talk.outcome(message, arrays)
            except talk.OddMessage as odd:
                raise WorkerDied(str(odd)) from None

    def _told_apart(self, entry: EntryPoint) -> EntryPoint:
        """`entry` under a name of its own where a version or a variant was asked for: `torch==2.12.0`."""
        return entry if self.name.isidentifier() else entry.among(self.name)

    def kill(self) -> None:
        """Ends the process and everything that it started; whoever reads its answers sees the end of the stream."""
        unix.kill_group(self.process.pid)

    def stop(self) -> None:
        """Ends the process, waits for it and closes the pipes; for the thread that reads its answers."""
        self.kill()
        self.process.wait()
        self.errors.thread.join(1.0)
        for stream in (self.process.stdin, self.process.stdout):
            assert stream
            stream.close()

    def _first(self) -> dict[str, Any]:
        """The first message. Lines before it, as a start-up file or a program around the worker prints, are kept as
        errors are."""
        self.pipe.deadline = time.monotonic() + self.limits.start
        odd: wire.NotJson | None = None
        with self._deaths(self.limits.start):
            while True:
                try:
                    return wire.read_message(self.pipe, 0)[0]
                except wire.NotJson as found:
                    odd = odd or found
                    self.errors.add(found.line)
                except EOFError as error:
                    if odd is None:
                        raise
                    raise wire.WireError(f"{odd}; then it {self._ending(str(error))}") from None

    def _read(self, seconds: float, arrays: int) -> tuple[dict[str, Any], list[np.ndarray]]:
        self.pipe.deadline = time.monotonic() + seconds
        with self._deaths(seconds):
            return wire.read_message(self.pipe, arrays)

    @contextlib.contextmanager
    def _deaths(self, seconds: float) -> Iterator[None]:
        """Turns every way in which a pipe can fail into WorkerDied with a reason that a person understands."""
        try:
            yield
        except TimeoutError:
            raise Hung(f"gave no answer within {seconds:g} s") from None
        except (EOFError, BrokenPipeError, ConnectionResetError) as error:
            raise WorkerDied(self._ending(str(error))) from None
        except MemoryError:
            raise WorkerDied("announced an array that does not fit into memory") from None
        except wire.WireError as error:
            raise WorkerDied(f"broke the protocol: {error}") from None

    def _ending(self, otherwise: str) -> str:
        try:
            code = self.process.wait(10.0)
        except subprocess.TimeoutExpired:
            return otherwise
        if code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        return f"exited with code {code}"


UNCACHED = "glibc.malloc.tcache_count=0"
"""Without it, GNU's C library hands out what was freed before without filling it (`harness.worker.memory`)."""


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    """The parent's environment and `more`, with this package importable and numbers and messages as everywhere.

    No wish of the user's makes an error of a framework's warning, or of a letter that it prints.
    """
    here = str(Path(__file__).resolve().parents[2])
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    tunables = [*filter(None, [os.environ.get("GLIBC_TUNABLES")]), UNCACHED]
    python = {"PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8", "PYTHONWARNINGS": ""}
    ours = {**python, "GLIBC_TUNABLES": ":".join(tunables)}
    return {**os.environ, **ours, "LC_ALL": "C.UTF-8", "LANGUAGE": "", **more}
