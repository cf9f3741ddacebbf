"""What systems have otherwise of a pooling, and how functions are told of it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from harness.canonical.settled import Settled
from harness.canonical.window import Pairs, pairs_text
from harness.operations.by_settings.own_names import Changes
from harness.operations.pooling_formula import (
    CLIPPED,
    FIRST_CLIPPED,
    KEPT,
    KEPT_UNPADDED,
    LOWER_MEDIAN,
    MEDIAN,
    SCALED,
    ZERO,
    Axis,
    axes_of,
    moved,
    pairs_of,
    per_axis,
)
from harness.operations.transforms.told import PadBy
from harness.worker.entry import EntryPoint
from harness.worker.spans import position

WORDS = ("valid", "same_upper", "same_lower", "half")
"""Paddings that have a name; half: k // 2 on both sides."""
DIVISORS = ("valid", "padded", "window")
ROUNDINGS = ("floor", "ceil", KEPT, KEPT_UNPADDED)
REDUCTIONS = (
    *(("max", (None,), (None,)), ("average", (None,), DIVISORS), ("norm", (2.0, 1.0), (None,))),
    *((name, (None,), (None,)) for name in ("min", MEDIAN, LOWER_MEDIAN)),
)
STEPS = ((1, -1), (-1, 1), (0, 1), (1, 0))
"""By how much a padding is moved below and above: to the other side, or made larger on one."""
NO_WINDOW: Changes = dict.fromkeys(("window", "stride", "padding", "rounding", "dilation"))
"""What bins of the whole input have not."""


def sizes_of(form: Settled) -> tuple[int, ...]:
    """The spatial sizes of the input."""
    return form.x.shape[2:]


# --- alternatives ----------------------------------------------------------------------------------------------------


def alternatives(form: Settled) -> Iterator[Changes]:
    """Size, divisor and padding first, which is where systems differ; then the window itself."""
    yield from _of_bins(form) if "output_size" in form.settings else _of_windows(form)
    for other, powers, divisors in REDUCTIONS:
        whole = "output_size" not in form.settings or other not in (MEDIAN, LOWER_MEDIAN)
        if other != form.settings["reduce"] and whole:
            for power, divisor in itertools.product(powers, divisors):
                yield {"reduce": other, "p": power, "divisor": divisor}


def _of_windows(form: Settled) -> Iterator[Changes]:
    settings = form.settings
    yield from ({"rounding": each} for each in ROUNDINGS if each != settings["rounding"])
    if settings["reduce"] == "average":
        yield from ({"divisor": each} for each in DIVISORS if each != settings["divisor"])
    yield from _filled(form)
    yield from ({"padding": each} for each in _paddings(form))
    yield from _turned(form)
    for key in ("stride", "window"):
        yield from ({key: each} for each in _steps(form, key))
    if max(per_axis(settings["dilation"], form.rank)) > 1:
        yield {"dilation": (1,) * form.rank}
    if 0 not in form.output_shape:
        yield {"output_size": form.output_shape[2:], **NO_WINDOW}


def _of_bins(form: Settled) -> Iterator[Changes]:
    """Windows of one size instead, as many: stride n // L and the rest of the input, or none of it, in the last one."""
    sizes, outputs = sizes_of(form), per_axis(form.settings["output_size"], form.rank)
    strides = tuple(max(n // count, 1) for n, count in zip(sizes, outputs))
    reaching = tuple(max(n - position(count - 1, 0, s, 0, 1), 1) for n, count, s in zip(sizes, outputs, strides))
    for window in dict.fromkeys((reaching, strides)):
        yield _plainly(window, strides)
    if outputs[::-1] != outputs:
        yield {"output_size": outputs[::-1]}


def _plainly(window: tuple[int, ...], stride: tuple[int, ...]) -> Changes:
    """Windows without more, in place of bins."""
    rest = {"padding": "valid", "rounding": "floor", "dilation": (1,) * len(window)}
    return {"window": window, "stride": stride, "output_size": None, **rest}


def _filled(form: Settled) -> Iterator[Changes]:
    """What else padding, or what lies beyond it, may count for."""
    settings = form.settings
    if settings["reduce"] == "norm" and settings.get("overhang") is None:
        yield {"overhang": SCALED}
    if settings.get("fill") is None and padded(form):
        fills = {"max": (ZERO,), "min": (ZERO,), "average": CLIPPED if form.rank > 1 else (FIRST_CLIPPED,)}
        yield from ({"fill": each} for each in fills.get(settings["reduce"], ()))


def padded(form: Settled) -> bool:
    """Whether a window has a tap beside the input."""
    return not all(axis.inside.all() for axis in axes_of(sizes_of(form), form.settings))


def _paddings(form: Settled) -> list[Pairs]:
    """What named paddings come to, with a dilation and without; all that a window reaches on one side or on both, as
    causal and full ones have; and the padding moved by a sample, along all axes or one."""
    sizes, settings = sizes_of(form), form.settings
    meant = pairs_of(sizes, settings)
    found = []
    for word in WORDS:
        for dilation in dict.fromkeys((settings["dilation"], (1,) * form.rank)):
            found.append(pairs_of(sizes, {**settings, "padding": word, "dilation": dilation}))
    window = per_axis(settings["window"], form.rank)
    found.append(tuple(((k - 1) // 2, (k - 1) // 2) for k in window))
    found += [_moved(meant, *step, range(form.rank)) for step in STEPS]
    found += [tuple((low * (k - 1), high * (k - 1)) for k in window) for low, high in ((1, 0), (0, 1), (1, 1))]
    found += [_moved(meant, *step, [axis]) for axis in range(form.rank) for step in STEPS]
    return [each for each in dict.fromkeys(found) if each != meant and min(map(min, each)) >= 0]


def _moved(pairs: Pairs, low: int, high: int, axes: Sequence[int]) -> Pairs:
    """A padding with so much more below and above along some axes."""
    return tuple((pair[0] + low, pair[1] + high) if axis in axes else pair for axis, pair in enumerate(pairs))


def _turned(form: Settled) -> Iterator[Changes]:
    """The settings of two axes exchanged."""
    if form.rank < 2:
        return
    keys = ("window", "stride", "dilation")
    values = {key: per_axis(form.settings[key], form.rank) for key in keys}
    turned = {key: (*each[:-2], each[-1], each[-2]) for key, each in values.items()}
    changed = {key: each for key, each in turned.items() if each != values[key]}
    if changed:
        yield changed


def _steps(form: Settled, key: str) -> Iterator[tuple[int, ...]]:
    """The same number along all axes, one more or less along each, and what the other of stride and window is."""
    own, other = (per_axis(form.settings[each], form.rank) for each in (key, {"stride": "window"}.get(key, "stride")))
    steps = itertools.product((0, -1, 1), repeat=form.rank)
    near = [tuple(max(each + step, 1) for each, step in zip(own, way)) for way in steps]
    yield from (each for each in dict.fromkeys([other, (1,) * form.rank, (2,) * form.rank, *near]) if each != own)


def fitted(form: Settled, seen: np.ndarray, room: np.ndarray) -> Iterator[Changes]:
    """Nothing of it is a number that could be any."""
    return iter(())


# --- calls -----------------------------------------------------------------------------------------------------------


def written(form: Settled, entry: EntryPoint) -> Settled:
    """No padding is a number where there is no word for it; ceil is what the function calls so, and the whole a bin."""
    words = entry.takes.words
    if form.settings.get("padding") == "valid" and "valid" not in words.get("padding", {}):
        form = form.with_settings(padding=((0, 0),) * form.rank)
    if "output_size" in entry.takes.demands:
        form = _told_of_bins(form)
    if form.settings.get("rounding") == "ceil" and "ceil" not in words.get("rounding", ("ceil",)):
        form = form.with_settings(rounding=KEPT_UNPADDED)
    return form


def restated(form: Settled, entry: EntryPoint) -> Settled:
    """The padding by numbers or by a word; size, divisor and bins by what comes to the same and the function has."""
    takes = entry.takes
    binned = "output_size" in (*takes.free, *takes.demands)
    form = _told_of_bins(form) if binned else _told_of_windows(form)
    for key in (each for each in ("rounding", "fill", "overhang") if each in takes.keeps):
        form = _if_the_same(form, **{key: takes.keeps[key]})
    for key in ("rounding", "divisor"):
        known = [takes.keeps[key]] if key in takes.keeps else list(takes.words.get(key, ()))
        if key in form.settings and form.settings[key] not in known:
            for each in known:
                form = _if_the_same(form, **{key: each})
    return form.with_settings(padding=_padding(form, entry)) if "padding" in form.settings else form


def _told_of_bins(form: Settled) -> Settled:
    """Windows that share the whole input evenly, as bins."""
    if "output_size" in form.settings or 0 in form.output_shape:
        return form
    return _if_the_same(form, output_size=form.output_shape[2:], **NO_WINDOW)


def _told_of_windows(form: Settled) -> Settled:
    """Bins of one size, as windows."""
    if "output_size" not in form.settings:
        return form
    sizes = zip(sizes_of(form), per_axis(form.settings["output_size"], form.rank))
    share = tuple(max(n // count, 1) for n, count in sizes)
    return _if_the_same(form, **_plainly(share, share))


def _if_the_same(form: Settled, **changes: Any) -> Settled:
    """The form with other settings where they come to the same windows, fillings and counts."""
    changed = form.with_settings(**changes)
    return changed if _windows(form) == _windows(changed) else form


def _windows(form: Settled) -> list[Any]:
    """Which samples are in each window along each axis, by what each is divided, and what padding counts for."""
    divisor = form.settings.get("divisor", "window")
    axes = axes_of(sizes_of(form), form.settings)
    found: list[Any] = [
        ([row[own].tolist() for row, own in zip(axis.places, axis.inside)], axis.counts(divisor).tolist())
        for axis in axes
    ]
    return [*found, *(form.settings.get(key) for key in ("fill", "overhang") if padded(form))]


def _padding(form: Settled, entry: EntryPoint) -> str | Pairs:
    words, pairs = entry.takes.words.get("padding", {}), pairs_of(sizes_of(form), form.settings)
    if form.settings["padding"] in words:
        return str(form.settings["padding"])
    same = (each for each in words if pairs_of(sizes_of(form), {**form.settings, "padding": each}) == pairs)
    return next(same, pairs)


def remedies(form: Settled, entry: EntryPoint) -> Iterable[PadBy]:
    """Padding by hand, where it comes to the same: with minus infinity, or with zeros that are counted."""
    settings = form.settings
    if "padding" not in settings or form.x.dtype.kind != "f" or _has_a_way(form, entry):
        return
    if settings["reduce"] == "max" or (settings["reduce"] == "average" and settings["divisor"] == "window"):
        yield PadBy(_reaching(form), -math.inf if settings["reduce"] == "max" else 0.0)


def _has_a_way(form: Settled, entry: EntryPoint) -> bool:
    """Whether a function pads and rounds so by itself."""
    settings, takes = form.settings, entry.takes
    told = isinstance(settings["padding"], str) or ("padding" in takes.free and not list(limits(form, entry)))
    kept = ((key, takes.keeps[key]) for key in ("rounding", "fill") if key in takes.keeps)
    return told and all(settings.get(key) == own for key, own in kept)


def _reaching(form: Settled) -> Pairs:
    """The padding, with as much more on the high side as the last windows reach beyond it; less, where by floor it
    would make room for a window that is none by ceil."""
    return tuple((axis.low, _high(axis)) for axis in moved(sizes_of(form), form.settings))


def _high(axis: Axis) -> int:
    reach = end(axis) - axis.n
    grown = replace(axis, high=max(axis.high, reach), rounding="floor")
    return grown.high if grown.outputs == axis.outputs else reach


def end(axis: Axis) -> int:
    """The sample behind the last tap of the last window."""
    return int(axis.places[-1, -1]) + 1 if axis.outputs else axis.n


def limits(form: Settled, entry: EntryPoint) -> Iterator[str]:
    """What a function refuses: padding that is uneven, too wide, or beside a size that is rounded up."""
    if "output_size" in form.settings:
        return
    known = entry.takes.limits
    pairs, window = pairs_of(sizes_of(form), form.settings), per_axis(form.settings["window"], form.rank)
    shown = f"the case has {pairs_text(pairs)} (low:high per axis)"
    if min(map(min, pairs)) < 0:
        yield f"crops no input; {shown}"
    if "even" in known and any(low != high for low, high in pairs):
        yield f"pads the same on both sides; {shown}"
    if "half" in known and any(2 * max(pair) > k for pair, k in zip(pairs, window)):
        yield f"pads by no more than half the window; {shown}"
    if "below" in known and any(max(pair) >= k for pair, k in zip(pairs, window)):
        yield f"pads by less than the window; {shown}"
    if "ceil or padded" in known and form.settings["rounding"] != "floor" and any(map(any, pairs)):
        yield f"pads nothing where it rounds up; {shown}"


# --- probes ----------------------------------------------------------------------------------------------------------


TRIED: Mapping[str, Sequence[Any]] = {
    "window": (3, 2),
    "stride": (2, 3),
    "dilation": (1, 2),
    "padding": (0, 1),
    "p": (2.0, 1.0),
    "output_size": (3, 2),
}


def along(key: str, value: Any, rank: int) -> Any:
    """The same along all axes, of a padding on both sides."""
    return value if key == "p" else ((value, value) if key == "padding" else value,) * rank


def coded(entry: EntryPoint, settings: Mapping[str, Any]) -> Mapping[str, np.ndarray]:
    """Whole numbers of both signs, negative at the edges, with sizes that differ from axis to axis.

    Where a function keeps windows behind the input, none is there: what it makes of nothing follows no setting.
    """
    keeps_all = KEPT_UNPADDED in entry.takes.words.get("rounding", ())
    sizes = ((8, 10, 11) if keeps_all else (8, 9, 11))[: max(entry.ranks)]
    x = np.random.Generator(np.random.PCG64(5)).integers(-40, 40, (1, 2, *sizes)).astype(np.float64)
    inside = np.zeros(sizes, bool)
    inside[(slice(1, -1),) * len(sizes)] = True
    return {"input": np.where(inside, x, -np.abs(x) - 1)}
