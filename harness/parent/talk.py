"""What a parent and its worker say to each other: calls and programs as messages, and messages as hellos and outcomes.

Nothing that a worker sends is trusted: a message that breaks the protocol is an OddMessage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, get_args

import numpy as np

from harness.canonical import layout
from harness.parent.outcome import Answered, Broken, Declined, Outcome, Raised
from harness.worker import wire
from harness.worker.entry import Algorithm, EntryPoint, from_json


class NativeCall(Protocol):
    """What the pool needs to know of a call; `harness.operations.call.Call` is one."""

    @property
    def entry(self) -> EntryPoint: ...

    @property
    def arrays(self) -> Mapping[str, np.ndarray]: ...

    @property
    def settings(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, eq=False)
class Program:
    """The code of a fix (`harness.judge.fix`) and the arrays that it is to be run on, by their names in it."""

    text: str
    arrays: Mapping[str, np.ndarray]


Batch = Sequence[NativeCall | Program]
"""What a worker is sent in one message: some calls, or one program."""


@dataclass(frozen=True)
class Hello:
    """What a worker said of itself.

    protocol: the version of what it speaks. left_out: entry points that its system should have and that answered no
    call when it started, and why.
    """

    backend: str
    version: str
    environment: Mapping[str, str]
    entry_points: tuple[EntryPoint, ...]
    protocol: int = wire.PROTOCOL
    left_out: Mapping[str, str] = field(default_factory=dict)


def offered(hellos: Mapping[str, Hello]) -> list[tuple[str, EntryPoint]]:
    """(backend, entry point) of all workers that spoke, in their order."""
    return [(name, entry) for name, hello in hellos.items() for entry in hello.entry_points]


def left_out(hellos: Mapping[str, Hello]) -> dict[str, str]:
    """Entry points that workers left out when they started -> why."""
    return {name: why for hello in hellos.values() for name, why in hello.left_out.items()}


class OddMessage(ValueError):
    """A message that breaks the protocol; the text says how."""


def hello(message: Mapping[str, Any]) -> Hello:
    """What a worker said first. Raises OddMessage."""
    try:
        if message["hello"] not in wire.UNDERSTOOD:
            raise ValueError(f"protocol {message['hello']!r}, expected one of {wire.UNDERSTOOD}")
        entries = tuple(_checked(from_json(each)) for each in message["entry_points"])
        environment = {str(key): str(value) for key, value in message["environment"].items()}
        left_out = {str(name): str(why) for name, why in message.get("left_out", {}).items()}
        if left_out and not entries:
            raise ValueError("; ".join(f"{name} {why}" for name, why in left_out.items()))
        about = (str(message["backend"]), str(message["version"]), environment)
        return Hello(*about, entries, message["hello"], left_out)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise OddMessage(f"its first message does not follow the protocol: {error!r}") from None


def request(batch: Batch, protocol: int) -> tuple[dict[str, Any], list[np.ndarray]]:
    """The message that a batch is, and its arrays."""
    calls: list[dict[str, Any]] = []
    arrays: list[np.ndarray] = []
    for each in batch:
        if isinstance(each, Program):
            return {"script": each.text, "names": list(each.arrays)}, list(each.arrays.values())
        calls.append(
            {
                "entry": each.entry.function,
                "settings": each.settings,
                "arrays": list(each.arrays) if protocol > 1 else len(each.arrays),
            }
        )
        arrays += each.arrays.values()
    return {"calls": calls}, arrays


def outcome(message: Mapping[str, Any], arrays: list[np.ndarray]) -> Outcome:
    """What a call or a program came to. Raises OddMessage."""
    warnings = message.get("warnings", [])
    if len(arrays) == 1 and isinstance(message.get("answered"), int | float) and isinstance(warnings, list):
        unlike = str(message.get("not_repeatable", ""))
        return Answered(arrays[0], message["answered"], tuple(map(str, warnings)), unlike)
    if "declined" in message:
        return Declined(str(message["declined"]))
    if "raised" in message:
        return Raised(str(message["raised"]), str(message.get("message", "")))
    if "broken" in message:
        return Broken(str(message["broken"]))
    raise OddMessage(f"broke the protocol: expected an answer, found {str(message)[:80]}")


def _checked(entry: EntryPoint) -> EntryPoint:
    """`entry`, if what it declares can be used; raises ValueError where it cannot."""
    if entry.algorithm not in get_args(Algorithm):
        allowed = ", ".join(get_args(Algorithm))
        raise ValueError(f"{entry.name}: algorithm {entry.algorithm!r}, expected one of {allowed}")
    if not entry.ranks:
        raise ValueError(f"{entry.name} has no ranks: it answered no call of its start as expected")
    for rank in entry.ranks:
        if rank not in layout.SPATIAL:
            raise ValueError(f"{entry.name}: rank {rank!r}")
        for role, letters in entry.layouts.items():
            layout.spatial_rank(layout.expand(letters, rank), role)
    return entry
