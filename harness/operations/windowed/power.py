"""The power of a case: the conventions that its data can tell from what it means, and those that it cannot see.

Each variant is a transform of the one list. It is looked at on a few outputs, for all variants in one gather of the
input; only one that changes none of these is evaluated in full. A variant that random data of the same shape do not see
either is none for this shape (a boundary mode that comes to the same padding, say), and is left out of the count.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from harness.canonical.axis import ended, sample
from harness.canonical.layout import from_canonical, to_canonical
from harness.canonical.reference import direct
from harness.canonical.window import CONSTANT, OF_SAMPLES, Linear
from harness.grammar.streams import RawStream
from harness.operations.stated import Stated
from harness.operations.transforms.arrays import (
    InputAxes,
    KernelAxes,
    ReshapeNotTranspose,
    ReverseKernel,
    TransposeKernelSpatial,
)
from harness.operations.transforms.boundary import Boundary
from harness.operations.transforms.grouping import ChannelOrder
from harness.operations.transforms.settings import AxisSwap, PaddingSplit
from harness.operations.transforms.transform import Transform
from harness.operations.transforms.values import Bias
from harness.worker.spans import position

LOOKED_AT = 6
"""Outputs that are looked at first."""
FRACTIONS = np.concatenate(
    [[[0.0] * 5, [1 - 1e-9] * 5], (np.arange(1, LOOKED_AT - 1)[:, None] * np.sqrt([2, 3, 5, 7, 11])) % 1]
)
"""Where they are, as shares of each axis: the first, the last, and some scattered between them."""
ELEMENTS = 1 << 18
"""Factors that are gathered at a time; larger kernels are looked at on fewer outputs."""

DRAWN = (-9, 9)
"""Range of the whole numbers that see every convention and keep small sums exact."""
DRAWS = 5

Named = tuple[str, Transform]


@dataclass(frozen=True)
class Power:
    """`sees` and `blind`: conventions, in words, that the data can and cannot tell from what the case means."""

    sees: tuple[str, ...]
    blind: tuple[str, ...]


def power(conv: Linear, partial: bool = False, then: Transform | None = None) -> Power:
    """The power of the data of `conv` against each variant that keeps the output's size.

    partial: NaN in the data are elements that are not known, and an output that sees one tells nothing. then: what is
    made of the output.
    """
    named = list(variants(conv))
    unseen = _unseen(conv, named, partial, then or Transform())
    random = _random(conv) if unseen else conv
    blind = [each for each in unseen if not _hidden(random, each[1])]
    left_out = {name for name, _ in unseen}
    return Power(tuple(name for name, _ in named if name not in left_out), tuple(name for name, _ in blind))


def strengthened(stated: Stated) -> str:
    """Lines for the case file: an input, a kernel or both of the same shapes with the fewest blind spots.

    Whole numbers that a case file can draw anew. "" when the data have no blind spot. As little is changed as does.
    """
    conv = stated.meant()
    if not power(conv, bool(stated.partial), stated.then).blind:
        return ""
    best: tuple[int, str] | None = None
    for roles, seed in itertools.product((("input",), ("kernel",), ("input", "kernel")), range(DRAWS)):
        drawn = [_drawn(stated, role, 2 * seed + (role == "kernel")) for role in roles]
        made = {role: values for role, (values, _) in zip(roles, drawn)}
        changed = replace(conv, x=made.get("input", conv.x), w=made.get("kernel", conv.w))
        left = len(power(changed, bool(stated.partial), stated.then).blind)
        if best is None or left < best[0]:
            best = left, "\n".join(text for _, text in drawn)
        if not left:
            break
    assert best is not None
    return best[1]


def _drawn(stated: Stated, role: str, seed: int) -> tuple[np.ndarray, str]:
    """An array for a role of the case, canonical, and what the case file says for it."""
    array, letters = stated.arrays[role].values, stated.arrays[role].layout
    shape = from_canonical(array, letters, role).shape
    low, high = DRAWN if np.dtype(stated.dtype).kind != "u" else (0, DRAWN[1])
    values = RawStream("PCG64", seed).integers(low, high, array.size).reshape(shape).astype(stated.dtype)
    dtype = f"  dtype: {stated.dtype}\n" if role == "input" else ""
    recipe = f"  integers: {{shape: {list(shape)}, seed: {seed}, low: {low}, high: {high}}}"
    return to_canonical(values, letters, role), f"{role}:\n  layout: {letters}\n{dtype}{recipe}"


def variants(conv: Linear) -> Iterator[Named]:
    """(words, transform) for every single change of the intended call that gives an output of the same size."""
    yield from _of_the_kernel(conv)
    yield from _of_the_input(conv)
    yield from _of_the_settings(conv)
    if conv.biased:
        yield "bias left out", Bias("missing")


def _of_the_kernel(conv: Linear) -> Iterator[Named]:
    letters, sizes = "DHW"[-conv.rank :], conv.w.shape[2:]
    axes = [axis for axis in range(conv.rank) if sizes[axis] > 1]
    for count in range(1, len(axes) + 1):
        for some in itertools.combinations(axes, count):
            yield "kernel reversed along " + " ".join(letters[axis] for axis in some), ReverseKernel(some)
    for one, other in itertools.combinations(axes, 2):
        if sizes[one] == sizes[other]:
            order = _exchanged(conv.rank + 2, one + 2, other + 2)
            yield f"kernel transposed, {letters[one]} with {letters[other]}", TransposeKernelSpatial(order)
    outputs, inputs = conv.w.shape[:2]
    if outputs == inputs > 1:
        yield "kernel transposed, O with I", KernelAxes(_exchanged(conv.rank + 2, 0, 1))
    if outputs * inputs > 1 and axes:
        yield "kernel reshaped, not transposed", ReshapeNotTranspose("kernel", letters + "IO", "OI" + letters)
    yield from _channel_orders("output", outputs, conv.window.groups)


def _of_the_input(conv: Linear) -> Iterator[Named]:
    letters, sizes = "DHW"[-conv.rank :], conv.x.shape[2:]
    for one, other in itertools.combinations(range(conv.rank), 2):
        if sizes[one] == sizes[other] > 1:
            order = _exchanged(conv.rank + 2, one + 2, other + 2)
            yield f"input transposed, {letters[one]} with {letters[other]}", InputAxes(order)
    if conv.x.shape[1] > 1 and math.prod(sizes) > 1:
        yield "input reshaped, not transposed", ReshapeNotTranspose("input", "N" + letters + "C", "NC" + letters)
    yield from _channel_orders("input", conv.x.shape[1], conv.window.groups)


def _channel_orders(role: str, count: int, groups: int) -> Iterator[Named]:
    if count > 1:
        yield f"{role} channels reversed", ChannelOrder(role, "reversed")  # type: ignore[arg-type]
    if 1 < groups < count:
        yield f"{role} channels of the groups interleaved", ChannelOrder(role, "split", groups)  # type: ignore[arg-type]


def _of_the_settings(conv: Linear) -> Iterator[Named]:
    win, letters = conv.window, "DHW"[-conv.rank :]
    for axis, (low, high) in enumerate(win.padding):
        for step in (-1, 1):
            shifted = (*win.padding[:axis], (low + step, high - step), *win.padding[axis + 1 :])
            yield f"padding {low + step}:{high - step} along {letters[axis]}", PaddingSplit(win.padding, shifted)
    if any(side > 0 for pair in win.padding for side in pair):
        for name in ("zero", *OF_SAMPLES):
            if name != win.boundary and (win.boundary, win.constant, name) != (CONSTANT, 0, "zero"):
                yield f"boundary {name}", Boundary(name)
    for one, other in itertools.combinations(range(conv.rank), 2):
        order = _exchanged(conv.rank, one, other)
        stride, dilation = (tuple(each[axis] for axis in order) for each in (win.stride, win.dilation))
        swap = AxisSwap(stride, dilation, tuple(win.padding[axis] for axis in order))
        changed = swap.differ(conv)
        if changed.window != win and changed.output_shape == conv.output_shape:
            yield f"settings of {letters[one]} and {letters[other]} exchanged", swap


def _exchanged(count: int, one: int, other: int) -> tuple[int, ...]:
    order = list(range(count))
    order[one], order[other] = other, one
    return tuple(order)


# --- what is seen ----------------------------------------------------------------------------------------------------


def _unseen(conv: Linear, named: list[Named], partial: bool, then: Transform) -> list[Named]:
    """Those that change no output: looked at on a few of them first, then on all."""
    changed = [transform.differ(conv) for _, transform in named]
    looked = then.end(_looked_at([conv, *changed]))
    suspects = np.flatnonzero(_close(looked[0], looked[1:], partial).all(axis=1)).tolist()
    if not suspects:
        return []
    meant = then.end(direct(conv))
    return [named[index] for index in suspects if _close(meant, then.end(direct(changed[index])), partial).all()]


def _hidden(random: Linear, transform: Transform) -> bool:
    """Whether random data do not see the transform either."""
    changed = transform.differ(random)
    return bool(_close(*_looked_at([random, changed])).all() and _close(direct(random), direct(changed)).all())


def _random(conv: Linear) -> Linear:
    stream = np.random.default_rng(0)
    return conv.map(lambda each: stream.standard_normal(each.shape))


def _looked_at(convs: list[Linear]) -> np.ndarray:
    """(convolutions, outputs): the same few outputs of each; all have one output shape and one kernel shape."""
    first = convs[0]
    places = (FRACTIONS[:, : first.rank + 2] * first.output_shape).astype(int)
    places = places[: max(ELEMENTS // (len(convs) * first.terms), 2 if first.terms <= ELEMENTS else 1)]
    together = max(ELEMENTS // (len(places) * first.terms), 1)
    found = np.empty((len(convs), len(places)))
    alike: dict[tuple[object, float], list[int]] = {}
    for index, conv in enumerate(convs):
        input_ = conv.x.shape if conv.x.size * len(convs) <= ELEMENTS else id(conv.x)
        alike.setdefault((input_, conv.window.filling), []).append(index)
    for indices in alike.values():
        for start in range(0, len(indices), together):
            some = indices[start : start + together]
            found[some] = _outputs([convs[index] for index in some], places)
    return found


def _outputs(convs: list[Linear], places: np.ndarray) -> np.ndarray:
    """(convolutions, places): outputs of convolutions, gathered; a place is (n, o, *spatial). Inputs have one shape."""
    first = convs[0]
    n, o, *spatial = places.T
    inputs, axes = first.w.shape[1], 3 + first.rank
    xs = list({id(conv.x): conv.x for conv in convs}.values())
    own = np.array([next(number for number, x in enumerate(xs) if x is conv.x) for conv in convs])
    channels = (o // (len(first.w) // first.window.groups) * inputs)[:, None] + np.arange(inputs)
    x = np.stack([ended(each, first.window.filling) for each in xs])
    index = [_along(own, (0,), axes), _along(n, (1,), axes), _along(channels, (1, 2), axes)]
    for axis, start in enumerate(spatial):
        index.append(_along(_samples(convs, axis, start), (0, 1, 3 + axis), axes))
    kernels = {id(conv.w): conv.w[o] for conv in convs}
    factors = x[tuple(index)], np.stack([kernels[id(conv.w)] for conv in convs])
    found = np.einsum("vst,vst->vs", *(each.reshape(len(convs), len(places), -1) for each in factors))
    for row, conv in zip(found, convs):
        row += conv.offsets[o]
    return np.asarray(found)


def _samples(convs: list[Linear], axis: int, output: np.ndarray) -> np.ndarray:
    """(convolutions, outputs, taps): which sample of an axis meets each tap."""
    windows, k, size = [conv.window for conv in convs], convs[0].w.shape[2 + axis], convs[0].x.shape[2 + axis]
    settings = [[win.stride[axis], win.padding[axis][0], win.dilation[axis], win.reversal[axis]] for win in windows]
    stride, low, dilation, backwards = np.array(settings).T[..., None]
    taps = np.where(backwards, np.arange(k)[::-1], np.arange(k))[:, None, :]
    there = position(output[:, None], taps, stride[..., None], low[..., None], dilation[..., None])
    kinds = [(win.boundary, win.base_dilation[axis]) for win in windows]
    met = np.empty(there.shape, int)
    for kind in set(kinds):
        rows = [each == kind for each in kinds]
        met[rows] = sample(there[rows], size, *kind)
    return met


def _along(values: np.ndarray, axes: tuple[int, ...], count: int) -> np.ndarray:
    """`values` with its axes at these places among `count`, the others of length 1."""
    shape = [1] * count
    for axis, length in zip(axes, values.shape):
        shape[axis] = length
    return values.reshape(shape)


def _close(meant: np.ndarray, others: np.ndarray, partial: bool = False) -> np.ndarray:
    """Where float32 arithmetic could hide the difference; a NaN or an infinity is close to its like.

    partial: NaN is what is not known, and close to everything.
    """
    with np.errstate(invalid="ignore"):
        size = np.where(np.isfinite(meant), np.abs(meant), 0.0)
        close = np.abs(meant - others) <= 2.0**-23 * (size + size.max(initial=0.0))
    either = np.logical_or if partial else np.logical_and
    return np.asarray(close | (meant == others) | either(np.isnan(meant), np.isnan(others)))
