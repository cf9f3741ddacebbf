"""Answers given in this process: a function that the caller holds is probed where it is, and sent nowhere."""

from __future__ import annotations

from typing import TypeVar

from harness.parent import talk
from harness.parent.asking import Asking, Finding, step
from harness.parent.outcome import Outcome
from harness.parent.talk import NativeCall
from harness.worker import loop

T = TypeVar("T")


def asked(asking: Asking[T]) -> T:
    """The finding of an asking whose questions this process answers."""
    told = step(asking)
    while not isinstance(told, Finding):
        told = step(asking, [outcome(question) for question in told])
    return told.value


def outcome(call: NativeCall) -> Outcome:
    """What a call comes to, as a worker would tell it."""
    reply = loop.answer(loop.Call(call.entry, call.arrays, call.settings))
    return talk.outcome(reply.message, list(reply.arrays))
