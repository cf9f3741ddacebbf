"""Conventions about settings: padding, stride, dilation."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from harness.canonical.window import Linear, Pairs, Window, numbers_text, pairs_text
from harness.operations.transforms.transform import Transform, changed

OTHER_NAME = 4.0
"""Bits for each step down the names of one padding."""
NAMED = ("full", "valid", "same")
"""Parts of the full result that have a name."""


@dataclass(frozen=True)
class PaddingChange(Transform):
    """The system pads by `actual` (low, high) per spatial axis, not by `intended`.

    also: 0 for the likeliest name of the change, 1, 2 ... for what else it may be called. cuts: of a transposed
    convolution, what is meant to be cut off the full output and what the system cut, as people say it there; else ().
    """

    intended: Pairs
    actual: Pairs
    also: int = field(default=0, kw_only=True)
    cuts: tuple[Pairs, ...] = field(default=(), kw_only=True)

    @property
    def crops(self) -> bool:
        return any(min(pair) < 0 for pair in self.actual)

    def unusual(self, rank: int) -> float:
        moved = sum(abs(a - b) for new, old in zip(self.actual, self.intended) for a, b in zip(new, old))
        return min(0.1 * moved, 3.0) + (0.0 if self._plain() else 0.5) + OTHER_NAME * self.also

    @property
    def choices(self) -> float:
        return _moves(low - meant for (low, _), (meant, _) in zip(self.actual, self.intended))

    def frees(self, rank: int) -> frozenset[str]:
        return frozenset({"padding"})

    def _plain(self) -> bool:
        """Whether people would choose it for itself: as much on both sides."""
        return all(low == high for low, high in self.actual)

    def words(self) -> str:
        if self.cuts:
            intended, actual = map(pairs_text, self.cuts)
            added = "; negative amounts add zeros" if "-" in intended + actual else ""
            return (
                f"{self._what()}cut {intended} (low:high per axis) off the full output; the system cut {actual}{added}"
            )
        return (
            f"{self._what()}pad by {pairs_text(self.intended)} (low:high per axis); "
            f"the system {self._did()}padded by {pairs_text(self.actual)}"
        )

    def _what(self) -> str:
        return ""

    def _did(self) -> str:
        return ""

    def differ(self, conv: Linear) -> Linear:
        return changed(conv, padding=self.actual)


@dataclass(frozen=True)
class PaddingSplit(PaddingChange):
    """Other amounts of padding, or another share of them on the low side."""

    id = "padding_split"
    picture = "padding"
    seen = "The padding is split otherwise between the two ends"
    short = "padding split otherwise"
    sign = "P"
    causes = 15.0


@dataclass(frozen=True)
class OutputMode(PaddingChange):
    """Another part of the full result: full, same or valid, or a crop that starts elsewhere."""

    id = "output_mode"
    picture = "padding"
    seen = "Another part of the full result was taken"
    causes = 4.0

    mode: str = ""

    @property
    def choices(self) -> float:
        return 1.0 if self.mode in NAMED else super().choices

    def _what(self) -> str:
        return "take the part of the full result that is meant: " if self.mode else ""

    def _did(self) -> str:
        part = f"the part `{self.mode}`" if self.mode in NAMED else "a part that starts elsewhere"
        return f"took {part} and " if self.mode else ""

    def _plain(self) -> bool:
        return bool(self.mode) or super()._plain()


@dataclass(frozen=True)
class SameCentre(PaddingChange):
    """The centre of the kernel is elsewhere: the output is shifted."""

    id = "same_centre"
    picture = "padding"
    seen = "The centre of the kernel is elsewhere"
    short = "centre of the kernel elsewhere"
    sign = "P"
    causes = 7.0

    def _what(self) -> str:
        return "move the centre (anchor) of the kernel: "


@dataclass(frozen=True)
class StridePhase(PaddingChange):
    """The strided output starts at another sample."""

    id = "stride_phase"
    picture = "padding"
    seen = "The stride starts at another sample"
    sign = "P"
    causes = 1.0

    @property
    def crops(self) -> bool:
        return any(high < 0 for _, high in self.actual)  # what lies before a later start is no loss

    def _what(self) -> str:
        return "start the stride at another sample: "


@dataclass(frozen=True)
class OutputPadding(PaddingChange):
    """A transposed convolution whose output ends elsewhere: more or fewer samples behind it."""

    id = "output_padding"
    picture = "padding"
    seen = "The output ends elsewhere"
    sign = "P"
    causes = 0.5

    def _what(self) -> str:
        return "correct the samples behind the output (output padding): "


@dataclass(frozen=True)
class RawPadding(PaddingChange):
    """The numbers that a forward convolution pads were taken for a padding of the input that is filled with zeros."""

    id = "raw_padding"
    sign = "P"
    causes = 0.5
    choices = 0.0

    def words(self) -> str:
        return (
            f"cut {pairs_text(self.cuts[0])} (low:high per axis) off the full output; "
            f"the system padded the zero-filled input by {pairs_text(self.actual)} instead"
        )


@dataclass(frozen=True)
class OtherOperation(Transform):
    """Another operation was computed: a convolution for a transposed one, or the reverse, with this window."""

    id = "operation"
    causes = 0.5

    given: str
    window: Window

    def words(self) -> str:
        return f"call the operation that is meant; the system computed a {self.given.replace('_', ' ')}"

    def differ(self, conv: Linear) -> Linear:
        return replace(conv, window=self.window)


@dataclass(frozen=True)
class AxisSwap(Transform):
    """Settings per axis are given in another order of the axes: H and W exchanged.

    stride, dilation and padding are what the system used.
    """

    id = "axis_swap"
    causes = 1.5

    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: Pairs

    def frees(self, rank: int) -> frozenset[str]:
        return frozenset({"stride", "dilation", "padding"})

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
    """The system moves by another stride; `padding` is what its padding comes to then.

    of_input: whether it is the stride of a transposed convolution, by which the input's samples stand apart.
    """

    id = "stride"
    picture = "steps"
    seen = "The stride is another"
    causes = 2.0

    stride: tuple[int, ...]
    padding: Pairs
    of_input: bool = False

    def unusual(self, rank: int) -> float:
        return _uneven(self.stride)

    @property
    def choices(self) -> float:
        return _steps(self.stride)

    def frees(self, rank: int) -> frozenset[str]:
        return frozenset({"stride"})

    @property
    def _which(self) -> str:
        return "stride between the input's samples" if self.of_input else "stride"

    def words(self) -> str:
        return f"correct the {self._which}; the system used {numbers_text(self.stride)}"

    def found(self) -> str:
        return f"a {self._which} of {numbers_text(self.stride)}"

    def differ(self, conv: Linear) -> Linear:
        name = "base_dilation" if self.of_input else "stride"
        return changed(conv, padding=self.padding, **{name: self.stride})


@dataclass(frozen=True)
class Dilation(Transform):
    """The system dilates the kernel otherwise; `padding` is what its padding comes to then."""

    id = "dilation"
    picture = "steps"
    seen = "The dilation is another"
    causes = 2.0

    dilation: tuple[int, ...]
    padding: Pairs

    def unusual(self, rank: int) -> float:
        return _uneven(self.dilation)

    @property
    def choices(self) -> float:
        return _steps(self.dilation)

    def frees(self, rank: int) -> frozenset[str]:
        return frozenset({"dilation"})

    def words(self) -> str:
        return f"correct the dilation; the system used {numbers_text(self.dilation)}"

    def found(self) -> str:
        return f"a dilation of {numbers_text(self.dilation)}"

    def differ(self, conv: Linear) -> Linear:
        return changed(conv, dilation=self.dilation, padding=self.padding)


def _uneven(steps: tuple[int, ...]) -> float:
    """Bits for steps that are not the same along all axes."""
    return 0.0 if len(set(steps)) == 1 else 2.0


def _steps(steps: tuple[int, ...]) -> float:
    """Bits that say which steps: 4 that are the same along all axes, or 3 for each axis."""
    return math.log2(4) if len(set(steps)) == 1 else math.log2(3) * len(steps)


def _moves(moves: Iterable[int]) -> float:
    """Bits that say by how much something moved along each axis; small moves, and equal ones, are the likelier."""
    each = list(moves)
    return len(each) + 2 * sum(math.log2(1 + abs(move)) for move in set(each))
