"""What is asked of a search, and the orders in which the input was taken and the output read."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from harness.canonical import layout
from harness.canonical.settled import Settled
from harness.operations.by_settings.own_names import Layer, of_kernel, pointwise
from harness.operations.left_open import LeftOpen
from harness.operations.transforms.arrays import ColumnMajor, InputAxes, OutputAxes, ReshapeNotTranspose
from harness.operations.transforms.grouping import ChannelOrder
from harness.operations.transforms.preparing import Flip
from harness.operations.transforms.transform import Transform, applied, read

Transforms = tuple[Transform, ...]
LOOKED_AT = 64
"""Elements that tell most orders apart; of those that they do not, all are compared."""
LARGER, LARGE = 4, 2**22
"""How many times as large as what is meant an output may be that is looked at, and elements that all may have."""


@dataclass(frozen=True, eq=False)
class Question(LeftOpen):
    """An intended form and an output that it does not account for.

    observed: canonical (N, C, *spatial), float64, NaN where an element is not known. room: the absolute error of each
    of its values; slack: of all. unknown: settings that are left open.
    """

    form: Settled
    observed: np.ndarray
    slack: float
    room: np.ndarray
    input_layout: str
    unknown: frozenset[str] = frozenset()

    def holds(self, shape: tuple[int, ...]) -> bool:
        """Whether an output of this shape may hold what was seen: there is one, and it is not far larger than meant."""
        usual = max(math.prod(self.form.output_shape), self.observed.size)
        return 0 < math.prod(shape) <= max(LARGER * usual, LARGE)

    def whole(self, shape: tuple[int, ...], transforms: Transforms) -> tuple[np.ndarray, np.ndarray] | None:
        """What was seen and how far it may be off, where it stands in an output of `shape`; None where it does not.

        As many images and channels as are meant are not the first of more.
        """
        if not transforms and self.observed.shape[:2] == self.form.output_shape[:2] != shape[:2]:
            return None
        places = read(np.arange(math.prod(shape)).reshape(shape), transforms, self.observed.shape)
        if places.shape != self.observed.shape:
            return None
        seen, room = np.full(shape, np.nan), np.zeros(shape)
        seen.flat[places], room.flat[places] = self.observed, self.room
        return seen, room


@dataclass(frozen=True, eq=False)
class Base:
    """A candidate but for its settings: what is changed of the arrays, the form with it, and how the output is read."""

    transforms: Transforms
    form: Settled
    reads: Transforms


def bases(layer: Layer, question: Question) -> Iterator[Base]:
    """Input and kernel as they are and taken otherwise, and the same of the output; the same stands once."""
    read: dict[tuple[int, ...], list[Transforms]] = {}
    for kernel in _one_or_none(of_kernel(layer, question.form)):
        form, known = applied(question.form, kernel), Orders()
        numbered = replace(form, arrays={"x": np.arange(form.x.size).reshape(form.x.shape)})
        for x in _one_or_none(_inputs(question)):
            if known.add(partial(_taken, numbered, x)):
                changed = applied(form, x)
                if not question.holds(shape := changed.output_shape):
                    continue
                if shape not in read:
                    read[shape] = list(_reads(layer, question, shape))
                alone = (bool(kernel or x) and pointwise(layer, changed)) or any(isinstance(each, Flip) for each in x)
                reads = [()] if alone else read[shape]
                yield from (Base((*kernel, *x), changed, each) for each in reads)


def _one_or_none(changes: Iterable[Transform]) -> list[Transforms]:
    return [(), *((each,) for each in changes)]


def _taken(numbered: Settled, x: Transforms) -> np.ndarray:
    return np.asarray(applied(numbered, x).arrays["x"])


class Orders:
    """Orders of the elements of an array, made of their numbers, each of which is known once."""

    def __init__(self) -> None:
        self._known: defaultdict[tuple[tuple[int, ...], bytes], list[Callable[[], np.ndarray]]] = defaultdict(list)

    def add(self, made: Callable[[], np.ndarray]) -> bool:
        """Whether this one is new. It is made again where another one looks the same."""
        array = made()
        places = np.random.default_rng(0).integers(0, max(array.size, 1), min(array.size, LOOKED_AT))
        alike = self._known[array.shape, array[np.unravel_index(places, array.shape)].tobytes()]
        new = not any(np.array_equal(each(), array) for each in alike)
        if new:
            alike.append(made)
        return new


def _reads(layer: Layer, question: Question, shape: tuple[int, ...]) -> Iterator[Transforms]:
    """An output of this shape as it is and read otherwise; axes of length 1 make no difference."""
    numbered, known = np.arange(math.prod(shape)).reshape(shape), Orders()
    yield from (
        each for each in _one_or_none(_outputs(layer, question)) if known.add(partial(read, numbered, each, ()))
    )


def _inputs(question: Question) -> Iterator[Transform]:
    """Orders of the axes, buffers that are read otherwise, channels the other way round, mirrored and reversed ones."""
    rank, channels = question.form.rank, question.form.x.shape[1]
    if channels > 1:
        yield ChannelOrder("input", "reversed")
    for order in itertools.permutations(range(rank + 2)):
        if list(order) != sorted(order):
            yield InputAxes(order)
    layouts = _layouts(question)
    for target in layouts:
        yield ColumnMajor("input", target[::-1], target)
        yield ColumnMajor("input", target, target[::-1])
    if len(question.input_layout) > 2:
        yield from (ReshapeNotTranspose("input", *pair) for pair in itertools.permutations(layouts, 2))
    for parts in (each for each in range(2, channels) if channels % each == 0):
        yield ChannelOrder("input", "split", parts)
    space = layout.canonical("input", rank)[2:]
    yield from (Flip("input", each) for each in ("N", *space, *([space] if rank > 1 else [])))


def _layouts(question: Question) -> list[str]:
    """Layouts in which the input may have been kept: the stated one, canonical, channels last or before the batch."""
    letters, stated = layout.canonical("input", question.form.rank), question.input_layout
    space = letters[2:]
    whole = "".join(letter for letter in letters if letter not in stated) + stated
    return list(dict.fromkeys([whole, letters, f"N{space}C", f"C{space}N"]))


def _outputs(layer: Layer, question: Question) -> Iterator[Transform]:
    """Orders of the output's axes, and its buffer read otherwise; what is said of the input of a pointwise one."""
    if pointwise(layer, question.form):
        return
    letters = layout.canonical("output", question.form.rank)
    for order in itertools.permutations(range(len(letters))):
        if list(order) != sorted(order):
            yield OutputAxes(order)
    last = f"N{letters[2:]}C"
    yield from (ReshapeNotTranspose("output", *pair) for pair in ((letters, last), (last, letters)))
    yield ColumnMajor("output", letters[::-1], letters)
