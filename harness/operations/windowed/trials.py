"""One call of an operation that moves a window: how it is drawn at random, and the simpler ones that it shrinks to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, TypeVar

import numpy as np

from harness.canonical.window import CONSTANT

NUMBERS = "numbers"
"""What stands for a padding by numbers among the words that may be drawn."""
FILLING = 7.0
"""What a padding is filled with in a call whose boundary is a number."""
T = TypeVar("T")


@dataclass(frozen=True)
class Axis:
    """Sizes and settings along one spatial axis."""

    n: int
    k: int
    stride: int = 1
    dilation: int = 1

    def smaller(self) -> Iterator[Axis]:
        """Axes of which one number is smaller."""
        for name in ("n", "k", "stride", "dilation"):
            for value in less(getattr(self, name)):
                yield replace(self, **{name: value})


@dataclass(frozen=True)
class Sizes:
    """A call: its spatial axes, batch, groups, channels of a group in and out, and the padding: a word or pairs."""

    padding: str | tuple[tuple[int, int], ...]
    axes: tuple[Axis, ...]
    batch: int = 1
    groups: int = 1
    inputs: int = 1
    outputs: int = 1
    boundary: str = "zero"
    dtype: str = "float32"
    constant: float = FILLING

    @property
    def filling(self) -> dict[str, float]:
        """The setting that says what the padding is filled with, where it is a number."""
        return {"constant": self.constant} if self.boundary == CONSTANT else {}

    def weight(self) -> int:
        """How large it is: samples of input and kernel, and settings that are not 1."""
        n, k = (np.prod([getattr(axis, side) for axis in self.axes]) for side in ("n", "k"))
        steps = sum(axis.stride + axis.dilation for axis in self.axes)
        return int(self.groups * self.inputs * (self.batch * n + self.outputs * k)) + steps

    def smaller(self) -> Iterator[Self]:
        """Calls that are one step simpler."""
        for name in ("batch", "groups", "inputs", "outputs"):
            for value in less(getattr(self, name)):
                change: dict[str, Any] = {name: value}
                yield replace(self, **change)
        if self.boundary != "zero":
            yield replace(self, boundary="zero")
        for index, axis in enumerate(self.axes):
            for changed in axis.smaller():
                yield replace(self, axes=(*self.axes[:index], changed, *self.axes[index + 1 :]))
        if len(self.axes) > 1 and len(set(self.axes)) == 1:
            for changed in self.axes[0].smaller():
                yield replace(self, axes=(changed,) * len(self.axes))


@dataclass(frozen=True)
class Range:
    """What may be drawn; a value that stands twice comes twice as often.

    words: of paddings, NUMBERS among them. sizes, taps: samples of the input and the kernel along an axis. pads:
    samples that are padded by numbers, the same before and behind where they are `even`. alike: how often all axes have
    one stride and one dilation. boundaries: beside a word; none where there is no such setting. many: whether there are
    channels; `wide` are their numbers. groups: that of channels; depthwise: it is all of them.
    """

    rank: int
    words: Sequence[str]
    dtypes: Sequence[str]
    sizes: Sequence[int]
    taps: Sequence[int]
    strides: Sequence[int]
    dilations: Sequence[int]
    pads: Sequence[int]
    wide: Sequence[int]
    even: bool = False
    alike: float = 0.0
    boundaries: Sequence[str] = ()
    batch: Sequence[int] = (1,)
    many: bool = True
    groups: Sequence[int] = (1,)
    depthwise: bool = False


def pick(stream: np.random.Generator, values: Sequence[T]) -> T:
    """One of the values."""
    return values[int(stream.integers(len(values)))]


def drawn(stream: np.random.Generator, may: Range) -> dict[str, Any]:
    """The fields of a call that is drawn at random."""

    def one(values: Sequence[T]) -> T:
        return pick(stream, values)

    axes = tuple(Axis(one(may.sizes), one(may.taps), one(may.strides), one(may.dilations)) for _ in range(may.rank))
    if may.alike and stream.random() < may.alike:
        axes = tuple(replace(axis, stride=axes[0].stride, dilation=axes[0].dilation) for axis in axes)
    padding: Any = one(may.words)
    if padding == NUMBERS:
        padding = tuple((low, low if may.even else one(may.pads)) for low in (one(may.pads) for _ in axes))
    found: dict[str, Any] = {"padding": padding, "axes": axes}
    if may.boundaries and isinstance(padding, str):
        found["boundary"] = one(may.boundaries)
    found |= {"batch": one(may.batch), "dtype": one(may.dtypes)}
    if may.many:
        found |= {"groups": one(may.groups), **({} if may.depthwise else {"inputs": one(may.wide)})}
        found["outputs"] = one(may.wide)
    return found


def less(value: int) -> list[int]:
    """Smaller numbers from 1 on, the least first."""
    return list(dict.fromkeys(each for each in (1, value // 2, value - 1) if 1 <= each < value))
