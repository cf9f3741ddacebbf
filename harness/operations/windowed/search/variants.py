"""The single changes that each side of a convolution may have undergone, and their combinations within a side.

The sides: the whole (`bases`), the input, the kernel, the settings (`windows`), the output. Combinations that come to
the same are told by applying them to an array of its own indices, and only the simplest is kept of each name.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b

import numpy as np

from harness.canonical.window import Linear, Window
from harness.operations.transforms import weight
from harness.operations.transforms.arrays import (
    ColumnMajor,
    FlattenOrder,
    InputAxes,
    KernelAxes,
    ReshapeNotTranspose,
    ReverseKernel,
    Role,
    SwapOperands,
    TransposeKernelSpatial,
)
from harness.operations.transforms.boundary import Boundary
from harness.operations.transforms.grouping import ChannelOrder, Groups
from harness.operations.transforms.settings import AxisSwap, Dilation
from harness.operations.transforms.transform import Transform
from harness.operations.transforms.values import Precision
from harness.operations.windowed.search.question import Question
from harness.rounding.formats import INPUTS

LARGE = 4_000_000
"""Elements that the index arrays of all kernel variants may have together; combinations are left out beyond."""
LARGE_INPUTS = 2**26
"""Elements of all input variants that are looked at together; combinations are left out beyond."""

Transforms = tuple[Transform, ...]


@dataclass(frozen=True, eq=False)
class Variant:
    """Some transforms of one side, and the convolution with them applied."""

    transforms: Transforms
    conv: Linear


@dataclass(frozen=True, eq=False)
class Order:
    """Some transforms of the input: `index` (N, C, *spatial), int32, holds the flat indices that are then in place."""

    transforms: Transforms
    index: np.ndarray


@dataclass(frozen=True, eq=False)
class Settings:
    """Some transforms of settings, and the window that they come to."""

    transforms: Transforms
    window: Window


@dataclass(frozen=True, eq=False)
class Shelf:
    """Kernel variants of one shape: row k of `index` holds the flat indices that variant k takes of the kernel.

    index is (variants, O, I * taps), in the order in which the kernel meets the input; bias (variants, O) likewise
    takes of the offsets; spatial is the kernel's shape.
    """

    transforms: list[Transforms]
    counts: np.ndarray
    index: np.ndarray
    bias: np.ndarray
    inputs: int
    spatial: tuple[int, ...]

    @cached_property
    def outputs(self) -> int:
        return int(self.index.shape[1])

    @cached_property
    def numbers(self) -> list[int]:
        """The numbers of changes that variants have."""
        return sorted(set(self.counts.tolist()))


def bases(question: Question) -> Iterator[Variant]:
    """The intended call, and changes of the whole of it: precision, operands, groups."""
    conv = question.form
    yield Variant((), conv)
    for transform in [*_whole(conv), *question.other()]:
        changed = transform.differ(conv)
        same = all(np.array_equal(*pair, equal_nan=True) for pair in ((changed.x, conv.x), (changed.w, conv.w)))
        if not same or changed.window != conv.window:
            yield Variant((transform,), changed)


def _whole(conv: Linear) -> Iterator[Transform]:
    groups, channels = conv.window.groups, conv.x.shape[1]
    if channels == conv.w.shape[0] == 1:
        yield SwapOperands()
    if groups > 1:
        yield Groups(1, "dense")
    each = channels // groups
    yield from (Groups(groups * parts, "block") for parts in range(2, each + 1) if _divides(groups * parts, conv))
    if groups == 1 < channels:
        yield Groups(channels, "depthwise")
    if conv.x.dtype.kind == "f":
        yield from (Precision(each.name) for each in INPUTS)


def _divides(groups: int, conv: Linear) -> bool:
    return bool(conv.x.shape[1] % groups == len(conv.w) % groups == 0)


def inputs(question: Question, conv: Linear, most: int) -> tuple[list[Order], int]:
    """The input as it is, and with other orders of its axes, buffer and channels, likeliest first.

    Up to `most` changes; with them the number of changes up to which none was left out, the input being large.
    """
    orders = [*_axis_orders(conv), *rereads(question, "input")]
    combined = _combined(question, [orders, _channel_orders("input", conv.x.shape[1])], most)
    combined.sort(key=lambda each: (len(each), weight(each, conv.rank)))
    looked_at = max(LARGE_INPUTS // conv.x.size, 1)
    found: dict[bytes, Order] = {}
    simplest: dict[bytes, int] = {}
    numbered = replace(conv, x=np.arange(conv.x.size, dtype=np.int32).reshape(conv.x.shape))
    for transforms in combined[:looked_at]:
        index = _applied(numbered, transforms).x
        key = _digest(index)
        if simplest.setdefault(key, len(transforms)) < len(transforms):
            continue
        key += "".join(each.id for each in transforms).encode()
        if key not in found and index.shape[1] == conv.x.shape[1]:
            found[key] = Order(transforms, index)
    return list(found.values()), min((question.count(each) - 1 for each in combined[looked_at:]), default=most)


def _digest(index: np.ndarray) -> bytes:
    """What tells index arrays apart."""
    return repr(index.shape).encode() + blake2b(np.ascontiguousarray(index).data).digest()


def _axis_orders(conv: Linear) -> Iterator[Transform]:
    for order in itertools.permutations(range(conv.x.ndim)):
        if list(order) != sorted(order) and conv.x.shape[order[1]] == conv.x.shape[1]:
            yield InputAxes(order)


def kernels(question: Question, conv: Linear, most: int, quick: bool = False) -> tuple[list[Shelf], int]:
    """Orders of the kernel's axes, buffer, output channels and taps, up to `most` of them, by shape.

    With them the number of changes up to which none was left out, the kernel being large.
    """
    orders = [] if quick else [*kernel_orders(conv), *rereads(question, "kernel")]
    plain = conv.map(lambda each: np.arange(each.size).reshape(each.shape), "w", "bias")
    every = [
        (*reversal, *order, *channels)
        for order in perhaps(orders)
        for channels in perhaps([] if quick else _channel_orders("output", len(_applied(plain, order).w)))
        for reversal in perhaps(reversals(conv.rank))
    ]
    every = sorted((each for each in every if question.count(each) <= most), key=len)
    made: dict[Transforms, Linear] = {(): plain}
    simplest: dict[bytes, int] = {}
    shelves: dict[tuple[int, ...], dict[bytes, Taken]] = {}
    room, whole = LARGE, most
    for number, transforms in enumerate(every):
        if transforms:
            made[transforms] = transforms[-1].differ(made[transforms[:-1]])
        changed = made[transforms]
        index = as_met(changed)
        shelf = shelves.setdefault(index.shape, {})
        key = _digest(index)
        if simplest.setdefault(key, len(transforms)) < len(transforms):
            continue
        key += "".join(each.id for each in transforms).encode()  # by another name it is another explanation
        if shelf.setdefault(key, (transforms, index, changed.offsets.astype(np.intp)))[0] is transforms:
            room -= index.size
        if room < 0:
            whole = min((question.count(each) - 1 for each in every[number + 1 :]), default=most)
            break
    return [shelf_of(question, shape, list(shelf.values())) for shape, shelf in shelves.items()], whole


Taken = tuple[Transforms, np.ndarray, np.ndarray]
"""Changes of a kernel, and the indices that they take of it and of the bias."""


def shelf_of(question: Question, shape: tuple[int, ...], found: list[Taken]) -> Shelf:
    """The shelf of variants of a kernel that is (O, I, *spatial) with them."""
    return Shelf(
        transforms=[each[0] for each in found],
        counts=np.array([question.count(each[0]) for each in found]),
        index=np.stack([each[1] for each in found]).reshape(len(found), shape[0], -1),
        bias=np.stack([each[2] for each in found]),
        inputs=shape[1],
        spatial=shape[2:],
    )


def as_met(conv: Linear) -> np.ndarray:
    """The kernel in the order in which it meets the input."""
    backwards = tuple(axis + 2 for axis, flag in enumerate(conv.window.reversal) if flag)
    return np.ascontiguousarray(np.flip(conv.w, backwards))


def kernel_orders(conv: Linear) -> Iterator[Transform]:
    """Other orders of the kernel's axes that fit the input and the bias."""
    for order in itertools.permutations(range(conv.w.ndim)):
        if list(order) == sorted(order):
            continue
        if order[:2] == (0, 1):
            yield TransposeKernelSpatial(order)
        elif conv.w.shape[order[1]] == conv.w.shape[1] and (not conv.biased or conv.w.shape[order[0]] == len(conv.w)):
            yield KernelAxes(order)


def reversals(rank: int) -> list[Transform]:
    """Sets of axes to reverse, most likely first: all, then the rest."""
    some = [axes for size in range(1, rank) for axes in itertools.combinations(range(rank), size)]
    return [ReverseKernel(axes) for axes in [tuple(range(rank)), *some]]


def rereads(question: Question, role: Role) -> Iterator[ColumnMajor | ReshapeNotTranspose | FlattenOrder]:
    """Buffers read in another order: column-major ones first, then reshapes between the usual layouts."""
    layouts = question.layouts(role)
    dense = question.form.w.shape[2:] == question.form.x.shape[2:]
    reshape = FlattenOrder if role == "output" or dense else ReshapeNotTranspose
    orders = (False, True) if role == "kernel" else (False,)
    for target in layouts:
        for pair in ((target[::-1], target), (target, target[::-1])):
            yield from (ColumnMajor(role, *pair, applied) for applied in orders)
    if len(question.stated(role)) == 2:
        return  # of a matrix people say that it is read in column-major order
    for source, target in itertools.permutations(layouts, 2):
        yield from (reshape(role, source, target, applied) for applied in orders)


def _channel_orders(role: Role, count: int) -> list[Transform]:
    """Reversed channels, and those of groups side by side for interleaved ones, in every number of groups."""
    if count < 2:
        return []
    splits = [ChannelOrder(role, "split", parts) for parts in range(2, count) if count % parts == 0]
    return [ChannelOrder(role, "reversed"), *splits]


def perhaps(side: Sequence[Transform]) -> list[Transforms]:
    """None of `side`, or one."""
    return [(), *((each,) for each in side)]


def _combined(question: Question, sides: Sequence[Sequence[Transform]], most: int) -> list[Transforms]:
    """At most one transform of each list, up to `most` changes, fewest first."""
    every = (tuple(itertools.chain.from_iterable(parts)) for parts in itertools.product(*map(perhaps, sides)))
    return sorted((each for each in every if question.count(each) <= most), key=len)


def _applied(conv: Linear, transforms: Transforms) -> Linear:
    for transform in transforms:
        conv = transform.differ(conv)
    return conv


def windows(question: Question, conv: Linear, most: int) -> Iterator[Settings]:
    """The settings as they are, up to `most` of other stride, dilation and boundary, and exchanged axes."""
    win = conv.window
    strides = question.strides(win, _steps(conv.rank))
    dilations = [Dilation(each, win.padding) for each in _steps(conv.rank) if each != win.dilation]
    boundaries = [Boundary(name) for name in question.boundaries if name != win.boundary]
    for transforms in _combined(question, [dilations, strides, boundaries], most):
        yield Settings(transforms, _applied(conv, transforms).window)
    for order in itertools.permutations(range(conv.rank)):
        swapped = [tuple(setting[axis] for axis in order) for setting in (win.stride, win.dilation)]
        padding = tuple(win.padding[axis] for axis in order)
        if (tuple(swapped), padding) != ((win.stride, win.dilation), win.padding):
            swap = AxisSwap(swapped[0], swapped[1], padding)
            yield Settings((swap,), swap.differ(conv).window)


def _steps(rank: int) -> list[tuple[int, ...]]:
    """Strides or dilations: the same along all axes up to 4, and every combination up to 3 (2 in 3-D)."""
    even = [(step,) * rank for step in range(1, 5)]
    mixed = itertools.product(range(1, 3 if rank == 3 else 4), repeat=rank)
    return list(dict.fromkeys([*even, *mixed]))
