"""What systems have otherwise of a pooling, how functions are told of it, and its calls as code."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from harness.canonical.settled import Settled
from harness.canonical.window import Pairs, pairs_text
from harness.operations.by_settings.own_names import Changes
from harness.operations.by_settings.writing import called
from harness.operations.pooling_formula import Axis, axes_of, pairs_of, per_axis
from harness.operations.transforms.told import PadBy
from harness.worker.entry import EntryPoint

WORDS = ("valid", "same_upper", "same_lower", "half")
"""Paddings that have a name; half: k // 2 on both sides."""
DIVISORS = ("valid", "padded", "window")
REDUCTIONS = ("max", "average")


def sizes_of(form: Settled) -> tuple[int, ...]:
    """The spatial sizes of the input."""
    return form.x.shape[2:]


# --- alternatives ----------------------------------------------------------------------------------------------------


def alternatives(form: Settled) -> Iterator[Changes]:
    """Size, divisor and padding first, which is where systems differ; then the window itself."""
    settings, rank = form.settings, form.rank
    yield {"rounding": "floor" if settings["rounding"] == "ceil" else "ceil"}
    if settings["reduce"] == "average":
        yield from ({"divisor": each} for each in DIVISORS if each != settings["divisor"])
    if settings["reduce"] == "max" and settings.get("fill") is None:
        yield {"fill": "zero"}
    yield from ({"padding": each} for each in _paddings(form))
    yield from _turned(form)
    for key in ("stride", "window"):
        yield from ({key: each} for each in _steps(form, key))
    if max(per_axis(settings["dilation"], rank)) > 1:
        yield {"dilation": (1,) * rank}
    for other in REDUCTIONS:
        if other != settings["reduce"]:
            yield {"reduce": other, "p": None, "divisor": "valid" if other == "average" else None}


def _paddings(form: Settled) -> list[Pairs]:
    """What named paddings come to, with a dilation and without, and the padding moved by a sample along each axis."""
    sizes, settings = sizes_of(form), form.settings
    meant = pairs_of(sizes, settings)
    found = []
    for word in WORDS:
        for dilation in dict.fromkeys((settings["dilation"], (1,) * form.rank)):
            found.append(pairs_of(sizes, {**settings, "padding": word, "dilation": dilation}))
    window = per_axis(settings["window"], form.rank)
    found.append(tuple(((k - 1) // 2, (k - 1) // 2) for k in window))
    for axis, (low, high) in enumerate(meant):
        for moved in ((low + 1, high - 1), (low - 1, high + 1), (low, high + 1), (low + 1, high)):
            found.append((*meant[:axis], moved, *meant[axis + 1 :]))
    return [each for each in dict.fromkeys(found) if each != meant and min(map(min, each)) >= 0]


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
    """The same number along all axes, one more or less, and what the other of stride and window is."""
    own, other = (per_axis(form.settings[each], form.rank) for each in (key, {"stride": "window"}.get(key, "stride")))
    near = [tuple(max(each + step, 1) for each in own) for step in (-1, 1)]
    yield from (each for each in dict.fromkeys([other, (1,) * form.rank, (2,) * form.rank, *near]) if each != own)


def fitted(form: Settled, seen: np.ndarray, room: np.ndarray) -> Iterator[Changes]:
    """Nothing of it is a number that could be any."""
    return iter(())


# --- calls -----------------------------------------------------------------------------------------------------------


def written(form: Settled, entry: EntryPoint) -> Settled:
    """No padding is a number where there is no word for it."""
    if form.settings["padding"] == "valid" and "valid" not in entry.takes.words.get("padding", {}):
        return form.with_settings(padding=((0, 0),) * form.rank)
    return form


def restated(form: Settled, entry: EntryPoint) -> Settled:
    """The padding by numbers or by a word, the size and the divisor by what comes to the same and the function has."""
    takes, settings = entry.takes, form.settings
    if "rounding" in takes.keeps:
        form = _if_the_same(form, rounding=takes.keeps["rounding"])
    known = [takes.keeps["divisor"]] if "divisor" in takes.keeps else list(takes.words.get("divisor", ()))
    if "divisor" in settings and settings["divisor"] not in known:
        for each in known:
            form = _if_the_same(form, divisor=each)
    return form.with_settings(padding=_padding(form, entry))


def _if_the_same(form: Settled, **changes: Any) -> Settled:
    """The form with other settings where they come to the same windows and counts."""
    changed = form.with_settings(**changes)
    return changed if _windows(form) == _windows(changed) else form


def _windows(form: Settled) -> list[tuple[int, list[int]]]:
    """How many windows there are along each axis, and by what each is divided."""
    divisor = form.settings.get("divisor", "window")
    return [(axis.outputs, axis.counts(divisor).tolist()) for axis in axes_of(sizes_of(form), form.settings)]


def _padding(form: Settled, entry: EntryPoint) -> str | Pairs:
    words, pairs = entry.takes.words.get("padding", {}), pairs_of(sizes_of(form), form.settings)
    if form.settings["padding"] in words:
        return str(form.settings["padding"])
    same = (each for each in words if pairs_of(sizes_of(form), {**form.settings, "padding": each}) == pairs)
    return next(same, pairs)


def remedies(form: Settled, entry: EntryPoint) -> Iterable[PadBy]:
    """Padding by hand, where it comes to the same: with minus infinity, or with zeros that are counted."""
    settings, pairs = form.settings, pairs_of(sizes_of(form), form.settings)
    told = isinstance(settings["padding"], str) or ("padding" in entry.takes.free and not list(limits(form, entry)))
    rounding = "rounding" not in entry.takes.keeps or settings["rounding"] == entry.takes.keeps["rounding"]
    if (told and rounding) or form.x.dtype.kind != "f" or "whole" in entry.takes.limits:
        return
    if settings["reduce"] == "max" or (settings["reduce"] == "average" and settings["divisor"] == "window"):
        yield PadBy(_reaching(form, pairs), -math.inf if settings["reduce"] == "max" else 0.0)


def _reaching(form: Settled, pairs: Pairs) -> Pairs:
    """The padding, with as much more on the high side as the last windows reach beyond it."""
    axes = axes_of(sizes_of(form), form.settings)
    return tuple((low, max(high, int(_end(axis)) - axis.n)) for (low, high), axis in zip(pairs, axes))


def _end(axis: Axis) -> int:
    """The sample behind the last tap of the last window."""
    return int(axis.places[-1, -1]) + 1 if axis.outputs else axis.n


def limits(form: Settled, entry: EntryPoint) -> Iterator[str]:
    """What a function refuses: padding that is uneven, or wider than half the window; windows that are a part."""
    sizes, known = sizes_of(form), entry.takes.limits
    pairs, window = pairs_of(sizes, form.settings), per_axis(form.settings["window"], form.rank)
    shown = f"the case has {pairs_text(pairs)} (low:high per axis)"
    if min(map(min, pairs)) < 0:
        yield f"crops no input; {shown}"
    if "even" in known and any(low != high for low, high in pairs):
        yield f"pads the same on both sides; {shown}"
    if "half" in known and any(2 * max(pair) > k for pair, k in zip(pairs, window)):
        yield f"pads by no more than half the window; {shown}"
    if "whole" in known and (window != sizes or any(map(any, pairs))):
        yield "reduces the whole input; the case has smaller windows, or padding"


# --- code ------------------------------------------------------------------------------------------------------------


def _numpy(form: Settled) -> Sequence[str]:
    settings, rank = form.settings, form.rank
    axes, last = axes_of(sizes_of(form), settings), tuple(range(-rank, 0))
    fill = "-np.inf" if settings["reduce"] == "max" and settings.get("fill") != "zero" else "0"
    pairs = [(0, 0), (0, 0), *((axis.low, max(_end(axis) - axis.n, 0)) for axis in axes)]
    extents = tuple((axis.taps - 1) * axis.dilation + 1 for axis in axes)
    steps = ", ".join(f":{axis.outputs * axis.stride}:{axis.stride}" for axis in axes)
    dilated = f"[..., {', '.join(f'::{axis.dilation}' for axis in axes)}]" if max(a.dilation for a in axes) > 1 else ""
    found = [f"x = np.pad(x, {pairs}, constant_values={fill})"] if any(map(any, pairs)) else []
    windows = f"np.lib.stride_tricks.sliding_window_view(x, {extents}, {tuple(range(2, 2 + rank))})"
    return [*found, f"x = {windows}[:, :, {steps}]{dilated}", *_reduction(settings, axes, last)]


def _reduction(settings: Mapping[str, Any], axes: Sequence[Axis], last: tuple[int, ...]) -> list[str]:
    if settings["reduce"] == "max":
        return [f"y = x.max({last})"]
    if settings["reduce"] == "norm":
        return [f"y = (abs(x) ** {settings['p']!r}).sum({last}) ** (1 / {settings['p']!r})"]
    counts = [axis.counts(settings["divisor"]).tolist() for axis in axes]
    divisor = " * ".join(_factor(each, axis, len(axes)) for axis, each in enumerate(counts))
    return [f"y = x.sum({last}) / ({divisor})"]


def _factor(counts: Sequence[int], axis: int, rank: int) -> str:
    """By what the windows along one axis are divided: one number, or one for each."""
    if len(set(counts)) == 1:
        return str(counts[0])
    return f"np.array({list(counts)}).reshape{tuple(-1 if each == axis else 1 for each in range(rank))}"


def _torch(form: Settled) -> Sequence[str]:
    settings, rank = form.settings, form.rank
    pairs, window = pairs_of(sizes_of(form), settings), per_axis(settings["window"], rank)
    plain = settings.get("fill") is None and all(low == high <= k // 2 for (low, high), k in zip(pairs, window))
    told = f"{window}, {per_axis(settings['stride'], rank)}, {tuple(low for low, _ in pairs)}"
    ceil, dilation = settings["rounding"] == "ceil", per_axis(settings["dilation"], rank)
    if settings["reduce"] == "max" and plain:
        return called("torch", f"torch.nn.functional.max_pool{rank}d(x, {told}, {dilation}, ceil_mode={ceil})")
    if settings["reduce"] == "average" and plain and settings["divisor"] != "window" and max(dilation) == 1:
        counts = settings["divisor"] == "padded"
        return called(
            "torch", f"torch.nn.functional.avg_pool{rank}d(x, {told}, ceil_mode={ceil}, count_include_pad={counts})"
        )
    return ()


def _jax(form: Settled) -> Sequence[str]:
    settings, axes = form.settings, axes_of(sizes_of(form), form.settings)
    if settings["reduce"] != "max" or settings.get("fill") is not None:
        return ()
    window, stride, dilation = ((1, 1, *per_axis(settings[key], form.rank)) for key in ("window", "stride", "dilation"))
    pairs = ((0, 0), (0, 0), *((axis.low, max(_end(axis) - axis.n, 0)) for axis in axes))
    call = f"jax.lax.reduce_window(x, -np.inf, jax.lax.max, {window}, {stride}, {pairs}, window_dilation={dilation})"
    return called("jax", call)


PROGRAMS: Mapping[str, Callable[[Settled], Sequence[str]]] = {"numpy": _numpy, "torch": _torch, "jax": _jax}


# --- probes ----------------------------------------------------------------------------------------------------------


TRIED: Mapping[str, Sequence[Any]] = {
    "window": (3, 2),
    "stride": (2, 3),
    "dilation": (1, 2),
    "padding": (0, 1),
    "p": (2.0, 1.0),
}


def along(key: str, value: Any, rank: int) -> Any:
    """The same along all axes, of a padding on both sides."""
    return value if key == "p" else ((value, value) if key == "padding" else value,) * rank


def coded(entry: EntryPoint, settings: Mapping[str, Any]) -> Mapping[str, np.ndarray]:
    """Whole numbers of both signs, negative at the edges, with sizes that differ from axis to axis."""
    sizes = (8, 9, 11)[: max(entry.ranks)]
    x = np.random.Generator(np.random.PCG64(5)).integers(-40, 40, (1, 2, *sizes)).astype(np.float64)
    inside = np.zeros(sizes, bool)
    inside[(slice(1, -1),) * len(sizes)] = True
    return {"input": np.where(inside, x, -np.abs(x) - 1)}
