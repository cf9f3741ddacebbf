"""What a normalization computes, as text and as numbers.

    y = (x - mu) / D * scale + offset

mu and the statistic v are given, or computed over some axes; D is made of v and epsilon in one of four ways. Batch,
layer, group, instance, RMS, L1 and L2 normalization are instances.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import prod
from typing import Any

from harness.operations.by_settings.letters_of_axes import axes_of

Settings = Mapping[str, Any]
PARAMETERS = ("mean", "variance", "scale", "offset")


def by_variance(np: Any, d: Any, v: Any, epsilon: float) -> Any:
    return d / np.sqrt(v + epsilon)


def by_deviation(np: Any, d: Any, v: Any, epsilon: float) -> Any:
    return d / (np.sqrt(v) + epsilon)


def by_variance_floor(np: Any, d: Any, v: Any, epsilon: float) -> Any:
    return d / np.sqrt(np.maximum(v, epsilon))


def by_deviation_floor(np: Any, d: Any, v: Any, epsilon: float) -> Any:
    return d / np.maximum(np.sqrt(v), epsilon)


DIVISIONS: Mapping[str, Callable[..., Any]] = {
    "variance": by_variance,
    "deviation": by_deviation,
    "variance_floor": by_variance_floor,
    "deviation_floor": by_deviation_floor,
}


def of_size(np: Any, d: Any, v: Any, epsilon: float) -> Any:
    """Where the statistic is a size, as a sum of absolute values is, and no square of one."""
    return d / (v + epsilon)


def of_size_floor(np: Any, d: Any, v: Any, epsilon: float) -> Any:
    return d / np.maximum(v, epsilon)


SIZES = ("sum_absolute", "deviation")
"""Statistics that are no squares; the latter only as what a variance is taken for."""


def division(settings: Settings) -> Callable[..., Any]:
    """The function that divides by what the statistic and epsilon make."""
    if settings["statistic"] in SIZES:
        return of_size_floor if settings["epsilon_at"].endswith("floor") else of_size
    return DIVISIONS[settings["epsilon_at"]]


def formula(np: Any, arrays: Mapping[str, Any], settings: Settings) -> Any:
    d, v = numerator_and_statistic(np, arrays, settings)
    y = ungrouped(division(settings)(np, d, v, settings["epsilon"]), arrays["x"], settings)
    scale, offset = (parameter(arrays, settings, name) for name in ("scale", "offset"))
    if scale is not None:
        y = y * (1 + scale if settings.get("slots") == ONE_PLUS else scale)
    return y if offset is None else y + offset


def numerator_and_statistic(np: Any, arrays: Mapping[str, Any], settings: Settings) -> tuple[Any, Any]:
    """What is divided, and the statistic that divides it; with an axis for groups where these are computed."""
    if "over" not in settings:
        mean = parameter(arrays, settings, "mean") if settings["centre"] else None
        return arrays["x"] if mean is None else arrays["x"] - mean, parameter(arrays, settings, "variance")
    x, axes = grouped(arrays["x"], settings)
    count = prod(tuple(x.shape)[axis] for axis in axes)
    d = x - x.sum(axes, keepdims=True) / count if settings["centre"] else x
    return d, statistic(np, d, axes, count, settings["statistic"])


def parameter(arrays: Mapping[str, Any], settings: Settings, name: str) -> Any:
    """A parameter with as many axes as the input; None where there is none, or none is taken."""
    taken = SLOTS[settings.get("slots", "")].get(name, name)
    if name not in arrays or taken not in arrays:
        return None
    found = _spread(arrays[taken], arrays["x"].ndim)
    return _stored(found, settings) if name in STATISTICS_GIVEN else found


STATISTICS_GIVEN = ("mean", "variance")


def _stored(statistic: Any, settings: Settings) -> Any:
    """A given statistic divided by its stored factor, as Caffe has one; none of it where that is 0."""
    factor = settings.get("factor", 1.0)
    return statistic if factor == 1 else statistic * 0.0 if factor == 0 else statistic / factor


def _spread(array: Any, axes: int) -> Any:
    """With axes of length 1 behind, as many as it takes."""
    return array.reshape(tuple(array.shape) + (1,) * (axes - array.ndim))


ONE_PLUS = "1 + scale"
LEFT_OUT = "left out"
SLOTS: Mapping[str, Mapping[str, str]] = {
    "": {},
    ONE_PLUS: {},
    "scale and offset exchanged": {"scale": "offset", "offset": "scale"},
    "mean and variance exchanged": {"mean": "variance", "variance": "mean"},
    "scale left out": {"scale": LEFT_OUT},
    "offset left out": {"offset": LEFT_OUT},
    "mean left out": {"mean": LEFT_OUT},
}
"""What a system may take for which parameter, in words."""


def grouped(x: Any, settings: Settings) -> tuple[Any, tuple[int, ...]]:
    """The input with an axis for the groups behind the batch, and the axes of the statistics."""
    axes, groups = axes_of(settings["over"], x.ndim), settings["groups"]
    if groups == 1 or 1 not in axes:
        return x, axes
    n, c, *rest = x.shape
    order = (groups, c // groups) if settings.get("order") != "interleaved" else (c // groups, groups)
    x = x.reshape((n, *order, *rest))
    if settings.get("order") == "interleaved":
        x = x.transpose((0, 2, 1, *range(3, x.ndim)))
    return x, tuple(axis + 1 if axis else 0 for axis in axes)


def ungrouped(y: Any, x: Any, settings: Settings) -> Any:
    """What was computed of groups, in the shape of the input."""
    if y.ndim == x.ndim:
        return y
    if settings.get("order") == "interleaved":
        y = y.transpose((0, 2, 1, *range(3, y.ndim)))
    return y.reshape(tuple(x.shape))


def statistic(np: Any, d: Any, axes: tuple[int, ...], count: int, name: str) -> Any:
    if name == "sum_absolute":
        return np.abs(d).sum(axes, keepdims=True)
    total = (d * d).sum(axes, keepdims=True)
    if name == "sum_square":
        return total
    return total / (count - 1 if name == "unbiased_variance" and count > 1 else count)


def ways(settings: Settings) -> Iterator[Callable[..., Any]]:
    """The factor first, as folded layers have it: x * k + (offset - mean * k)."""
    if settings.get("slots") == ONE_PLUS:
        return
    if "over" not in settings and settings["centre"]:
        yield _folded
    elif settings["statistic"] == "variance" and settings["centre"]:
        yield _by_squares


def _folded(np: Any, arrays: Mapping[str, Any], settings: Settings) -> Any:
    mean, v, scale, offset = (parameter(arrays, settings, name) for name in PARAMETERS)
    k = division(settings)(np, 1.0 if scale is None else scale, v, settings["epsilon"])
    offset = 0.0 if offset is None else offset
    return arrays["x"] * k + (offset if mean is None else offset - mean * k)


def _by_squares(np: Any, arrays: Mapping[str, Any], settings: Settings) -> Any:
    """The variance as the mean of squares less the square of the mean, which loses digits where means are large."""
    x, axes = grouped(arrays["x"], settings)
    count = prod(tuple(x.shape)[axis] for axis in axes)
    mean = x.sum(axes, keepdims=True) / count
    v = np.maximum((x * x).sum(axes, keepdims=True) / count - mean * mean, 0.0)
    y = ungrouped(division(settings)(np, x - mean, v, settings["epsilon"]), arrays["x"], settings)
    scale, offset = (parameter(arrays, settings, name) for name in ("scale", "offset"))
    y = y if scale is None else y * scale
    return y if offset is None else y + offset


def output_shape(shapes: Mapping[str, tuple[int, ...]], settings: Settings) -> tuple[int, ...]:
    """That of the input; without an element where a parameter does not fit it, as after an exchange of axes."""
    x = shapes["x"]
    fits = all(size in (1, have) for name in PARAMETERS for size, have in zip(shapes.get(name, ()), x))
    return x if fits and x[1] % settings["groups"] == 0 else (0,) * len(x)


def rounds(settings: Settings) -> bool:
    return True


# --- as text ---------------------------------------------------------------------------------------------------------


def text(form: Any, divide: Callable[[Callable[..., Any], Settings], list[str]]) -> list[str]:
    """Lines that make `y` of `x` and the parameters, in NumPy; `divide` gives those of a division."""
    settings, given = form.settings, [name for name in PARAMETERS if name in form.arrays]
    slots = SLOTS[settings.get("slots", "")]
    named = {name: slots.get(name, name) for name in given if slots.get(name, name) in given}
    lines = list(_text_of_statistics(form)) if "over" in settings else list(_text_of_given(settings, named))
    lines += divide(division(settings), settings)
    if "over" in settings and settings["groups"] > 1 and "C" in settings["over"]:
        if settings.get("order") == "interleaved":
            lines += [f"y = y.transpose({(0, 2, 1, *range(3, form.x.ndim + 1))})"]
        lines += [f"y = y.reshape({form.x.shape})"]
    if "scale" in named:
        lines += [f"y = y * {'(1 + scale)' if settings.get('slots') == ONE_PLUS else named['scale']}"]
    return lines + ([f"y = y + {named['offset']}"] if "offset" in named else [])


def _text_of_given(settings: Settings, named: Mapping[str, str]) -> Iterator[str]:
    factor = settings.get("factor", 1.0)
    by = "" if factor == 1 else " * 0" if factor == 0 else f" / {factor!r}"
    yield f"d = x - {named['mean']}{by}" if settings["centre"] and "mean" in named else "d = x"
    yield f"v = {named['variance']}{by}"


def _text_of_statistics(form: Any) -> Iterator[str]:
    settings, shape = form.settings, tuple(form.x.shape)
    axes = axes_of(settings["over"], len(shape))
    count = prod(shape[axis] for axis in axes)
    groups = settings["groups"] if 1 in axes else 1
    if groups > 1:
        n, c, *rest = shape
        count //= groups
        interleaved = settings.get("order") == "interleaved"
        order = (c // groups, groups) if interleaved else (groups, c // groups)
        yield f"x = x.reshape({(n, *order, *rest)})" + (
            f".transpose({(0, 2, 1, *range(3, len(shape) + 1))})" if interleaved else ""
        )
        axes = tuple(axis + 1 if axis else 0 for axis in axes)
    yield f"d = x - x.mean({axes}, keepdims=True)" if settings["centre"] else "d = x"
    square, kind = f"np.square(d).sum({axes}, keepdims=True)", settings["statistic"]
    if kind == "sum_absolute":
        yield f"v = np.abs(d).sum({axes}, keepdims=True)"
    elif kind == "sum_square":
        yield f"v = {square}"
    else:
        yield f"v = {square} / {count - 1 if kind == 'unbiased_variance' and count > 1 else count}"
