"""Random calls of a convolution, over all that a case can say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from harness.canonical import layout
from harness.canonical.window import CONSTANT
from harness.operations.stated import Given, Stated
from harness.operations.windowed.keys import MEANINGS, PADDING_WORDS
from harness.operations.windowed.probes.subject import whole
from harness.operations.windowed.trials import NUMBERS, Axis, Range, Sizes, drawn, pick

SIMPLEST = "valid"
"""The padding that is none."""
DTYPES = ("float32", "float32", "float32", "float64", "float16", "int32")
RANKS = (1, 2, 2, 3)
BOUNDARIES = ("zero", "zero", "zero", "edge", "reflect", "symmetric", "wrap", CONSTANT)
LARGE = (16, 33)
"""Samples at which systems take other algorithms; not in space, where that is more than a look takes."""


@dataclass(frozen=True)
class Draw(Sizes):
    """One call. biased: whether each output channel has a number of its own added."""

    means: str = MEANINGS[0]
    biased: bool = False

    def arrays(self) -> Mapping[str, Given]:
        rank = len(self.axes)
        x = _numbers((self.batch, self.groups * self.inputs, *(axis.n for axis in self.axes)), 41)
        w = _numbers((*self._channels(), *(axis.k for axis in self.axes)), 42)
        bias = np.arange(1, self.groups * self.outputs + 1)
        found = {"input": x, "kernel": w, **({"bias": bias} if self.biased else {})}
        letters = {role: layout.canonical(role, rank) for role in ("input", "kernel")} | {"bias": "O"}
        return {role: Given(each.astype(self.dtype), letters[role]) for role, each in found.items()}

    def _channels(self) -> tuple[int, int]:
        """Of the kernel: output, input."""
        return self.groups * self.outputs, self.inputs

    def settings(self) -> Mapping[str, Any]:
        return {
            **self._common(),
            "boundary": self.boundary,
            "constant": self.filling.get("constant"),
            "fits": True,
            "prototxt": None,
        }

    def _common(self) -> dict[str, Any]:
        """What all operations that move a window have."""
        return {
            "means": self.means,
            "stride": tuple(axis.stride for axis in self.axes),
            "dilation": tuple(axis.dilation for axis in self.axes),
            "padding": self.padding,
            "groups": self.groups,
        }

    def smaller(self) -> Iterator[Self]:
        yield from super().smaller()
        yield from self._of_fewer_axes()
        yield from self._of_less_padding()
        for name, simplest in (("dtype", DTYPES[0]), ("means", MEANINGS[0]), ("biased", False)):
            if getattr(self, name) != simplest:
                change: dict[str, Any] = {name: simplest}
                yield replace(self, **change)

    def _of_fewer_axes(self) -> Iterator[Self]:
        for index in range(len(self.axes) if len(self.axes) > 1 else 0):
            padding = self.padding
            if not isinstance(padding, str):
                padding = padding[:index] + padding[index + 1 :]
            yield replace(self, axes=self.axes[:index] + self.axes[index + 1 :], padding=padding)

    def _of_less_padding(self) -> Iterator[Self]:
        if self.padding != SIMPLEST:
            yield replace(self, padding=SIMPLEST)
        if not isinstance(self.padding, str):
            for index, (low, high) in enumerate(self.padding):
                for less in [(low - 1, high)] * (low > 0) + [(low, high - 1)] * (high > 0):
                    yield replace(self, padding=(*self.padding[:index], less, *self.padding[index + 1 :]))

    def weight(self) -> int:
        padded = 1 if isinstance(self.padding, str) else 2 + sum(map(sum, self.padding))
        plain = (self.dtype == DTYPES[0]) + (self.means == MEANINGS[0]) + (not self.biased) + (self.boundary == "zero")
        return super().weight() + (padded if self.padding != SIMPLEST else 0) - plain

    def matters(self) -> tuple[str, ...]:
        found = {
            f"{len(self.axes)}-D": len(self.axes) > 1,
            self.dtype: self.dtype != DTYPES[0],
            self.means: self.means != MEANINGS[0],
            "stride": any(axis.stride > 1 for axis in self.axes),
            "dilation": any(axis.dilation > 1 for axis in self.axes),
            self.padding if isinstance(self.padding, str) else "padding by numbers": self.padding != SIMPLEST,
            f"boundary {self.boundary}": self.boundary != "zero",
            "groups": self.groups > 1,
            "channels": self.inputs > 1 or self.outputs > 1,
            "batch": self.batch > 1,
            "bias": self.biased,
        }
        return tuple(name for name, does in found.items() if does)


def _numbers(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Whole numbers from 1 to 9 of which no two neighbours are equal: two equal ones would hide a shift."""
    steps = whole((math.prod(shape),), seed, 8)
    numbers: np.ndarray = (np.cumsum(steps) % 9 + 1).reshape(shape)
    return numbers


def draw(stream: np.random.Generator) -> Draw:
    """A call of anything that a case can say."""
    rank = pick(stream, RANKS)
    may = Range(
        rank=rank,
        words=[*PADDING_WORDS, NUMBERS, NUMBERS],
        dtypes=DTYPES,
        sizes=[*range(1, 14), *(LARGE if rank < 3 else ())],
        taps=(1, 2, 3, 3, 5),
        strides=(1, 1, 2, 3, 4),
        dilations=(1, 1, 2, 3),
        pads=range(4),
        wide=(1, 2, 3, 8, 17) if rank < 3 else (1, 2, 3),
        alike=0.7,
        boundaries=BOUNDARIES,
        batch=(1, 2),
        groups=(1, 1, 2, 3),
    )
    fields = drawn(stream, may)
    return Draw(means=pick(stream, MEANINGS), biased=pick(stream, (False, False, True)), **fields)


def of_case(stated: Stated) -> Draw:
    """The call of a case."""
    given = stated.settings
    filled = {"constant": given["constant"]} if given["boundary"] == CONSTANT else {}
    return Draw(boundary=given["boundary"], **filled, **of_window(stated, stated.arrays["kernel"].values.shape[:2]))


def of_window(stated: Stated, channels: tuple[int, ...]) -> dict[str, Any]:
    """The fields that all operations have that move a window; channels: of the kernel, output and input."""
    given, x, w = stated.settings, stated.arrays["input"].values, stated.arrays["kernel"].values
    axes = zip(x.shape[2:], w.shape[2:], given["stride"], given["dilation"])
    outputs, inputs = channels
    return {
        "padding": given["padding"],
        "axes": tuple(Axis(*axis) for axis in axes),
        "batch": x.shape[0],
        "groups": given["groups"],
        "inputs": inputs,
        "outputs": outputs // given["groups"],
        "dtype": stated.dtype,
        "means": given["means"],
        "biased": "bias" in stated.arrays,
    }
