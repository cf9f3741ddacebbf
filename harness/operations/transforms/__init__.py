"""The one list of transforms: each a named change of a convolution that can apply itself, put itself in words and write
itself as code.

A transform has up to two sides that cancel each other:

* `differ(conv)` is the convolution that a system computes which follows another convention, `end(y)` what it makes of
  each value, and `read(y)` what is then read of its output: the value changes. An observed output that equals it is
  explained by the transform.
* `rewrite(conv)` and `finish(y)` say the same convolution differently, for a system that lacks or does otherwise what
  the transform is about: `finish(value of rewrite(conv)) == value of conv`. `undo(rewrite(conv))` is `conv` again.

CONVENTIONS are those that explain, in the order in which several of one explanation apply; CALLS serve calls only;
FINDINGS show themselves without a search.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.operations.transforms import (
    arrays,
    boundary,
    calls,
    endings,
    grouping,
    kernels,
    preparing,
    settings,
    skipping,
    values,
)
from harness.operations.transforms.transform import Transform

CONVENTIONS: tuple[type[Transform], ...] = (
    values.Precision,
    settings.OtherOperation,
    arrays.SwapOperands,
    arrays.InputAxes,
    grouping.Groups,
    kernels.KernelChange,
    arrays.ReverseKernel,
    arrays.KernelAxes,
    arrays.TransposeKernelSpatial,
    arrays.ReshapeNotTranspose,
    arrays.ColumnMajor,
    arrays.FlattenOrder,
    grouping.ChannelOrder,
    values.KernelValues,
    values.Scale,
    settings.AxisSwap,
    settings.Dilation,
    settings.Stride,
    settings.PaddingSplit,
    settings.OutputMode,
    settings.SameCentre,
    settings.StridePhase,
    settings.OutputPadding,
    settings.RawPadding,
    boundary.Boundary,
    preparing.Offset,
    values.Bias,
    endings.OutputBorder,
    endings.Activation,
    endings.OutputRounding,
    endings.Overflow,
    preparing.Flip,
    arrays.OutputAxes,
)
CALLS: tuple[type[Transform], ...] = (
    calls.PadInput,
    calls.DilateKernel,
    calls.DenseGroups,
    calls.SubsampleOutput,
    calls.CropOutput,
    calls.AddBias,
)
FINDINGS: tuple[type[Transform], ...] = (values.Arithmetic, values.NotRepeatable, skipping.Skipped)

QUESTIONS = sum(kind.causes for kind in CONVENTIONS)
"""Public questions about differing outputs whose cause is known."""

SIGNS = {
    "R": ("reversed", "the kernel is reversed compared with what the case means"),
    "P": ("padding", "the padding is split otherwise between the two sides"),
}
"""Signs of their own in a matrix of results: a word, and what it means. All others have the sign of `Transform`."""

CONVENTION_IDS: tuple[str, ...] = tuple(sorted(kind.id for kind in CONVENTIONS))
"""Names of the differences that explain an output."""
_PLACE = {kind: number for number, kind in enumerate((*CONVENTIONS, *FINDINGS))}


def in_order(transforms: Iterable[Transform]) -> tuple[Transform, ...]:
    """Transforms of one explanation in the order in which they apply; those of a formula's settings come first."""
    return tuple(sorted(transforms, key=lambda each: _PLACE.get(type(each), -1)))


def weight(transforms: Sequence[Transform], rank: int) -> float:
    """How unlikely these changes are: the sum of -log2 of their likelihoods, more for unusual forms of them.

    What is not searched for adds nothing.
    """
    return sum(math.log2(QUESTIONS / each.causes) + each.unusual(rank) for each in transforms if each.causes)


BY_ID: dict[str, type[Transform]] = {kind.id: kind for kind in (*FINDINGS, *CALLS, *CONVENTIONS)}


def of_change(change: Mapping[str, Any]) -> type[Transform]:
    """What a change is, which results tell as JSON; the transform that changes nothing where it is not known."""
    return BY_ID.get(str(change.get("id")), Transform)
