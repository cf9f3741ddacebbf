"""Questions to an entry point, and the round trips that answer them, many at a time.

A probe is a generator: it gives the calls that it wants made and is sent their outcomes, as often as it likes; what it
returns is its finding. `together` runs probes side by side, so that a round of all of them is one batch, and `ask_all`
runs the probes of many entry points over the pool, whose workers answer at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import numpy as np

from harness.parent.outcome import Outcome
from harness.parent.pool import Pool
from harness.worker.entry import EntryPoint

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, eq=False)
class Question:
    """One call in the system's own terms; a `harness.parent.talk.NativeCall`.

    alone: whether it may leave the process that answers it broken, which then answers nothing else.
    """

    entry: EntryPoint
    arrays: Mapping[str, np.ndarray]
    settings: Mapping[str, Any]
    alone: bool = False

    def apart(self) -> Question:
        """This question, asked apart from others."""
        return replace(self, alone=True)


Asking = Generator[list[Question], list[Outcome], T]


@dataclass(frozen=True)
class Finding(Generic[T]):
    """What an asking has found, which has no more questions."""

    value: T


def step(asking: Asking[T], outcomes: list[Outcome] | None = None) -> list[Question] | Finding[T]:
    """What an asking asks next, told the outcomes of what it asked before, None at its start; or its finding."""
    try:
        return next(asking) if outcomes is None else asking.send(outcomes)
    except StopIteration as stop:
        return Finding(stop.value)


def together(parts: Mapping[str, Asking[Any]]) -> Asking[dict[str, Any]]:
    """Askings side by side; their findings by name."""
    told = {name: step(each) for name, each in parts.items()}
    while asked := {name: each for name, each in told.items() if not isinstance(each, Finding)}:
        outcomes = iter((yield [question for questions in asked.values() for question in questions]))
        for name, questions in asked.items():
            told[name] = step(parts[name], [next(outcomes) for _ in questions])
    return {name: each.value for name, each in told.items() if isinstance(each, Finding)}


Heard = Callable[[Any, bool], None]
"""Is told the key of each answer, and whether it was the last of its asking."""


def ask_all(
    pool: Pool, askings: Mapping[K, tuple[str, Asking[T]]], heard: Heard = lambda key, last: None
) -> dict[K, T]:
    """The findings of askings, each of which talks to the backend that is named with it."""
    found: dict[K, T] = {}
    outcomes: dict[K, list[Outcome | None]] = {}

    def advance(key: K, answers: list[Outcome] | None) -> None:
        backend, asking = askings[key]
        told = step(asking, answers)
        while not told:
            told = step(asking, [])
        if isinstance(told, Finding):
            found[key] = told.value
            return
        outcomes[key] = [None] * len(told)
        tagged = [((key, index), question) for index, question in enumerate(told)]
        for tag, question in tagged:
            if not question.alone:
                pool.submit(backend, tag, question)
        pool.submit_apart(backend, [each for each in tagged if each[1].alone])

    for key in askings:
        advance(key, None)
    pool.flush()
    while len(found) < len(askings):
        (key, index), outcome = pool.collect()
        outcomes[key][index] = outcome
        answers = [each for each in outcomes[key] if each is not None]
        if len(answers) == len(outcomes[key]):
            advance(key, answers)
            pool.flush()
        heard(key, key in found)
    return {key: found[key] for key in askings}
