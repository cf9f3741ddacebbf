"""The end of what a process writes is kept, however much it writes."""

from __future__ import annotations

import os

from harness.worker.tail import Tail


def test_the_end_of_a_flood_is_kept() -> None:
    reader, writer = os.pipe()
    tail = Tail(os.fdopen(reader, "rb"))
    with os.fdopen(writer, "wb") as stream:
        stream.write(b"flood\n" * 100_000 + "\xffthe last word\n".encode("latin1"))
    tail.thread.join()
    assert len(tail.kept) == Tail.KEPT
    assert tail.text().endswith("flood\n\N{REPLACEMENT CHARACTER}the last word")
