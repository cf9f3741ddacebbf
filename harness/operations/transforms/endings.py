"""Conventions about what a system makes of a sum, value by value: activation, rounding to whole numbers, overflow.

    y = cast( limit( round( activation( factor * (sum + bias) + zero_point ) ) ) )

Factor, bias and zero point are `values.Scale` and `values.Bias`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from harness.canonical.window import Linear
from harness.operations.transforms.functions import FUNCTIONS
from harness.operations.transforms.transform import Transform


@dataclass(frozen=True)
class Ending(Transform):
    """A change of each value after the sum."""

    touches = ("y",)
    local = True


@dataclass(frozen=True)
class Activation(Ending):
    """Each value goes through a function of FUNCTIONS; `parameters` are its numbers by name."""

    id = "activation"
    causes = 1.0

    function: str
    parameters: tuple[tuple[str, float], ...] = ()

    @property
    def choices(self) -> float:
        return math.log2(len(FUNCTIONS))

    @property
    def fitted(self) -> int:
        usual = FUNCTIONS[self.function].usual
        return sum(math.isfinite(value) and key not in usual for key, value in self.parameters)

    def words(self) -> str:
        told = ", ".join(f"{key} {value:.7g}" for key, value in self.parameters)
        name = self.function.replace("_", " ")
        return f"mind the activation: the system applied {name}{f' ({told})' if told else ''} to its output"

    def end(self, y: np.ndarray) -> np.ndarray:
        return np.asarray(FUNCTIONS[self.function].of(y, **dict(self.parameters)))

    def code(self, conv: Linear) -> tuple[str, ...]:
        return FUNCTIONS[self.function].code(**dict(self.parameters))


@dataclass(frozen=True)
class OutputRounding(Ending):
    """Each value is rounded to a whole number by a rule of ROUNDINGS; `others` are rules that give the same here."""

    id = "output_rounding"
    causes = 0.25

    rule: str
    others: tuple[str, ...] = ()

    @property
    def choices(self) -> float:
        return math.log2(len(ROUNDINGS) / (1 + len(self.others)))

    def words(self) -> str:
        also = f" (the data do not tell it from: {', '.join(self.others).replace('_', ' ')})" if self.others else ""
        return f"mind the rounding: the system rounded to whole numbers, {self._how}{also}"

    @property
    def _how(self) -> str:
        return ROUNDINGS[self.rule].words

    def end(self, y: np.ndarray) -> np.ndarray:
        return ROUNDINGS[self.rule].of(y)

    def code(self, conv: Linear) -> tuple[str, ...]:
        return (f"y = {ROUNDINGS[self.rule].text}",)


class Rule(NamedTuple):
    """A rule of rounding to whole numbers: in words, the function, and its NumPy text for y."""

    words: str
    of: Callable[[np.ndarray], np.ndarray]
    text: str


ROUNDINGS = {
    "half_even": Rule("to the nearest, halves to even", np.rint, "np.rint(y)"),
    "half_away": Rule(
        "to the nearest, halves away from zero",
        lambda y: np.copysign(np.floor(np.abs(y) + 0.5), y),
        "np.copysign(np.floor(abs(y) + 0.5), y)",
    ),
    "half_up": Rule("to the nearest, halves up", lambda y: np.floor(y + 0.5), "np.floor(y + 0.5)"),
    "floor": Rule("down", np.floor, "np.floor(y)"),
    "truncate": Rule("towards zero", np.trunc, "np.trunc(y)"),
    "ceil": Rule("up", np.ceil, "np.ceil(y)"),
}


@dataclass(frozen=True)
class Overflow(Ending):
    """What lies beyond `low` and `high` is held there (saturate), or goes on from the other end (wrap)."""

    id = "overflow"
    causes = 0.25

    kind: Literal["saturate", "wrap"]
    low: int
    high: int

    @property
    def choices(self) -> float:
        return 3.0  # six ranges, and what is done

    def words(self) -> str:
        does = "held at the ends of" if self.kind == "saturate" else "wrapped around in"
        return f"mind the range: the system's outputs are {does} {self.low} to {self.high} ({self._format})"

    @property
    def _format(self) -> str:
        bits = (self.high - self.low).bit_length()
        return f"{'u' if self.low == 0 else ''}int{bits}"

    def end(self, y: np.ndarray) -> np.ndarray:
        if self.kind == "saturate":
            return np.asarray(np.clip(y, self.low, self.high))
        return np.asarray((y - self.low) % (self.high - self.low + 1) + self.low)

    def code(self, conv: Linear) -> tuple[str, ...]:
        if self.kind == "saturate":
            return (f"y = np.clip(y, {self.low}, {self.high})",)
        return (f"y = (y - {self.low}) % {self.high - self.low + 1} + {self.low}",)
