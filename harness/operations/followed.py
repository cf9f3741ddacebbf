"""The search for what explains an output of which something is said to be made, `then: relu` say.

Where the function is one to one, its inverse gives the sums, among which a search goes on as if there were no
function; what limits cut off is not known of them, and is looked at when a candidate is confirmed. Only if nothing is
found so, the system may have left the function out, or have another in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.operations.budget import Budget
from harness.operations.operation import Holds, Searching, Solution, Transforms
from harness.operations.stated import Recording, Stated
from harness.operations.transforms.endings import Activation, concluded
from harness.operations.transforms.functions import FUNCTIONS, TURNING

LEFT_OUT = Activation("identity")
OTHERS = (
    *(Activation(name, tuple(FUNCTIONS[name].usual.items())) for name in ("relu", "relu6", "tanh", "sigmoid", "elu")),
    *(Activation("leaky_relu", (("slope", slope),)) for slope in (0.01, 0.1, 0.2, 0.25, 0.3)),
    *(Activation(name, tuple(FUNCTIONS[name].usual.items())) for name in ("softplus", "softsign", "selu", *TURNING)),
)
"""Functions that a system may have in place of the stated one, with their usual numbers."""
STEEP = 4.0
"""How many times its usual error a sum may be off that is told by what was made of it."""


def searching(stated: Stated) -> Searching:
    """The search of the operation of a case."""
    room = stated.operation.search()
    return room if stated.then is None else Followed(room, stated.then)


@dataclass
class Begun:
    """A search that was begun, and what it came to."""

    question: Any
    deepest: int
    budget: Budget | None
    left_out: int = 0
    whole: int = 0
    tested: int = 0


class Followed:
    """The search of an operation, `room`, of whose output `then` is made."""

    def __init__(self, room: Searching, then: Activation) -> None:
        self._room, self._then = room, then

    @property
    def DEEPEST(self) -> int:
        return self._room.DEEPEST

    def Search(self, question: Any, deepest: int | None = None, budget: Budget | None = None) -> Begun:
        return Begun(question, self.DEEPEST if deepest is None else deepest, budget)

    def question(
        self, stated: Stated, form: Any, observed: np.ndarray, slack: float, room: np.ndarray | None, dtype: str
    ) -> Any:
        return self._room.question(stated, form, observed, slack, room, dtype)

    def quick(self, question: Any) -> Iterator[Transforms]:
        """The most frequent causes, where enough can be told of the sums."""
        sums = _sums(question, self._then)
        if np.isfinite(sums.observed).any():
            yield from (each for each in self._room.quick(sums) if _plain(each))

    def explanations(self, search: Begun, holds: Holds = lambda _: True) -> Iterator[Transforms]:
        """What fits with the stated function; where nothing does, what fits without it or with another."""
        for function, deepest in self._stages(search.deepest):
            found = False
            for each in self._among(search, function, deepest, holds):
                found = True
                yield each
            if found:
                break

    def _stages(self, deepest: int) -> Iterator[tuple[Activation, int]]:
        """Functions, and up to how many changes are looked for beside each."""
        yield self._then, deepest
        yield from ((each, 0) for each in (LEFT_OUT, *OTHERS))
        yield LEFT_OUT, deepest
        yield from ((each, min(deepest, 1)) for each in OTHERS)

    def _among(self, begun: Begun, function: Activation, deepest: int, holds: Holds) -> Iterator[Transforms]:
        """What explains the sums of which the function made the output."""
        if not function.gives(begun.question.observed, _room(begun.question)):
            return
        sums = _sums(begun.question, function)
        if not np.isfinite(sums.observed).any():
            return
        searched = self._room.Search(sums, deepest, budget=begun.budget)

        def confirmed(found: Transforms) -> bool:
            joined = self._joined(found, function)
            return joined is not None and holds(joined)

        for each in self._room.explanations(searched, confirmed):
            joined = self._joined(each, function)
            if joined is not None:
                yield joined
        begun.left_out += searched.left_out
        begun.tested += searched.tested
        begun.whole = searched.whole if function is self._then else begun.whole

    def _joined(self, found: Transforms, function: Activation) -> Transforms | None:
        """Changes of the sums, and which function was made of them; None where a second one comes to it."""
        if function is self._then:
            return found if _plain(found) else None
        if _plain(found):
            return concluded(found, function)
        return found if function is LEFT_OUT else None

    def besides(self, question: Any, found: Transforms) -> Iterator[Sequence[Transforms]]:
        """What else gives the sums, where the function is the stated one."""
        if _plain(found):
            yield from self._room.besides(_sums(question, self._then), found)

    def other_values(self, question: Any, holds: Holds) -> Solution | None:
        """Weights that give the sums."""
        return self._room.other_values(_sums(question, self._then), holds)

    def possible(self, form: Any, values: np.ndarray, slack: float, coarse: float) -> bool:
        """Whether some data give the sums."""
        return self._room.possible(form, self._then.undone(values), slack, coarse)

    def pattern(self, question: Any, room: np.ndarray | float) -> list[str]:
        """Where the sums, as far as they are known, agree with what is meant."""
        return list(self._room.pattern(_sums(question, self._then), room))

    def marks(self, question: Any) -> Transforms | None:
        """What explains what is left of the sums better than rounding does."""
        return self._room.marks(_sums(question, self._then))

    def hidden(self, question: Any, form: Any, room: np.ndarray | float) -> list[str]:
        """What would not show in the sums."""
        sums = _sums(question, self._then)
        return self._room.hidden(sums, form, sums.slack)

    def of_recordings(self, question: Any, seen: Recording, earlier: Sequence[Recording], coarse: float) -> list[str]:
        """Nothing: recordings beside each other are of what was made of the sums."""
        return []

    def came_to(self, form: Any) -> dict[str, str]:
        return self._room.came_to(form)


def _plain(transforms: Transforms) -> bool:
    """Whether no function is among them: the one that is meant is known."""
    return not any(isinstance(each, Activation) for each in transforms)


def _sums(question: Any, function: Activation) -> Any:
    """The question about the sums of which the function made what was observed; NaN where it does not tell them."""
    if function == LEFT_OUT:
        return question
    room = _room(question)
    sums = function.undone(question.observed)
    apart = np.abs([function.undone(question.observed + side * room) - sums for side in (-1, 1)]).max(axis=0)
    known = np.isfinite(sums) & np.isfinite(apart)
    usual = float(np.median(apart[known])) if known.any() else 0.0
    known &= apart <= STEEP * max(usual, question.slack)
    widest = float(apart[known].max(initial=question.slack))
    return replace(question, observed=np.where(known, sums, np.nan), slack=widest, room=np.where(known, apart, 0.0))


def _room(question: Any) -> np.ndarray:
    """How far off each value that was observed may be."""
    return np.broadcast_to(question.slack if question.room is None else question.room, question.observed.shape)
