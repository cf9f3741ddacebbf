"""Arrays of one shape that are moved together: what numbers of several parts have in common."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from operator import mul
from typing import Any, Self

import numpy as np

Axes = int | tuple[int, ...]


class Parts:
    """Numbers of which each is made of several float64 numbers, one in each of `parts`, arrays of one shape."""

    __array_ufunc__ = None  # an array on the left leaves the arithmetic to this class

    parts: tuple[np.ndarray, ...]

    @classmethod
    def made(cls, *parts: np.ndarray) -> Self:
        """Numbers of these parts."""
        new = cls.__new__(cls)
        new.parts = parts
        return new

    def moved(self, move: Callable[[np.ndarray], np.ndarray]) -> Self:
        """The same numbers in other places."""
        return self.made(*map(move, self.parts))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.parts[0].shape

    @property
    def ndim(self) -> int:
        return self.parts[0].ndim

    def __len__(self) -> int:
        return len(self.parts[0])

    def __getitem__(self, index: Any) -> Self:
        return self.moved(lambda each: np.asarray(each[index]))

    def reshape(self, *shape: Any) -> Self:
        return self.moved(lambda each: each.reshape(*shape))

    def transpose(self, *axes: Any) -> Self:
        return self.moved(lambda each: each.transpose(*axes))

    def raised(self, power: int) -> Self:
        """The product of so many of these numbers, at least one."""
        return reduce(mul, [self] * power)

    def lined_up(self, axis: Axes) -> Self:
        """With these axes made one, which is the first."""
        axes = tuple(each % self.ndim for each in ((axis,) if isinstance(axis, int) else axis))
        rest = [each for each in range(self.ndim) if each not in axes]
        sizes = [self.shape[each] for each in rest]
        count = math.prod(self.shape[each] for each in axes)
        return self.transpose((*axes, *rest)).reshape((count, *sizes))

    def reduced(self, axis: Axes, join: Callable[[Self, Self], Self], keepdims: bool) -> Self:
        """The numbers along some axes joined in pairs until one is left."""
        line = self.lined_up(axis)
        while len(line) > 1:
            half = len(line) // 2
            joined = join(line[:half], line[half : 2 * half])
            line = joined if len(line) == 2 * half else joined.before(line[2 * half :])
        return self.kept(line[0], axis) if keepdims else line[0]

    def kept(self, reduced: Self, axis: Axes) -> Self:
        """What is left of `self` when these axes are reduced, with length 1 for each of them."""
        axes = {each % self.ndim for each in ((axis,) if isinstance(axis, int) else axis)}
        return reduced.reshape([1 if each in axes else size for each, size in enumerate(self.shape)])

    def before(self, other: Self) -> Self:
        """These numbers, and `other` behind them along the first axis."""
        return self.made(*(np.concatenate(pair) for pair in zip(self.parts, other.parts)))
