"""Conventions about arrays: the order in which axes and buffers are read, and what is read of the output."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from harness.canonical import layout
from harness.canonical.window import Linear, Pairs
from harness.operations.transforms.transform import Part, Transform, changed

Role = Literal["input", "kernel", "output"]
NAMES = {"input": "x", "kernel": "w", "output": "y"}
"""The canonical arrays as code calls them."""
LAYOUTS = 8
"""Pairs of layouts between which a buffer may be mistaken, about."""
PARTS: dict[Role, tuple[Part, ...]] = {"input": ("x",), "kernel": ("w",), "output": ("y",)}


def letters_of(role: str, order: tuple[int, ...]) -> str:
    """The letters of canonical axes in `order`, which may stand outside of any layout: (0, 1, 3, 2) is NCWH."""
    canonical = layout.canonical(role, len(order) - 2)
    return "".join(canonical[axis] for axis in order)


@dataclass(frozen=True)
class Resizing(Transform):
    """Another order of an array, with which its sizes may be others.

    padding: what the word for it comes to with these sizes; None where it stays.
    """

    padding: Pairs | None = field(default=None, kw_only=True)

    def _apply(self, conv: Any, role: Role, change: Callable[[np.ndarray], np.ndarray]) -> Any:
        """`conv` with a function applied to its input or its kernel; the groups follow the kernel's input channels."""
        mapped = conv.map(change, NAMES[role])
        return mapped if self.padding is None else changed(mapped, padding=self.padding)


@dataclass(frozen=True)
class ReverseKernel(Transform):
    """The kernel is read backwards along `axes` (spatial axes, from 0)."""

    id = "reverse_kernel"
    picture = "reversed_kernel"
    short = "kernel reversed"
    sign = "R"
    causes = 31.0

    axes: tuple[int, ...]

    def unusual(self, rank: int) -> float:
        return 0.0 if len(self.axes) == rank else 4.0

    def frees(self, rank: int) -> frozenset[str]:
        return frozenset({"means"} if len(self.axes) == rank else ())

    def words(self) -> str:
        if len(self.axes) == 1:
            return f"reverse the kernel along spatial axis {self.axes[0]}"
        which = "both" if len(self.axes) == 2 else "all"
        return f"reverse the kernel along {which} spatial axes (rotate it by 180 degrees)"

    def differ(self, conv: Linear) -> Linear:
        flags = tuple(flag != (axis in self.axes) for axis, flag in enumerate(conv.window.reversal))
        return changed(conv, reversal=flags)

    def rewrite(self, conv: Linear) -> Linear:
        return replace(self.differ(conv), w=np.flip(conv.w, tuple(axis + 2 for axis in self.axes)))

    undo = rewrite


@dataclass(frozen=True)
class _Axes(Resizing):
    """Axes read in another order: axis i of what is used is axis order[i] of what is meant (canonical axes)."""

    order: tuple[int, ...]

    @property
    def choices(self) -> float:
        return math.log2(math.factorial(len(self.order))) / 2

    def _words(self, role: Role) -> str:
        meant, used = letters_of(role, tuple(range(len(self.order)))), letters_of(role, self.order)
        return f"transpose the {role}: its axes {meant} are read as {used}"


@dataclass(frozen=True)
class TransposeKernelSpatial(_Axes):
    """The kernel's spatial axes are exchanged (a matrix is transposed)."""

    id = "transpose_kernel_spatial"
    picture = "axes_of_kernel"
    causes = 2.5
    touches = ("w",)

    @property
    def other_names(self) -> tuple[Transform, ...]:
        return (KernelAxes(self.order, padding=self.padding),)

    def words(self) -> str:
        return self._words("kernel")

    def differ(self, conv: Any) -> Any:
        return self._apply(conv, "kernel", lambda w: w.transpose(self.order))

    def code(self, conv: Linear) -> tuple[str, ...]:
        return (f"w = w.transpose{self.order}",)


@dataclass(frozen=True)
class KernelAxes(TransposeKernelSpatial):
    """The kernel's axes are read in another order, input and output channels among them."""

    id = "kernel_axes"
    picture = "axes_of_kernel"
    causes = 6.0

    @property
    def other_names(self) -> tuple[Transform, ...]:
        return ()

    def unusual(self, rank: int) -> float:
        space = [axis for axis in self.order if axis >= 2]  # channels move as a block, or not at all
        return 0.0 if space == sorted(space) and self.order[:2] in ((0, 1), (1, 0)) else 4.0


@dataclass(frozen=True)
class InputAxes(_Axes):
    """The input's axes are read in another order."""

    id = "input_axes"
    picture = "axes_of_input"
    causes = 2.5
    touches = ("x",)

    def words(self) -> str:
        return self._words("input")

    def differ(self, conv: Any) -> Any:
        return self._apply(conv, "input", lambda x: x.transpose(self.order))

    def code(self, conv: Linear) -> tuple[str, ...]:
        return (f"x = x.transpose{self.order}",)


@dataclass(frozen=True)
class OutputAxes(Transform):
    """The output is read along other axes: axis i of what is seen is axis source[i] of the output.

    -1 in `source`: the axis is not read from the output and has length 1; output axes that are not read stand at 0.
    """

    id = "output_axes"
    picture = "axes_of_output"
    causes = 1.5
    touches = ("y",)

    source: tuple[int, ...]

    @property
    def choices(self) -> float:
        return math.log2(math.factorial(len(self.source)))

    @property
    def leaves_out(self) -> bool:
        return -1 in self.source

    def words(self) -> str:
        if -1 not in self.source:
            meant = letters_of("output", tuple(range(len(self.source))))
            return f"transpose the output: its axes {meant} are read as {letters_of('output', self.source)}"
        letters = layout.canonical("output", len(self.source) - 2)
        last = letters[:1] + letters[2:] + "C"  # as a channels-last result is indexed
        index = ", ".join(":" if letters.index(letter) in self.source else "0" for letter in last)
        places = [last.index(letters[axis]) for axis in self.source if axis >= 0]
        transposed = "" if places == sorted(places) else " and transposed"
        return f"index the output rightly: it was read as y[{index}] of a result with axes {last}{transposed}"

    def read(self, y: np.ndarray) -> np.ndarray:
        kept = [axis for axis in self.source if axis >= 0]
        y = y[tuple(slice(None) if axis in kept else slice(0, 1) for axis in range(y.ndim))]
        rest = iter([axis for axis in range(y.ndim) if axis not in kept])
        return y.transpose([axis if axis >= 0 else next(rest) for axis in self.source])

    def code(self, conv: Linear) -> tuple[str, ...]:
        kept = [axis for axis in self.source if axis >= 0]
        if len(kept) == len(self.source):
            return (f"y = y.transpose{self.source}",)
        rest = iter([axis for axis in range(len(self.source)) if axis not in kept])
        order = tuple(axis if axis >= 0 else next(rest) for axis in self.source)
        index = ", ".join(":" if axis in kept else ":1" for axis in range(len(self.source)))
        return (f"y = y[{index}].transpose{order}",)


def _backwards(conv: Linear) -> tuple[int, ...]:
    """The kernel's axes that are read backwards."""
    return tuple(axis + 2 for axis, flag in enumerate(conv.window.reversal) if flag)


@dataclass(frozen=True)
class _Reread(Resizing):
    """The buffer of an array whose layout is `source` is taken for one whose layout is `target`, as by reshape.

    as_applied: the kernel is reversed before that, where it is reversed at all, not after it.
    """

    role: Role
    source: str
    target: str
    as_applied: bool = False

    @property
    def choices(self) -> float:
        return math.log2(LAYOUTS)

    @property
    def touches(self) -> tuple[Part, ...]:
        return (*PARTS[self.role], "window") if self.as_applied else PARTS[self.role]

    def differ(self, conv: Any) -> Any:
        if self.role == "output":
            return conv
        if self.as_applied:
            conv = changed(conv, w=np.flip(conv.w, _backwards(conv)), reversal=(False,) * conv.rank)
        return self._apply(conv, self.role, self._reread)

    def read(self, y: np.ndarray) -> np.ndarray:
        return self._reread(y) if self.role == "output" else y

    def code(self, conv: Linear) -> tuple[str, ...]:
        name = NAMES[self.role]
        there, back, sizes = self._orders(conv.rank)
        shape = ", ".join(f"{name}.shape[{axis}]" for axis in sizes)
        first = (f"w = np.flip(w, {_backwards(conv)})",) if self.as_applied and _backwards(conv) else ()
        return (*first, f"{name} = {name}.transpose{there}.reshape({shape}).transpose{back}")

    def _orders(self, rank: int) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        letters = layout.canonical(self.role, rank)
        there = tuple(letters.index(letter) for letter in self.source)
        sizes = tuple(letters.index(letter) for letter in self.target)
        return there, tuple(self.target.index(letter) for letter in letters), sizes

    def _reread(self, a: np.ndarray) -> np.ndarray:
        there, back, sizes = self._orders(a.ndim - 2)
        return a.transpose(there).reshape([a.shape[axis] for axis in sizes]).transpose(back)


@dataclass(frozen=True)
class ReshapeNotTranspose(_Reread):
    """An array was brought from layout `source` to layout `target` by reshape, which moves no values."""

    id = "reshape_not_transpose"
    causes = 4.0

    def words(self) -> str:
        moved = f"{self.role} from {self.source} to {self.target}"
        return f"transpose the {moved}; the system reshaped it, which mixes the values"


@dataclass(frozen=True)
class ColumnMajor(_Reread):
    """The buffer is read in column-major (Fortran) order where row-major was meant, or the other way round."""

    id = "column_major"
    picture = "buffer"
    causes = 2.0

    def words(self) -> str:
        return (
            f"read the {self.role}'s buffer in the order it was written in; the system took row-major {self.target} "
            f"for column-major (reshape with order='F')"
        )


@dataclass(frozen=True)
class FlattenOrder(_Reread):
    """Values are flattened in the order of layout `source` and taken in the order of layout `target`."""

    id = "flatten_order"
    causes = 3.0

    def words(self) -> str:
        return f"flatten the {self.role} in the order {self.target}; the system flattened it in the order {self.source}"


@dataclass(frozen=True)
class SwapOperands(Transform):
    """Input and kernel change places: the result of a cross-correlation comes out mirrored."""

    id = "swap_operands"
    causes = 2.0
    touches = ("x", "w", "window")

    def words(self) -> str:
        return "exchange the operands; the system was given the kernel as its input, which mirrors the output"

    def differ(self, conv: Linear) -> Linear:
        axes = tuple(range(2, conv.x.ndim))
        mirrored = tuple((high, low) for low, high in conv.window.padding)
        return changed(conv, x=np.flip(conv.x, axes), w=np.flip(conv.w, axes), padding=mirrored)

    def code(self, conv: Linear) -> tuple[str, ...]:
        axes = tuple(range(2, conv.rank + 2))
        return (f"x, w = np.flip(x, {axes}), np.flip(w, {axes})  # the same as exchanging them",)
