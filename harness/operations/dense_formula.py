"""A dense layer: the input flattened, times a matrix, and a bias.

    y[n, o] = bias[o] + sum over i of w[o, i] * flat(x)[n, i]

flat(x) has the axes of x, all but N, made one, in the order that `flattened` names, slow to fast. An axis that is not
among them stays: the layer is applied at each place of it, as one on tokens is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from harness.canonical.layout import canonical
from harness.canonical.settled import TIMES
from harness.canonical.window import Linear, Window

Settings = Mapping[str, Any]
MOVED = " moved to "
"""Stands between the order in which a kernel is flattened and that to which it was brought."""


def linear(arrays: Mapping[str, np.ndarray], settings: Settings) -> Linear:
    """The layer as a window of one sample over what is flattened."""
    x, w, bias = arrays["x"], arrays["w"], arrays.get("bias")
    if "kernel_flattened" in settings:
        w = moved(w, x.shape, *settings["kernel_flattened"].split(MOVED))
    rank = x.ndim - 2
    window = Window((1,) * rank, (1,) * rank, ((0, 0),) * rank, (False,) * rank)
    form = Linear(flat(x, settings["flattened"]), w, bias, window)
    return form.map(lambda bias: TIMES[settings["bias"]] * bias, "bias") if "bias" in settings else form


def flat(x: np.ndarray, order: str) -> np.ndarray:
    """(N, I, *spatial): axes `order` of (N, C, *spatial) made one; those among them that are spatial have length 1."""
    first, rest = sides(x.shape, order)
    letters = canonical("input", x.ndim - 2)
    moved = x.transpose([letters.index(letter) for letter in letters[0] + order + "".join(kept(letters, order))])
    return moved.reshape([first, -1, *rest])


def sides(shape: Sequence[int], order: str) -> tuple[int, list[int]]:
    """(N, lengths of the spatial axes where those of `order` are flattened)."""
    letters = canonical("input", len(shape) - 2)
    return shape[0], [1 if letter in order else size for letter, size in zip(letters[2:], shape[2:])]


def kept(letters: str, order: str) -> list[str]:
    """Spatial axes that are not flattened."""
    return [letter for letter in letters[2:] if letter not in order]


def lengths(shape: Sequence[int], order: str) -> list[int]:
    """Those of the axes of an input (N, C, *spatial) in this order."""
    return [shape[canonical("input", len(shape) - 2).index(letter)] for letter in order]


def kernel_shapes(shape: Sequence[int], outputs: int, settings: Settings) -> dict[str, tuple[int, ...]]:
    """That of a kernel with so many outputs, for an input of this shape."""
    inputs = math.prod(lengths(shape, settings["flattened"]))
    return {"kernel": (outputs, inputs, *(1,) * (len(shape) - 2))}


def moved(w: np.ndarray, shape: Sequence[int], was: str, order: str) -> np.ndarray:
    """A kernel (O, I, ...) whose I is flattened in the order `was`, brought to another; `shape`: of the input."""
    apart = w.reshape(len(w), *lengths(shape, was))
    return apart.transpose(0, *(1 + was.index(letter) for letter in order)).reshape(w.shape)


def output_shape(shapes: Mapping[str, tuple[int, ...]], settings: Settings) -> tuple[int, ...]:
    """No output channels where the kernel does not fit what is flattened."""
    x, (outputs, inputs, *_) = shapes["x"], shapes["w"]
    batch, rest = sides(x, settings["flattened"])
    fits = math.prod(lengths(x, settings["flattened"])) == inputs and shapes.get("bias", (outputs,)) == (outputs,)
    return (batch, outputs if fits else 0, *rest)


def orders(shape: Sequence[int], order: str) -> Iterator[str]:
    """Other orders of the same axes of an input of this shape, each once: axes of length 1 make none."""
    from itertools import permutations

    known = {significant(shape, order)}
    for each in map("".join, permutations(order)):
        if significant(shape, each) not in known:
            known.add(significant(shape, each))
            yield each


def significant(shape: Sequence[int], order: str) -> str:
    """The letters of an order whose axes are longer than 1."""
    return "".join(letter for letter, size in zip(order, lengths(shape, order)) if size > 1)
