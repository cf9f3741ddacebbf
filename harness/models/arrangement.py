"""How the numbers of one array lie in another: cut, blocks moved, axes permuted and reversed, joined again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.models import gates

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

    def transforms(self) -> list[dict[str, Any]]:
        """What changes, as JSON has it; nothing where the target is the source."""
        found: list[dict[str, Any]] = []
        if self.given != self.source:
            found.append({"id": "reshape", "shape": list(self.source)})
        if self.order != tuple(sorted(self.order)):
            found.append({"id": "axes", "order": list(self.order)})
        if self.cut is not None:
            found.append(_told(self.cut))
        if self.flips:
            found.append({"id": "reversal", "axes": list(self.flips)})
        if bare(self.permuted) != bare(self.target):
            kept = len(bare(self.permuted)) == len(bare(self.target))
            found.append({"id": "reshape_not_transpose" if kept else "reshape", "shape": list(self.target)})
        return found


def _told(cut: Cut) -> dict[str, Any]:
    if not cut.blocks:
        return {"id": "flatten_order", "axis": cut.axis, "sizes": list(cut.sizes), "order": list(cut.order)}
    found = {"id": "gate_order", "axis": cut.axis, "blocks": list(cut.blocks)}
    readings = gates.readings(cut.blocks)
    return {**found, "a": readings[0][0], "b": readings[0][1]} if readings else found


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


def words(transform: Mapping[str, Any], square: bool = False) -> str:
    """A transform of an array in words, of what B has where A has the other."""
    axes = ", ".join(map(str, transform.get("order", ())))
    if transform["id"] == "axes":
        told = f"its axes are those of A in the order {axes}"
        return f"{told}: transposed, though the shape does not show it" if square else told
    if transform["id"] == "reversal":
        return f"read backwards along axis {' and '.join(map(str, transform['axes']))}"
    if transform["id"] == "flatten_order":
        sizes = " x ".join(map(str, transform["sizes"]))
        return f"axis {transform['axis']} of A, cut into {sizes}, is flattened in the order {axes}"
    if transform["id"] == "gate_order":
        cell = gates.CELL[len(transform["blocks"])]
        names = f" ({transform['b']} where A has {transform['a']})" if "a" in transform else ""
        return f"blocks {', '.join(map(str, transform['blocks']))} of the {cell}'s gates in this order{names}"
    if transform["id"] == "reshape":
        return f"reshaped to {' x '.join(map(str, transform['shape']))}"
    return "reshaped where axes were to be transposed: the numbers lie in another order"
