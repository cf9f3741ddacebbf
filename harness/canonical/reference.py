"""The canonical form evaluated: correctly rounded (`evaluate`), and plainly (`direct`).

`evaluate` uses the error-free transformation of a matrix product (Ozaki, Ogita, Oishi & Rump 2012, Numerical
Algorithms 59): input and kernel are cut into slices of so few bits that the product of two slices, summed over all
terms, is exact in float64 whatever the order. So BLAS does the work, and what remains is to sum a handful of numbers
per output element, which TwoSum does without loss (Ogita, Rump & Oishi 2005, "Accurate sum and dot product"). The few
elements whose rounding is in doubt (Ziv's test) are evaluated again with rational numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import singledispatch
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from harness.canonical.window import Linear, padded, spatial_index
from harness.worker.spans import position, span

SLICED = 2.0**-160
"""Slices reach down to this share of the largest value: three times the precision of float64."""
EXTREME = 300
"""Largest binary exponent, of either sign, with which products of slices neither overflow nor underflow."""
RATIONAL = 1000
"""Products of floats that take as long as one of rational numbers."""
BLOCK = 2**18
"""Elements handled at a time, which keeps them in the processor's cache and the memory use of large cases low."""

Block = tuple[slice, ...]


def evaluate(conv: Any) -> np.ndarray:
    """The output (N, O, *spatial) in float64, each element the exact value rounded once.

    Elements that see a NaN or an infinity are what IEEE arithmetic makes of them. Raises ValueError for complex data,
    for shapes and groups that do not fit each other, and for integers that do not fit into 53 bits.
    """
    found: np.ndarray = evaluated(conv, math.inf)[0]
    return found


@singledispatch
def evaluated(conv: Any, most: float) -> tuple[np.ndarray, int]:
    """`evaluate(conv)` as far as so many products go, in plain float64 beyond, and how many elements are exact.

    The first elements of all channels are exact, image by image. Raises ValueError as `evaluate` does.
    """
    plain = Plain.of(conv)
    if plain.finite:
        y, exact = _rounded_once(plain, most)
    else:
        y, exact = _rounded_once(plain.map(lambda a: np.where(np.isfinite(a), a, 0.0)), most)
        spread = summed(plain.map(lambda a: np.where(np.isfinite(a), np.sign(a), a)))
        y = np.where(np.isfinite(spread), y, spread)
    if plain.integer:
        _refuse_wide_integers("the output", y)
    return y, exact


@singledispatch
def direct(conv: Any) -> np.ndarray:
    """The output (N, O, *spatial) in plain float64 arithmetic, by matrix products: cheap, for searches.

    Raises ValueError as `evaluate` does, but takes integers whose output is wide.
    """
    return summed(Plain.of(conv))


@dataclass(frozen=True, eq=False)
class Plain:
    """A convolution in float64 with padding and reversal done: only stride, dilation and groups are left."""

    X: np.ndarray
    """(N, C, *spatial), padded."""
    W: np.ndarray
    """(groups, O / groups, I, *kernel), in the order in which it meets X."""
    bias: np.ndarray | None
    """(groups, O / groups), or None."""
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    output: tuple[int, ...]
    """Spatial sizes of the output, 0 where the kernel does not fit."""
    integer: bool

    @classmethod
    def of(cls, conv: Linear) -> Plain:
        win = conv.window
        outputs, channels = conv.w.shape[:2]
        if conv.x.shape[1] != channels * win.groups or outputs % win.groups:
            raise ValueError(
                f"input {conv.x.shape} and kernel {conv.w.shape} do not fit {win.groups} groups: expected "
                f"{channels * win.groups} input channels and a number of output channels divisible by {win.groups}"
            )
        if "c" in (conv.x.dtype.kind, conv.w.dtype.kind):
            raise ValueError("complex data: the reference takes real numbers; convolve real and imaginary parts apart")
        integer = conv.x.dtype.kind in "iub" and conv.w.dtype.kind in "iub"
        X, W = padded(conv).astype(np.float64), conv.w.astype(np.float64)
        if integer:
            _refuse_wide_integers("the input", X)
            _refuse_wide_integers("the kernel", W)
        W = W[spatial_index(slice(None, None, -1 if backwards else 1) for backwards in win.reversal)]
        split = (win.groups, outputs // win.groups)
        return cls(
            X=X,
            W=W.reshape(split + W.shape[1:]),
            bias=None if conv.bias is None else conv.bias.astype(np.float64).reshape(split),
            stride=win.stride,
            dilation=win.dilation,
            output=conv.output_shape[2:],
            integer=integer,
        )

    def map(self, function: Callable[[np.ndarray], np.ndarray]) -> Plain:
        """The same convolution of `function(x)`, `function(w)` and `function(bias)`; `function` keeps shapes."""
        bias = None if self.bias is None else function(self.bias)
        return Plain(function(self.X), function(self.W), bias, self.stride, self.dilation, self.output, self.integer)

    def in_units(self) -> tuple[Plain, int]:
        """The same of input, kernel and bias up to 1, whose squares do not overflow: what it gives, times 2**unit."""
        x = exponent(self.X)
        unit = x + exponent(self.W)
        if self.bias is not None:
            unit = max(unit, exponent(self.bias))
        bias = None if self.bias is None else np.ldexp(self.bias, -unit)
        return replace(self, X=np.ldexp(self.X, -x), W=np.ldexp(self.W, x - unit), bias=bias), unit

    @property
    def terms(self) -> int:
        return math.prod(self.W.shape[2:])

    @property
    def products(self) -> int:
        """Products summed into all of the output."""
        return math.prod(self.shape) * self.terms

    @property
    def extents(self) -> tuple[int, ...]:
        return tuple(map(span, self.W.shape[3:], self.dilation))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the output with its channels apart: (groups, O / groups, N, *spatial)."""
        return (*self.W.shape[:2], self.X.shape[0], *self.output)

    @property
    def summands(self) -> list[np.ndarray]:
        """The bias in a shape that meets `shape`, in a list; an empty list without one."""
        return [] if self.bias is None else [self.bias.reshape(self.bias.shape + (1,) * (1 + len(self.output)))]

    @property
    def finite(self) -> bool:
        return all(np.isfinite(array).all() for array in (self.X, self.W, self.bias) if array is not None)


def _refuse_wide_integers(what: str, values: np.ndarray) -> None:
    largest = np.abs(values).max(initial=0.0)
    if largest >= 2.0**53:
        raise ValueError(f"{what} reaches {largest:.4g}: integers are exact below 2**53 only; use smaller ones")


def exponent(values: np.ndarray) -> int:
    """The binary exponent of the largest finite magnitude; for zeros that of the smallest number."""
    return math.frexp(_largest(np.where(np.isfinite(values), values, 0.0)) or math.ulp(0.0))[1]


def _canonical(y: np.ndarray) -> np.ndarray:
    """(groups, O / groups, N, *spatial) as (N, O, *spatial)."""
    merged = y.reshape((y.shape[0] * y.shape[1], *y.shape[2:]))
    return np.ascontiguousarray(merged.swapaxes(0, 1))


def summed(plain: Plain) -> np.ndarray:
    """The output (N, O, *spatial) in plain float64 arithmetic."""
    return _canonical(_summed(plain))


def _summed(plain: Plain) -> np.ndarray:
    """The same in `plain.shape`."""
    y = np.empty(plain.shape)
    with np.errstate(invalid="ignore", over="ignore"):
        for block, (total,) in _products(plain, [plain.X], [plain.W]):
            y[block] = sum(plain.summands, start=total)
    return y


def _rounded_once(plain: Plain, most: float) -> tuple[np.ndarray, int]:
    if _extreme(plain):
        return _by_rational_numbers(plain, most / RATIONAL)
    y = np.empty(plain.shape) if plain.products <= most else _summed(plain)
    exact = 0
    bits = (53 - math.ceil(math.log2(max(plain.terms, 1)))) // 2
    xs, x_rest = _slices(plain.X, bits)
    ws, w_rest = _slices(plain.W, bits)
    left_out = 2 * plain.terms * (x_rest * _largest(plain.W) + w_rest * _largest(plain.X))
    for block, products in _products(plain, xs, ws):
        if exact * plain.terms > most:
            break
        y[block], doubtful = _total(products + plain.summands, left_out)
        exact += y[block].size
        for place in np.argwhere(doubtful):
            there = tuple(int(offset) + part.start for offset, part in zip(place, block))
            y[there] = _rational(plain, there)
    return _canonical(y), exact


def _by_rational_numbers(plain: Plain, most: float) -> tuple[np.ndarray, int]:
    """As far as so many products go; in float64, in units in which nothing overflows, beyond."""
    small, unit = plain.in_units()
    with np.errstate(over="ignore"):
        y = np.empty(plain.shape) if plain.products <= most else np.ldexp(_summed(small), unit)
    exact = 0
    for place in _places(plain.shape):
        if exact * plain.terms > most:
            break
        y[place] = _rational(plain, place)
        exact += 1
    return _canonical(y), exact


def _places(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Indices of (group, output in group, n, *spatial), all channels of a place before the next place."""
    for place in np.ndindex(shape[2:]):
        yield from ((*channel, *place) for channel in np.ndindex(shape[:2]))


def _largest(values: np.ndarray) -> float:
    return float(np.abs(values).max(initial=0.0))


def _extreme(plain: Plain) -> bool:
    """Whether products of slices could overflow or underflow."""
    arrays = (plain.X, plain.W) if plain.bias is None else (plain.X, plain.W, plain.bias)
    return any(abs(math.frexp(_largest(array))[1]) > EXTREME for array in arrays)


def _slices(values: np.ndarray, bits: int) -> tuple[list[np.ndarray], float]:
    """Arrays that sum to `values`, each a power of two times integers up to 2**bits; and the largest value left out.

    Adding 1.5 * 2**52 units rounds to whole units, and taking it away again is exact (Rump, Ogita & Oishi 2008).
    """
    slices = []
    largest = first = _largest(values)
    while largest > first * SLICED:
        shift = math.ldexp(1.5, math.frexp(largest)[1] - bits + 52)
        slices.append((values + shift) - shift)
        values = values - slices[-1]
        largest = _largest(values)
    return slices or [values], largest


def _products(plain: Plain, xs: list[np.ndarray], ws: list[np.ndarray]) -> Iterator[tuple[Block, list[np.ndarray]]]:
    """Block by block of the output, the convolution of each of `xs` with each of `ws`: len(xs) * len(ws) arrays.

    A block is a tuple of slices into an array of shape `plain.shape`.
    """
    groups, outputs, batch, *spatial = plain.shape
    windows = _windows(plain, np.stack(xs) if len(xs) > 1 else xs[0][np.newaxis])
    kernels = np.stack(ws, axis=1).reshape(groups, len(ws) * outputs, plain.terms)
    channels = (slice(0, groups), slice(0, outputs))
    lead = (slice(None),) * (windows.ndim - 1 - len(spatial))
    cost = groups * len(xs) * (plain.terms + len(ws) * outputs)
    for block in _blocks((batch, *spatial), max(BLOCK // max(cost, 1), 1)):
        sizes = [part.stop - part.start for part in block]
        columns = windows[lead + block].reshape(groups, plain.terms, len(xs) * math.prod(sizes))
        found = (kernels @ columns).reshape(groups, len(ws), outputs, len(xs), *sizes)
        yield channels + block, [found[:, j, :, i] for i in range(len(xs)) for j in range(len(ws))]


def _windows(plain: Plain, xs: np.ndarray) -> np.ndarray:
    """What each output sees of `xs` (slices, N, C, *spatial): a view (groups, I, *kernel, slices, N, *output)."""
    groups, channels = plain.W.shape[0], plain.W.shape[2]
    slices, batch, channel, *spatial = xs.strides
    shape = (groups, *plain.W.shape[2:], *xs.shape[:2], *plain.output)
    taps = (step * dilation for step, dilation in zip(spatial, plain.dilation))
    moves = (step * stride for step, stride in zip(spatial, plain.stride))
    return as_strided(xs, shape, (channels * channel, channel, *taps, slices, batch, *moves), writeable=False)


def _blocks(shape: tuple[int, ...], most: int) -> Iterator[Block]:
    """Slices that cover `shape` in blocks of at most `most` elements, or of single elements."""
    if not shape:
        yield ()
        return
    inner = math.prod(shape[1:])
    step = max(most // max(inner, 1), 1)
    for start in range(0, shape[0], step):
        part = slice(start, min(start + step, shape[0]))
        for rest in _blocks(shape[1:], most):
            yield (part, *rest)


def _total(summands: list[np.ndarray], left_out: float) -> tuple[np.ndarray, np.ndarray | bool]:
    """The sum of arrays rounded once, and where that rounding is in doubt; `left_out` bounds what `summands` miss.

    TwoSum keeps what each addition loses, and what adding up these losses loses in turn: at most `margin`, doubled for
    the roundings of the bound itself. Where the rest beyond the rounded total, moved by so much either way, does not
    move the total, the rounding is right (Ziv 1991). The move is of some ulps of the rest, so that the test itself is
    not rounded away; only a rest without error stays where it is, since a true tie is rounded to even already.
    """
    total, *others = summands
    if not others and not left_out:
        return total, False
    error = margin = np.zeros(())
    for other in others:
        total, lost = _two_sum(total, other)
        error, lost_again = _two_sum(error, lost)
        margin = margin + np.abs(lost_again)
    total, rest = _two_sum(total, error)
    margin = 2 * margin + left_out
    margin = margin + (margin > 0) * np.abs(rest) * 2.0**-50
    return total, (total + (rest + margin) != total) | (total + (rest - margin) != total)


def _two_sum(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """a + b rounded, and exactly what the rounding lost (Knuth 1969)."""
    total = a + b
    b_kept = total - a
    return total, (a - (total - b_kept)) + (b - b_kept)


def _rational(plain: Plain, place: tuple[int, ...]) -> float:
    """The element at (group, output in group, n, *spatial) in exact arithmetic, rounded once."""
    group, output, n, *start = place
    kernel = plain.W[group, output]
    channels = slice(group * kernel.shape[0], (group + 1) * kernel.shape[0])
    axes = zip(start, map(np.arange, kernel.shape[1:]), plain.stride, plain.dilation)
    seen = plain.X[n, channels][np.ix_(np.arange(len(kernel)), *(position(i, tap, s, 0, d) for i, tap, s, d in axes))]
    total = Fraction(0 if plain.bias is None else float(plain.bias[group, output]))
    for x, w in zip(seen.ravel().tolist(), kernel.ravel().tolist()):
        if x and w:
            total += Fraction(x) * Fraction(w)
    try:
        return float(total)
    except OverflowError:
        return math.inf if total > 0 else -math.inf
