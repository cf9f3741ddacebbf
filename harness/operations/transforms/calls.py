"""Transforms that say a call differently, for a system that lacks or does otherwise what they are about.

`finish(value of rewrite(conv)) == value of conv`, and `undo(rewrite(conv))` is `conv` again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.canonical.instance import Form
from harness.canonical.window import CONSTANT, Linear, Pairs, numbers_text, pad, pairs_text
from harness.operations.transforms.transform import Transform, changed
from harness.worker.spans import span


def _index(*slices: slice) -> tuple[slice, ...]:
    return (slice(None), slice(None), *slices)


@dataclass(frozen=True)
class PadInput(Transform):
    """The input is padded by hand, for a system that has no such padding or no such boundary."""

    id = "pad_input"
    touches = ("x", "window")

    pairs: Pairs
    boundary: str
    constant: float = 0.0

    def words(self) -> str:
        filling = f"{self.constant:.7g}" if self.boundary == CONSTANT else self.boundary
        return f"pad the input by {pairs_text(self.pairs)} (low:high per axis) with {filling} by hand"

    def rewrite(self, conv: Linear) -> Linear:
        padded, none = pad(conv.x, self.pairs, self.boundary, self.constant), ((0, 0),) * len(self.pairs)
        return changed(conv, x=padded, padding=none, boundary="zero", constant=0.0)

    def undo(self, conv: Linear) -> Linear:
        inside = pad(conv.x, tuple((-low, -high) for low, high in self.pairs))
        return changed(conv, x=inside, padding=self.pairs, boundary=self.boundary, constant=self.constant)


@dataclass(frozen=True)
class DilateKernel(Transform):
    """Zeros are written between the kernel's taps, for a system that has no dilation."""

    id = "dilate_kernel"
    touches = ("w", "window")

    dilation: tuple[int, ...]

    def words(self) -> str:
        return f"write zeros between the kernel's taps (dilation {numbers_text(self.dilation)})"

    def rewrite(self, conv: Linear) -> Linear:
        wide = np.zeros(conv.w.shape[:2] + tuple(map(span, conv.w.shape[2:], self.dilation)), conv.w.dtype)
        wide[self._taps()] = conv.w
        return changed(conv, w=wide, dilation=(1,) * len(self.dilation))

    def undo(self, conv: Linear) -> Linear:
        return changed(conv, w=conv.w[self._taps()], dilation=self.dilation)

    def _taps(self) -> tuple[slice, ...]:
        return _index(*(slice(None, None, step) for step in self.dilation))


@dataclass(frozen=True)
class DenseGroups(Transform):
    """The kernel is spread over all channels, zero outside its group, for a system that has no groups."""

    id = "dense_groups"
    touches = ("w", "window")

    groups: int

    def words(self) -> str:
        return f"spread the kernel of {self.groups} groups over all channels, with zeros outside each group"

    def rewrite(self, conv: Linear) -> Linear:
        outputs, inputs = conv.w.shape[:2]
        dense = np.zeros((outputs, inputs * self.groups) + conv.w.shape[2:], conv.w.dtype)
        for rows, columns in self._blocks(outputs, inputs):
            dense[rows, columns] = conv.w[rows]
        return changed(conv, w=dense, groups=1)

    def undo(self, conv: Linear) -> Linear:
        outputs, channels = conv.w.shape[:2]
        blocks = self._blocks(outputs, channels // self.groups)
        return changed(conv, w=np.concatenate([conv.w[block] for block in blocks]), groups=self.groups)

    def _blocks(self, outputs: int, inputs: int) -> list[tuple[slice, slice]]:
        each = outputs // self.groups
        return [
            (slice(group * each, (group + 1) * each), slice(group * inputs, (group + 1) * inputs))
            for group in range(self.groups)
        ]


@dataclass(frozen=True)
class SubsampleOutput(Transform):
    """Every output is computed and only every `stride`-th kept, for a system that has no stride."""

    id = "subsample_output"
    touches = ("window", "y")

    stride: tuple[int, ...]

    def words(self) -> str:
        return f"call with stride 1 and keep every {numbers_text(self.stride)} output"

    def rewrite(self, conv: Linear) -> Linear:
        return changed(conv, stride=(1,) * len(self.stride))

    def undo(self, conv: Linear) -> Linear:
        return changed(conv, stride=self.stride)

    def finish(self, y: np.ndarray) -> np.ndarray:
        return y[_index(*(slice(None, None, step) for step in self.stride))]


@dataclass(frozen=True)
class CropOutput(Transform):
    """The system pads by `pairs` whatever one wants; the outputs that see that padding are cut off."""

    id = "crop_output"
    touches = ("window", "y")

    pairs: Pairs

    def words(self) -> str:
        added = "; negative amounts add zeros" if min(map(min, self.pairs)) < 0 else ""
        return f"cut {pairs_text(self.pairs)} (low:high per axis) off the output{added}"

    def rewrite(self, conv: Linear) -> Linear:
        return self._moved(conv, 1)

    def undo(self, conv: Linear) -> Linear:
        return self._moved(conv, -1)

    def finish(self, y: np.ndarray) -> np.ndarray:
        return pad(y, tuple((-low, -high) for low, high in self.pairs))

    def _moved(self, conv: Linear, sign: int) -> Linear:
        pairs = zip(conv.window.padding, self.pairs)
        return changed(conv, padding=tuple((a + sign * low, b + sign * high) for (a, b), (low, high) in pairs))


@dataclass(frozen=True, eq=False)
class AddBias(Transform):
    """The bias is added after the call, for a system whose call takes none."""

    id = "add_bias"
    touches = ("bias", "y")

    bias: np.ndarray

    def words(self) -> str:
        return "add the bias to the output"

    def rewrite(self, conv: Form) -> Form:
        return conv.with_bias(None)

    def undo(self, conv: Form) -> Form:
        return conv.with_bias(self.bias)

    def finish(self, y: np.ndarray) -> np.ndarray:
        biased: np.ndarray = y + self.bias.astype(y.dtype).reshape((-1,) + (1,) * (y.ndim - 2))
        return biased
