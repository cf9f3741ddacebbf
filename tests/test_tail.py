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


def test_what_a_terminal_would_obey_is_left_out() -> None:
    reader, writer = os.pipe()
    tail = Tail(os.fdopen(reader, "rb"))
    with os.fdopen(writer, "wb") as stream:
        stream.write("one\n\x1b[2Jtwo\x07\u202e, \u8f93\u5165\n".encode())
    tail.thread.join()
    assert tail.text() == "one\n [2Jtwo  , \u8f93\u5165"
