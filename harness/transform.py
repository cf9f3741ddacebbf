"""The one list of transforms: each a named change of a convolution that can apply itself and put itself in words.

A transform has up to two sides that cancel each other:

* `differ(conv)` is the convolution that a system computes which follows another convention: the value changes. An
  observed output that equals it is explained by the transform.
* `rewrite(conv)` and `finish(y)` say the same convolution differently, for a system that lacks or does otherwise what
  the transform is about: `finish(value of rewrite(conv)) == value of conv`. `undo(rewrite(conv))` is `conv` again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from harness.window import Convolution, Pairs, numbers_text, pad, pairs_text, span


@dataclass(frozen=True)
class Transform:
    """What all transforms have in common; by itself it changes nothing."""

    @property
    def id(self) -> str:
        """The name that JSON, cases and tests use."""
        return TRANSFORM_IDS[type(self)]

    def words(self) -> str:
        """The transform in words, as an instruction to the person who ports the call."""
        raise NotImplementedError

    def differ(self, conv: Convolution) -> Convolution:
        """What a system computes that has this convention."""
        raise NotImplementedError

    def rewrite(self, conv: Convolution) -> Convolution:
        """`conv`, said for a system that has this convention or limit."""
        return conv

    def undo(self, conv: Convolution) -> Convolution:
        """The inverse of `rewrite`."""
        return conv

    def finish(self, y: np.ndarray) -> np.ndarray:
        """The output of `conv` from that of `rewrite(conv)`."""
        return y


def _with(conv: Convolution, **changes: object) -> Convolution:
    """`conv` with arrays (x, w, bias) and settings of its window replaced."""
    arrays = {key: changes.pop(key) for key in ("x", "w", "bias") if key in changes}
    return replace(conv, **arrays, window=replace(conv.window, **changes))  # type: ignore[arg-type]


def _spatial(*slices: slice) -> tuple[slice, ...]:
    return (slice(None), slice(None), *slices)


@dataclass(frozen=True)
class ReverseKernel(Transform):
    """The kernel is read backwards along `axes` (spatial axes, from 0)."""

    axes: tuple[int, ...]

    def words(self) -> str:
        if len(self.axes) == 1:
            return f"reverse the kernel along spatial axis {self.axes[0]}"
        which = "both" if len(self.axes) == 2 else "all"
        return f"reverse the kernel along {which} spatial axes (rotate it by 180 degrees)"

    def differ(self, conv: Convolution) -> Convolution:
        return _with(
            conv, reversal=tuple(flag != (axis in self.axes) for axis, flag in enumerate(conv.window.reversal))
        )

    def rewrite(self, conv: Convolution) -> Convolution:
        return replace(self.differ(conv), w=np.flip(conv.w, tuple(axis + 2 for axis in self.axes)))

    undo = rewrite


@dataclass(frozen=True)
class PaddingSplit(Transform):
    """The system pads by `actual` (low, high) per spatial axis, not by `intended`."""

    intended: Pairs
    actual: Pairs

    def words(self) -> str:
        return f"pad by {pairs_text(self.intended)} (low:high per axis); the system padded by {pairs_text(self.actual)}"

    def differ(self, conv: Convolution) -> Convolution:
        return _with(conv, padding=self.actual)


@dataclass(frozen=True)
class PadInput(Transform):
    """The input is padded by hand, for a system that has no such padding or no such boundary."""

    pairs: Pairs
    boundary: str

    def words(self) -> str:
        return f"pad the input by {pairs_text(self.pairs)} (low:high per axis) with {self.boundary} by hand"

    def rewrite(self, conv: Convolution) -> Convolution:
        none = ((0, 0),) * len(self.pairs)
        return _with(conv, x=pad(conv.x, self.pairs, self.boundary), padding=none, boundary="zero")

    def undo(self, conv: Convolution) -> Convolution:
        inside = tuple((-low, -high) for low, high in self.pairs)
        return _with(conv, x=pad(conv.x, inside), padding=self.pairs, boundary=self.boundary)


@dataclass(frozen=True)
class DilateKernel(Transform):
    """Zeros are written between the kernel's taps, for a system that has no dilation."""

    dilation: tuple[int, ...]

    def words(self) -> str:
        return f"write zeros between the kernel's taps (dilation {numbers_text(self.dilation)})"

    def rewrite(self, conv: Convolution) -> Convolution:
        wide = np.zeros(conv.w.shape[:2] + tuple(map(span, conv.w.shape[2:], self.dilation)), conv.w.dtype)
        wide[self._taps()] = conv.w
        return _with(conv, w=wide, dilation=(1,) * len(self.dilation))

    def undo(self, conv: Convolution) -> Convolution:
        return _with(conv, w=conv.w[self._taps()], dilation=self.dilation)

    def _taps(self) -> tuple[slice, ...]:
        return _spatial(*(slice(None, None, step) for step in self.dilation))


@dataclass(frozen=True)
class DenseGroups(Transform):
    """The kernel is spread over all channels, zero outside its group, for a system that has no groups."""

    groups: int

    def words(self) -> str:
        return f"spread the kernel of {self.groups} groups over all channels, with zeros outside each group"

    def rewrite(self, conv: Convolution) -> Convolution:
        outputs, inputs = conv.w.shape[:2]
        dense = np.zeros((outputs, inputs * self.groups) + conv.w.shape[2:], conv.w.dtype)
        for rows, columns in self._blocks(outputs, inputs):
            dense[rows, columns] = conv.w[rows]
        return _with(conv, w=dense, groups=1)

    def undo(self, conv: Convolution) -> Convolution:
        outputs, channels = conv.w.shape[:2]
        blocks = self._blocks(outputs, channels // self.groups)
        return _with(conv, w=np.concatenate([conv.w[block] for block in blocks]), groups=self.groups)

    def _blocks(self, outputs: int, inputs: int) -> list[tuple[slice, slice]]:
        each = outputs // self.groups
        return [
            (slice(group * each, (group + 1) * each), slice(group * inputs, (group + 1) * inputs))
            for group in range(self.groups)
        ]


@dataclass(frozen=True)
class SubsampleOutput(Transform):
    """Every output is computed and only every `stride`-th kept, for a system that has no stride."""

    stride: tuple[int, ...]

    def words(self) -> str:
        return f"call with stride 1 and keep every {numbers_text(self.stride)} output"

    def rewrite(self, conv: Convolution) -> Convolution:
        return _with(conv, stride=(1,) * len(self.stride))

    def undo(self, conv: Convolution) -> Convolution:
        return _with(conv, stride=self.stride)

    def finish(self, y: np.ndarray) -> np.ndarray:
        return y[_spatial(*(slice(None, None, step) for step in self.stride))]


@dataclass(frozen=True)
class CropOutput(Transform):
    """The system pads by `pairs` whatever one wants; the outputs that see that padding are cut off."""

    pairs: Pairs

    def words(self) -> str:
        return f"cut {pairs_text(self.pairs)} (low:high per axis) off the output"

    def rewrite(self, conv: Convolution) -> Convolution:
        return self._moved(conv, 1)

    def undo(self, conv: Convolution) -> Convolution:
        return self._moved(conv, -1)

    def finish(self, y: np.ndarray) -> np.ndarray:
        return y[_spatial(*(slice(low, size - high) for (low, high), size in zip(self.pairs, y.shape[2:])))]

    def _moved(self, conv: Convolution, sign: int) -> Convolution:
        pairs = zip(conv.window.padding, self.pairs)
        return _with(conv, padding=tuple((a + sign * low, b + sign * high) for (a, b), (low, high) in pairs))


@dataclass(frozen=True, eq=False)
class AddBias(Transform):
    """The bias is added after the call, for a system whose call takes none."""

    bias: np.ndarray

    def words(self) -> str:
        return "add the bias to the output"

    def rewrite(self, conv: Convolution) -> Convolution:
        return _with(conv, bias=None)

    def undo(self, conv: Convolution) -> Convolution:
        return _with(conv, bias=self.bias)

    def finish(self, y: np.ndarray) -> np.ndarray:
        biased: np.ndarray = y + self.bias.astype(y.dtype).reshape((-1,) + (1,) * (y.ndim - 2))
        return biased


TRANSFORM_IDS: dict[type[Transform], str] = {
    ReverseKernel: "reverse_kernel",
    PaddingSplit: "padding_split",
    PadInput: "pad_input",
    DilateKernel: "dilate_kernel",
    DenseGroups: "dense_groups",
    SubsampleOutput: "subsample_output",
    CropOutput: "crop_output",
    AddBias: "add_bias",
}
