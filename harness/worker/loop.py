"""A worker: `python -m harness.worker MODULE` serves the entry points of one backend module.

Protocol (one message = one JSON line and the arrays it announces, see `wire`):

    worker -> {"hello": 1, "backend": ..., "version": ..., "environment": {...}, "entry_points": [declaration, ...]}
           or {"hello": 1, "unavailable": reason}, and the worker ends
    parent -> {"calls": [{"entry": name, "settings": {...}, "arrays": 2 or 3}, ...]}
              and the arrays of each: x, w and perhaps bias
    worker -> for each call, in order, one of
              {"answered": seconds, "warnings": [...]} and one array
              {"declined": reason}
              {"raised": type, "message": text}
    end of the stream from the parent: the worker ends

The worker keeps the real standard streams for itself before it imports anything: file descriptor 1 then is standard
error, because frameworks print, and 0 is empty, because their child processes read. A backend module has `NAME`,
`start() -> version`, `ENTRY_POINTS` and perhaps `run_group(calls) -> replies`, which answers many calls at once.
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
import time
import warnings
from typing import Any, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

import numpy as np

from harness.worker import wire
from harness.worker.entry import EntryPoint, Settings


class Declined(Exception):
    """Raised by an entry point's function for what the system does not offer."""


class Call(NamedTuple):
    """One call with its arrays in place."""

    entry: EntryPoint
    x: np.ndarray
    w: np.ndarray
    settings: Settings


class Reply(NamedTuple):
    """One reply: the JSON object and its array, if there is one."""

    message: Dict[str, Any]
    arrays: Tuple[np.ndarray, ...] = ()


def main(module_name: str) -> None:
    """Serves `module_name` on the standard streams until the parent closes its end."""
    requests, replies = _own_streams()
    _end_with_parent()
    try:
        backend = importlib.import_module(module_name)
        version = backend.start()
    except Exception as error:  # whatever an import of a framework may raise: the parent is told, and says so
        wire.write_message(replies, {"hello": wire.PROTOCOL, "unavailable": "%s: %s" % (type(error).__name__, error)})
        return
    wire.write_message(replies, hello(backend, version))
    entries = {entry.name: entry for entry in backend.ENTRY_POINTS}
    answer_all = getattr(backend, "run_group", answer_each)
    while True:
        try:
            message, arrays = wire.read_message(requests)
        except EOFError:
            return
        for reply in answer_all(calls_of(message, arrays, entries)):
            wire.write_message(replies, reply.message, reply.arrays)


def hello(backend: Any, version: str) -> Dict[str, Any]:
    """The first message: who this is and what it takes."""
    return {
        "hello": wire.PROTOCOL,
        "backend": backend.NAME,
        "version": version,
        "environment": {"python": platform.python_version(), "numpy": np.__version__},
        "entry_points": [entry.as_json() for entry in backend.ENTRY_POINTS],
    }


def calls_of(message: Mapping[str, Any], arrays: Iterable[np.ndarray], entries: Mapping[str, EntryPoint]) -> List[Call]:
    """The calls of a request, each with its own arrays."""
    calls, rest = [], iter(arrays)
    for call in message["calls"]:
        own = [next(rest) for _ in range(call["arrays"])]
        settings = Settings(**dict(call["settings"], bias=own[2] if len(own) > 2 else None))
        calls.append(Call(entries[call["entry"]], own[0], own[1], settings))
    return calls


def answer_each(calls: Iterable[Call]) -> Iterator[Reply]:
    """Replies to `calls` one after another, each given as soon as it is there."""
    return map(answer, calls)


def answer(call: Call) -> Reply:
    """The reply to one call; what the system raises becomes a reply, too."""
    assert call.entry.call is not None
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            start = time.perf_counter()
            result = np.asarray(call.entry.call(call.x, call.w, call.settings))
            seconds = time.perf_counter() - start
    except Declined as declined:
        return Reply({"declined": str(declined)})
    except Exception as error:  # an adapter's whole job is to pass on what the framework said
        return Reply({"raised": type(error).__name__, "message": str(error)[:4000]})
    if result.dtype.kind not in "biufc":
        return Reply({"raised": "TypeError", "message": "the result has dtype %s, which is no number" % result.dtype})
    return answered(result, seconds, caught)


def answered(result: np.ndarray, seconds: float, caught: Sequence[warnings.WarningMessage] = ()) -> Reply:
    """The reply that carries `result`."""
    texts = sorted({"%s: %s" % (item.category.__name__, item.message) for item in caught})
    return Reply({"answered": seconds, "warnings": [text[:500] for text in texts[:5]]}, (result,))


def _own_streams() -> Tuple[Any, Any]:
    """(requests, replies): the real standard streams, out of the reach of the framework and its child processes."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, replies


def _end_with_parent() -> None:
    """Asks Linux to end this process when its parent is killed; elsewhere the end of the stream does it."""
    if sys.platform == "linux":
        import ctypes
        import signal

        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
