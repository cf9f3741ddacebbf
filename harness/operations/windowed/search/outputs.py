"""The single changes on the output's side: along which axes it is read, and what is added to it or scales it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from harness.canonical.layout import canonical
from harness.canonical.window import Linear
from harness.operations.transforms.arrays import OutputAxes
from harness.operations.transforms.endings import Activation
from harness.operations.transforms.functions import FUNCTIONS, TURNING
from harness.operations.transforms.transform import Transform
from harness.operations.transforms.values import SCALES, Bias, Scale, scale_factors
from harness.operations.windowed.search.question import Question
from harness.operations.windowed.search.variants import Transforms, rereads

OPEN = Activation("")
"""What stands for whatever a system made of its sums, until it is fitted."""
Index = tuple[int, ...]
Places = np.ndarray
"""Indices of elements, one in each row."""
PROBES = 64
"""Places at which two readings are compared."""
FACTORS = {"2": 2.0, "0.5": 0.5, "-1": -1.0, "255": 255.0, "1 / 255": 1 / 255}
"""Scales that are plain numbers, looked for where too little is known to infer one."""


@dataclass(frozen=True)
class Reading:
    """How what is seen was read from the output y.

    shape: that of y, 0 for an axis whose length what is seen does not tell. places: indices of what is seen -> of y.
    """

    transforms: Transforms
    shape: tuple[int, ...]
    places: Callable[[Places], Places] = np.asarray


def readings(question: Question) -> Iterator[Reading]:
    """The output as it is, its axes in another order, an index at the wrong place, its buffer read otherwise."""
    shape, size = question.observed.shape, question.observed.size
    yield Reading((), shape)
    for order in _orders(shape):
        yield Reading((OutputAxes(order),), _inverse(order, shape), _Moved(order))
    for source in _slices(question):
        yield Reading((OutputAxes(source),), _inverse(source, shape), _Moved(source))
    probes = np.transpose(np.unravel_index(np.arange(0, size, max(size // PROBES, 1)), shape))
    known = {probes.tobytes()}
    for transform in rereads(question, "output"):
        places = _Reordered(transform.source, transform.target, shape)
        moved = places(probes).tobytes()
        if moved not in known:
            known.add(moved)
            yield Reading((transform,), shape, places)


@dataclass(frozen=True)
class _Moved:
    source: tuple[int, ...]

    def __call__(self, seen: Places) -> Places:
        places = np.zeros_like(seen)
        read = [axis for axis, source in enumerate(self.source) if source >= 0]
        places[:, [self.source[axis] for axis in read]] = seen[:, read]
        return places


@dataclass(frozen=True)
class _Reordered:
    source: str
    target: str
    shape: tuple[int, ...]

    def __call__(self, seen: Places) -> Places:
        letters = canonical("output", len(self.shape) - 2)
        there, back = ([letters.index(letter) for letter in each] for each in (self.target, self.source))
        flat = np.ravel_multi_index(seen[:, there].T, [self.shape[axis] for axis in there])
        places = np.empty_like(seen)
        places[:, back] = np.transpose(np.unravel_index(flat, [self.shape[axis] for axis in back]))
        return places


def _orders(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Orders of all axes; those that move axes of length 1 only come to nothing."""
    seen = set()
    for order in itertools.permutations(range(len(shape))):
        moved = tuple(axis for axis in order if shape[order.index(axis)] > 1)
        lengths = _inverse(order, shape)
        if (moved, lengths) not in seen:
            seen.add((moved, lengths))
            if list(order) != sorted(order) and (list(moved) != sorted(moved) or lengths != shape):
                yield order


def _slices(question: Question) -> Iterator[tuple[int, ...]]:
    """Readings that leave out an axis of y longer than 1 and read another one in its place."""
    shape, whole = question.observed.shape, question.form.output_shape
    seen = [axis for axis, size in enumerate(shape) if size > 1]
    if len(seen) == len(shape):
        return
    for axes in itertools.permutations(range(len(shape)), len(seen)):
        left_out = [axis for axis in range(len(shape)) if axis not in axes and whole[axis] > 1]
        if left_out and list(axes) != seen and all(shape[s] <= whole[a] or a > 1 for s, a in zip(seen, axes)):
            places = dict(zip(seen, axes))
            yield tuple(places.get(axis, -1) for axis in range(len(shape)))


def _inverse(source: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of y whose reading along `source` has `shape`; 0 where it does not tell."""
    lengths = [0] * len(shape)
    for axis, size in zip(source, shape):
        if axis >= 0:
            lengths[axis] = size
    return tuple(lengths)


@dataclass(frozen=True)
class Shift:
    """What is done to all values alike.

    times: how often the bias is added. kind: "exact", or what is inferred from the values: an "offset", a "factor".
    factor: what an exact value is multiplied by. Of what is made of values (OPEN), "ordered": they rise or fall with
    those that were seen once `function` is applied to them; or they are the same modulo `modulus`.
    """

    transforms: tuple[Transform, ...] = ()
    times: int = 1
    factor: float = 1.0
    kind: Literal["exact", "offset", "factor", "ordered"] = "exact"
    function: Callable[[np.ndarray], np.ndarray] | None = None
    modulus: int = 0

    def related(
        self, first: np.ndarray, other: np.ndarray, targets: tuple[float, ...], slack: float, noise: float
    ) -> np.ndarray:
        """Where two computed elements, off by `noise`, stand to each other as two observed ones, off by `slack`, do.

        An element that is not known (NaN) may stand to others as it likes.
        """
        start, target = targets
        if self.kind == "offset":
            return np.asarray(~(np.abs((other - first) - (target - start)) > 2 * (slack + noise)))
        room = slack * (np.abs(other) + np.abs(first)) + noise * (abs(start) + abs(target))
        return np.asarray(~((np.abs(first) <= noise) | (np.abs(other * start - first * target) > room)))


def shifts(question: Question, conv: Linear) -> list[Shift]:
    """Values as they are, the bias left out or added twice, an unknown bias or scale, and scales by their names."""
    found = [Shift()]
    if conv.offsets.any():
        found += [Shift((Bias("missing"),), 0), Shift((Bias("doubled"),), 2)]
    found += [Shift((Bias("unknown"),), kind="offset"), Shift((Scale("", ()),), kind="factor")]
    rules = {name: np.unique(scale_factors(name, conv.w)) for name in SCALES}
    alike = {name: float(factors[0]) for name, factors in rules.items() if len(factors) == 1}
    scales = {
        **FACTORS,
        **{name: factor for name, factor in alike.items() if math.isfinite(factor) and factor not in (0, 1)},
    }
    return found + [Shift((Scale(name, (factor,)),), factor=factor) for name, factor in scales.items()]


def made(question: Question) -> list[Shift]:
    """What may have been made of values, which is fitted later: what keeps their order, magnitudes, what wraps."""
    known = question.observed[np.isfinite(question.observed)]
    if not known.size:
        return []
    low, high = float(known.min()), float(known.max())
    found = [Shift((OPEN,), kind="ordered")]
    if low >= 0:
        found.append(Shift((OPEN,), kind="ordered", function=np.abs))
    found += [Shift((OPEN,), function=FUNCTIONS[name].of) for name in TURNING if FUNCTIONS[name].low <= low < 0]
    if (known == np.rint(known)).all():
        bits = [bits for bits in (8, 16) if -(2 ** (bits - 1)) <= low and high < 2**bits]
        found += [Shift((OPEN,), modulus=2**each) for each in bits]
    return found
