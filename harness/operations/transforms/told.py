"""The convention of a setting: a system has another value of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.canonical.settled import Settled
from harness.canonical.window import CONSTANT, Pairs, pad, pairs_text
from harness.operations.transforms.sayings import Sayings, deed, sentence, shown
from harness.operations.transforms.transform import Transform

SMALL = ("epsilon", "epsilon_at")
"""Settings whose values hardly show."""
ALTERNATIVES = 32
"""Values and functions among which one is, about."""


@dataclass(frozen=True)
class Setting(Transform):
    """A setting has another value; its key is the id.

    was: what the case means. others: settings that change with it. numbers: how many of it were read from the output.
    sayings: what the operation says of its settings.
    """

    causes = 2.0

    key: str
    value: Any
    was: Any = None
    others: tuple[tuple[str, Any], ...] = ()
    numbers: int = 0
    sayings: Sayings = field(default_factory=dict, compare=False, repr=False)

    @property
    def id(self) -> str:  # type: ignore[override]
        return self.key

    @property
    def small(self) -> bool:
        """Whether it explains little beside another one, which is told before it."""
        return self.key in SMALL

    @property
    def choices(self) -> float:
        return math.log2(ALTERNATIVES)

    @property
    def fitted(self) -> int:
        return self.numbers

    def frees(self, rank: int) -> frozenset[str]:
        return frozenset({self.key, *(key for key, value in self.others if value is not None)})

    def words(self) -> str:
        return sentence(self.key, self.value, self.was, dict(self.others), self.sayings)

    def found(self) -> str:
        return deed(self.key, self.value, dict(self.others), self.sayings)

    def differ(self, conv: Settled) -> Settled:
        return conv.with_settings(**{self.key: self.value, **dict(self.others)})


@dataclass(frozen=True)
class PadBy(Transform):
    """The input is padded by hand with one value, for a function that has no such padding."""

    id = "pad_input"
    touches = ("x", "window")

    pairs: Pairs
    value: float

    def words(self) -> str:
        return f"pad the input by {pairs_text(self.pairs)} (low:high per axis) with {self.value:g} by hand"

    def rewrite(self, conv: Settled) -> Settled:
        padded = conv.map(lambda x: pad(x, self.pairs, CONSTANT, self.value), "x")
        return padded.with_settings(padding=((0, 0),) * len(self.pairs), rounding="floor")


@dataclass(frozen=True)
class ByHand(Transform):
    """What is done before and after a call, for a function that has no such setting.

    said: the settings of that call. taken, given: the channel of the input, or of the output, that is to stand in each
    place; () where they stay. factor: what the output is multiplied by.
    """

    touches = ("x", "window")

    said: tuple[tuple[str, Any], ...]
    taken: tuple[int, ...] = ()
    given: tuple[int, ...] = ()
    factor: float = 1.0

    @property
    def id(self) -> str:  # type: ignore[override]
        return "channel_order" if self.taken or self.given else "scale"

    def words(self) -> str:
        sides = [side for side, order in (("input", self.taken), ("output", self.given)) if order]
        parts = [f"reorder the channels of the {' and the '.join(sides)}"] if sides else []
        parts += [f"multiply the output by {self.factor:.9g}"] if self.factor != 1 else []
        told = ", ".join(f"{key} {shown(each)}" for key, each in self.said)
        return f"{', '.join(parts)} by hand: the call has {told}"

    def rewrite(self, conv: Settled) -> Settled:
        taken = conv.map(lambda x: x[:, list(self.taken)], "x") if self.taken else conv
        return taken.with_settings(**dict(self.said))

    def finish(self, y: np.ndarray) -> np.ndarray:
        y = y[:, list(self.given)] if self.given else y
        return y * self.factor if self.factor != 1 else y
