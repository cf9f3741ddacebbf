"""The pipes to a worker: neither direction ever waits beyond a deadline."""

from __future__ import annotations

import os
import select
import time

from harness.parent import unix
from harness.worker import wire


class Pipe:
    """Both directions of the talk with a worker, every wait bounded by `deadline` (of `time.monotonic`)."""

    def __init__(self, to_worker: int, from_worker: int) -> None:
        self.deadline = 0.0
        self._to, self._from = to_worker, from_worker
        os.set_blocking(to_worker, False)
        os.set_blocking(from_worker, False)
        self._buffer = bytearray()
        for descriptor in (to_worker, from_worker):
            unix.widen(descriptor)

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
