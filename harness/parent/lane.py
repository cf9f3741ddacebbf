"""One backend of a run: a queue of batches, and the thread that takes them to its worker.

A worker that dies is replaced, and the call that did it is reported as died.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from queue import SimpleQueue
from typing import Any, NamedTuple

from harness.parent.outcome import NOT_CALLED, Answered, Died, Outcome
from harness.parent.process import Hung, Startable, Unavailable, Worker, WorkerDied
from harness.parent.talk import Hello, NativeCall, Program
from harness.parent.worker_limits import Limits

BATCH_CALLS = 128
BATCH_BYTES = 4 << 20
BACKLOG_BYTES = 256 << 20
DEATHS_IN_A_ROW = 5
"""After so many deaths without an answer between them a backend is given up: each costs a start of its framework."""

Tagged = tuple[Any, NativeCall | Program]


class Apart(list[Tagged]):
    """A batch after which the worker is not trusted any more, if it answered one of its calls.

    Its calls break what answers them, maybe later: the one at which the worker dies died, and those behind it are not
    called.
    """


BEHIND = Died(f"{NOT_CALLED}a call like it had ended the worker")
"""What becomes of calls of a batch apart behind the one at which the worker died."""


class Death(NamedTuple):
    """What a worker died of, and whether the call that it was at did it for certain."""

    outcome: Died
    certain: bool


class Lane(threading.Thread):
    """One backend: a queue of batches, and the thread that takes them to its worker."""

    def __init__(self, backend: Startable, limits: Limits, results: Results, turns: threading.Semaphore) -> None:
        super().__init__(name=f"lane {backend.name}", daemon=True)
        self.backend, self.limits, self.results, self.turns = backend, limits, results, turns
        self.hello: SimpleQueue[Hello | str] = SimpleQueue()
        self.recited = backend.recited()
        self.lost = ""  # what the program died of that the module answers for
        self.batches: SimpleQueue[list[Tagged] | None] = SimpleQueue()
        self.waiting: list[Tagged] = []
        self.bytes = 0
        self.worker: Worker | None = None
        self.closing = False
        self.guard = threading.Lock()
        self.deaths = 0
        self.answered = False  # whether a call of the last batch was
        self.fresh = True  # whether the worker has not given an outcome yet

    def add(self, tag: Any, call: NativeCall | Program) -> None:
        if isinstance(call, Program):
            self.batches.put([(tag, call)])
            return
        self.waiting.append((tag, call))
        self.bytes += sum(array.nbytes for array in call.arrays.values())
        if len(self.waiting) >= BATCH_CALLS or self.bytes >= BATCH_BYTES:
            self.flush()

    def add_apart(self, calls: Iterable[Tagged]) -> None:
        self.flush()
        if batch := Apart(calls):
            self.batches.put(batch)

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
                    if isinstance(batch, Apart):
                        self._answer_apart(batch)
                    else:
                        self._answer(batch)
        except (Unavailable, WorkerDied) as error:
            self.hello.put(str(error))
            while (batch := self.batches.get()) is not None and not self.closing:
                self._post(batch, Died(f"{NOT_CALLED}{error}"))
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
            self.recited = f"{program}: {error}"
            self.lost = self.recited if isinstance(error, WorkerDied) else ""
            return replace(hello, version=f"{hello.version}; {self.recited}")

    def _start_worker(self) -> Hello:
        with self.guard:
            if self.closing:
                raise WorkerDied("the run is over")
            try:
                self.worker = worker = Worker(self.backend, self.limits)
            except OSError as error:
                raise WorkerDied(f"could not be started: {error}") from None
        self.fresh = True
        try:
            return worker.hello()
        except WorkerDied as death:
            raise WorkerDied(f"could not be started: it {death}{_last_words(self._bury())}") from None

    def _answer(self, batch: list[Tagged]) -> None:
        """Posts an outcome for every call. After a death in a batch the rest is asked one by one: who did it?

        One that a worker dies of alone did it if it is the first of this worker: an earlier call may have broken the
        process, so that another one's death says nothing. A worker that hangs is not given another try.
        """
        at_once = len(batch)
        while batch and not self.closing:
            part, batch = batch[:at_once], batch[at_once:]
            answered, death = self._ask(part)
            if death and len(part) == 1 and death.certain:
                self.deaths += 1
                answered = self._post(part, death.outcome)
            if answered < len(part):
                batch, at_once = part[answered:] + batch, 1

    def _answer_apart(self, batch: Apart) -> None:
        """Posts an outcome for every call. Where a worker that answered others dies at the first, another is asked."""
        answered, death = self._ask(batch)
        if death and not answered and not death.certain:
            answered, death = self._ask(batch)
        if death:
            self._post(batch[answered : answered + 1], death.outcome)
            self._post(batch[answered + 1 :], BEHIND)
        elif self.answered:
            self._bury()

    def _ask(self, part: list[Tagged]) -> tuple[int, Death | None]:
        """Posts outcomes as they come; returns how many calls have one, and what the worker died of at the next."""
        answered, self.answered = 0, False
        if self.deaths >= DEATHS_IN_A_ROW:
            return self._post(part, Died(f"{NOT_CALLED}the worker had died {DEATHS_IN_A_ROW} times in a row")), None
        try:
            if self.worker is None:
                self._start_worker()
            assert self.worker
            for outcome in self.worker.ask([call for _, call in part]):
                self.results.put((part[answered][0], outcome))
                answered += 1
                self.deaths, self.fresh = 0, False
                self.answered = self.answered or isinstance(outcome, Answered)
        except (WorkerDied, Unavailable) as death:
            certain = self.fresh or isinstance(death, Hung)
            return answered, Death(Died(str(death), self._bury()), certain)
        return answered, None

    def _post(self, part: list[Tagged], outcome: Died) -> int:
        for tag, _ in part:
            self.results.put((tag, outcome))
        return len(part)

    def _bury(self) -> str:
        with self.guard:
            worker, self.worker = self.worker, None
        if worker is None:
            return ""
        worker.stop()
        return worker.errors.text()


class Results:
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


def _size(result: tuple[Any, Outcome] | Exception) -> int:
    if isinstance(result, tuple) and isinstance(result[1], Answered):
        return result[1].array.nbytes
    return 0


def _last_words(stderr: str) -> str:
    return f" ({stderr.splitlines()[-1]})" if stderr else ""
