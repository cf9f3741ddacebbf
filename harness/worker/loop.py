"""A worker: `python -m harness.worker MODULE` serves the entry points of one backend module.

Protocol (one message = one JSON line and the arrays it announces, see `wire`):

    worker -> {"hello": 2, "backend": ..., "version": ..., "environment": {...}, "entry_points": [declaration, ...]}
           or {"hello": 2, "unavailable": reason}, and the worker ends
    parent -> {"calls": [{"entry": name, "settings": {...}, "arrays": [role, ...]}, ...]}
              and the arrays of each, in the order of the roles
    worker -> for each call, in order, one of
              {"answered": seconds, "warnings": [...]} and one array; also
                  {"not_repeatable": text} where the same call at once gave something else
              {"declined": reason}
              {"raised": type, "message": text}, what the system raised
              {"broken": text}, where the worker itself failed, which says nothing of the system
    parent -> {"script": program, "names": [name, ...]} and one array for each name: a fix that the harness wrote
    worker -> one reply as above, with the array `y` of the program
    end of the stream from the parent: the worker ends

In version 1, which the parent still speaks, a hello declares the first of `computed.OPERATIONS` only, with all fields
of a declaration side by side, and a call has the number of its arrays (x, w and perhaps bias) in place of their roles.

The worker keeps the real standard streams for itself before it imports anything: file descriptor 1 then is standard
error, because frameworks print, and 0 is empty, because their child processes read. A backend module has `NAME`,
`start() -> version`, `ENTRY_POINTS` and perhaps `run_group(calls) -> replies`, which answers many calls at once.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import platform
import signal
import sys
import time
import warnings
from typing import Any, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from harness.worker import memory, script, wire
from harness.worker.blame import own_fault, system
from harness.worker.entry import EntryPoint
from harness.worker.measured import measured

REPEATED_ELEMENTS = 1 << 15
"""Elements of all arrays up to which a call is made twice, to see whether it gives the same again."""


class Declined(Exception):
    """Raised by an entry point's function for what the system does not offer."""


class Call(NamedTuple):
    """One call with its arrays in place."""

    entry: EntryPoint
    arrays: Mapping[str, np.ndarray]
    settings: Mapping[str, Any]

    def made(self) -> np.ndarray:
        """What the entry point's function gives for it."""
        assert self.entry.call is not None
        result = self.entry.call(*self.entry.takes.arguments(self.arrays, self.settings))
        with system():
            return np.asarray(result)


class Reply(NamedTuple):
    """One reply: the JSON object and its array, if there is one."""

    message: Dict[str, Any]
    arrays: Tuple[np.ndarray, ...] = ()


def main(module_name: str) -> None:
    """Serves `module_name` on the standard streams until the parent closes its end."""
    requests, replies = begun()
    ready = started(module_name, replies)
    if ready is None:
        return
    backend, version = ready
    fault = misdeclared(backend)
    wire.write_message(replies, {"hello": wire.PROTOCOL, "unavailable": fault} if fault else hello(backend, version))
    if fault:
        return
    entries = {entry.name: entry for entry in backend.ENTRY_POINTS}
    answer_all = getattr(backend, "run_group", answer_each)
    while True:
        try:
            message, arrays = wire.read_message(requests)
        except EOFError:
            return
        if "script" in message:
            reply = script_reply(message["script"], dict(zip(message["names"], arrays)))
            wire.write_message(replies, reply.message, reply.arrays)
            continue
        try:
            calls = calls_of(message, arrays, entries)
        except Exception as error:
            for _ in message["calls"]:
                wire.write_message(replies, failed(error).message)
            continue
        for reply in answer_all(calls):
            wire.write_message(replies, reply.message, reply.arrays)


def begun() -> Tuple[Any, Any]:
    """(requests, replies): the streams of a worker that has begun its work, and will end when its parent does."""
    streams = _own_streams()
    _end_with_parent()
    return streams


def started(module_name: str, replies: Any) -> Optional[Tuple[Any, str]]:
    """A module that was started, and what it says it is; None where it is not available, which the parent is told."""
    try:
        module = importlib.import_module(module_name)
        return module, module.start()
    except (Exception, SystemExit) as error:  # whatever an import of a framework may raise: the parent says so
        wire.write_message(replies, {"hello": wire.PROTOCOL, "unavailable": "%s: %s" % (type(error).__name__, error)})
        return None


def misdeclared(backend: Any) -> str:
    """What is wrong with the names that the module of a backend must have; "" where nothing is."""
    for name, kind in (("NAME", str), ("ENTRY_POINTS", (tuple, list))):
        if not isinstance(getattr(backend, name, None), kind):
            return "%s has no %s, as harness.backends.numpy has" % (backend.__name__, name)
    odd = [each for each in backend.ENTRY_POINTS if not isinstance(each, EntryPoint)]
    made = "expected what harness.worker.entry.entry_point makes"
    return "ENTRY_POINTS of %s has %r, %s" % (backend.__name__, odd[0], made) if odd else ""


def hello(backend: Any, version: str) -> Dict[str, Any]:
    """The first message: who this is and what it takes, as far as that depends on the machine as measured here."""
    about: Dict[str, str] = {}
    with contextlib.suppress(Exception):  # what computes is told where a version says it, and is never needed
        about = getattr(backend, "about", dict)()
    return {
        "hello": wire.PROTOCOL,
        "backend": backend.NAME,
        "version": version,
        "environment": {"python": platform.python_version(), "numpy": np.__version__, **about},
        "entry_points": [measured(entry).as_json() for entry in backend.ENTRY_POINTS],
    }


def calls_of(message: Mapping[str, Any], arrays: Iterable[np.ndarray], entries: Mapping[str, EntryPoint]) -> List[Call]:
    """The calls of a request, each with its own arrays."""
    calls, rest = [], iter(arrays)
    for call in message["calls"]:
        calls.append(Call(entries[call["entry"]], {role: next(rest) for role in call["arrays"]}, call["settings"]))
    return calls


def answer_each(calls: Iterable[Call]) -> Iterator[Reply]:
    """Replies to `calls` one after another, each given as soon as it is there."""
    return map(answer, calls)


def answer(call: Call) -> Reply:
    """The reply to one call; what the system raises becomes a reply, too."""
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            start = time.perf_counter()
            with memory.filled(memory.FIRST) if _is_small(call) else contextlib.nullcontext():
                result = call.made()
            seconds = time.perf_counter() - start
            unlike = _unlike(result, call) if _is_small(call) and seconds <= call.entry.patience else ""
    except Declined as declined:
        return Reply({"declined": str(declined)})
    except Exception as error:  # an adapter's whole job is to pass on what the framework said
        return failed(error)
    if result.dtype.kind not in "biufc":
        return Reply({"raised": "TypeError", "message": "the result has dtype %s, which is no number" % result.dtype})
    return answered(result, seconds, caught, unlike)


def failed(error: Exception) -> Reply:
    """The reply to a call that `error` ended: what the system raised, or a fault of the worker's own."""
    fault = own_fault(error)
    return Reply({"broken": fault} if fault else {"raised": type(error).__name__, "message": str(error)[:4000]})


def script_reply(program: str, arrays: Dict[str, np.ndarray]) -> Reply:
    """The reply to a program that the harness wrote."""
    try:
        return answered(script.run(program, arrays), 0.0)
    except Exception as error:  # the program is tried before it is shown: whatever it raises is told
        return Reply({"raised": type(error).__name__, "message": str(error)[:4000]})


def answered(
    result: np.ndarray, seconds: float, caught: Sequence[warnings.WarningMessage] = (), unlike: str = ""
) -> Reply:
    """The reply that carries `result`; `unlike` says how an identical call differed."""
    texts = sorted({"%s: %s" % (item.category.__name__, item.message) for item in caught})
    message = {"answered": seconds, "warnings": [text[:500] for text in texts[:5]]}
    return Reply(dict(message, not_repeatable=unlike) if unlike else message, (result,))


def _is_small(call: Call) -> bool:
    """Whether making the call once more costs next to nothing, if it is no slow one."""
    return sum(array.size for array in call.arrays.values()) <= REPEATED_ELEMENTS


def _unlike(first: np.ndarray, call: Call) -> str:
    """How the same call made again differs from `first`, "" where it does not.

    Memory that was returned unwritten held another byte then, and is other memory now, as `first` is still there.
    """
    with memory.filled(memory.SECOND):
        again = call.made()
    if again.shape != first.shape:
        return "two identical calls gave the shapes %s and %s" % (first.shape, again.shape)
    if again.tobytes() == first.tobytes():
        return ""
    places = np.argwhere((again != first) & ~((again != again) & (first != first)))
    if not len(places):
        return ""  # zeros or NaNs of another sign
    shown = ", ".join(str(tuple(place)) for place in places[:5].tolist())
    return "two identical calls differ in %d of %d outputs, first at %s" % (len(places), first.size, shown)


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
        with contextlib.suppress(ImportError, OSError, AttributeError):  # a Python without ctypes, a library without it
            import ctypes

            ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
