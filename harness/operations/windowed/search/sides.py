"""All variants of one base, made once for all levels of a search, in the shape in which they are evaluated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.canonical.window import Linear, Pairs, Window
from harness.operations.windowed.search import odd, paddings
from harness.operations.windowed.search.outputs import Shift, made, shifts
from harness.operations.windowed.search.question import Question
from harness.operations.windowed.search.response import Batch, Kernels
from harness.operations.windowed.search.units import in_units, of_input
from harness.operations.windowed.search.variants import Order, Settings, Shelf, Variant, inputs, kernels, windows

Sizes = tuple[int, ...]
Field = tuple[Sizes, str, Sizes]
"""Dilation, boundary and base dilation: the settings that a response depends on."""


@dataclass(frozen=True, eq=False)
class Lows:
    """Which low paddings of a grid are meant, and which are tried, with the settings of a window and some sizes.

    conv: a convolution of these sizes. meant: what the intended padding may come to, the shape of the output with it,
    and masks over the grid of each axis of where it is. tried: masks of what is tried besides; the intended low side,
    which is all that is tried along an axis that is not seen.
    """

    conv: Linear
    meant: list[tuple[Pairs, Sizes, list[np.ndarray]]]
    tried: list[np.ndarray]
    unseen: list[np.ndarray]

    @classmethod
    def of(cls, side: Side, window: Window, spatial: Sizes, sizes: Sizes, grid: list[np.ndarray]) -> Lows:
        """Of kernels (O, I, *spatial) of which `spatial` is meant in full, and inputs (N, C, *spatial)."""
        x, w = (np.broadcast_to(np.float32(0), each) for each in (sizes, spatial))
        conv = Linear(x, w, None, window)
        meant = []
        for pairs in side.question.pads(window, sizes[2:], spatial[2:]):
            shape = replace(conv, window=replace(window, padding=pairs)).output_shape
            meant.append((pairs, shape, [axis == low for axis, (low, _) in zip(grid, pairs)]))
        lows = side.lows(window, spatial[2:], sizes[2:])
        tried = [np.array([low in some for low in axis.tolist()], bool) for axis, some in zip(grid, lows)]
        return cls(conv, meant, tried, [axis == low for axis, (low, _) in zip(grid, window.padding)])


class Side:
    """One base and its variants.

    batches of inputs; fields: the settings by dilation and boundary; shelves of kernels; shifts, and those of what is
    made of values. count: changes of the base. whole: changes up to which none was left out. What is computed of it is
    in units of 2**unit. like: other bases, whose variants are taken where they are the same.
    """

    def __init__(
        self,
        question: Question,
        base: Variant,
        deepest: int,
        quick: bool,
        like: Sequence[Side],
        unit: int,
        rare: bool = False,
    ) -> None:
        self.question, self.transforms, self.conv = question, base.transforms, base.conv
        conv = self.conv
        self.count = question.count(base.transforms)
        most = deepest - self.count
        self._values = conv.w
        alike = next((each for each in like if each._takes_kernels_of(conv)), None)
        self._of_kernels: tuple[list[Shelf], int] = alike._of_kernels if alike else kernels(question, conv, most, quick)
        alike = next((each for each in like if each.conv.x.shape == conv.x.shape), None)
        self._of_inputs: tuple[list[Batch], int] = (
            alike._of_inputs if alike else _batches(question, inputs(question, conv, 0 if quick else most))
        )
        if rare:
            self._values, shelf = odd.shelf(question, conv)
            self._of_kernels, self._of_inputs = ([shelf], most), _batches(question, (odd.orders(conv), most))
            most = 1
        self.shelves = self._of_kernels[0]
        self.batches = [each.holding(conv, of_input(conv)) for each in self._of_inputs[0]]
        self.whole = self.count + min(self._of_kernels[1], self._of_inputs[1])
        self.shifts = [Shift()] if quick else shifts(question, conv)
        self.made = [] if quick else made(question)
        self.fields: dict[Field, list[Settings]] = defaultdict(list)
        for each in [Settings((), conv.window)] if quick else windows(question, conv, most):
            self.fields[each.window.dilation, each.window.boundary, each.window.base_dilation].append(each)
        self.least = {
            field: min(question.count(each.transforms) for each in some) for field, some in self.fields.items()
        }
        self._windows: dict[Sizes, set[Window]] = defaultdict(set)
        for (dilation, *_), some in self.fields.items():
            self._windows[dilation] |= {each.window.bounded("zero") for each in some}
        self.unit = unit
        self._kernels: dict[tuple[int, int], Kernels] = {}
        self._placings: dict[tuple[Window, Sizes, Sizes, int], Lows] = {}
        self._grids: dict[tuple[Sizes, Sizes, Sizes, bool], list[np.ndarray]] = {}

    def _takes_kernels_of(self, conv: Linear) -> bool:
        """Whether the kernel variants of `conv`, which are indices only, are those of this base."""
        return (conv.w.shape, conv.biased, conv.window) == (self.conv.w.shape, self.conv.biased, self.conv.window)

    def fits(self, batch: Batch, shelf: Shelf) -> bool:
        """Whether kernels and inputs have channels for each other."""
        groups = self.conv.window.groups
        return shelf.inputs * groups == batch.shape[1] and shelf.outputs % groups == 0

    def kernels(self, shelf: Shelf, changes: int) -> Kernels:
        """The kernels of a shelf with so many changes."""
        key = id(shelf), changes
        if key not in self._kernels:
            chosen = np.flatnonzero(shelf.counts == changes)
            w = in_units(self._values, self.unit - of_input(self.conv)).astype(np.float32)
            rows = w.ravel()[shelf.index[chosen]]
            bias = in_units(self.conv.offsets, self.unit).astype(np.float32)[shelf.bias[chosen]]
            names = [shelf.transforms[index] for index in chosen]
            self._kernels[key] = Kernels(names, rows, bias, shelf.spatial, self.conv.window.groups)
        return self._kernels[key]

    def fields_within(self, count: int) -> list[Field]:
        """The fields that take no more than so many changes."""
        return [field for field, least in self.least.items() if least <= count]

    def grid(self, dilation: Sizes, taps: Sizes, sizes: Sizes, moved: bool) -> list[np.ndarray]:
        """The low paddings along each axis that are meant under some stride; if `moved`, those that are tried, too."""
        key = dilation, taps, sizes, moved
        if key not in self._grids:
            each: list[set[int]] = [set() for _ in taps]
            for window in self._windows[dilation]:
                pads = self.question.pads(window, sizes, taps)
                tried = self.lows(window, taps, sizes) if moved else [frozenset[int]()] * len(taps)
                for axis, lows in enumerate(tried):
                    each[axis].update(lows, (pairs[axis][0] for pairs in pads))
            self._grids[key] = [np.array(sorted(lows)) for lows in each]
        return self._grids[key]

    def placing(self, window: Window, spatial: Sizes, sizes: Sizes, grid: list[np.ndarray]) -> Lows:
        """The low paddings of a grid, one of `grid`, with kernels and inputs of these shapes."""
        key = window, spatial, sizes, id(grid)
        if key not in self._placings:
            self._placings[key] = Lows.of(self, window, spatial, sizes, grid)
        return self._placings[key]

    def lows(self, window: Window, taps: Sizes, sizes: Sizes) -> list[frozenset[int]]:
        """The low paddings along each axis that are tried under the stride of `window`."""
        intended = frozenset(side for pair in window.padding for side in pair)
        axes = zip(sizes, taps, window.stride, window.dilation)
        return [paddings.lows(*axis, intended) for axis in axes]


def _batches(question: Question, found: tuple[list[Order], int]) -> tuple[list[Batch], int]:
    """The variants of the input, which are indices only, and the number of changes up to which none was left out."""
    alike: dict[tuple[int, Sizes], list[Order]] = defaultdict(list)
    orders, whole = found
    for order in orders:
        alike[question.count(order.transforms), order.index.shape].append(order)
    return [Batch.of(some, count) for (count, _), some in alike.items()], whole
