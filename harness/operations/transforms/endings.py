"""Conventions about what a system makes of a sum, value by value: activation, rounding to whole numbers, overflow.

    y = cast( limit( round( activation( factor * (sum + bias) + zero_point ) ) ) )

Factor, bias and zero point are `values.Scale` and `values.Bias`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from harness.canonical.window import Linear, Pairs, pairs_text, spatial_index
from harness.operations.transforms.functions import FUNCTIONS, errors, undone
from harness.operations.transforms.transform import Transform


@dataclass(frozen=True)
class Ending(Transform):
    """A change of each value after the sum."""

    touches = ("y",)
    local = True


@dataclass(frozen=True)
class Activation(Ending):
    """Each value goes through a function of FUNCTIONS; `parameters` are its numbers by name.

    stated: whether it is what the case says, and no difference. others: functions that give the same here.
    """

    id = "activation"
    picture = "function"
    causes = 1.0

    function: str
    parameters: tuple[tuple[str, float], ...] = ()
    stated: bool = field(default=False, compare=False)
    others: tuple[str, ...] = field(default=(), compare=False)

    @property
    def choices(self) -> float:
        return math.log2(len(FUNCTIONS) / (1 + len(self.others)))

    @property
    def fitted(self) -> int:
        usual = FUNCTIONS[self.function].usual
        return sum(math.isfinite(value) and key not in usual for key, value in self.parameters)

    @property
    def named(self) -> str:
        """The function and its numbers."""
        told = ", ".join(f"{key} {value:.7g}" for key, value in self.parameters)
        return f"{self.function.replace('_', ' ')}{f' ({told})' if told else ''}"

    def words(self) -> str:
        if self.stated:
            return f"then {self.named}, as the case says"
        if self.function == "identity":
            return "apply the activation; the system left the activation out"
        return f"check the activation; the system applied {self.named} to its output{_also(self.others)}"

    def end(self, y: np.ndarray) -> np.ndarray:
        return np.asarray(FUNCTIONS[self.function].of(y, **dict(self.parameters)))

    def errors(self, y: np.ndarray) -> np.ndarray:
        return errors(self.function, y, **dict(self.parameters))

    def undone(self, made: np.ndarray) -> np.ndarray:
        """What `end` made `made` of; NaN where that is not one value."""
        return undone(self.function, made, **dict(self.parameters))

    @property
    def one_to_one(self) -> bool:
        """Whether every number that it makes tells what it was made of."""
        return FUNCTIONS[self.function].inverse is not None

    def sums(self, made: np.ndarray, room: np.ndarray, steep: float) -> tuple[np.ndarray, np.ndarray]:
        """What `end` made numbers of that may be off by `room`, NaN where they do not tell it, and how far that may be.

        steep: how many times its usual error one may be off that is told.
        """
        values = self.undone(made)
        apart = np.abs([self.undone(made + side * room) - values for side in (-1, 1)]).max(axis=0)
        known = np.isfinite(values) & np.isfinite(apart)
        known &= apart <= steep * np.median(apart[known]) if known.any() else False
        return np.where(known, values, np.nan), np.where(known, apart, 0.0)

    def gives(self, values: np.ndarray, room: np.ndarray | float) -> bool:
        """Whether all that is known of values, which may be so far off, lies where `end` can bring it."""
        function, numbers = FUNCTIONS[self.function], dict(self.parameters)
        low, high = (numbers.get(name, getattr(function, name)) for name in ("low", "high"))
        return not bool(((values < low - room) | (values > high + room)).any())

    def code(self, conv: Linear) -> tuple[str, ...]:
        return () if self.function == "identity" else FUNCTIONS[self.function].code(**dict(self.parameters))


def relu(values: np.ndarray) -> Activation:
    """ReLU, of which `values` are; where none is beyond the limit of ReLU6, this gives the same."""
    return Activation("relu", others=() if np.nanmax(values, initial=0.0) > FUNCTIONS["relu6"].high else ("relu6",))


def _also(others: Sequence[str]) -> str:
    """What the data do not tell it from, after a name."""
    return f" (the data do not tell it from: {', '.join(others).replace('_', ' ')})" if others else ""


def concluded(transforms: Iterable[Transform], then: Activation | None) -> tuple[Transform, ...]:
    """Changes of a call of whose output `then` is made, with it in its place; one that is a change replaces it."""
    given = tuple(transforms)
    if then is None or any(isinstance(each, Activation) for each in given):
        return given
    place = next((at for at, each in enumerate(given) if isinstance(each, LATER)), len(given))
    return (*given[:place], then, *given[place:])


@dataclass(frozen=True)
class OutputRounding(Ending):
    """Each value is rounded to a whole number by a rule of ROUNDINGS; `others` are rules that give the same here."""

    id = "output_rounding"
    picture = "rounding"
    causes = 0.25

    rule: str
    others: tuple[str, ...] = ()

    @property
    def choices(self) -> float:
        return math.log2(len(ROUNDINGS) / (1 + len(self.others)))

    @property
    def hidden(self) -> str:
        return self.rule

    def words(self) -> str:
        return f"leave fractions as they are; the system rounded to whole numbers, {self._how}{_also(self.others)}"

    @property
    def _how(self) -> str:
        return ROUNDINGS[self.rule].words

    def end(self, y: np.ndarray) -> np.ndarray:
        return ROUNDINGS[self.rule].of(y)

    def code(self, conv: Linear) -> tuple[str, ...]:
        return (f"y = {ROUNDINGS[self.rule].text}",)


@dataclass(frozen=True)
class OutputBorder(Ending):
    """Outputs whose window reaches beyond the input are not computed: (low, high) of them along each spatial axis.

    left: what they are: "zero", the "input" at their places, or the "bias" alone, as where it is added afterwards.
    """

    id = "output_border"
    causes = 0.25
    choices = 1.0
    plain = 1.0

    widths: Pairs
    left: Literal["zero", "input", "bias"] = "zero"

    def words(self) -> str:
        does = {
            "zero": "leaves it zero",
            "input": "copies the input there",
            "bias": "leaves it zero before it adds the bias",
        }[self.left]
        return f"compute the border, too: the system {does}, {pairs_text(self.widths)} (low:high per axis)"

    def beside(self, form: Linear) -> Transform:
        return self if self.left == "zero" else _Beside(self, self.values(form))

    def values(self, form: Linear) -> np.ndarray:
        """What stands there, which an output (N, C, *spatial) of `form` meets."""
        given = form.x if self.left == "input" else form.offsets.reshape(1, -1, *(1,) * form.rank)
        return np.asarray(given, np.float64) * (self.left != "zero")

    def end(self, y: np.ndarray) -> np.ndarray:
        return np.where(self.inside(y), y, 0)

    def inside(self, y: np.ndarray) -> np.ndarray:
        inside = np.zeros(y.shape, bool)
        inside[spatial_index(slice(low, size - high) for (low, high), size in zip(self.widths, y.shape[2:]))] = True
        return inside

    def code(self, conv: Linear) -> tuple[str, ...]:
        part = ", ".join(f"{low}:{-high or ''}" for low, high in self.widths)
        border = {"zero": "0", "input": "image", "bias": f"b.reshape{(1, -1, *(1,) * conv.rank)}"}[self.left]
        return (
            "inside = np.zeros(y.shape, bool)",
            f"inside[:, :, {part}] = True",
            f"y = np.where(inside, y, {border})",
        )


@dataclass(frozen=True, eq=False)
class _Beside(Ending):
    """A border and its values, (N or 1, C, *spatial or 1..)."""

    border: OutputBorder
    values: np.ndarray

    def end(self, y: np.ndarray) -> np.ndarray:
        return np.where(self.border.inside(y), y, self.values[: len(y), : y.shape[1]])


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
    picture = "ends_of_format"
    causes = 0.25

    kind: Literal["saturate", "wrap"]
    low: int
    high: int

    @property
    def choices(self) -> float:
        return 3.0  # six ranges, and what is done

    def words(self) -> str:
        does = "held at the ends of" if self.kind == "saturate" else "wrapped around in"
        return f"use a wider format; the system's outputs are {does} {self.low} to {self.high} ({self._format})"

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


LATER = (OutputRounding, Overflow)
"""What comes after an activation."""
