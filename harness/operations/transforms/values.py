"""Conventions about values: bias, scale, single taps, and the arithmetic in which they are computed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from harness.canonical.window import Linear
from harness.operations.transforms.arrays import Role
from harness.operations.transforms.quantizing import QUANTIZERS
from harness.operations.transforms.transform import Part, Transform, each_of, for_channels
from harness.rounding.formats import FORMATS, significand

REPEATED = {"missing": 0, "doubled": 2, "negated": -1}
"""How often a bias is added that is not added once."""
EACH = "for each channel"
"""Where a bias is added once for each input channel that an output sees."""


@dataclass(frozen=True)
class Bias(Transform):
    """The bias is added so often as REPEATED says, in another `order`, or is one that the call does not know.

    values: what is added besides the stated bias, one number per output channel. order: the channel whose bias each
    channel gets. times: how often it is added where it is so EACH of the input channels.
    """

    id = "bias"
    causes = 2.0
    touches = ("bias",)

    kind: Literal["missing", "doubled", "negated", "permuted", "unknown", "for each channel"]
    values: tuple[float, ...] = ()
    order: tuple[int, ...] = ()
    times: int = 1

    def unusual(self, rank: int) -> float:
        return {"unknown": 3.0, "negated": 2.0, "permuted": 2.0, EACH: 2.0}.get(self.kind, 0.0)

    @property
    def choices(self) -> float:
        if self.kind == "permuted":
            return math.lgamma(len(self.order) + 1) / math.log(2)
        return 0.0 if self.kind == "unknown" else math.log2(len(REPEATED))

    @property
    def inferred(self) -> tuple[float, ...]:
        return self.values

    def words(self) -> str:
        if self.kind == "unknown":
            return f"correct the bias; the system added {each_of(self.values)} to its output channels"
        if self.kind == EACH:
            return f"add the bias once; the system added the bias {EACH} of the input, {self.times} times"
        if self.kind == "permuted":
            return (
                f"reorder the bias; the system gave the channels the bias of channels {', '.join(map(str, self.order))}"
            )
        if self.kind == "negated":
            return "add the bias; the system subtracted the bias"
        if self.kind == "missing":
            return "add the bias; the system left the bias out"
        return "add the bias once; the system added the bias twice"

    def added(self, bias: np.ndarray) -> np.ndarray:
        """What is added in place of `bias`, (O,)."""
        if self.kind == "unknown":
            return np.asarray(np.asarray(self.values) + bias.astype(np.float64))
        return np.asarray(bias[list(self.order)] if self.kind == "permuted" else self._often * bias)

    @property
    def _often(self) -> int:
        return self.times if self.kind == EACH else REPEATED[self.kind]

    def differ(self, conv: Linear) -> Linear:
        if self.kind == "missing":
            return replace(conv, bias=None)
        if self.kind == "unknown":
            return conv.shifted(np.asarray(self.values))
        return conv.map(self.added, "bias")

    def code(self, conv: Linear) -> tuple[str, ...]:
        if self.kind == "unknown":
            return (f"b = b + np.array({list(self.values)!r})",)
        return (f"b = b[{list(self.order)}]" if self.kind == "permuted" else f"b = {self._often} * b",)


@dataclass(frozen=True)
class Scale(Transform):
    """The sums are multiplied by `factors`, one per output channel or one for all; `name` says what they are.

    A name that is no plain number is a rule, by which the factors follow from the kernel. role: what is multiplied: of
    the "output", kernel and bias; the "kernel" alone; the "input", by one factor for each of its channels.
    """

    id = "scale"
    causes = 3.0

    name: str
    factors: tuple[float, ...]
    role: Role = "output"

    @property
    def touches(self) -> tuple[Part, ...]:
        parts: dict[Role, tuple[Part, ...]] = {"output": ("w", "bias"), "kernel": ("w",), "input": ("x",)}
        return parts[self.role]

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
    def inferred(self) -> tuple[float, ...]:
        return self.factors if self._free else ()

    @property
    def other_names(self) -> tuple[Transform, ...]:
        """Where a rule comes to a plain factor, that."""
        plain = PLAIN.get(self.factors[0]) if self.name in SCALES and len(set(self.factors)) == 1 else None
        return (Scale(plain, self.factors),) if plain else ()

    @property
    def names(self) -> tuple[Transform, ...]:
        """A plain factor first: kernels are divided by what they sum to, and hardly multiplied by it."""
        plain = () if self.name.startswith("1 /") else self.other_names
        return tuple(dict.fromkeys((*plain, self, *self.other_names)))

    def words(self) -> str:
        what = "" if self.role == "output" else f" the {self.role}"
        return f"correct the scale; the system multiplied{what} by {self.name}"

    def differ(self, conv: Linear) -> Linear:
        if self.role == "input":
            return conv.of_prepared(lambda x: x * for_channels(self.factors, x), 0.0)
        scaled = conv.scaled(np.array(scale_factors(self.name, conv.w) if self.name in SCALES else self.factors))
        return scaled if self.role == "output" else replace(scaled, bias=conv.bias)

    def code(self, conv: Linear) -> tuple[str, ...]:
        rule = SCALES[self.name][1] if self.name in SCALES else f"np.array({list(self.factors)!r})"
        rest = (1,) * conv.rank
        if self.role == "input":
            return (f"x = x * ({rule}).reshape{(1, -1, *rest)}",)
        bias = ", b * s" if self.role == "output" else ", b"
        return (f"s = {rule} * np.ones(len(w))", f"w, b = w * s.reshape{(-1, 1, *rest)}{bias}")


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


def rounded(value: float, off: float) -> str:
    """A number that may be so far off, by the digits that say something."""
    if not value or not off:
        return f"{value:.9g}"
    digits = 1 + math.floor(math.log10(abs(value))) - math.floor(math.log10(off))
    return f"{value:.{min(max(digits, 1), 9)}g}"


PLACES = 32
"""Taps among which a wrong one is, about."""


@dataclass(frozen=True)
class KernelValues(Transform):
    """Some taps have other values: `taps` holds (index in the canonical kernel, value that was applied).

    off: by how much these values may be off, as what they leave says.
    """

    id = "kernel_values"
    causes = 0.5
    touches = ("w",)

    taps: tuple[tuple[tuple[int, ...], float], ...]
    off: float = 0.0

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
        shown = "; ".join(f"w{list(index)} was {rounded(value, self.off)}" for index, value in self.taps[:4])
        return f"correct the kernel: {len(self.taps)} of its values differ ({shown})"

    def differ(self, conv: Linear) -> Linear:
        return conv.map(self._corrected, "w")

    def _corrected(self, w: np.ndarray) -> np.ndarray:
        w = w.astype(np.float64)
        for index, value in self.taps:
            w[index] = value
        return w

    def code(self, conv: Linear) -> tuple[str, ...]:
        return ("w = w.astype(np.float64)", *(f"w[{', '.join(map(str, at))}] = {value!r}" for at, value in self.taps))


@dataclass(frozen=True)
class Precision(Transform):
    """Input and kernel are rounded to the digits of a narrower format, by name, before they are multiplied.

    of: "both", or the "kernel" alone, by the name of one of QUANTIZERS.
    """

    id = "precision"
    picture = "digits"
    causes = 5.0

    format: str
    of: Literal["both", "kernel"] = "both"

    @property
    def touches(self) -> tuple[Part, ...]:
        return ("x", "w") if self.of == "both" else ("w",)

    def unusual(self, rank: int) -> float:
        return 0.0 if self.of == "both" else 2.0

    @property
    def choices(self) -> float:
        return 2.0 if self.of == "both" else math.log2(len(QUANTIZERS))

    @property
    def hidden(self) -> str:
        return self.format if self.of == "kernel" else ""

    def words(self) -> str:
        if self.of == "kernel":
            return f"keep the kernel's precision; the system rounded the kernel to {QUANTIZERS[self.format].words}"
        return f"switch off reduced precision; the system rounded the inputs to {self.format}"

    def differ(self, conv: Linear) -> Linear:
        if self.of == "kernel":
            return conv.map(lambda w: QUANTIZERS[self.format].of(w.astype(np.float64)), "w")
        digits = FORMATS[self.format].digits
        return conv.elementwise(lambda each: significand(each, digits), "x", "w")

    def code(self, conv: Linear) -> tuple[str, ...]:
        if self.of == "kernel":
            return ("w = w.astype(np.float64)", *QUANTIZERS[self.format].lines)
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
