"""Changes that are rare, and that are tried where nothing else explains an output: alone, and with one other change.

A kernel whose values follow from the given ones otherwise (`kernel_values`, one array behind the other), inputs and
outputs that are read from their other end, channels in any order.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from harness.canonical.layout import canonical
from harness.canonical.window import Linear
from harness.operations.transforms import in_order
from harness.operations.transforms.arrays import Role
from harness.operations.transforms.grouping import ChannelOrder
from harness.operations.transforms.kernels import KernelChange
from harness.operations.transforms.preparing import Flip
from harness.operations.transforms.quantizing import QUANTIZERS
from harness.operations.transforms.transform import Transform
from harness.operations.transforms.values import SCALES, Precision, Scale, scale_factors
from harness.operations.windowed.search.outputs import Reading
from harness.operations.windowed.search.question import Question
from harness.operations.windowed.search.variants import (
    LARGE,
    LARGE_INPUTS,
    Order,
    Shelf,
    Taken,
    as_met,
    perhaps,
    reversals,
    shelf_of,
)

ODD = (KernelChange, Flip)
"""Kinds of which every form is tried here only."""
ORDERED = 4
"""Slices of an axis, or channels, up to which every order is tried; of more, the exchange of two neighbours."""


def is_odd(transform: Transform) -> bool:
    """Whether a change is tried only where nothing else explains an output."""
    if isinstance(transform, ODD):
        return True
    any_order = isinstance(transform, ChannelOrder) and transform.kind == "any"
    return any_order or getattr(transform, "of", "") == "kernel" or getattr(transform, "role", "") == "kernel"


def kernels(conv: Linear) -> list[tuple[Transform, np.ndarray]]:
    """Changes of the kernel's values, each with what they come to, of those that differ from it and each other."""
    w, found = conv.w.astype(np.float64), dict[bytes, tuple[Transform, np.ndarray]]()
    for change in itertools.islice(_of_kernels(conv), LARGE // conv.w.size):
        with np.errstate(over="ignore", invalid="ignore"):  # weights of any size, as a kernel may have
            other = np.asarray(change.differ(conv).w, np.float64)
        if np.isfinite(other).all() and not np.array_equal(other, w):
            found.setdefault(other.tobytes(), (change, other))
    return list(found.values())


def _of_kernels(conv: Linear) -> Iterator[Transform]:
    yield KernelChange("absolute")
    yield from (Precision(name, "kernel") for name in QUANTIZERS)
    if conv.biased:
        yield from (Scale(name, tuple(scale_factors(name, conv.w).tolist()), "kernel") for name in SCALES)
        yield Scale("-1", (-1.0,) * len(conv.w), "kernel")
    for letter, size in zip(canonical("kernel", conv.rank)[1:], conv.w.shape[1:]):
        if letter != "I":
            yield from (KernelChange("order", letter, order) for order in _orders(size))
    space = canonical("kernel", conv.rank)[2:]
    for count in range(1, conv.rank + 1):
        for letters in itertools.combinations(space, count):
            yield from (KernelChange("short", "".join(letters), side=side) for side in ("last", "first"))


@cache
def _orders(size: int) -> list[tuple[int, ...]]:
    """Orders of so many slices but the one that counts up, and the one that counts down, which is a reversal."""
    plain = tuple(range(size))
    if size <= ORDERED:
        return [each for each in itertools.permutations(plain) if each not in (plain, plain[::-1])]
    return [(*plain[:at], at + 1, at, *plain[at + 2 :]) for at in range(size - 1)]


def shelf(question: Question, conv: Linear) -> tuple[np.ndarray, Shelf]:
    """Kernels with at most one odd change and a reversal, and the values of which their indices take."""
    changes = kernels(conv)
    plain = conv.map(lambda each: np.arange(each.size).reshape(each.shape), "w", "bias")
    found: list[Taken] = []
    orders = channel_orders("output", len(conv.w)) if conv.window.groups == 1 else []
    others = [((change,), plain, number * conv.w.size) for number, (change, _) in enumerate(changes, 1)]
    every = [((), plain, 0), *others, *(((each,), plain.channels(list(each.order)), 0) for each in orders)]
    for (odd, kernel, start), reversal in itertools.product(every, perhaps(reversals(conv.rank))):
        changed = kernel
        for each in reversal:
            changed = each.differ(changed)
        if len(found) * conv.w.size > LARGE:
            break
        found.append((in_order((*odd, *reversal)), as_met(changed) + start, changed.offsets.astype(np.intp)))
    values = np.concatenate([conv.w.ravel(), *(other.ravel() for _, other in changes)])
    return values, shelf_of(question, conv.w.shape, found)


def orders(conv: Linear) -> list[Order]:
    """The input as it is, and read in an odd order."""
    numbered = conv.map(lambda x: np.arange(x.size, dtype=np.int32).reshape(x.shape), "x")
    changes = itertools.islice(inputs(conv), LARGE_INPUTS // conv.x.size)
    every = [Order((), numbered.x), *(Order((each,), each.differ(numbered).x) for each in changes)]
    seen: dict[bytes, Order] = {}
    for order in every:
        seen.setdefault(order.index.tobytes(), order)
    return list(seen.values())


def inputs(conv: Linear) -> Iterator[Transform]:
    """Orders in which images, samples and channels of the input are read."""
    letters = canonical("input", conv.rank)
    space = letters[2:]
    turned = ["N", *space, *([space] if conv.rank > 1 else [])]
    yield from (Flip("input", each) for each in turned)
    yield from channel_orders("input", conv.x.shape[1])


def channel_orders(role: Role, count: int) -> list[ChannelOrder]:
    """Every order of few channels, but the one that counts down, which has a name."""
    return [ChannelOrder(role, "any", order=order) for order in _orders(count)] if count <= ORDERED else []


def readings(question: Question) -> Iterator[Reading]:
    """The output as it is, and read from its other end."""
    shape = question.observed.shape
    yield Reading((), shape)
    space = canonical("output", len(shape) - 2)[2:]
    for letters in [*space, *([space] if len(space) > 1 else [])]:
        yield Reading((Flip("output", letters),), shape, _Turned(shape, letters))


@dataclass(frozen=True)
class _Turned:
    shape: tuple[int, ...]
    letters: str

    def __call__(self, seen: np.ndarray) -> np.ndarray:
        places = seen.copy()
        for letter in self.letters:
            axis = canonical("output", len(self.shape) - 2).index(letter)
            places[:, axis] = self.shape[axis] - 1 - places[:, axis]
        return places
