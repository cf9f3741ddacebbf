"""Canonical form: what every convolution of every system is an instance of.

    y[n, o, i] = bias[o] + sum over c, a of  w[o, c, a] * X[n, group(o) * I + c, i*stride + a*dilation]

X is the input with `base_dilation - 1` zeros between neighbours, then padded by (low, high) on each spatial axis with
what `boundary` says; negative padding crops. `reversal` reads the kernel backwards along an axis. The terms are those
of XLA's `Window`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from harness.worker.spans import output_size, span

CONSTANT = "constant"
"""The boundary whose padding is filled with one number."""
OF_SAMPLES = ("edge", "reflect", "symmetric", "wrap")
"""Boundaries whose padding is filled with samples of the input."""
BOUNDARIES = {"zero": "constant", CONSTANT: "constant", **{name: name for name in OF_SAMPLES}}
"""Boundary names and the `numpy.pad` mode that each is."""

Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Window:
    """Settings of a convolution; every tuple has one entry per spatial axis.

    constant: what the padding is filled with where the boundary is `CONSTANT`.
    """

    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: Pairs
    reversal: tuple[bool, ...]
    base_dilation: tuple[int, ...] = ()
    groups: int = 1
    boundary: str = "zero"
    constant: float = 0.0

    def __post_init__(self) -> None:
        if not self.base_dilation:
            object.__setattr__(self, "base_dilation", (1,) * len(self.stride))

    @property
    def filling(self) -> float:
        """The number that stands in the padding; 0 where samples of the input do."""
        return self.constant if self.boundary == CONSTANT else 0.0

    def bounded(self, boundary: str, constant: float = 0.0) -> Window:
        """The same with another boundary."""
        return replace(self, boundary=boundary, constant=constant)


@dataclass(frozen=True, eq=False)
class Linear:
    """One instance of the canonical form, which is linear in x.

    x is (N, C, *spatial), w is (O, C/groups, *spatial), bias is (O,) or None.
    """

    x: np.ndarray
    w: np.ndarray
    bias: np.ndarray | None
    window: Window

    @property
    def factors(self) -> tuple[str, ...]:
        return ("x", "w")

    @property
    def rank(self) -> int:
        return self.x.ndim - 2

    @property
    def biased(self) -> bool:
        return self.bias is not None

    @property
    def offsets(self) -> np.ndarray:
        """What is added to each output channel, (O,): the bias, or zeros."""
        return np.zeros(len(self.w), self.x.dtype) if self.bias is None else self.bias

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """x, w and, where there is one, bias."""
        return {"x": self.x, "w": self.w, **({} if self.bias is None else {"bias": self.bias})}

    def map(self, function: Callable[[np.ndarray], np.ndarray], *names: str) -> Linear:
        """The same form of `function(array)` for the arrays of these names, for all of `arrays` without names."""
        new = {name: function(each) if name in names or not names else each for name, each in self.arrays.items()}
        return Linear(new["x"], new["w"], new.get("bias"), self.window)

    def of_prepared(self, prepare: Callable[[np.ndarray], np.ndarray], added: float) -> Linear:
        """The same of an input that was prepared; bounds of sums have room for one rounding of each term."""
        return self.map(prepare, "x")

    def elementwise(self, function: Callable[[np.ndarray], np.ndarray], *names: str) -> Linear:
        """`map` by a function of each value; what fills the padding belongs to x."""
        form = self.map(function, *names)
        if self.window.boundary != CONSTANT or (names and "x" not in names):
            return form
        filling = float(function(np.array([self.window.constant]))[0])
        return replace(form, window=replace(self.window, constant=filling))

    def channels(self, chosen: Any) -> Linear:
        """The same form with these of its output channels, a slice or an array of numbers."""
        return self.map(lambda each: each[chosen], "w", "bias")

    @property
    def places(self) -> int:
        return 6

    @property
    def terms(self) -> int:
        """Products summed into one output element."""
        return int(np.prod(self.w.shape[1:]))

    @property
    def largest(self) -> float:
        """max |x| times the largest sum of |w| of an output channel: no output exceeds it by its products."""
        weights = np.abs(self.w, dtype=np.float64).sum(axis=tuple(range(1, self.w.ndim)))
        largest = np.abs(self.x, dtype=np.float64).max(initial=abs(self.window.filling))
        return float(largest) * float(weights.max(initial=0.0))

    def drawn(self, draw: Callable[[int], np.ndarray]) -> Linear:
        return self.map(lambda each: draw(each.size).reshape(each.shape), *self.factors)

    def of_other_sizes(self, draw: Callable[[int], np.ndarray]) -> Iterator[Linear]:
        """None: paddings and strides are numbers, which are the same at every size."""
        return iter(())

    def first(self, channels: int) -> Linear:
        """The same of the first image and, where groups do not tie them, so many output channels."""
        part = self if self.window.groups > 1 else self.channels(slice(channels))
        return part.map(lambda x: x[:1], "x")

    def exact_in(self, digits: int) -> bool:
        """Whether all data are integers and n max|x| max|w| + max|bias| < 2**digits."""
        # not the maximum of |array|: the least integer of a dtype has no absolute value in it
        sizes = (max(float(each.max(initial=0)), -float(each.min(initial=0))) for each in self.arrays.values())
        filling = self.window.filling
        x, w, *bias = sizes
        if not self.terms * max(x, abs(filling)) * w + sum(bias) < 2.0**digits or not filling.is_integer():
            return False
        every = self.arrays.values()
        return all(each.dtype.kind in "iub" or bool((each == np.rint(each)).all()) for each in every)

    def with_bias(self, bias: np.ndarray | None) -> Linear:
        return replace(self, bias=bias)

    def scaled(self, factors: np.ndarray) -> Linear:
        scaled = self.map(lambda bias: bias * factors, "bias")
        return replace(scaled, w=self.w * factors.reshape((-1,) + (1,) * (self.w.ndim - 1)))

    def shifted(self, offsets: np.ndarray) -> Linear:
        return replace(self, bias=offsets + self.offsets.astype(np.float64))

    @cached_property
    def output_shape(self) -> tuple[int, ...]:
        """(N, O, *spatial); a spatial size is 0 where the kernel does not fit into the padded input."""
        win = self.window
        sizes = map(
            output_size, self.x.shape[2:], self.w.shape[2:], win.stride, win.dilation, win.padding, win.base_dilation
        )
        return (self.x.shape[0], self.w.shape[0], *(max(size, 0) for size in sizes))


def padded(conv: Linear) -> np.ndarray:
    """X of the canonical form: the input, dilated, then padded or cropped."""
    x, win = conv.x, conv.window
    if any(step > 1 for step in win.base_dilation):
        wide = np.zeros(x.shape[:2] + tuple(map(span, x.shape[2:], win.base_dilation)), x.dtype)
        wide[spatial_index(slice(None, None, step) for step in win.base_dilation)] = x
        x = wide
    return pad(x, win.padding, win.boundary, win.constant)


def pad(x: np.ndarray, pairs: Pairs, boundary: str = "zero", constant: float = 0.0) -> np.ndarray:
    """`x` (N, C, *spatial) with its spatial axes padded by (low, high); negative amounts crop.

    constant: what the boundary `CONSTANT` fills with; where the dtype of `x` does not hold it, the result is float64.
    """
    if any(low > 0 or high > 0 for low, high in pairs):
        grow = [(0, 0), (0, 0), *((max(low, 0), max(high, 0)) for low, high in pairs)]
        filled = {"constant_values": constant} if boundary == CONSTANT else {}
        x = x.astype(np.float64) if filled and not holds(x.dtype, constant) else x
        x = np.pad(x, grow, mode=BOUNDARIES[boundary], **filled)  # type: ignore[call-overload]
    if any(low < 0 or high < 0 for low, high in pairs):
        ends = (max(size - max(-high, 0), 0) for (_, high), size in zip(pairs, x.shape[2:]))
        x = x[spatial_index(slice(max(-low, 0), end) for (low, _), end in zip(pairs, ends))]
    return x


def holds(dtype: np.dtype[Any], number: float) -> bool:
    """Whether a number is one of a dtype."""
    if dtype.kind in "iu":
        return number.is_integer() and np.iinfo(dtype).min <= number <= np.iinfo(dtype).max
    return float(np.array(number).astype(dtype)) == number


def spatial_index(parts: Iterable[slice]) -> tuple[Any, ...]:
    """The index that takes `parts` of the spatial axes of an input, a kernel or an output."""
    return (slice(None), slice(None), *parts)


def pairs_text(pairs: Pairs) -> str:
    """Paddings as the report prints them: `low:high` per axis, "0:1 x 0:1"."""
    return " x ".join(f"{low}:{high}" for low, high in pairs)


def numbers_text(values: tuple[int, ...]) -> str:
    """Settings per axis as the report prints them: "2 x 3"."""
    return " x ".join(map(str, values))
