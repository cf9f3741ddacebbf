"""The one list of transforms: each a named change of a convolution that can apply itself, put itself in words and write
itself as code.

A transform has up to two sides that cancel each other:

* `differ(conv)` is the convolution that a system computes which follows another convention, and `read(y)` what is then
  read of its output: the value changes. An observed output that equals it is explained by the transform.
* `rewrite(conv)` and `finish(y)` say the same convolution differently, for a system that lacks or does otherwise what
  the transform is about: `finish(value of rewrite(conv)) == value of conv`. `undo(rewrite(conv))` is `conv` again.

CONVENTIONS are those that explain, in the order in which several of one explanation apply; CALLS serve calls only.
"""

from __future__ import annotations

from harness.transform.arrays import (
    ChannelOrder,
    ColumnMajor,
    FlattenOrder,
    Groups,
    InputAxes,
    KernelAxes,
    OutputAxes,
    ReshapeNotTranspose,
    ReverseKernel,
    SwapOperands,
    TransposeKernelSpatial,
)
from harness.transform.base import Transform
from harness.transform.calls import AddBias, CropOutput, DenseGroups, DilateKernel, PadInput, SubsampleOutput
from harness.transform.settings import (
    AxisSwap,
    Bias,
    Boundary,
    Conjugate,
    Dilation,
    KernelValues,
    NotRepeatable,
    OutputMode,
    PaddingSplit,
    Precision,
    SameCentre,
    Scale,
    Stride,
    StridePhase,
)

CONVENTIONS: tuple[type[Transform], ...] = (
    Precision,
    Conjugate,
    SwapOperands,
    InputAxes,
    Groups,
    ReverseKernel,
    KernelAxes,
    TransposeKernelSpatial,
    ReshapeNotTranspose,
    ColumnMajor,
    FlattenOrder,
    ChannelOrder,
    KernelValues,
    Scale,
    AxisSwap,
    Dilation,
    Stride,
    Boundary,
    PaddingSplit,
    OutputMode,
    SameCentre,
    StridePhase,
    Bias,
    OutputAxes,
    NotRepeatable,
)
CALLS: tuple[type[Transform], ...] = (PadInput, DilateKernel, DenseGroups, SubsampleOutput, CropOutput, AddBias)

TRANSFORM_IDS: dict[type[Transform], str] = {kind: kind.id for kind in (*CONVENTIONS, *CALLS)}
CONVENTION_IDS: tuple[str, ...] = tuple(sorted(kind.id for kind in CONVENTIONS))
"""Names of the differences that explain an output."""

__all__ = [
    "CALLS",
    "CONVENTIONS",
    "CONVENTION_IDS",
    "TRANSFORM_IDS",
    "AddBias",
    "AxisSwap",
    "Bias",
    "Boundary",
    "ChannelOrder",
    "ColumnMajor",
    "Conjugate",
    "CropOutput",
    "DenseGroups",
    "DilateKernel",
    "Dilation",
    "FlattenOrder",
    "Groups",
    "InputAxes",
    "KernelAxes",
    "KernelValues",
    "NotRepeatable",
    "OutputAxes",
    "OutputMode",
    "PadInput",
    "PaddingSplit",
    "Precision",
    "ReshapeNotTranspose",
    "ReverseKernel",
    "SameCentre",
    "Scale",
    "Stride",
    "StridePhase",
    "SubsampleOutput",
    "SwapOperands",
    "Transform",
    "TransposeKernelSpatial",
]
