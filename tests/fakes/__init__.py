"""The zoo: backends that misbehave on purpose, one small module each, so that the harness can be seen to say no.

A fake is what the pool wants of a backend. `serves` tells a backend module, which a worker serves, from a script that
speaks, or breaks, the protocol itself.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from harness.parent.pool import Pool
from harness.parent.worker_limits import Limits

PATIENT = Limits(start=600.0, call=600.0)
"""For what answers or ends by itself: no machine is so busy that it comes too late."""


def hurried(pool: Pool, name: str, limits: Limits) -> Pool:
    """The pool, not entered yet, with limits of its own for a fake that never answers; the others keep theirs."""
    pool._lanes[name].limits = limits
    return pool


@dataclass(frozen=True)
class Fake:
    """One fake, a `harness.parent.process.Startable`."""

    name: str
    serves: bool = True
    arguments: tuple[str, ...] = ()
    on_request: bool = False

    def missing(self) -> str | None:
        return None

    def command(self) -> list[str]:
        server = ["harness.worker"] if self.serves else []
        return [sys.executable, "-m", *server, f"tests.fakes.{self.name}", *self.arguments]

    def environ(self) -> dict[str, str]:
        return {}

    def fallback(self) -> Fake | None:
        return None

    def recited(self) -> str:
        return ""


ANSWERING = ("honest", "wrong", "flipped", "shifted", "noisy", "nan", "wrong_shape", "lying")
ANSWERING += ("printing", "reading", "flooding", "warning", "complex_numbers", "unsteady", "unwritten", "choosy")
FAILING = ("declining", "raising", "broken", "hanging", "aborting", "dying_once", "spoiling", "unavailable", "hungry")
SCRIPTS = ("version_1", "half_reply", "garbage", "gigantic", "mute", "odd_hello", "many_arrays")

MANY = ("arithmetic",)
"""Fakes with more than one entry point."""

OWN = ("hasty", "older")
"""Fakes of one test."""

FAKES = {name: Fake(name) for name in ANSWERING + FAILING + MANY + OWN} | {
    name: Fake(name, serves=False) for name in SCRIPTS
}
FAKES["odd_hello"] = Fake("odd_hello", serves=False, arguments=('{"hello": 99}',))
