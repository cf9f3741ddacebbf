"""The start of the scripts that break the protocol: a good hello, the first request read, a reply of their own."""

from __future__ import annotations

import sys
from types import SimpleNamespace

from harness.worker import wire
from harness.worker.loop import hello
from tests.fakes.honest import correlate, declared


def reply_to_first_request(name: str, reply: bytes) -> None:
    """Says hello as `name`, waits for a request and answers it with the bytes of `reply`."""
    backend = SimpleNamespace(NAME=name, ENTRY_POINTS=[declared(name)(correlate)])
    wire.write_message(sys.stdout.buffer, hello(backend, "1.0"))
    wire.read_message(sys.stdin.buffer)
    sys.stdout.buffer.write(reply)
    sys.stdout.buffer.flush()
