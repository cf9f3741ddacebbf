"""How the numbers of one array lie in another: cut, blocks moved, axes permuted and reversed, joined again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.models import gates
from harness.models.change import Change

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Cut:
    """An axis that is cut into parts, slow to fast, which then change places.

    axis: of the source. sizes: of its parts. order: of these parts in the target. blocks: instead, places of the parts
    along the first of two sizes, as gates have them.
    """

    axis: int
    sizes: Shape
    order: tuple[int, ...] = ()
    blocks: tuple[int, ...] = ()


@dataclass(frozen=True)
class Arrangement:
    """The target is the source with its axes in another order, some of them reversed, one of them cut.

    given: shape of the array. source: the shape as which it is read, mostly the same. order: of the source's axes.
    flips: axes of the permuted array that are read backwards. target: the shape that comes out.
    """

    given: Shape
    source: Shape
    target: Shape
    order: tuple[int, ...]
    flips: tuple[int, ...] = ()
    cut: Cut | None = None

    @property
    def permuted(self) -> Shape:
        """Lengths of the source's axes in their new order."""
        return tuple(self.source[axis] for axis in self.order)

    @property
    def _fine(self) -> tuple[Shape, tuple[int, ...]]:
        """Shape of the source with its axis cut, and the order of the axes that this gives."""
        if self.cut is None:
            return self.source, self.order
        axis, parts = self.cut.axis, len(self.cut.sizes)
        inner = self.cut.order or tuple(range(parts))
        groups: list[tuple[int, ...]] = [(at,) if at < axis else (at + parts - 1,) for at in range(len(self.source))]
        groups[axis] = tuple(axis + each for each in inner)
        return (
            (*self.source[:axis], *self.cut.sizes, *self.source[axis + 1 :]),
            tuple(each for at in self.order for each in groups[at]),
        )

    def places(self, positions: np.ndarray) -> np.ndarray:
        """Where in the flat source the numbers come from that stand at these positions of the flat target."""
        fine, order = self._fine
        found = list(np.unravel_index(positions, self.permuted))
        for axis in self.flips:
            found[axis] = self.permuted[axis] - 1 - found[axis]
        flat = np.ravel_multi_index(tuple(found), self.permuted)
        inside = np.unravel_index(flat, [fine[each] for each in order])
        coordinates = [inside[order.index(axis)] for axis in range(len(fine))]
        if self.cut is not None and self.cut.blocks:
            coordinates[self.cut.axis] = np.asarray(self.cut.blocks)[coordinates[self.cut.axis]]
        return np.asarray(np.ravel_multi_index(tuple(coordinates), fine))

    def _steps(self) -> Iterator[tuple[str, Any]]:
        """What is done with the source, one after the other."""
        fine, order = self._fine
        shape = self.source
        if self.given != fine:
            yield "reshape", fine
        if self.cut is not None and self.cut.blocks:
            yield "take", self.cut
        if order != tuple(sorted(order)):
            yield "transpose", order
        shape = tuple(fine[each] for each in order)
        if self.flips:
            if shape != self.permuted:
                yield "reshape", self.permuted
            shape = self.permuted
            yield "flip", self.flips
        if shape != self.target:
            yield "reshape", self.target

    def applied(self, array: np.ndarray) -> np.ndarray:
        """The target, made of the source."""
        for name, value in self._steps():
            array = _DOES[name](array, value)
        return array

    def expression(self, name: str) -> str:
        """The same as NumPy code, in which the source is called `name`."""
        return name + "".join(_SAYS[step](value) for step, value in self._steps())

    def changes(self, alone: bool = False) -> list[Change]:
        """What changes; nothing where the target is the source. alone: whether nothing else is done with the array."""
        found: list[Change] = []
        if self.given != self.source:
            found.append(_reshaped(self.source))
        if self.order != tuple(sorted(self.order)):
            found.append(self._transposed(alone and self.source == self.target and not self.flips and self.cut is None))
        if self.cut is not None:
            found.append(_of_gates(self.cut) if self.cut.blocks else _flattened(self.cut))
        if self.flips:
            axes = " and ".join(map(str, self.flips))
            found.append(Change({"id": "reversal", "axes": list(self.flips)}, f"read backwards along axis {axes}"))
        if bare(self.permuted) != bare(self.target):
            kept = len(bare(self.permuted)) == len(bare(self.target))
            found.append(_not_transposed(self.target) if kept else _reshaped(self.target))
        return found

    def _transposed(self, hidden: bool) -> Change:
        """Other axes. hidden: whether the shape does not show it."""
        told = f"its axes are those of A in the order {', '.join(map(str, self.order))}"
        more = ": transposed, though the shape does not show it" if hidden else ""
        return Change({"id": "axes", "order": list(self.order)}, told + more)


def _reshaped(shape: Shape) -> Change:
    return Change({"id": "reshape", "shape": list(shape)}, f"reshaped to {' x '.join(map(str, shape))}")


def _not_transposed(shape: Shape) -> Change:
    words = "reshaped where axes were to be transposed: the numbers lie in another order"
    return Change({"id": "reshape_not_transpose", "shape": list(shape)}, words)


def _flattened(cut: Cut) -> Change:
    sizes, order = " x ".join(map(str, cut.sizes)), ", ".join(map(str, cut.order))
    about = {"id": "flatten_order", "axis": cut.axis, "sizes": list(cut.sizes), "order": list(cut.order)}
    return Change(about, f"axis {cut.axis} of A, cut into {sizes}, is flattened in the order {order}")


def _of_gates(cut: Cut) -> Change:
    about = {"id": "gate_order", "axis": cut.axis, "blocks": list(cut.blocks)}
    order, cell, names = ", ".join(map(str, cut.blocks)), gates.CELL[len(cut.blocks)], ""
    if readings := gates.readings(cut.blocks):
        about |= {"a": readings[0][0], "b": readings[0][1]}
        names = f" ({about['b']} where A has {about['a']})"
    return Change(about, f"blocks {order} of the {cell}'s gates in this order{names}")


_DOES: Mapping[str, Callable[[np.ndarray, Any], np.ndarray]] = {
    "reshape": lambda array, shape: array.reshape(shape),
    "take": lambda array, cut: array.take(cut.blocks, axis=cut.axis),
    "transpose": lambda array, order: array.transpose(order),
    "flip": lambda array, axes: np.flip(array, axes),
}
_SAYS: Mapping[str, Callable[[Any], str]] = {
    "reshape": lambda shape: f".reshape({', '.join(map(str, shape))})",
    "take": lambda cut: f".take({list(cut.blocks)}, axis={cut.axis})",
    "transpose": lambda order: f".transpose({', '.join(map(str, order))})",
    "flip": lambda axes: f"[{', '.join('::-1' if axis in axes else ':' for axis in range(max(axes) + 1))}]",
}


def bare(shape: Iterable[int]) -> Shape:
    """The lengths of axes but those of length 1, which no order can be told of."""
    return tuple(size for size in shape if size != 1)
