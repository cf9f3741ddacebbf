"""Layers that no operation is: what joins tensors or only moves their elements, told by the tensors themselves.

A join is found where it gives the layer's own output from its own inputs, to within a rounding. It then says what the
layer means for other tensors.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from harness.models.carried import Signal
from harness.models.graph import MOST_ORDERS, Graph
from harness.models.traced import Layer
from harness.rounding.formats import DTYPES, FLOAT64

Arrays = Sequence[np.ndarray]
ROUNDINGS = 4
"""Units of roundoff, of the sum of magnitudes, by which what a join gives may be off."""


@dataclass(frozen=True)
class Join:
    """What a layer does with its inputs, all of which have the axes that its own trace gives them.

    errors: what it makes of their errors. size: of the terms that are rounded, their magnitudes where it is left out.
    """

    words: str
    values: Callable[[Arrays], np.ndarray]
    errors: Callable[[Arrays, Arrays], np.ndarray]
    exact: bool = False
    size: Callable[[Arrays], np.ndarray] | None = None

    def rounding(self, arrays: Arrays, dtype: str) -> np.ndarray:
        """How far its result may be off by its own rounding."""
        terms = [np.abs(each) for each in arrays]
        size = sum(np.broadcast_arrays(*terms)) if self.size is None else self.size(terms)
        return np.asarray(ROUNDINGS * DTYPES.get(dtype, FLOAT64).u * size)

    def on(self, taken: Sequence[Signal]) -> Signal:
        """What it gives for `taken`, whose axes nobody says."""
        arrays = [each.values.astype(np.float64) for each in taken]
        y = self.values(arrays)
        spread = self.errors(arrays, [each.error for each in taken])
        if not self.exact:
            spread = spread + self.rounding(arrays, taken[0].dtype)
        return Signal(y, "", taken[0].dtype, spread)


def join_of(graph: Graph, layer: Layer) -> Join | None:
    """What a layer does, where its tensors tell it; None else."""
    if len(layer.outputs) != 1:
        return None
    taken = [graph.trace.array(name) for name in (*layer.inputs, *layer.parameters.values())]
    y = graph.trace.array(layer.outputs[0])
    return next((each for each in possible(graph, layer) if _gives(each, taken, y)), None)


def possible(graph: Graph, layer: Layer) -> Iterator[Join]:
    """What a layer might do, as far as the lengths of its tensors tell."""
    taken = [graph.trace.array(name) for name in (*layer.inputs, *layer.parameters.values())]
    return _known(taken, graph.trace.array(layer.outputs[0]))


def _gives(join: Join, taken: Arrays, y: np.ndarray) -> bool:
    arrays = [each.astype(np.float64) for each in taken]
    found = join.values(arrays)
    if found.shape != y.shape:
        return False
    if join.exact:
        return bool((found == y).all())
    return bool((np.abs(found - y) <= np.broadcast_to(join.rounding(arrays, y.dtype.name), y.shape)).all())


def _known(taken: Arrays, y: np.ndarray) -> Iterator[Join]:
    if len(taken) == 1:
        yield from (*_moves(taken[0], y), *_scaled(taken[0], y))
        return
    for axis in range(y.ndim):
        if all(each.ndim == y.ndim for each in taken) and sum(each.shape[axis] for each in taken) == y.shape[axis]:
            gathered = partial(np.concatenate, axis=axis)
            yield Join(f"concatenation along axis {axis}", gathered, partial(_of_errors, gathered), exact=True)
    if _meet(taken) == y.shape:
        yield Join("sum", _sum, lambda arrays, errors: np.sqrt(_sum([each**2 for each in errors])))
        yield Join("maximum", _maximum, lambda arrays, errors: _maximum(errors), exact=True)
        yield Join("minimum", _minimum, lambda arrays, errors: _maximum(errors), exact=True)
        yield Join("mean", _mean, lambda arrays, errors: np.sqrt(_sum([each**2 for each in errors])) / len(arrays))
        if len(taken) == 2:
            yield Join("difference", lambda a: a[0] - a[1], lambda a, e: np.hypot(*e))
            yield Join("product", _product, lambda a, e: np.hypot(a[1] * e[0], a[0] * e[1]), size=_product)
    if len(taken) == 2 and _multiplied(taken) == y.shape:
        yield Join("matrix product", _matrix_product, _errors_of_product, size=_terms_of_product)


def _meet(taken: Arrays) -> tuple[int, ...] | None:
    try:
        return np.broadcast_shapes(*(each.shape for each in taken))
    except ValueError:
        return None


def _of_errors(function: Callable[[Arrays], np.ndarray], arrays: Arrays, errors: Arrays) -> np.ndarray:
    return function(errors)


def _sum(arrays: Arrays) -> np.ndarray:
    return np.asarray(sum(arrays[1:], start=arrays[0]))


def _maximum(arrays: Arrays) -> np.ndarray:
    return np.asarray(np.maximum.reduce(np.broadcast_arrays(*arrays)))


def _product(arrays: Arrays) -> np.ndarray:
    return np.asarray(arrays[0] * arrays[1])


def _multiplied(taken: Arrays) -> tuple[int, ...] | None:
    """The shape of the matrix product of two arrays; None where they have none."""
    a, b = (each.shape for each in taken)
    if min(len(a), len(b)) < 2 or a[-1] != b[-2]:
        return None
    batch = _meet([np.empty((*each[:-2], 0)) for each in (a, b)])
    return None if batch is None else (*batch[:-1], a[-2], b[-1])


def _matrix_product(arrays: Arrays) -> np.ndarray:
    return np.asarray(np.matmul(*arrays))


def _terms_of_product(terms: Arrays) -> np.ndarray:
    """Sums of magnitudes, times the root of their number: rounding errors are taken for independent."""
    return np.asarray(np.sqrt(terms[0].shape[-1]) * np.matmul(*terms))


def _errors_of_product(arrays: Arrays, errors: Arrays) -> np.ndarray:
    a, b, of_a, of_b = (each**2 for each in (*arrays, *errors))
    return np.asarray(np.sqrt(np.matmul(of_a, b) + np.matmul(a, of_b)))


def _scaled(x: np.ndarray, y: np.ndarray) -> Iterator[Join]:
    """A factor for all elements, as where the largest tells it."""
    if x.shape != y.shape or not x.size:
        return
    at = np.unravel_index(np.abs(x).argmax(), x.shape)
    if x[at]:
        factor = float(y[at]) / float(x[at])
        size = partial(_times, abs(factor))
        yield Join("product with a number", partial(_times, factor), partial(_of_errors, size), size=size)


def _times(factor: float, arrays: Arrays) -> np.ndarray:
    return factor * arrays[0]


def _minimum(arrays: Arrays) -> np.ndarray:
    return np.asarray(np.minimum.reduce(np.broadcast_arrays(*arrays)))


def _mean(arrays: Arrays) -> np.ndarray:
    return _sum(arrays) / len(arrays)


def _moves(x: np.ndarray, y: np.ndarray) -> Iterator[Join]:
    """The same elements in other places: any order of axes, and then another shape."""
    if x.size != y.size:
        return
    plain = tuple(range(x.ndim))
    orders = itertools.permutations(plain) if x.ndim <= MOST_ORDERS else iter([plain])
    for order in orders:
        moved = partial(_moved, order, y.shape)
        words = "the same elements" if order == plain else f"axes {list(order)}"
        yield Join(words, moved, partial(_of_errors, moved), exact=True)


def _moved(order: tuple[int, ...], shape: tuple[int, ...], arrays: Arrays) -> np.ndarray:
    return arrays[0].transpose(order).reshape(shape)
