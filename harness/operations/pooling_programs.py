"""Calls of pooling as code: NumPy's windows, and the functions of PyTorch and JAX where they can say it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.canonical.settled import Settled
from harness.operations.by_settings.writing import called
from harness.operations.expressions import one_or_all
from harness.operations.pooling_formula import (
    CLIPPED,
    LAST_CLIPPED,
    LOWER_MEDIAN,
    MEDIAN,
    SCALED,
    ZERO,
    Axis,
    Bins,
    moved,
    pairs_of,
    per_axis,
)
from harness.operations.pooling_search import end, sizes_of
from harness.worker.spans import position, span

Settings = Mapping[str, Any]
MEDIANS = {
    MEDIAN: "np.nanmedian(x, axis={0})",
    LOWER_MEDIAN: 'np.nanquantile(x, 0.5, axis={0}, method="lower")',
}


def _numpy(form: Settled) -> Sequence[str]:
    if "output_size" in form.settings:
        return _binned(form)
    settings, rank = form.settings, form.rank
    axes, last = moved(sizes_of(form), settings), tuple(range(-rank, 0))
    extents = tuple(span(axis.taps, axis.dilation) for axis in axes)
    steps = ", ".join(f":{position(axis.outputs, 0, axis.stride, 0, 1)}:{axis.stride}" for axis in axes)
    dilated = f"[..., {', '.join(f'::{axis.dilation}' for axis in axes)}]" if max(a.dilation for a in axes) > 1 else ""
    windows = f"np.lib.stride_tricks.sliding_window_view(x, {extents}, {tuple(range(2, 2 + rank))})"
    return [*_padded(settings, axes), f"x = {windows}[:, :, {steps}]{dilated}", *_reduction(settings, axes, last)]


def _padded(settings: Settings, axes: Sequence[Axis]) -> list[str]:
    """Lines that crop the input and pad it as far as the windows reach; what is to be told apart is NaN."""
    fill = {
        "max": "-np.inf",
        "min": "np.inf",
        **dict.fromkeys(MEDIANS, "np.nan"),
        ZERO: "0",
        **dict.fromkeys(CLIPPED, "np.nan"),
    }
    value = fill.get(settings.get("fill", settings["reduce"]), "0")
    crops = [f"{max(-axis.low, 0)}:{axis.n + min(axis.high, 0)}" for axis in axes]
    found = [f"x = x[:, :, {', '.join(crops)}]"] if min(min(axis.low, axis.high) for axis in axes) < 0 else []
    pairs = [(max(axis.low, 0), max(end(axis) - axis.n - min(axis.high, 0), 0)) for axis in axes]
    pads = [f"x = np.pad(x, {[(0, 0), (0, 0), *pairs]}, constant_values={value})"] if any(map(any, pairs)) else []
    return [*found, *pads]


def _binned(form: Settled) -> Sequence[str]:
    """The reduction of bins, one axis after another."""
    settings = form.settings
    reduce = {"max": "max", "min": "min", "average": "mean", "norm": "sum"}[settings["reduce"]]
    lines = [f"x = abs(x) ** {settings['p']!r}"] if reduce == "sum" else []
    for axis, (n, outputs) in enumerate(zip(sizes_of(form), per_axis(settings["output_size"], form.rank)), start=2):
        bins = [tuple(edges) for edges in Bins(n, outputs).edges.tolist()]
        lines.append(f"x = np.stack([x.take(range(a, b), {axis}).{reduce}({axis}) for a, b in {bins}], {axis})")
    return [*lines, f"y = x ** (1 / {settings['p']!r})" if reduce == "sum" else "y = x"]


def _reduction(settings: Settings, axes: Sequence[Axis], last: tuple[int, ...]) -> list[str]:
    if settings["reduce"] in ("max", "min"):
        return [f"y = x.{settings['reduce']}({last})"]
    if settings["reduce"] in MEDIANS:
        return [f"y = {MEDIANS[settings['reduce']].format(last)}"]
    if settings["reduce"] == "norm":
        return [f"y = (abs(x) ** {settings['p']!r}).sum({last})", *_root(settings, axes)]
    divisor, fill = _product([axis.counts(settings["divisor"]).tolist() for axis in axes]), settings.get("fill")
    return [*_clipped(axes, fill), f"y = y / ({divisor})"] if fill else [f"y = x.sum({last}) / ({divisor})"]


def _root(settings: Settings, axes: Sequence[Axis]) -> list[str]:
    size = math.prod(axis.taps for axis in axes)
    scaled = [f"y = y * {size} / ({_product([axis.counts('padded').tolist() for axis in axes])})"]
    return [*(scaled if settings.get("overhang") == SCALED else []), f"y = y ** (1 / {settings['p']!r})"]


def _clipped(axes: Sequence[Axis], fill: str) -> list[str]:
    """Lines that add tap after tap, and make a sum that is below 0 to 0 at each that is padded."""
    taps = tuple(axis.taps for axis in axes)
    order, tap = (taps, "tap") if fill == LAST_CLIPPED else (taps[::-1], "tap[::-1]")
    return [
        "y = 0.0",
        f"for tap in np.ndindex({order}):",
        f"    seen = x[(..., *{tap})]",
        "    y = np.where(np.isnan(seen), np.maximum(y, 0.0), y + seen)",
    ]


def _product(counts: Sequence[Sequence[int]]) -> str:
    """What is one number for each window, as the product of one for each axis."""
    return " * ".join(_factor(each, axis, len(counts)) for axis, each in enumerate(counts))


def _factor(counts: Sequence[int], axis: int, rank: int) -> str:
    """By what the windows along one axis are divided: one number, or one for each."""
    if len(set(counts)) == 1:
        return str(counts[0])
    return f"np.array({list(counts)}).reshape{tuple(-1 if each == axis else 1 for each in range(rank))}"


def _torch(form: Settled) -> Sequence[str]:
    settings, rank = form.settings, form.rank
    if "output_size" in settings:
        return _adaptive(form)
    pairs, window = pairs_of(sizes_of(form), settings), per_axis(settings["window"], rank)
    plain = settings.get("fill") is None and all(low == high <= k // 2 for (low, high), k in zip(pairs, window))
    dilated = max(per_axis(settings["dilation"], rank)) > 1
    if not plain or min(map(min, pairs)) < 0 or settings["rounding"] not in ("floor", "ceil"):
        return ()
    told = _moving(settings, rank) + _more(padding=tuple(low for low, _ in pairs))
    told += ", ceil_mode=True" if settings["rounding"] == "ceil" else ""
    if settings["reduce"] == "max":
        told += _more(dilation=per_axis(settings["dilation"], rank)) if dilated else ""
        return called("torch", f"torch.nn.functional.max_pool{rank}d(x, {told})")
    if settings["reduce"] == "average" and settings["divisor"] != "window" and not dilated:
        told += "" if settings["divisor"] == "padded" else ", count_include_pad=False"
        return called("torch", f"torch.nn.functional.avg_pool{rank}d(x, {told})")
    return ()


def _moving(settings: Settings, rank: int) -> str:
    """Window and stride, one number where all axes have the same."""
    return ", ".join(one_or_all(per_axis(settings[key], rank), tuple) for key in ("window", "stride"))


def _more(**given: tuple[int, ...]) -> str:
    """Arguments of PyTorch that are not zeros."""
    return "".join(f", {key}={one_or_all(each, tuple)}" for key, each in given.items() if any(each))


def _tensorflow(form: Settled) -> Sequence[str]:
    settings, rank = form.settings, form.rank
    name = {"max": "max_pool2d", "average": "avg_pool2d"}.get(settings["reduce"])
    if not name or rank != 2 or settings.get("fill") or "output_size" in settings or settings["rounding"] != "floor":
        return ()
    sizes, pairs = sizes_of(form), pairs_of(sizes_of(form), settings)
    words = {"VALID": "valid", "SAME": "same_upper"}
    word = next((own for own, each in words.items() if pairs_of(sizes, {**settings, "padding": each}) == pairs), None)
    counted = settings.get("divisor", "valid") == "valid" or not any(map(any, pairs))
    if word is None or not counted or max(per_axis(settings["dilation"], rank)) > 1:
        return ()
    call = f"tf.nn.{name}(tf.transpose(x, (0, 2, 3, 1)), {_moving(settings, rank)}, {word!r})"
    return called("tensorflow", f"tf.transpose({call}, (0, 3, 1, 2))")


def _adaptive(form: Settled) -> Sequence[str]:
    name = {"max": "adaptive_max_pool", "average": "adaptive_avg_pool"}.get(form.settings["reduce"])
    size = one_or_all(per_axis(form.settings["output_size"], form.rank), tuple)
    return called("torch", f"torch.nn.functional.{name}{form.rank}d(x, {size})") if name else ()


def _jax(form: Settled) -> Sequence[str]:
    settings = form.settings
    if settings["reduce"] != "max" or settings.get("fill") is not None or "output_size" in settings:
        return ()
    window, stride, dilation = ((1, 1, *per_axis(settings[key], form.rank)) for key in ("window", "stride", "dilation"))
    pairs = ((0, 0), (0, 0), *((axis.low, end(axis) - axis.n) for axis in moved(sizes_of(form), settings)))
    call = f"jax.lax.reduce_window(x, -np.inf, jax.lax.max, {window}, {stride}, {pairs}, window_dilation={dilation})"
    return called("jax", call)


PROGRAMS: Mapping[str, Callable[[Settled], Sequence[str]]] = {
    "numpy": _numpy,
    "torch": _torch,
    "tensorflow": _tensorflow,
    "jax": _jax,
}
