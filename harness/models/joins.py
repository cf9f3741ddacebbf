"""Layers that no operation is: what joins tensors or only moves their elements, told by the tensors themselves.

A join is found where it gives the layer's own output from its own inputs, to within a rounding. It then says what the
layer means for other tensors.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial

import numpy as np

from harness.models import attention
from harness.models.graph import MOST_ORDERS, Graph
from harness.models.join import Arrays, Join, Values, of_errors, of_magnitudes, of_squares
from harness.models.parted import parts, reduced
from harness.models.traced import Layer, Trace

SUM = "sum"


def join_of(graph: Graph, layer: Layer) -> Join | None:
    """What a layer does, where its tensors tell it; None else."""
    if len(layer.outputs) != 1:
        return None
    taken = [graph.trace.array(name) for name in (*layer.inputs, *operands(graph.trace, layer))]
    y = graph.trace.array(layer.outputs[0])
    arrays = [each.astype(np.float64) for each in taken]
    return next((each for each in possible(graph, layer) if each.gives(arrays, y)), None)


def possible(graph: Graph, layer: Layer) -> Iterator[Join]:
    """What a layer might do, as far as the lengths of its tensors tell."""
    taken = [graph.trace.array(name) for name in (*layer.inputs, *operands(graph.trace, layer))]
    return _known(taken, graph.trace.array(layer.outputs[0]))


def operands(trace: Trace, layer: Layer) -> list[str]:
    """The parameters that a layer computes with; whole numbers say shapes and places."""
    return [name for name in layer.parameters.values() if "float" in trace.arrays[name].dtype]


def _known(taken: Arrays, y: np.ndarray) -> Iterator[Join]:
    if len(taken) == 1:
        yield from itertools.chain(_moves(taken[0], y), parts(taken[0], y), _scaled(taken[0], y), reduced(taken[0], y))
        return
    if len(taken) == len(attention.TAKEN):
        yield from attention.ways(taken, y)
    for axis in range(y.ndim):
        if all(each.ndim == y.ndim for each in taken) and sum(each.shape[axis] for each in taken) == y.shape[axis]:
            gathered = partial(np.concatenate, axis=axis)
            yield Join(f"concatenation along axis {axis}", gathered, partial(of_errors, gathered), exact=True)
    if _meet(taken) == y.shape:
        yield Join(SUM, _sum, partial(of_squares, _sum))
        yield Join("maximum", _maximum, lambda arrays, errors: _maximum(errors), exact=True)
        yield Join("minimum", _minimum, lambda arrays, errors: _maximum(errors), exact=True)
        yield Join("mean", _mean, lambda arrays, errors: np.sqrt(_sum([each**2 for each in errors])) / len(arrays))
        if len(taken) == 2:
            yield Join("difference", lambda a: a[0] - a[1], lambda a, e: np.hypot(*e))
            yield Join(
                "product",
                _product,
                lambda a, e: np.hypot(a[1] * e[0], a[0] * e[1]),
                size=partial(of_magnitudes, _product),
            )
    if len(taken) == 2:
        for turned in itertools.product((False, True), repeat=2):
            yield from _products(taken, turned, y.shape)


def _meet(taken: Arrays) -> tuple[int, ...] | None:
    try:
        return np.broadcast_shapes(*(each.shape for each in taken))
    except ValueError:
        return None


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


def _products(taken: Arrays, turned: tuple[bool, ...], shape: tuple[int, ...]) -> Iterator[Join]:
    """The matrix product of two arrays, of which some are transposed before."""
    if min(each.ndim for each in taken) > 1 and _multiplied(_turned(turned, taken)) == shape:
        said = [f", the {which} transposed" for each, which in zip(turned, ("first", "second")) if each]
        product = partial(_of_turned, _matrix_product, turned)
        size = partial(of_magnitudes, partial(_of_turned, _terms_of_product, turned))
        yield Join("".join(["matrix product", *said]), product, partial(_errors_of_turned, turned), size=size)


def _turned(turned: tuple[bool, ...], arrays: Arrays) -> list[np.ndarray]:
    return [each.swapaxes(-1, -2) if turn else each for each, turn in zip(arrays, turned)]


def _of_turned(function: Values, turned: tuple[bool, ...], arrays: Arrays) -> np.ndarray:
    return function(_turned(turned, arrays))


def _errors_of_turned(turned: tuple[bool, ...], arrays: Arrays, errors: Arrays) -> np.ndarray:
    return _errors_of_product(_turned(turned, arrays), _turned(turned, errors))


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
        yield Join(
            "product with a number",
            partial(_times, factor),
            partial(of_errors, size),
            size=partial(of_magnitudes, size),
        )


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
        yield Join(words, moved, partial(of_errors, moved), exact=True)


def _moved(order: tuple[int, ...], shape: tuple[int, ...], arrays: Arrays) -> np.ndarray:
    return arrays[0].transpose(order).reshape(shape)
