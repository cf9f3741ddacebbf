"""A worker in the first version of the protocol: declarations are flat, and calls count their arrays."""

from __future__ import annotations

import sys

from harness.worker import wire
from harness.worker.entry import Settings
from tests.fakes.honest import WORDS, correlate

declaration = {
    "name": "fake.version_1",
    "ranks": [1, 2, 3],
    "docs": "tests/fakes",
    "words": {name: list(word) for name, word in WORDS.items()},
    "stride": True,
    "dilation": True,
    "groups": "any",
    "dtypes": ["float32"],
}
hello = {"hello": 1, "backend": "version_1", "version": "1.0", "environment": {}, "entry_points": [declaration]}
wire.write_message(sys.stdout.buffer, hello)
while True:
    try:
        message, arrays = wire.read_message(sys.stdin.buffer)
    except EOFError:
        break
    for call in message["calls"]:
        x, w = arrays[: call["arrays"]]
        arrays = arrays[call["arrays"] :]
        wire.write_message(sys.stdout.buffer, {"answered": 0.0}, [correlate(x, w, Settings(**call["settings"]))])
