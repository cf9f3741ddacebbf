"""What systems have otherwise of a resize."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from harness.canonical import gaps
from harness.canonical.settled import Settled
from harness.operations import resize_spline
from harness.operations.by_settings.inferring import share, shortest
from harness.operations.by_settings.own_names import Changes
from harness.operations.resize_grid import COORDINATES, QUANTIZED, ROUNDED, ROUNDINGS, SIZES, decimal, lines_of, made

OUTSIDES = ("edge", "renormalize", "zero")
COEFFICIENTS = (-0.5, -0.75, -1.0)
"""Those of Keys 1981 and most image tools, of OpenCV and most frameworks, and of some older tools."""
KEYS: Mapping[str, tuple[str, ...]] = {
    "nearest": ("coordinates", "nearest_rounding"),
    "linear": ("coordinates", "outside", "antialias"),
    "cubic": ("coordinates", "cubic_coefficient", "outside", "antialias"),
    "lanczos3": ("coordinates", "outside", "antialias"),
    "lanczos5": ("coordinates", "outside", "antialias"),
    "area": (),
    "spline": ("coordinates", "outside"),
}
"""Interpolation -> the settings that it has besides its size."""
USUAL: Mapping[str, Sequence[Changes]] = {
    "nearest": (
        {"nearest_rounding": "prefer_ceil"},
        {"nearest_rounding": "floor"},
        {"coordinates": "asymmetric", "nearest_rounding": "floor"},
    ),
    "linear": ({"outside": "edge", "antialias": False},),
    "cubic": (
        {"cubic_coefficient": -0.75, "outside": "edge", "antialias": False},
        {"cubic_coefficient": -0.5, "outside": "renormalize", "antialias": False},
    ),
    "lanczos3": ({"outside": "renormalize", "antialias": False},),
    "lanczos5": ({"outside": "renormalize", "antialias": False},),
    "area": ({},),
    "spline": tuple(
        {"coordinates": grid, "outside": outside}
        for grid in ("align_corners", "half_pixel")
        for outside in resize_spline.BEYOND
    ),
}
"""Interpolation -> the settings with which systems have it; a case can mean all but the last, which is SciPy's."""
TABLES = tuple({key: each[key] for key in ("cubic_coefficient", "outside")} for each in USUAL["cubic"])
"""What TensorFlow 1 and TensorFlow 2 have beside their tables."""
TOGETHER: Mapping[str, Sequence[Changes]] = {
    "nearest": (
        {"coordinates": "asymmetric", "nearest_rounding": "floor"},
        {"coordinates": "half_pixel", "nearest_rounding": "prefer_ceil"},
        {"coordinates": "align_corners", "nearest_rounding": "prefer_ceil"},
    ),
    "cubic": TABLES,
}
"""Interpolation -> settings that systems have together, as one function or mode: PyTorch's nearest and nearest-exact,
TensorFlow 1 with corners aligned; the cubics of OpenCV and PyTorch, and of TensorFlow 2 and JAX."""
STEPS, NEAR = 6, 1e-4
"""Steps towards a coefficient, and how far apart those are by which a slope is measured."""
LEFT_OUT = dict.fromkeys(sorted({key for own in KEYS.values() for key in own}))


def relevant(interpolation: str) -> tuple[str, ...]:
    """The settings that matter to an interpolation."""
    return ("size", "scale", "interpolation", *KEYS[interpolation])


def alternatives(form: Settled) -> Iterator[Changes]:
    """Coordinates and rules first, which is where systems differ; then sizes, and other interpolations."""
    settings = form.settings
    own = KEYS[settings["interpolation"]]
    for key, values in (
        ("coordinates", COORDINATES),
        ("nearest_rounding", ROUNDINGS),
        ("cubic_coefficient", COEFFICIENTS),
    ):
        yield from ({key: each} for each in values if key in own and each != settings[key])
    for together in TOGETHER.get(settings["interpolation"], ()):
        changed = {key: value for key, value in together.items() if settings[key] != value}
        yield from (changed,) if len(changed) > 1 else ()
    yield from _corners(form) if settings.get("coordinates") == "align_corners" else ()
    if "antialias" in own:
        yield from ({"outside": each} for each in OUTSIDES if each != settings["outside"])
        yield from _widened(settings) if _shrinks(form) else ()
    yield from _sizes(form)
    yield from _precisions(settings)
    for kind in USUAL:
        if kind != settings["interpolation"]:
            yield from (_turned_to(kind, each, settings) for each in USUAL[kind])


def _shrinks(form: Settled) -> bool:
    """Whether antialiasing changes anything along some axis."""
    return any(line.shrunk > 1 for line in lines_of(form.x.shape[2:], form.settings))


def _widened(settings: Mapping[str, Any]) -> Iterator[Changes]:
    """Antialiasing, with which most systems have other samples make up for those outside."""
    yield {"antialias": not settings["antialias"]}
    if not settings["antialias"]:
        whole = {"antialias": True, "outside": "renormalize"}
        yield whole
        yield from ({**whole, "cubic_coefficient": -0.5},) if settings["interpolation"] == "cubic" else ()


def _corners(form: Settled) -> Iterator[Changes]:
    """Corners that are not aligned: of PyTorch with antialias, which puts outputs at the centres of areas all the same;
    of ONNX's reference with a factor, by which the output's length is no whole number."""
    sizes, size, scale = form.x.shape[2:], form.output_shape[2:], form.settings.get("scale")
    if form.settings.get("antialias") and min(*sizes, *size) > 1:
        yield {"coordinates": "half_pixel", "scale": tuple((m - 1) / (n - 1) for n, m in zip(sizes, size))}
    if scale is not None and min(sizes) > 1 and min(n * each for n, each in zip(sizes, scale)) > 1:
        longer = tuple((n * each - 1) / (n - 1) for n, each in zip(sizes, scale))
        yield {"coordinates": "asymmetric", "scale": longer, "size": size}


def _precisions(settings: Mapping[str, Any]) -> Iterator[Changes]:
    """Places in float32 where that decides which sample is nearest; cubics from a table, as TensorFlow has them."""
    kind, known = settings["interpolation"], settings.get("coordinate_precision")
    if kind == "nearest" and not known:
        yield from ({"coordinate_precision": each} for each in ROUNDED)
    if kind == "cubic" and not known:
        quantized = {"coordinate_precision": QUANTIZED}
        yield from (quantized, *({**quantized, **each} for each in TABLES))
    if kind == "area":
        yield {"area_samples": None if "area_samples" in settings else "whole"}


def _turned_to(kind: str, usual: Changes, settings: Mapping[str, Any]) -> Changes:
    """Another interpolation with its usual settings."""
    grid = {"coordinates": settings.get("coordinates", "half_pixel")} if KEYS[kind] else {}
    return {"interpolation": kind, **LEFT_OUT, **grid, **usual, "area_samples": None, "coordinate_precision": None}


def _sizes(form: Settled) -> Iterator[Changes]:
    """A size for a factor and the other way round, sizes that are rounded otherwise, axes exchanged."""
    sizes, settings = form.x.shape[2:], form.settings
    size, scale = made(sizes, settings), settings.get("scale")
    if scale is not None:
        yield {"scale": None, "size": size}
        for rule in SIZES.values():
            other = tuple(rule(n * decimal(each)) for n, each in zip(sizes, scale))
            yield from ({"size": other},) if other != size else ()
    else:
        yield from ({"scale": (each,) * form.rank} for each in _factors(sizes, size))
    if form.rank > 1:
        yield from _exchanged(settings, size)
    for other in (tuple(m + 1 for m in size), tuple(m - 1 for m in size)):
        yield from ({"size": other, "scale": None},) if min(other) else ()


def _factors(sizes: Sequence[int], size: Sequence[int]) -> list[float]:
    """Factors of few digits by which all of these sizes come about, rounded down."""
    low = max(m / n for n, m in zip(sizes, size))
    high = min((m + 1) / n for n, m in zip(sizes, size))
    if low >= high:
        return []
    inside = np.nextafter(high, low)
    found = [float(f"{each:.{digits}g}") for digits in (1, 2, 3) for each in (low, (low + inside) / 2, inside)]
    found.append(shortest(low, inside))
    ratios = {m / n for n, m in zip(sizes, size)}
    return [each for each in dict.fromkeys(found) if low <= each < high and {each} != ratios]


def _exchanged(settings: Mapping[str, Any], size: tuple[int, ...]) -> Iterator[Changes]:
    """The sizes, or the factors, of the last two axes in each other's place."""
    key, values = ("scale", settings["scale"]) if settings.get("size") is None else ("size", size)
    other = (*values[:-2], values[-1], values[-2])
    if other != values:
        yield {key: other}


def fitted(form: Settled, seen: np.ndarray, room: np.ndarray) -> Iterator[Changes]:
    """The coefficient of a cubic."""
    if form.settings["interpolation"] == "cubic" and seen.shape == form.output_shape:
        found = _coefficient(form, seen, room)
        yield from ({"cubic_coefficient": found},) if found is not None else ()


def _coefficient(form: Settled, seen: np.ndarray, room: np.ndarray) -> float | None:
    """By Gauss and Newton's steps from the one that is meant, then what all elements allow."""
    a = form.settings["cubic_coefficient"]
    for _ in range(STEPS):
        y, slope = _sloped(form, a)
        step = np.nansum(slope * (seen - y)) / max(np.nansum(slope * slope), 1e-300)
        a = float(np.clip(a + step, -3.0, 3.0))
    y, slope = _sloped(form, a)
    return share(slope, seen - y + a * slope, room, np.abs(slope) > room)


def _sloped(form: Settled, a: float) -> tuple[np.ndarray, np.ndarray]:
    """The output with a coefficient, and its slope in it."""
    low, y, high = (gaps.output(form.with_settings(cubic_coefficient=a + each)) for each in (-NEAR, 0.0, NEAR))
    return y, (high - low) / (2 * NEAR)
