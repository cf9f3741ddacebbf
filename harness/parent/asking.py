"""Questions to an entry point, and the round trips that answer them, many at a time.

A probe is a generator: it gives the calls that it wants made and is sent their outcomes, as often as it likes; what it
returns is its finding. `together` runs probes side by side, so that a round of all of them is one batch, and `ask_all`
runs the probes of many entry points over the pool, whose workers answer at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

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


def together(parts: Mapping[str, Asking[Any]]) -> Asking[dict[str, Any]]:
    """Askings side by side; their findings by name."""
    found: dict[str, Any] = {}
    asked: dict[str, list[Question]] = {}

    def step(name: str, outcomes: list[Outcome] | None) -> None:
        try:
            asked[name] = next(parts[name]) if outcomes is None else parts[name].send(outcomes)
        except StopIteration as stop:
            found[name] = stop.value

    for name in parts:
        step(name, None)
    while asked:
        outcomes = iter((yield [question for questions in asked.values() for question in questions]))
        for name, questions in list(asked.items()):
            del asked[name]
            step(name, [next(outcomes) for _ in questions])
    return {name: found[name] for name in parts}


Heard = Callable[[Any, bool], None]
"""Is told the key of each answer, and whether it was the last of its asking."""


def ask_all(
    pool: Pool, askings: Mapping[K, tuple[str, Asking[T]]], heard: Heard = lambda key, last: None
) -> dict[K, T]:
    """The findings of askings, each of which talks to the backend that is named with it."""
    found: dict[K, T] = {}
    outcomes: dict[K, list[Outcome | None]] = {}

    def step(key: K, answers: list[Outcome] | None) -> None:
        backend, asking = askings[key]
        try:
            questions = next(asking) if answers is None else asking.send(answers)
            while not questions:
                questions = asking.send([])
        except StopIteration as stop:
            found[key] = stop.value
            return
        outcomes[key] = [None] * len(questions)
        tagged = [((key, index), question) for index, question in enumerate(questions)]
        for tag, question in tagged:
            if not question.alone:
                pool.submit(backend, tag, question)
        pool.submit_apart(backend, [each for each in tagged if each[1].alone])

    for key in askings:
        step(key, None)
    pool.flush()
    while len(found) < len(askings):
        (key, index), outcome = pool.collect()
        outcomes[key][index] = outcome
        answers = [each for each in outcomes[key] if each is not None]
        if len(answers) == len(outcomes[key]):
            step(key, answers)
            pool.flush()
        heard(key, key in found)
    return {key: found[key] for key in askings}
