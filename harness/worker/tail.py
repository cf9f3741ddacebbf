"""The end of what another process writes, read by a thread so that the process never blocks."""

from __future__ import annotations

import os
import threading
from typing import IO


class Tail:
    """Reads a stream to its end and keeps the last KEPT bytes, however much comes."""

    KEPT = 8192

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.kept = b""
        self.guard = threading.Lock()
        self.thread = threading.Thread(target=self._drain, daemon=True)
        self.thread.start()

    def text(self) -> str:
        """What was kept, with spaces for what a terminal would obey."""
        text = self.kept.decode(errors="replace")
        return "".join(each if each.isprintable() or each == "\n" else " " for each in text).strip()

    def add(self, data: bytes) -> None:
        """Keeps something else that the process wrote."""
        with self.guard:
            self.kept = (self.kept + data)[-self.KEPT :]

    def _drain(self) -> None:
        with self.stream:
            while True:
                data = os.read(self.stream.fileno(), 1 << 16)
                if not data:
                    return
                self.add(data)
