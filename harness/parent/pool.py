"""The workers of a run, side by side.

Every backend has one worker process and one thread of the parent that talks to it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from harness.parent import unix
from harness.parent.lane import Lane, Results
from harness.parent.outcome import Outcome
from harness.parent.process import USUAL, Startable
from harness.parent.talk import Hello, NativeCall, Program, offered
from harness.parent.worker_limits import Limits
from harness.worker.entry import EntryPoint


class Pool:
    """The workers of a run. A context manager: entering it starts them all at once, leaving it ends every process.

    `jobs` bounds how many backends work at a time. `hellos` holds what the backends that run said, `unavailable` why
    the others do not, or died at their start where what was recorded of them is answered instead; asking for either
    waits until every worker has spoken.
    """

    def __init__(self, backends: Iterable[Startable], limits: Limits = USUAL, jobs: int | None = None) -> None:
        self._hellos: dict[str, Hello] = {}
        self._unavailable: dict[str, str] = {}
        self._results = Results()
        self._lanes: dict[str, Lane] = {}
        turns = threading.Semaphore(jobs or sys.maxsize)
        for backend in backends:
            reason = unix.missing() or backend.missing()
            if reason:
                self._unavailable[backend.name] = reason
            else:
                self._lanes[backend.name] = Lane(backend, limits, self._results, turns)

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
        lost = {name: lane.lost for name, lane in self._lanes.items() if lane.lost}
        return {**self._unavailable, **lost}

    @property
    def recited(self) -> Mapping[str, str]:
        """Why backends are answered for by what is known of their systems, which are not here."""
        self._listen()
        return {name: lane.recited for name, lane in self._lanes.items() if lane.recited}

    @property
    def started(self) -> Collection[str]:
        """The backends whose workers were started, whether or not they have spoken; calls to them have an outcome."""
        return self._lanes.keys()

    def entry_points(self) -> list[tuple[str, EntryPoint]]:
        """(backend, entry point) of all workers, in the order of the backends."""
        return offered(self.hellos)

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

    def submit_apart(self, backend: str, calls: Sequence[tuple[Any, NativeCall]]) -> None:
        """Queues calls that may leave the process that answers them broken, with their tags, as a batch of their own.

        Where one of them is answered, another process answers what is queued after them.
        """
        self._lanes[backend].add_apart(calls)

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
