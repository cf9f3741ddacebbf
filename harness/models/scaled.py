"""Arrays whose rows are those of another, each multiplied by a factor of its own: a batch norm that was folded in.

    w' = w g / sqrt(v + epsilon)        b' = (b - m) g / sqrt(v + epsilon) + o

Rows are divided by their largest element, so that no factor counts, and their power sums compared, so that no order
inside of a row does. Then the factors are looked for among the vectors that are left.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness.models.arrangement import Arrangement
from harness.models.arranging import arrangements
from harness.models.change import as_json, in_words
from harness.models.neighbours import layer_of
from harness.models.pair import Pair
from harness.models.pairing_by_values import Side

EPSILONS = (1e-5, 1e-3, 1e-6, 2e-5, 1e-7, 1e-12, 1.001e-5, 0.0)
"""Values of epsilon that systems have, the most usual first."""
SMALLEST = 16
"""Elements below which rows look alike by chance."""
SKETCH = 1e-4
"""Relative difference of power sums up to which rows are compared in full: those of unlike rows differ by 0.1."""
CLOSE = 2e-5
"""Error of a few float32 operations, with room, relative to the largest number."""
EXACT = 1e-6
"""The same for one factor, which is the mean over a row; epsilons that differ by less of the variance are not told."""
MOST_VECTORS = 128


def scaled(a: Side, b: Side) -> Iterator[Pair]:
    """Arrays of which one has the rows of the other, scaled, and the vectors that go into them."""
    rows = _sketches(b)
    for name, axis, sketch in list(_sketches(a)):
        for other, axis_b, sketch_b in rows:
            if name in a.left and other in b.left and close(sketch, sketch_b, SKETCH):
                yield from _scaled(a, b, name, axis, other, axis_b)


def _sketches(side: Side) -> list[tuple[str, int, np.ndarray]]:
    """(name, axis, sketch of its rows) for each axis along which rows may be scaled."""
    return [
        (name, axis, _sketch(side.read(name), axis))
        for name in side.left
        if side.size(name) >= SMALLEST
        for axis, length in enumerate(side.arrays[name].shape)
        if 1 < length < side.size(name)
    ]


def _normal(values: np.ndarray, axis: int) -> np.ndarray:
    """The array with each row along `axis` divided by its largest element, of its sign."""
    rows = np.moveaxis(values.astype(np.float64), axis, 0).reshape(values.shape[axis], -1)
    largest = rows[np.arange(len(rows)), np.abs(rows).argmax(axis=1)]
    shape = [1] * values.ndim
    shape[axis] = -1
    return np.asarray(values / np.where(largest == 0, 1, largest).reshape(shape))


def _sketch(values: np.ndarray, axis: int) -> np.ndarray:
    """Size of a row, and its second and third power sums: (rows, 3)."""
    rows = np.moveaxis(_normal(values, axis), axis, 0).reshape(values.shape[axis], -1)
    size = np.full(len(rows), float(rows.shape[1]))
    return np.stack([size, (rows**2).sum(axis=1), (rows**3).sum(axis=1)], axis=1)


def close(a: np.ndarray, b: np.ndarray, relative: float = CLOSE) -> bool:
    """Whether arrays of one shape differ by no more than so much of the largest number."""
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=relative, atol=relative * np.abs(b).max(initial=0)))


def _exact(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.allclose(a, b, rtol=EXACT, atol=0))


@dataclass(frozen=True)
class _Folded:
    """The vectors of a batch norm by name, "" for one of ones, and the values of epsilon that fit, the usual first."""

    scale: str
    variance: str
    epsilons: tuple[float, ...]


def _scaled(a: Side, b: Side, name: str, axis: int, other: str, axis_b: int) -> Iterator[Pair]:
    values, target = a.read(name).astype(np.float64), b.read(other).astype(np.float64)
    found = arrangements(_normal(values, axis), _normal(target, axis_b), close)
    found = [each for each in found if each.cut is None and each.target == target.shape]
    if not found:
        return
    factors = _factors(found[0].applied(values), target, axis_b)
    moved = as_json(found[0].changes())
    if _exact(factors, np.ones_like(factors)):
        yield _pair((name,), other, found[0], "a", {"id": "rounding"}, "equal but for rounding")
    elif folded := _folded(a, factors):
        yield from _into(a, b, name, axis, other, found[0], folded)
    elif folded := _folded(b, 1 / factors):
        told = f"A has it multiplied by a batch norm that B has by itself ({folded.scale or '1'}, {folded.variance})"
        transform = {"id": "scale", "side": "a", "epsilon": folded.epsilons[0]}
        yield Pair((name,), other, (*moved, transform), found[0].order, "", (told,))
    else:
        told = f"each row along axis {axis_b} multiplied by a factor of its own, which no array here explains"
        transform = {"id": "scale", "axis": axis_b, "factors": [float(each) for each in factors]}
        yield Pair((name,), other, (*moved, transform), found[0].order, "", (told,))


def _factors(values: np.ndarray, target: np.ndarray, axis: int) -> np.ndarray:
    """What each row of `values` is multiplied by, in the least squares."""
    rows, rows_b = (np.moveaxis(each, axis, 0).reshape(each.shape[axis], -1) for each in (values, target))
    squares = (rows * rows).sum(axis=1)
    return np.asarray((rows * rows_b).sum(axis=1) / np.where(squares == 0, 1, squares))


def _folded(side: Side, factors: np.ndarray) -> _Folded | None:
    """The vectors of a side whose batch norm multiplies by these factors."""
    names = side.vectors(len(factors))[:MOST_VECTORS]
    vectors = {name: side.read(name).ravel().astype(np.float64) for name in names}
    for scale, variance in itertools.product((*names, ""), names):
        if scale != variance and (vectors[variance] >= 0).all():
            g = vectors[scale] if scale else np.ones(len(factors))
            with np.errstate(divide="ignore", invalid="ignore"):
                fits = [each for each in EPSILONS if _exact(g / np.sqrt(vectors[variance] + each), factors)]
            if fits:
                return _Folded(scale, variance, tuple(fits))
    return None


def _into(
    a: Side, b: Side, name: str, axis: int, other: str, arrangement: Arrangement, folded: _Folded
) -> Iterator[Pair]:
    """The pair of the weights, and that of the vector that is added then."""
    names = tuple(filter(None, (name, folded.scale, folded.variance)))
    g = "a[1].ravel()" if folded.scale else "1"
    divisor = f"np.sqrt(a[{len(names) - 1}].ravel() + {folded.epsilons[0]!r})"
    shape = ", ".join("-1" if at == axis else "1" for at in range(len(arrangement.given)))
    source = f"(a[0] * ({g} / {divisor}).reshape({shape}))"
    told = f"multiplied by a batch norm that was folded in, with epsilon {_either(folded.epsilons)}"
    transform = {"id": "scale", "axis": axis, "epsilon": folded.epsilons[0]}
    yield _pair(names, other, arrangement, source, transform, told)
    yield from _offset(a, b, name, folded)


def _offset(a: Side, b: Side, name: str, folded: _Folded) -> Iterator[Pair]:
    """The vector of B that is what the batch norm adds; of A, those beside the folded ones are tried first."""
    length = a.size(folded.variance)
    near = [each for each in a.vectors(length) if layer_of(each) in (layer_of(folded.variance), layer_of(name))]
    factor = _vector(a, folded.scale, length, 1.0) / np.sqrt(_vector(a, folded.variance, length) + folded.epsilons[0])
    for mean, offset, bias in itertools.product(("", *near), repeat=3):
        used = [each for each in (mean, offset, bias) if each]
        if not used or len({*used, folded.scale, folded.variance}) < len(used) + 2:
            continue
        made = (_vector(a, bias, length) - _vector(a, mean, length)) * factor + _vector(a, offset, length)
        for other in b.vectors(length):
            if close(made, b.read(other).ravel()):
                yield _added(a, b, folded, mean, offset, bias, other)
                return


def _vector(side: Side, name: str, length: int, otherwise: float = 0.0) -> np.ndarray:
    return side.read(name).ravel().astype(np.float64) if name else np.full(length, otherwise)


def _added(a: Side, b: Side, folded: _Folded, mean: str, offset: str, bias: str, other: str) -> Pair:
    names = [each for each in (folded.variance, folded.scale, bias, mean, offset) if each]

    def said(each: str, otherwise: str) -> str:
        return f"a[{names.index(each)}].ravel()" if each else otherwise

    factor = f"{said(folded.scale, '1')} / np.sqrt({said(folded.variance, '')} + {folded.epsilons[0]!r})"
    code = f"b = ({said(bias, '0')} - {said(mean, '0')}) * {factor} + {said(offset, '0')}"
    shape = b.arrays[other].shape
    code = code if len(shape) == 1 else f"b = ({code[4:]}).reshape({', '.join(map(str, shape))})"
    transform = {"id": "bias", "epsilon": folded.epsilons[0]}
    return Pair(tuple(names), other, (transform,), None, code, ("what the folded batch norm adds",))


def _pair(
    names: Sequence[str], other: str, arrangement: Arrangement, source: str, transform: dict[str, object], told: str
) -> Pair:
    changes, code = arrangement.changes(), f"b = {arrangement.expression(source)}"
    transforms = (*as_json(changes), transform)
    return Pair(tuple(names), other, transforms, arrangement.order, code, (*in_words(changes), told))


def _either(epsilons: Sequence[float]) -> str:
    return " or ".join(f"{each:g}" for each in epsilons)
