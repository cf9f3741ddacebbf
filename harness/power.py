"""The power of a case: the conventions that its data can tell from what it means, and those that it cannot see."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from harness.reference import direct
from harness.transform import PaddingSplit, ReverseKernel, Transform
from harness.window import Convolution

LOOK = 2
"""Images and output channels that are looked at first: where these differ, the rest need not be evaluated."""


@dataclass(frozen=True)
class Power:
    """`sees` and `blind`: conventions, in words, that the data can and cannot tell from what the case means."""

    sees: tuple[str, ...]
    blind: tuple[str, ...]


def power(conv: Convolution) -> Power:
    """The power of the data of `conv` against each variant that keeps the output's size."""
    sees: list[str] = []
    blind: list[str] = []
    part = _part(conv)
    meant = direct(part)
    for name, transform in _variants(conv):
        same = _equal(meant, direct(transform.differ(part)))
        if same and part is not conv:
            same = _equal(direct(conv), direct(transform.differ(conv)))
        (blind if same else sees).append(name)
    return Power(tuple(sees), tuple(blind))


def _variants(conv: Convolution) -> Iterator[tuple[str, Transform]]:
    """(words, transform) for kernel reversal on every set of axes, and padding shifted by one each way."""
    names = "DHW"[-conv.rank :]
    sizes = conv.w.shape[2:]
    axes = [axis for axis in range(conv.rank) if sizes[axis] > 1]
    for count in range(1, len(axes) + 1):
        for some in itertools.combinations(axes, count):
            yield "kernel reversed along " + " ".join(names[axis] for axis in some), ReverseKernel(some)
    padding = conv.window.padding
    for axis in range(conv.rank):
        for step in (-1, 1):
            low, high = padding[axis]
            shifted = (*padding[:axis], (low + step, high - step), *padding[axis + 1 :])
            yield f"padding {low + step}:{high - step} along {names[axis]}", PaddingSplit(padding, shifted)


def _part(conv: Convolution) -> Convolution:
    """The first images and, where there are no groups, the first output channels; `conv` itself when that is all."""
    images, outputs = conv.x[:LOOK], conv.w if conv.window.groups > 1 else conv.w[:LOOK]
    if len(images) == len(conv.x) and len(outputs) == len(conv.w):
        return conv
    return replace(conv, x=images, w=outputs, bias=None if conv.bias is None else conv.bias[: len(outputs)])


def _equal(meant: np.ndarray, other: np.ndarray) -> bool:
    """Whether float32 arithmetic could hide the difference."""
    if meant.shape != other.shape:
        return False
    return bool(np.all(np.abs(meant - other) <= 2.0**-23 * (np.abs(meant) + np.abs(meant).max(initial=0.0))))
