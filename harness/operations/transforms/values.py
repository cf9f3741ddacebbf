"""Conventions about values: bias, scale, single taps, and the arithmetic in which they are computed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from harness.canonical.window import Linear
from harness.operations.transforms.transform import Transform
from harness.rounding.formats import FORMATS, significand

REPEATED = {"missing": 0, "doubled": 2, "negated": -1}
"""How often a bias is added that is not added once."""


@dataclass(frozen=True)
class Bias(Transform):
    """The bias is added so often as REPEATED says, in another `order`, or is one that the call does not know.

    values: what is added besides the stated bias, one number per output channel. order: the channel whose bias each
    channel gets.
    """

    id = "bias"
    causes = 2.0
    touches = ("bias",)

    kind: Literal["missing", "doubled", "negated", "permuted", "unknown"]
    values: tuple[float, ...] = ()
    order: tuple[int, ...] = ()

    def unusual(self, rank: int) -> float:
        return {"unknown": 3.0, "negated": 2.0, "permuted": 2.0}.get(self.kind, 0.0)

    @property
    def choices(self) -> float:
        if self.kind == "permuted":
            return math.lgamma(len(self.order) + 1) / math.log(2)
        return 0.0 if self.kind == "unknown" else math.log2(len(REPEATED))

    @property
    def fitted(self) -> int:
        return len(set(self.values))

    def words(self) -> str:
        if self.kind == "unknown":
            shown = ", ".join(f"{value:.7g}" for value in self.values[:8])
            return f"mind the bias: the system added {shown} to its output channels"
        if self.kind == "permuted":
            return f"mind the order of the bias: the channels got those of channels {', '.join(map(str, self.order))}"
        if self.kind == "negated":
            return "mind the sign of the bias: the system subtracted it"
        return f"add the bias once; the system {'left it out' if self.kind == 'missing' else 'added it twice'}"

    def added(self, bias: np.ndarray) -> np.ndarray:
        """What is added in place of `bias`, (O,)."""
        if self.kind == "unknown":
            return np.asarray(np.asarray(self.values) + bias.astype(np.float64))
        return np.asarray(bias[list(self.order)] if self.kind == "permuted" else REPEATED[self.kind] * bias)

    def differ(self, conv: Linear) -> Linear:
        if self.kind == "missing":
            return replace(conv, bias=None)
        if self.kind == "unknown":
            return conv.shifted(np.asarray(self.values))
        return conv.map(self.added, "bias")

    def code(self, conv: Linear) -> tuple[str, ...]:
        if self.kind == "unknown":
            return (f"b = b + np.array({list(self.values)!r})",)
        return (f"b = b[{list(self.order)}]" if self.kind == "permuted" else f"b = {REPEATED[self.kind]} * b",)


@dataclass(frozen=True)
class Scale(Transform):
    """The kernel is multiplied by `factors`, one per output channel or one for all; `name` says what they are.

    A name that is no plain number is a rule, by which the factors follow from the kernel.
    """

    id = "scale"
    causes = 3.0
    touches = ("w", "bias")

    name: str
    factors: tuple[float, ...]

    def unusual(self, rank: int) -> float:
        return 3.0 if self._free else 0.0

    @property
    def _free(self) -> bool:
        """Whether the factors are numbers that nobody has a name for."""
        return self.name.startswith("a factor")

    @property
    def choices(self) -> float:
        return 0.0 if self._free else math.log2(2 * len(SCALES))

    @property
    def fitted(self) -> int:
        return len(set(self.factors)) if self._free else 0

    @property
    def other_names(self) -> tuple[Transform, ...]:
        """Where a rule comes to a plain factor, that."""
        plain = PLAIN.get(self.factors[0]) if self.name in SCALES and len(set(self.factors)) == 1 else None
        return (Scale(plain, self.factors),) if plain else ()

    def words(self) -> str:
        return f"mind the scale: the system multiplied by {self.name}"

    def differ(self, conv: Linear) -> Linear:
        return conv.scaled(np.array(scale_factors(self.name, conv.w) if self.name in SCALES else self.factors))

    def code(self, conv: Linear) -> tuple[str, ...]:
        rule = SCALES[self.name][1] if self.name in SCALES else f"np.array({list(self.factors)!r})"
        shape = (-1,) + (1,) * (conv.rank + 1)
        return (f"s = {rule} * np.ones(len(w))", f"w, b = w * s.reshape{shape}, b * s")


PLAIN = {2.0: "2", 0.5: "0.5", -1.0: "-1"}
"""Factors that people have in mind without a rule."""
SCALES: dict[str, tuple[Callable[[np.ndarray], Any], str]] = {
    "1 / the kernel's sum": (lambda w: 1 / w.sum(), "1 / w.sum()"),
    "1 / the sum of each output's kernel": (lambda w: 1 / _rows(w).sum(1), "1 / w.reshape(len(w), -1).sum(1)"),
    "1 / the sum of the kernel's magnitudes": (lambda w: 1 / np.abs(w).sum(), "1 / abs(w).sum()"),
    "1 / the norm of each output's kernel": (
        lambda w: 1 / np.sqrt((_rows(w) ** 2).sum(1)),
        "1 / np.sqrt((w.reshape(len(w), -1) ** 2).sum(1))",
    ),
    "1 / the number of taps": (lambda w: 1 / w[0, 0].size, "1 / w[0, 0].size"),
    "1 / the number of terms": (lambda w: 1 / w[0].size, "1 / w[0].size"),
    "1 / the number of channels": (lambda w: 1 / w.shape[1], "1 / w.shape[1]"),
    "the kernel's sum": (lambda w: w.sum(), "w.sum()"),
    "the number of taps": (lambda w: w[0, 0].size, "w[0, 0].size"),
    "the number of terms": (lambda w: w[0].size, "w[0].size"),
}
"""Scales that follow from the kernel: name -> the factor, or one per output channel, and the NumPy text for it."""


def scale_factors(name: str, w: np.ndarray) -> np.ndarray:
    """The factors of a scale of SCALES, one per output channel; no number, or 0, where float64 does not hold them."""
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        return np.asarray(SCALES[name][0](w.astype(np.float64)) * np.ones(len(w)))


def _rows(w: np.ndarray) -> np.ndarray:
    return w.reshape(len(w), -1)


PLACES = 32
"""Taps among which a wrong one is, about."""


@dataclass(frozen=True)
class KernelValues(Transform):
    """Some taps have other values: `taps` holds (index in the canonical kernel, value that was applied)."""

    id = "kernel_values"
    causes = 0.5
    touches = ("w",)

    taps: tuple[tuple[tuple[int, ...], float], ...]

    @property
    def choices(self) -> float:
        return math.log2(PLACES) * len(self.taps)

    @property
    def fitted(self) -> int:
        return len(self.taps)

    @property
    def is_convention(self) -> bool:
        return False

    def words(self) -> str:
        shown = "; ".join(f"w{list(index)} was {value:.9g}" for index, value in self.taps[:4])
        return f"correct the kernel: {len(self.taps)} of its values differ ({shown})"

    def differ(self, conv: Linear) -> Linear:
        w = conv.w.astype(np.float64)
        for index, value in self.taps:
            w[index] = value
        return replace(conv, w=w)

    def code(self, conv: Linear) -> tuple[str, ...]:
        return ("w = w.astype(np.float64)", *(f"w[{', '.join(map(str, at))}] = {value!r}" for at, value in self.taps))


@dataclass(frozen=True)
class Precision(Transform):
    """Input and kernel are rounded to the digits of a narrower format, by name, before they are multiplied."""

    id = "precision"
    causes = 6.0
    touches = ("x", "w")

    format: str

    @property
    def choices(self) -> float:
        return 2.0

    def words(self) -> str:
        return f"switch off reduced precision: inputs were rounded to {self.format}"

    def differ(self, conv: Linear) -> Linear:
        digits = FORMATS[self.format].digits
        return replace(conv, x=significand(conv.x, digits), w=significand(conv.w, digits))

    def code(self, conv: Linear) -> tuple[str, ...]:
        scale = 2.0 ** FORMATS[self.format].digits
        return (
            "def rounded(a):",
            "    m, e = np.frexp(a.astype(np.float64))",
            f"    return np.ldexp(np.rint(m * {scale:g}) / {scale:g}, e)",
            "x, w = rounded(x), rounded(w)",
        )


@dataclass(frozen=True)
class Arithmetic(Transform):
    """The system computes the intended convolution in another arithmetic: a finding of the ladder, by its name."""

    id = Precision.id
    touches = ()

    finding: str

    def words(self) -> str:
        return f"choose full precision where it matters; the system's arithmetic shows {self.finding}"


@dataclass(frozen=True)
class NotRepeatable(Transform):
    """Two identical calls give different values; nothing more can be said."""

    id = "not_repeatable"
    touches = ()

    def words(self) -> str:
        return "make the call repeatable: two identical calls gave different values"
