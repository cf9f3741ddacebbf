"""Conventions about settings and numbers: padding, stride, dilation, boundary, bias, scale, precision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from harness.canonical.window import Linear, Pairs, numbers_text, pairs_text
from harness.transform.base import Transform, changed

Format = Literal["TF32", "bfloat16", "float16"]
SIGNIFICANDS: dict[Format, int] = {"TF32": 11, "bfloat16": 8, "float16": 11}
"""Binary digits of the formats that systems round their inputs to."""


@dataclass(frozen=True)
class PaddingChange(Transform):
    """The system pads by `actual` (low, high) per spatial axis, not by `intended`.

    also: 0 for the likeliest name of the change, 1, 2 ... for what else it may be called.
    """

    intended: Pairs
    actual: Pairs
    also: int = field(default=0, kw_only=True)

    def words(self) -> str:
        return (
            f"{self._what()}pad by {pairs_text(self.intended)} (low:high per axis); "
            f"the system padded by {pairs_text(self.actual)}"
        )

    def _what(self) -> str:
        return ""

    def differ(self, conv: Linear) -> Linear:
        return changed(conv, padding=self.actual)


@dataclass(frozen=True)
class PaddingSplit(PaddingChange):
    """Other amounts of padding, or another share of them on the low side."""

    id = "padding_split"


@dataclass(frozen=True)
class OutputMode(PaddingChange):
    """Another part of the full result: full, same or valid, or a crop that starts elsewhere."""

    id = "output_mode"

    mode: str = ""

    def _what(self) -> str:
        return f"another part of the full result was taken ({self.mode}): " if self.mode else ""


@dataclass(frozen=True)
class SameCentre(PaddingChange):
    """The centre of the kernel is elsewhere: the output is shifted."""

    id = "same_centre"

    def _what(self) -> str:
        return "move the centre (anchor) of the kernel: "


@dataclass(frozen=True)
class StridePhase(PaddingChange):
    """The strided output starts at another sample."""

    id = "stride_phase"

    def _what(self) -> str:
        return "start the stride at another sample: "


@dataclass(frozen=True)
class AxisSwap(Transform):
    """Settings per axis are given in another order of the axes: H and W exchanged.

    stride, dilation and padding are what the system used.
    """

    id = "axis_swap"

    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: Pairs

    def words(self) -> str:
        return (
            "exchange the axes in the settings; the system used "
            f"stride {numbers_text(self.stride)}, dilation {numbers_text(self.dilation)}, "
            f"padding {pairs_text(self.padding)} (low:high per axis)"
        )

    def differ(self, conv: Linear) -> Linear:
        return changed(conv, stride=self.stride, dilation=self.dilation, padding=self.padding)


@dataclass(frozen=True)
class Stride(Transform):
    """The system moves by another stride; `padding` is what its padding comes to then."""

    id = "stride"

    stride: tuple[int, ...]
    padding: Pairs

    def words(self) -> str:
        return f"correct the stride; the system used {numbers_text(self.stride)}"

    def differ(self, conv: Linear) -> Linear:
        return changed(conv, stride=self.stride, padding=self.padding)


@dataclass(frozen=True)
class Dilation(Transform):
    """The system dilates the kernel otherwise; `padding` is what its padding comes to then."""

    id = "dilation"

    dilation: tuple[int, ...]
    padding: Pairs

    def words(self) -> str:
        return f"correct the dilation; the system used {numbers_text(self.dilation)}"

    def differ(self, conv: Linear) -> Linear:
        return changed(conv, dilation=self.dilation, padding=self.padding)


@dataclass(frozen=True)
class Boundary(Transform):
    """The padding is filled with something else."""

    id = "boundary"

    boundary: str

    def words(self) -> str:
        return f"correct the boundary; the system filled the padding with {self.boundary}"

    def differ(self, conv: Linear) -> Linear:
        return changed(conv, boundary=self.boundary)


@dataclass(frozen=True)
class Bias(Transform):
    """The bias is left out, added twice, or one that the call does not know: `values`, one per output channel."""

    id = "bias"

    kind: Literal["missing", "doubled", "unknown"]
    values: tuple[float, ...] = ()

    def words(self) -> str:
        if self.kind == "unknown":
            shown = ", ".join(f"{value:.6g}" for value in self.values[:8])
            return f"mind the bias: the system added {shown} to its output channels"
        return f"add the bias once; the system {'left it out' if self.kind == 'missing' else 'added it twice'}"

    def differ(self, conv: Linear) -> Linear:
        return replace(conv, bias=self._changed(conv))

    def _changed(self, conv: Linear) -> np.ndarray | None:
        if self.kind == "missing" or (conv.bias is None and self.kind == "doubled"):
            return None
        if self.kind == "doubled":
            assert conv.bias is not None
            return conv.bias * 2
        return np.asarray(self.values) + (0 if conv.bias is None else conv.bias.astype(np.float64))

    def code(self, conv: Linear) -> tuple[str, ...]:
        return {
            "missing": ("b = 0 * b",),
            "doubled": ("b = 2 * b",),
            "unknown": (f"b = b + np.array({list(self.values)!r})",),
        }[self.kind]


@dataclass(frozen=True)
class Scale(Transform):
    """The kernel is multiplied by `factors`, one per output channel or one for all; `name` says what they are.

    A name that is no plain number is a rule, by which the factors follow from the kernel.
    """

    id = "scale"

    name: str
    factors: tuple[float, ...]

    def words(self) -> str:
        return f"mind the scale: the system multiplied by {self.name}"

    def differ(self, conv: Linear) -> Linear:
        factors = np.array(scale_factors(self.name, conv.w) if self.name in SCALES else self.factors)
        shape = (-1,) + (1,) * (conv.w.ndim - 1)
        bias = None if conv.bias is None else conv.bias * factors
        return replace(conv, w=conv.w * factors.reshape(shape), bias=bias)

    def code(self, conv: Linear) -> tuple[str, ...]:
        rule = SCALES[self.name][1] if self.name in SCALES else f"np.array({list(self.factors)!r})"
        shape = (-1,) + (1,) * (conv.rank + 1)
        return (f"s = {rule} * np.ones(len(w))", f"w, b = w * s.reshape{shape}, b * s")


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
    """The factors of a scale of SCALES, one per output channel; infinite where it would divide by 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(SCALES[name][0](w.astype(np.float64)) * np.ones(len(w)))


def _rows(w: np.ndarray) -> np.ndarray:
    return w.reshape(len(w), -1)


@dataclass(frozen=True)
class Conjugate(Transform):
    """The kernel is conjugated."""

    id = "conjugate"

    def words(self) -> str:
        return "conjugate the kernel"

    def differ(self, conv: Linear) -> Linear:
        return replace(conv, w=np.conj(conv.w))

    def code(self, conv: Linear) -> tuple[str, ...]:
        return ("w = np.conj(w)",)


@dataclass(frozen=True)
class KernelValues(Transform):
    """Some taps have other values: `taps` holds (index in the canonical kernel, value that was applied)."""

    id = "kernel_values"

    taps: tuple[tuple[tuple[int, ...], float], ...]

    def words(self) -> str:
        shown = "; ".join(f"w{list(index)} was {value:.6g}" for index, value in self.taps[:4])
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
    """Input and kernel are rounded to a narrower format before they are multiplied."""

    id = "precision"

    format: Format

    def words(self) -> str:
        return f"switch off reduced precision: inputs were rounded to {self.format}"

    def differ(self, conv: Linear) -> Linear:
        digits = SIGNIFICANDS[self.format]
        return replace(conv, x=rounded(conv.x, digits), w=rounded(conv.w, digits))

    def code(self, conv: Linear) -> tuple[str, ...]:
        scale = 2.0 ** SIGNIFICANDS[self.format]
        return (
            "def rounded(a):",
            "    m, e = np.frexp(a.astype(np.float64))",
            f"    return np.ldexp(np.rint(m * {scale:g}) / {scale:g}, e)",
            "x, w = rounded(x), rounded(w)",
        )


def rounded(a: np.ndarray, digits: int) -> np.ndarray:
    """`a` rounded to so many binary digits, ties to even, in float64."""
    mantissa, exponent = np.frexp(a.astype(np.float64))
    return np.ldexp(np.rint(mantissa * 2.0**digits) / 2.0**digits, exponent)


@dataclass(frozen=True)
class NotRepeatable(Transform):
    """Two identical calls give different values; nothing more can be said."""

    id = "not_repeatable"

    def words(self) -> str:
        return "make the call repeatable: two identical calls gave different values"
