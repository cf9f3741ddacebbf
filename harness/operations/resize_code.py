"""A resize as code: a matrix for each axis in NumPy, and the calls of systems that have it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

from harness.canonical.settled import Settled
from harness.operations import resize_spline
from harness.operations.by_settings.writing import called
from harness.operations.resize_formula import RADIUS
from harness.operations.resize_grid import ROUNDED, TABLE, Line, Settings, lines_of, made

# --- NumPy -----------------------------------------------------------------------------------------------------------


def _numpy(form: Settled) -> Sequence[str]:
    lines = []
    for axis, line in enumerate(lines_of(form.x.shape[2:], form.settings), 2):
        lines += [f"# axis {axis}: {line.n} to {line.m}", *_along(axis, line, form.settings)]
    return [*lines, "y = x"]


def _along(axis: int, line: Line, settings: Settings) -> Iterator[str]:
    if settings["interpolation"] == "nearest":
        yield from _nearest(axis, line, settings["nearest_rounding"])
        return
    if settings["interpolation"] == "spline":
        yield from resize_spline.code(line, settings["outside"], _place(line))
    else:
        yield from _shares(line, settings) if settings["interpolation"] == "area" else _weights(line, settings)
    yield f"x = np.moveaxis(np.tensordot(x, w, ({axis}, 1)), -1, {axis})"


def _nearest(axis: int, line: Line, rounding: str) -> Iterator[str]:
    """In whole numbers, as a place may be exactly between two samples."""
    if line.precision:
        yield f"at = {_rounded(line)}"
        index = {"prefer_floor": "np.ceil(at - 0.5)", "prefer_ceil": "np.floor(at + 0.5)"}
        yield f"at = {index.get(rounding, f'np.{rounding}(at)')}.astype(int)"
    else:
        yield f"at = {_whole(line, rounding)}"
    yield f"x = np.take(x, np.clip(at, 0, {line.n - 1}), {axis})"


def _rounded(line: Line) -> str:
    """The places as `Line.places` rounds them."""
    kind = f"np.{ROUNDED[line.precision].__name__}"
    start = f"(np.arange({line.m}, dtype={kind}) + {kind}({float(line.ahead)}))"
    mapped = f"* {kind}({float(line.step)})"
    if line.precision != "float32 step" and line.step:
        scale = f"{kind}({float(1 / line.step)})"
        mapped = f"/ {scale}" if kind == "np.float32" else f"* (1 / {scale})"
    return f"{start} {mapped} + {kind}({float(line.shift)})"


def _whole(line: Line, rounding: str) -> str:
    """The nearest sample as a quotient of whole numbers."""
    step, start = line.step, line.ahead * line.step + line.shift
    start += {"prefer_floor": Fraction(-1, 2), "prefer_ceil": Fraction(1, 2)}.get(rounding, Fraction(0))
    below = math.lcm(step.denominator, start.denominator)
    a, b = int(step * below), int(start * below)
    place = f"({a} * np.arange({line.m}) {'-' if b < 0 else '+'} {abs(b)})"
    return f"{place} // {below}" if rounding in ("floor", "prefer_ceil") else f"-(-{place} // {below})"


def _place(line: Line) -> str:
    """Where each output stands, as a formula."""
    first = f"(np.arange({line.m}) + {float(line.ahead)})" if line.ahead else f"np.arange({line.m})"
    step = f" * {_ratio(line.step)}"
    shift = f" {'-' if line.shift < 0 else '+'} {_ratio(abs(line.shift))}" if line.shift else ""
    return first + step + shift


def _ratio(value: Fraction) -> str:
    return f"{value.numerator}" if value.denominator == 1 else f"({value.numerator} / {value.denominator})"


def _weights(line: Line, settings: Settings) -> Iterator[str]:
    """The weights (m, n) of a kernel."""
    stretch = line.stretched(settings["antialias"])
    kind, outside = settings["interpolation"], settings["outside"]
    reach = RADIUS[kind] * stretch
    first, last = math.floor(min(line.places, default=0) - reach), math.ceil(max(line.places, default=0) + reach)
    yield f"at = {_place(line)}"
    if line.precision:
        yield f"at = np.rint(at * {TABLE}) / {TABLE}"
    yield f"tap = np.arange({min(first, 0)}, {max(last + 1, line.n)})"
    yield f"d = abs(at[:, None] - tap){f' / {_ratio(stretch)}' if stretch > 1 else ''}"
    yield f"w = {_kernel(kind, settings)}"
    if outside == "renormalize":
        yield f"w = w * ((tap >= 0) & (tap < {line.n}))"
    if outside == "renormalize" or settings["antialias"] or kind.startswith("lanczos"):
        yield "w = w / w.sum(1, keepdims=True)"
    held = f"np.clip(tap, 0, {line.n - 1})" if outside == "edge" else "tap"
    yield f"w = w @ ({held}[:, None] == np.arange({line.n}))"


def _kernel(kind: str, settings: Settings) -> str:
    if kind == "linear":
        return "np.maximum(1 - d, 0)"
    if kind == "cubic":
        a = settings["cubic_coefficient"]
        inner, outer = f"(({a + 2} * d - {a + 3}) * d * d + 1)", f"((({a} * d - {5 * a}) * d + {8 * a}) * d - {4 * a})"
        return f"np.where(d <= 1, {inner}, np.where(d < 2, {outer}, 0))"
    radius = RADIUS[kind]
    return f"np.where(d < {radius}, np.sinc(d) * np.sinc(d / {radius}), 0)"


def _shares(line: Line, settings: Settings) -> Iterator[str]:
    """The weights (m, n) of the samples that an output covers."""
    step = _ratio(line.step)
    yield f"low, tap = np.arange({line.m})[:, None] * {step}, np.arange({line.n})"
    if settings.get("area_samples") == "whole":
        a, b = line.step.numerator, line.step.denominator
        number = f"np.arange({line.m})[:, None]"
        yield f"w = (tap >= {number} * {a} // {b}) & (tap < -(-({number} + 1) * {a} // {b}))"
    else:
        yield f"w = np.maximum(np.minimum(tap + 1, low + {step}) - np.maximum(tap, low), 0)"
    yield "w = w / w.sum(1, keepdims=True)"


# --- native calls ----------------------------------------------------------------------------------------------------


def _plain(form: Settled) -> bool:
    """Whether nothing of it is an odd way of one system."""
    return not {"coordinate_precision", "area_samples", "size_rounding"} & set(form.settings)


def _torch(form: Settled) -> Sequence[str]:
    mode = _torch_mode(form.settings, form.rank)
    told = _torch_size(form)
    if not mode or not told or (not _plain(form) and "area_samples" not in form.settings):
        return ()
    return called("torch", f"torch.nn.functional.interpolate(x, {told}, {mode})")


def _torch_size(form: Settled) -> str:
    settings, sizes = form.settings, form.x.shape[2:]
    scale = settings.get("scale")
    if scale is None:
        return f"size={made(sizes, settings)}"
    alone = made(sizes, {**settings, "size": None}) == made(sizes, settings)
    return f"scale_factor={scale}" if alone else ""


def _torch_mode(settings: Settings, rank: int) -> str:
    kind, coordinates = settings["interpolation"], settings.get("coordinates")
    if kind == "nearest":
        known = {("asymmetric", "floor"): "nearest", ("half_pixel", "prefer_ceil"): "nearest-exact"}
        mode = known.get((str(coordinates), settings["nearest_rounding"]), "")
        return f"mode={mode!r}" if mode else ""
    if kind == "area":
        return "mode='area'" if settings.get("area_samples") == "whole" else ""
    names = {"linear": ("linear", "bilinear", "trilinear")[rank - 1], "cubic": "bicubic" if rank == 2 else ""}
    antialias = settings.get("antialias")
    outside, coefficient = ("renormalize", -0.5) if antialias else ("edge", -0.75)
    known = settings["outside"] == outside and settings.get("cubic_coefficient", coefficient) == coefficient
    if (
        not names.get(kind)
        or not known
        or coordinates not in ("half_pixel", *(() if antialias else ("align_corners",)))
    ):
        return ""
    more = ", antialias=True" if antialias else f", align_corners={coordinates == 'align_corners'}"
    return f"mode={names[kind]!r}{more}" if rank == 2 or not antialias else ""


def _tensorflow(form: Settled) -> Sequence[str]:
    call = _tensorflow_call(form) if form.rank == 2 and _by_size(form) else ""
    return called("tensorflow", f"tf.transpose({call}, (0, 3, 1, 2))") if call else ()


def _by_size(form: Settled) -> bool:
    return _plain(form) and form.settings.get("scale") is None


def _tensorflow_call(form: Settled) -> str:
    settings, size = form.settings, made(form.x.shape[2:], form.settings)
    kind, coordinates, x = settings["interpolation"], settings.get("coordinates"), "tf.transpose(x, (0, 2, 3, 1))"
    if kind == "area":
        return f"tf.image.resize({x}, {size}, 'area')"
    if coordinates == "half_pixel" and _half_pixel(settings):
        antialias = settings.get("antialias", False) or (kind == "cubic" and not _shrinks(form))
        return f"tf.image.resize({x}, {size}, {TENSORFLOW[kind]!r}, antialias={antialias})"
    name = {"nearest": "nearest_neighbor", "linear": "bilinear"}.get(kind, "")
    rounding = "floor" if coordinates == "asymmetric" else "prefer_ceil"
    known = settings.get("nearest_rounding", rounding) == rounding and not settings.get("antialias")
    if not name or not known or coordinates not in ("asymmetric", "align_corners") or settings.get("outside") == "zero":
        return ""
    return f"tf.compat.v1.image.resize_{name}({x}, {size}, align_corners={coordinates == 'align_corners'})"


def _shrinks(form: Settled) -> bool:
    return any(m < n for n, m in zip(form.x.shape[2:], form.output_shape[2:]))


TENSORFLOW = {
    "nearest": "nearest",
    "linear": "bilinear",
    "cubic": "bicubic",
    "lanczos3": "lanczos3",
    "lanczos5": "lanczos5",
}


def _half_pixel(settings: Settings) -> str:
    """The method that TensorFlow 2 and JAX have, whose weights make up for those outside."""
    kind = settings["interpolation"]
    if kind == "nearest":
        return kind if settings["nearest_rounding"] == "prefer_ceil" else ""
    whole = settings["outside"] == "renormalize" or (kind == "linear" and not settings["antialias"])
    whole = whole and settings["outside"] != "zero"
    return kind if whole and settings.get("cubic_coefficient", -0.5) == -0.5 else ""


def _jax(form: Settled) -> Sequence[str]:
    settings = form.settings
    if not _by_size(form) or settings.get("coordinates") != "half_pixel" or not _half_pixel(settings):
        return ()
    shape, antialias = form.output_shape, settings.get("antialias", False)
    return called("jax", f"jax.image.resize(x, {shape}, {settings['interpolation']!r}, antialias={antialias})")


PROGRAMS: Mapping[str, Callable[[Settled], Sequence[str]]] = {
    "numpy": _numpy,
    "torch": _torch,
    "tensorflow": _tensorflow,
    "jax": _jax,
}
