"""Worker processes: start, time limit, restart, stop. What a call came to is an Outcome.

Every backend has one worker process and one thread of the parent that talks to it, so backends run side by side.
Nothing that a worker sends is trusted, and nothing it does ends the run: a worker that dies, hangs or breaks the
protocol is replaced, and the call that did it is reported as died.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Protocol

import numpy as np

from harness.canonical import layout
from harness.canonical.window import RECIPES
from harness.worker import wire
from harness.worker.entry import EntryPoint, from_json
from harness.worker.tail import Tail


@dataclass(frozen=True, eq=False)
class Answered:
    """The system gave an array; `seconds` is its own time for the call.

    not_repeatable: how an identical call, made at once, differed; "" where it did not or was not made.
    """

    array: np.ndarray
    seconds: float
    warnings: tuple[str, ...] = ()
    not_repeatable: str = ""


@dataclass(frozen=True)
class Declined:
    """The system, or our adapter for it, does not offer this call."""

    reason: str


@dataclass(frozen=True)
class Raised:
    """The system raised an exception of type `kind`."""

    kind: str
    message: str

    @property
    def reason(self) -> str:
        return f"{self.kind}: {self.message}"


@dataclass(frozen=True)
class Died:
    """The worker ended, hung or broke the protocol; `stderr` is the end of what it wrote there."""

    reason: str
    stderr: str = ""


@dataclass(frozen=True)
class Broken:
    """The harness's own worker failed at the call, which says nothing of the system; `fault` says how and where."""

    fault: str

    @property
    def reason(self) -> str:
        return f"a fault of the harness's own worker, not of the system: {self.fault}"


Outcome = Answered | Declined | Raised | Died | Broken


class Startable(Protocol):
    """What the pool needs to know of a backend; `harness.backends.Backend` is one."""

    @property
    def name(self) -> str: ...

    def missing(self) -> str | None: ...

    def command(self) -> list[str]: ...

    def environ(self) -> Mapping[str, str]: ...

    def fallback(self) -> Startable | None: ...


class NativeCall(Protocol):
    """What the pool needs to know of a call; `harness.operations.call.Call` is one."""

    @property
    def entry(self) -> EntryPoint: ...

    @property
    def arrays(self) -> Mapping[str, np.ndarray]: ...

    @property
    def settings(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, eq=False)
class Program:
    """The code of a fix (`harness.judge.fix`) and the arrays that it is to be run on, by their names in it."""

    text: str
    arrays: Mapping[str, np.ndarray]


Batch = Sequence[NativeCall | Program]
"""What a worker is sent in one message: some calls, or one program."""
Tagged = tuple[Any, NativeCall | Program]


@dataclass(frozen=True)
class Limits:
    """Seconds until a worker must have said hello, and until it must have answered a call; bytes of its address space.

    `memory` is None for no limit. It is kept on Linux only.
    """

    start: float = 180.0
    call: float = 120.0
    memory: int | None = None


@dataclass(frozen=True)
class Hello:
    """What a worker said of itself."""

    backend: str
    version: str
    environment: Mapping[str, str]
    entry_points: tuple[EntryPoint, ...]


class Unavailable(Exception):
    """A backend that cannot be started; the text says why and what to do."""


class WorkerDied(Exception):
    """The worker is gone; the text says how."""


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
        _limit_memory(self.process.pid, limits.memory)
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self.pipe = _Pipe(self.process.stdin.fileno(), self.process.stdout.fileno())
        self.errors = Tail(self.process.stderr)
        self.protocol = wire.PROTOCOL

    def hello(self) -> Hello:
        """Waits for the first message. Raises Unavailable when the worker says so, WorkerDied when it is gone."""
        message, _ = self._read(self.limits.start, arrays=0)
        if "unavailable" in message:
            raise Unavailable(str(message["unavailable"]))
        try:
            if message["hello"] not in wire.UNDERSTOOD:
                raise ValueError(f"protocol {message['hello']!r}, expected one of {wire.UNDERSTOOD}")
            self.protocol = message["hello"]
            entries = tuple(self._told_apart(_checked(from_json(each))) for each in message["entry_points"])
            environment = {str(key): str(value) for key, value in message["environment"].items()}
            return Hello(str(message["backend"]), str(message["version"]), environment, entries)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise WorkerDied(f"said an odd hello: {error!r}") from None

    def ask(self, batch: Batch) -> Iterator[Outcome]:
        """Sends a batch and gives the outcomes in order. Raises WorkerDied at the first that is missing."""
        self.pipe.deadline = time.monotonic() + self.limits.call
        with self._deaths(self.limits.call):
            wire.write_message(self.pipe, *_request(batch, self.protocol))
        for _ in batch:
            yield _outcome(*self._read(self.limits.call, arrays=1))

    def _told_apart(self, entry: EntryPoint) -> EntryPoint:
        """`entry` under a name of its own where a version or a variant was asked for: `torch==2.12.0`."""
        return entry if self.name.isidentifier() else entry.among(self.name)

    def kill(self) -> None:
        """Ends the process and everything that it started; whoever reads its answers sees the end of the stream."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def stop(self) -> None:
        """Ends the process, waits for it and closes the pipes; for the thread that reads its answers."""
        self.kill()
        self.process.wait()
        self.errors.thread.join(1.0)
        for stream in (self.process.stdin, self.process.stdout):
            assert stream
            stream.close()

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
            raise WorkerDied(f"gave no answer within {seconds:g} s") from None
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


class Pool:
    """The workers of a run. A context manager: entering it starts them all at once, leaving it ends every process.

    `jobs` bounds how many backends work at a time. `hellos` holds what the backends that run said, `unavailable` why
    the others do not; asking for either waits until every worker has spoken.
    """

    def __init__(self, backends: Iterable[Startable], limits: Limits = Limits(), jobs: int | None = None) -> None:
        self._hellos: dict[str, Hello] = {}
        self._unavailable: dict[str, str] = {}
        self._results = _Results()
        self._lanes: dict[str, _Lane] = {}
        turns = threading.Semaphore(jobs or sys.maxsize)
        for backend in backends:
            reason = backend.missing()
            if reason:
                self._unavailable[backend.name] = reason
            else:
                self._lanes[backend.name] = _Lane(backend, limits, self._results, turns)

    def __enter__(self) -> Pool:
        try:
            for lane in self._lanes.values():
                lane.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def hellos(self) -> Mapping[str, Hello]:
        self._listen()
        return self._hellos

    @property
    def unavailable(self) -> Mapping[str, str]:
        self._listen()
        return self._unavailable

    def entry_points(self) -> list[tuple[str, EntryPoint]]:
        """(backend, entry point) of all workers, in the order of the backends."""
        return [(name, entry) for name, hello in self.hellos.items() for entry in hello.entry_points]

    def _listen(self) -> None:
        """Waits until every worker has said hello or failed to."""
        for name, lane in self._lanes.items():
            if name not in self._hellos and name not in self._unavailable:
                hello = lane.hello.get()
                if isinstance(hello, Hello):
                    self._hellos[name] = hello
                else:
                    self._unavailable[name] = hello

    def submit(self, backend: str, tag: Any, call: NativeCall | Program) -> None:
        """Queues a call or a program; its outcome comes out of `collect` under `tag`."""
        self._lanes[backend].add(tag, call)

    def flush(self) -> None:
        """Sends what is queued, even where a batch is not full."""
        for lane in self._lanes.values():
            lane.flush()

    def collect(self) -> tuple[Any, Outcome]:
        """The next (tag, outcome), whichever backend it comes from; waits for it.

        Raises what a lane failed of, say a TypeError for settings that no JSON can say: a fault of the caller's.
        """
        result = self._results.get()
        if isinstance(result, Exception):
            raise result
        return result

    def close(self) -> None:
        """Ends all workers, whatever they do."""
        self._results.close()
        for lane in self._lanes.values():
            lane.close()
        for lane in self._lanes.values():
            if lane.ident is not None:
                lane.join()


class _Results:
    """Outcomes on their way to the run. Lanes wait while the run is behind by more than BACKLOG_BYTES of arrays."""

    def __init__(self) -> None:
        self._queue: deque[tuple[Any, Outcome] | Exception] = deque()
        self._bytes = 0
        self._closed = False
        self._changed = threading.Condition()

    def put(self, result: tuple[Any, Outcome] | Exception) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._bytes < BACKLOG_BYTES or self._closed)
            self._queue.append(result)
            self._bytes += _size(result)
            self._changed.notify_all()

    def get(self) -> tuple[Any, Outcome] | Exception:
        with self._changed:
            self._changed.wait_for(lambda: self._queue)
            result = self._queue.popleft()
            self._bytes -= _size(result)
            self._changed.notify_all()
            return result

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()


BATCH_CALLS = 128
BATCH_BYTES = 4 << 20
BACKLOG_BYTES = 256 << 20
DEATHS_IN_A_ROW = 5
"""After so many deaths without an answer between them a backend is given up: each costs a start of its framework."""


class _Lane(threading.Thread):
    """One backend: a queue of batches, and the thread that takes them to its worker."""

    def __init__(self, backend: Startable, limits: Limits, results: _Results, turns: threading.Semaphore) -> None:
        super().__init__(name=f"lane {backend.name}", daemon=True)
        self.backend, self.limits, self.results, self.turns = backend, limits, results, turns
        self.hello: SimpleQueue[Hello | str] = SimpleQueue()
        self.batches: SimpleQueue[list[Tagged] | None] = SimpleQueue()
        self.waiting: list[Tagged] = []
        self.bytes = 0
        self.worker: Worker | None = None
        self.closing = False
        self.guard = threading.Lock()
        self.deaths = 0

    def add(self, tag: Any, call: NativeCall | Program) -> None:
        if isinstance(call, Program):
            self.batches.put([(tag, call)])
            return
        self.waiting.append((tag, call))
        self.bytes += sum(array.nbytes for array in call.arrays.values())
        if len(self.waiting) >= BATCH_CALLS or self.bytes >= BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        if self.waiting:
            self.batches.put(self.waiting)
            self.waiting, self.bytes = [], 0

    def close(self) -> None:
        """Ends the worker at once; the thread then ends by itself."""
        with self.guard:
            self.closing = True
            if self.worker:
                self.worker.kill()
        self.batches.put(None)

    def run(self) -> None:
        try:
            self.hello.put(self._first_start())
            while (batch := self.batches.get()) is not None and not self.closing:
                with self.turns:
                    self._answer(batch)
        except (Unavailable, WorkerDied) as error:
            self.hello.put(str(error))
        except Exception as error:  # the thread ends here; whoever waits for it is told why
            self.hello.put(f"{type(error).__name__}: {error}")
            self.results.put(error)
        finally:
            self._bury()

    def _first_start(self) -> Hello:
        """The hello of the backend; where it fails, that of what it falls back on, whose version then says why."""
        try:
            return self._start_worker()
        except (Unavailable, WorkerDied) as error:
            fallback = self.backend.fallback()
            if fallback is None:
                raise
            self._bury()
            program, self.backend = self.backend.command()[0], fallback
            hello = self._start_worker()
            return replace(hello, version=f"{hello.version}; {program}: {error}")

    def _start_worker(self) -> Hello:
        with self.guard:
            if self.closing:
                raise WorkerDied("the run is over")
            try:
                self.worker = worker = Worker(self.backend, self.limits)
            except OSError as error:
                raise WorkerDied(f"could not be started: {error}") from None
        try:
            return worker.hello()
        except WorkerDied as death:
            raise WorkerDied(f"could not be started: it {death}{_last_words(self._bury())}") from None

    def _answer(self, batch: list[Tagged]) -> None:
        """Posts an outcome for every call. After a death in a batch the rest is asked one by one: who did it?"""
        at_once = len(batch)
        while batch and not self.closing:
            part, batch = batch[:at_once], batch[at_once:]
            answered = self._ask(part)
            if answered < len(part):
                batch, at_once = part[answered:] + batch, 1

    def _ask(self, part: list[Tagged]) -> int:
        """Posts outcomes as they come; returns how many calls have one. One that a worker dies of alone has one."""
        answered = 0
        if self.deaths >= DEATHS_IN_A_ROW:
            return self._give_up(part)
        try:
            if self.worker is None:
                self._start_worker()
            assert self.worker
            for outcome in self.worker.ask([call for _, call in part]):
                self.results.put((part[answered][0], outcome))
                answered += 1
                self.deaths = 0
        except (WorkerDied, Unavailable) as death:
            stderr = self._bury()
            if len(part) == 1:
                self.deaths += 1
                self.results.put((part[0][0], Died(str(death), stderr)))
                return 1
        return answered

    def _give_up(self, part: list[Tagged]) -> int:
        reason = f"not called: the worker had died {DEATHS_IN_A_ROW} times in a row"
        for tag, _ in part:
            self.results.put((tag, Died(reason)))
        return len(part)

    def _bury(self) -> str:
        with self.guard:
            worker, self.worker = self.worker, None
        if worker is None:
            return ""
        worker.stop()
        return worker.errors.text()


class _Pipe:
    """Both directions of the talk with a worker, every wait bounded by `deadline` (of `time.monotonic`)."""

    def __init__(self, to_worker: int, from_worker: int) -> None:
        self.deadline = 0.0
        self._to, self._from = to_worker, from_worker
        os.set_blocking(to_worker, False)
        os.set_blocking(from_worker, False)
        self._buffer = bytearray()
        for descriptor in (to_worker, from_worker):
            _widen(descriptor)

    def write(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._to, view) :]
            except BlockingIOError:
                self._wait(self._to, select.POLLOUT)

    def flush(self) -> None:
        """Nothing is held back."""

    def readline(self, limit: int) -> bytes:
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > limit:
                raise wire.WireError(f"a line of more than {limit} bytes")
            data = self._some(1 << 16)
            if not data:
                return b"" if not searched else self._take(searched)
            self._buffer += data
        return self._take(end + 1)

    def readinto(self, view: memoryview) -> int:
        if self._buffer:
            data = self._take(len(view))
            view[: len(data)] = data
            return len(data)
        while True:
            try:
                return os.readv(self._from, [view])
            except BlockingIOError:
                self._wait(self._from, select.POLLIN)

    def _take(self, count: int) -> bytes:
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    def _some(self, count: int) -> bytes:
        while True:
            try:
                return os.read(self._from, count)
            except BlockingIOError:
                self._wait(self._from, select.POLLIN)

    def _wait(self, descriptor: int, event: int) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        left = self.deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise TimeoutError


def _size(result: tuple[Any, Outcome] | Exception) -> int:
    if isinstance(result, tuple) and isinstance(result[1], Answered):
        return result[1].array.nbytes
    return 0


def _request(batch: Batch, protocol: int) -> tuple[dict[str, Any], list[np.ndarray]]:
    """The message that a batch is, and its arrays."""
    calls: list[dict[str, Any]] = []
    arrays: list[np.ndarray] = []
    for each in batch:
        if isinstance(each, Program):
            return {"script": each.text, "names": list(each.arrays)}, list(each.arrays.values())
        calls.append(
            {
                "entry": each.entry.function,
                "settings": each.settings,
                "arrays": list(each.arrays) if protocol > 1 else len(each.arrays),
            }
        )
        arrays += each.arrays.values()
    return {"calls": calls}, arrays


def _outcome(message: Mapping[str, Any], arrays: list[np.ndarray]) -> Outcome:
    warnings = message.get("warnings", [])
    if len(arrays) == 1 and isinstance(message.get("answered"), int | float) and isinstance(warnings, list):
        unlike = str(message.get("not_repeatable", ""))
        return Answered(arrays[0], message["answered"], tuple(map(str, warnings)), unlike)
    if "declined" in message:
        return Declined(str(message["declined"]))
    if "raised" in message:
        return Raised(str(message["raised"]), str(message.get("message", "")))
    if "broken" in message:
        return Broken(str(message["broken"]))
    raise WorkerDied(f"broke the protocol: expected an answer, found {str(message)[:80]}")


_CHOICES = {"explicit": ("no", "even", "uneven", "any"), "groups": ("one", "depthwise", "any")}


def _checked(entry: EntryPoint) -> EntryPoint:
    """`entry`, if what it declares can be used; raises ValueError where it cannot."""
    chosen = [(field, getattr(entry.takes, field), allowed) for field, allowed in _CHOICES.items()]
    for field, value, allowed in [*chosen, ("algorithm", entry.algorithm, ("direct", "fft"))]:
        if value not in allowed:
            raise ValueError(f"{entry.name}: {field} {value!r}, expected one of {', '.join(allowed)}")
    for rank in entry.ranks:
        if rank not in layout.SPATIAL:
            raise ValueError(f"{entry.name}: rank {rank!r}")
        for role, letters in entry.layouts.items():
            layout.spatial_rank(layout.expand(letters, rank), role)
    for word in entry.takes.words.values():
        if word.recipe not in RECIPES:
            raise ValueError(f"{entry.name}: padding recipe {word.recipe!r}")
    return entry


def _last_words(stderr: str) -> str:
    return f" ({stderr.splitlines()[-1]})" if stderr else ""


def _widen(descriptor: int) -> None:
    """A pipe of 1 MiB instead of 64 KiB: large arrays pass three times as fast."""
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, 1 << 20)


def _limit_memory(pid: int, size: int | None) -> None:
    """Limits the address space of a process and of all that it will start."""
    if sys.platform == "linux" and size is not None:
        import resource

        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_AS, (size, size))


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
