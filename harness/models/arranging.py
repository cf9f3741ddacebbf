"""The arrangement of one array that gives another of the same numbers: candidates, the simplest first.

A candidate is tried on a few numbers, and compared in full where these fit.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from harness.models import gates
from harness.models.arrangement import Arrangement, Cut, Shape, bare

Same = Callable[[np.ndarray, np.ndarray], bool]
SAMPLES = 64
MOST_PERMUTED = 6
"""Axes of an array whose orders are tried: 720 of them."""
MOST_CUTS = 4000
"""Ways to cut an axis into three that are tried."""


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.array_equal(a, b, equal_nan=True))


def arrangements(a: np.ndarray, b: np.ndarray, same: Same = _same) -> list[Arrangement]:
    """The simplest arrangement of `a` that gives `b`, first of all others as simple that fit, too; [] for none.

    Two arrangements that differ in axes of length 1 only are one. `same` says which numbers count as equal.
    """
    at = _sampled(b.size)
    flat_a, wanted = a.ravel(), b.ravel()[at]
    for level in _levels(a.shape, b.shape):
        found: list[Arrangement] = []
        for each in level:
            if not same(flat_a[each.places(at)], wanted) or any(_alike(each, other) for other in found):
                continue
            if b.size <= SAMPLES or same(each.applied(a), b):
                found.append(each)
        if found:
            return found
    return []


def _sampled(size: int) -> np.ndarray:
    """Positions in a flat array: all of a small one, else some, drawn the same for every array of the size."""
    if size <= SAMPLES:
        return np.arange(size)
    return np.unique(np.random.Generator(np.random.PCG64(size)).integers(size, size=SAMPLES))


def _alike(one: Arrangement, other: Arrangement) -> bool:
    """Whether they differ in axes of length 1 only."""
    rest = (one.flips, one.cut) == (other.flips, other.cut)
    return rest and [a for a in one.order if one.source[a] > 1] == [a for a in other.order if other.source[a] > 1]


def _levels(source: Shape, target: Shape) -> Iterator[Iterable[Arrangement]]:
    """Candidates of equal simplicity, level by level."""
    if len(source) > MOST_PERMUTED or len(target) > MOST_PERMUTED:
        yield [Arrangement(source, source, target, tuple(range(len(source))))]
        return
    orders = sorted(itertools.permutations(range(len(source))), key=_inversions)
    fitting = [order for order in orders if tuple(source[axis] for axis in order) == target]
    yield [Arrangement(source, source, target, order) for order in fitting]
    yield from _flipped(source, target, fitting)
    alike = [order for order in orders if bare(source[axis] for axis in order) == bare(target)] or orders
    yield [Arrangement(source, source, target, order) for order in alike if order not in fitting]
    yield _with_gates(source, target, alike)
    yield _with_cuts(source, target, alike, 2)
    yield itertools.islice(_with_cuts(source, target, alike, 3), MOST_CUTS)
    yield from _flipped(source, target, [order for order in alike if order not in fitting])
    yield _rest(source, target, [order for order in orders if order not in alike])


def _rest(source: Shape, target: Shape, orders: Iterable[tuple[int, ...]]) -> Iterator[Arrangement]:
    """The numbers re-read: reshaped behind a permutation, before one, or with the first axis the fastest."""
    for order in orders:
        yield Arrangement(source, source, target, order)
    axes = range(len(target))
    for order in sorted(itertools.permutations(axes), key=_inversions) if len(target) > 1 else ():
        read = tuple(target[order.index(axis)] for axis in axes)
        if read != source:
            yield Arrangement(source, read, target, order)


def _inversions(order: tuple[int, ...]) -> int:
    return sum(one > other for one, other in itertools.combinations(order, 2))


def _flipped(source: Shape, target: Shape, orders: Iterable[tuple[int, ...]]) -> Iterator[list[Arrangement]]:
    """The orders with some axes read backwards, those with fewer first."""
    for count in range(1, len(source) + 1):
        yield [
            Arrangement(source, source, target, order, flips)
            for order in orders
            for flips in itertools.combinations(range(len(source)), count)
            if all(source[order[axis]] > 1 for axis in flips)
        ]


def _with_gates(source: Shape, target: Shape, orders: Iterable[tuple[int, ...]]) -> Iterator[Arrangement]:
    """The orders with the blocks of one axis moved from one known order of gates to another."""
    for order, axis, count in itertools.product(orders, range(len(source)), gates.ORDERS):
        if source[axis] % count == 0:
            for blocks, _, _ in gates.moves(count):
                cut = Cut(axis, (count, source[axis] // count), blocks=blocks)
                yield Arrangement(source, source, target, order, cut=cut)


def _with_cuts(source: Shape, target: Shape, orders: Iterable[tuple[int, ...]], parts: int) -> Iterator[Arrangement]:
    """The orders with one axis cut into parts that change places, as another order of flattening does it."""
    for order, axis in itertools.product(orders, range(len(source))):
        for sizes in _factors(source[axis], parts):
            for inner in list(itertools.permutations(range(parts)))[1:]:
                yield Arrangement(source, source, target, order, cut=Cut(axis, sizes, inner))


def _factors(size: int, parts: int) -> Iterator[Shape]:
    """Ways to write a length as a product of so many numbers above 1."""
    if parts == 1:
        yield (size,)
        return
    for first in range(2, size // 2 + 1):
        if size % first == 0:
            yield from ((first, *rest) for rest in _factors(size // first, parts - 1) if min(rest) > 1)
