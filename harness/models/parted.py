"""What a layer makes of one tensor that has fewer elements then: a part, or a sum, a mean, the largest of axes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial
from math import prod

import numpy as np

from harness.models.join import Arrays, Join, of_errors, of_magnitudes, of_squares

MOST_PLACES = 64
"""Places that a part may begin at which are tried."""


def parts(x: np.ndarray, y: np.ndarray) -> Iterator[Join]:
    """One place of an axis, which is gone then; or less of some axes."""
    if y.size >= x.size:
        return
    for axis in range(x.ndim):
        if x.shape[:axis] + x.shape[axis + 1 :] == y.shape:
            for place in range(min(x.shape[axis], MOST_PLACES)):
                yield _moving(f"place {place} of axis {axis}", (slice(None),) * axis + (place,))
    if x.ndim == y.ndim and all(less <= size for less, size in zip(y.shape, x.shape)):
        free = [size - less + 1 for less, size in zip(y.shape, x.shape)]
        for begins in itertools.product(*map(range, free)) if prod(free) <= MOST_PLACES else []:
            ends = [begin + size for begin, size in zip(begins, y.shape)]
            yield _moving(f"the part from {list(begins)} to {ends}", tuple(map(slice, begins, ends)))


def _moving(words: str, index: tuple[int | slice, ...]) -> Join:
    taken = partial(_part, index)
    return Join(words, taken, partial(of_errors, taken), exact=True)


def _part(index: tuple[int | slice, ...], arrays: Arrays) -> np.ndarray:
    return np.asarray(arrays[0][index])


def reduced(x: np.ndarray, y: np.ndarray) -> Iterator[Join]:
    """A mean, a sum, the largest or smallest values of axes that stand side by side."""
    if y.size >= x.size:
        return
    for first, behind in itertools.combinations(range(x.ndim + 1), 2):
        axes = tuple(range(first, behind))
        kept = [tuple(1 if at in axes else size for at, size in enumerate(x.shape)), x.shape[:first] + x.shape[behind:]]
        if y.shape in kept:
            yield from _over(axes, y.shape, prod(x.shape[first:behind]))


def _over(axes: tuple[int, ...], shape: tuple[int, ...], count: int) -> Iterator[Join]:
    where = f"over {'axes' if len(axes) > 1 else 'axis'} {', '.join(map(str, axes))}"
    mean, total = (partial(_summed, axes, shape, each) for each in (count, 1))
    yield Join(f"mean {where}", mean, partial(of_squares, partial(_summed, axes, shape, count**2)), size=_sizes(mean))
    yield Join(f"sum {where}", total, partial(of_squares, total), size=_sizes(total))
    for words, function in (("largest", np.maximum), ("smallest", np.minimum)):
        chosen = partial(_chosen, function, axes, shape)
        widest = partial(_chosen, np.maximum, axes, shape)
        yield Join(f"the {words} {where}", chosen, partial(of_errors, widest), exact=True)


def _sizes(function: partial[np.ndarray]) -> partial[np.ndarray]:
    return partial(of_magnitudes, function)


def _summed(axes: tuple[int, ...], shape: tuple[int, ...], count: int, arrays: Arrays) -> np.ndarray:
    return np.asarray(arrays[0].sum(axis=axes).reshape(shape) / count)


def _chosen(function: np.ufunc, axes: tuple[int, ...], shape: tuple[int, ...], arrays: Arrays) -> np.ndarray:
    return np.asarray(function.reduce(arrays[0], axis=axes)).reshape(shape)
