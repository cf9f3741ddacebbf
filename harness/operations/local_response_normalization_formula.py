"""What a local response normalization computes, in numbers and as text (Krizhevsky, Sutskever & Hinton 2012, 3.3).

    y = x / (k + alpha / d * S) ** beta

S is the sum of squares of a window around each element, over the channels or over space; outside the input there are
zeros. d is the size of the window, its elements, or 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy

from harness.canonical.settled import Settled
from harness.operations.by_settings.letters_of_axes import axes_of
from harness.operations.by_settings.writing import called

Settings = Mapping[str, Any]
ABOVE, BELOW = "one more above", "one more below"
"""On which side the window of an even size reaches further; above where it is not said."""


def sides(settings: Settings) -> tuple[int, int]:
    """How many neighbours a window has below and above its element."""
    below, above = (settings["size"] - 1) // 2, settings["size"] // 2
    return (above, below) if settings.get("even_size") == BELOW else (below, above)


def divisor(settings: Settings) -> int:
    """What alpha is divided by."""
    powers = {"none": 0, "size": 1, "area": len(settings["across"])}
    return int(settings["size"] ** powers[settings["divided"]])


def formula(np: Any, arrays: Mapping[str, Any], settings: Settings) -> Any:
    return arrays["x"] / base(np, arrays["x"], settings) ** settings["beta"]


def base(np: Any, x: Any, settings: Settings) -> Any:
    """What is raised to the power."""
    return settings["k"] + settings["alpha"] * squares(np, x, settings) / divisor(settings)


def squares(np: Any, x: Any, settings: Settings) -> Any:
    """The sum of squares of the window around each element."""
    total = x * x
    for axis in axes_of(settings["across"], x.ndim):
        total = _along(np, total, axis, sides(settings))
    return total


def _along(np: Any, values: Any, axis: int, reach: tuple[int, int]) -> Any:
    """The sum of each element and its neighbours along one axis."""
    n = values.shape[axis]
    below, above = (min(each, n - 1) for each in reach)
    places = numpy.arange(n)[:, None] + numpy.arange(-below, above + 1)
    inside = ((places >= 0) & (places < n)).reshape(places.shape + (1,) * (values.ndim - axis - 1))
    taken = values[(slice(None),) * axis + (numpy.clip(places, 0, n - 1),)]
    return np.where(inside, taken, 0.0).sum(axis + 1)


def ways(settings: Settings) -> Iterator[Callable[..., Any]]:
    """A sum that moves on with its window: what comes in is added, what goes out is subtracted."""
    yield _moving


def _moving(np: Any, arrays: Mapping[str, Any], settings: Settings) -> Any:
    """Off as if rounded beside 4 sqrt(m) times its largest value, after m additions, of which hardly all add up."""
    x = arrays["x"]
    axes = axes_of(settings["across"], x.ndim)
    found = base(np, x, settings)
    most = np.exact(found.max(axes, keepdims=True))
    beside = np.exact(most * (4 * math.sqrt(2 * sum(x.shape[axis] for axis in axes))))
    return x / ((found + beside) - beside) ** settings["beta"]


def output_shape(shapes: Mapping[str, tuple[int, ...]], settings: Settings) -> tuple[int, ...]:
    return shapes["x"]


def rounds(settings: Settings) -> bool:
    return True


# --- as text ---------------------------------------------------------------------------------------------------------


def _numpy(form: Settled) -> Sequence[str]:
    settings, axes = form.settings, axes_of(form.settings["across"], form.x.ndim)
    pairs = [sides(settings) if axis in axes else (0, 0) for axis in range(form.x.ndim)]
    window, last = (settings["size"],) * len(axes), tuple(range(-len(axes), 0))
    return [
        f"s = np.pad(x * x, {pairs})",
        f"s = np.lib.stride_tricks.sliding_window_view(s, {window}, {axes}).sum({last})",
        f"y = x / ({settings['k']!r} + {_factor(form)} * s) ** {settings['beta']!r}",
    ]


def _factor(form: Settled, size: int = 1) -> str:
    """What S is multiplied by, as text; where a system divides by the size, `size` times that."""
    count = divisor(form.settings)
    alpha = repr(form.settings["alpha"])
    if count == size:
        return alpha
    return f"{alpha} / {count}" if size == 1 else f"{alpha} * {size} / {count}" if count > 1 else f"{alpha} * {size}"


def _torch(form: Settled) -> Sequence[str]:
    settings = form.settings
    below, above = sides(settings)
    if settings["across"] != "C" or below < above:
        return ()
    told = f"{settings['size']}, {_factor(form, settings['size'])}, {settings['beta']!r}, {settings['k']!r}"
    return called("torch", f"torch.nn.functional.local_response_norm(x, {told})")


def _tensorflow(form: Settled) -> Sequence[str]:
    settings = form.settings
    below, above = sides(settings)
    if settings["across"] != "C" or below != above or form.rank != 2 or form.x.dtype != numpy.float32:
        return ()
    told = f"{below}, {settings['k']!r}, {_factor(form)}, {settings['beta']!r}"
    last = "tf.transpose(x, (0, 2, 3, 1))"
    call = f"tf.transpose(tf.nn.local_response_normalization({last}, {told}), (0, 3, 1, 2))"
    return called("tensorflow", call)


def _jax(form: Settled) -> Sequence[str]:
    settings, axes = form.settings, axes_of(form.settings["across"], form.x.ndim)
    window = tuple(settings["size"] if axis in axes else 1 for axis in range(form.x.ndim))
    pairs = tuple(sides(settings) if axis in axes else (0, 0) for axis in range(form.x.ndim))
    told = f"x * x, np.zeros((), x.dtype), jax.lax.add, {window}, {(1,) * form.x.ndim}, {pairs}"
    power = f"({settings['k']!r} + {_factor(form)} * s) ** {settings['beta']!r}"
    return [f"s = jax.lax.reduce_window({told})", *called("jax", f"x / {power}")]


PROGRAMS: Mapping[str, Callable[[Settled], Sequence[str]]] = {
    "numpy": _numpy,
    "torch": _torch,
    "tensorflow": _tensorflow,
    "jax": _jax,
}
