"""Padding: each axis is cropped where amounts are negative, and what is left is continued on both sides.

A sample beyond an axis of m samples is that of another place, by the boundary: of the nearest one (edge), with a period
of 2 (m - 1) (reflect), 2 m (symmetric) or m (wrap); or it is a constant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy

from harness.canonical.layout import canonical

Settings = Mapping[str, Any]
Side = tuple[str, int, int]
"""The letter of an axis, and what is added before and behind."""
FILLED = ("zero", "constant")


def pairs_of(settings: Settings, rank: int) -> tuple[tuple[int, int], ...]:
    """(low, high) of each axis in canonical order."""
    given = {letter: (low, high) for letter, low, high in settings["padding"]}
    return tuple(given.get(letter, (0, 0)) for letter in canonical("input", rank))


def sides_of(pairs: Iterable[tuple[int, int]], rank: int) -> tuple[Side, ...]:
    """The same as a setting has it: of the axes that are padded only."""
    return tuple((letter, *pair) for letter, pair in zip(canonical("input", rank), pairs) if any(pair))


def kept(size: int, pair: tuple[int, int]) -> tuple[int, int]:
    """First and last place, but one, of what is left of an axis when it is cropped."""
    return max(-pair[0], 0), size - max(-pair[1], 0)


def sources(size: int, pair: tuple[int, int], boundary: str) -> tuple[numpy.ndarray, numpy.ndarray]:
    """(where each sample comes from, which of them lie inside) of one axis."""
    start, stop = kept(size, pair)
    m = stop - start
    places = numpy.arange(-max(pair[0], 0), m + max(pair[1], 0))
    return PLACES[boundary](places, m) + start, (places >= 0) & (places < m)


def _edge(places: numpy.ndarray, m: int) -> numpy.ndarray:
    return numpy.asarray(numpy.clip(places, 0, m - 1))


def _reflect(places: numpy.ndarray, m: int) -> numpy.ndarray:
    return numpy.asarray(m - 1 - numpy.abs(places % max(2 * (m - 1), 1) - (m - 1)))


def _symmetric(places: numpy.ndarray, m: int) -> numpy.ndarray:
    inner = places % (2 * m)
    return numpy.asarray(numpy.minimum(inner, 2 * m - 1 - inner))


def _wrap(places: numpy.ndarray, m: int) -> numpy.ndarray:
    return numpy.asarray(places % m)


PLACES: Mapping[str, Callable[[numpy.ndarray, int], numpy.ndarray]] = {
    "zero": _edge,
    "constant": _edge,
    "edge": _edge,
    "reflect": _reflect,
    "symmetric": _symmetric,
    "wrap": _wrap,
}
"""Boundary -> the place of what stands in other places; where it is filled, any."""


def formula(np: Any, arrays: Mapping[str, Any], settings: Settings) -> Any:
    y, boundary = arrays["x"], settings["boundary"]
    fill = float(settings.get("constant", 0.0))
    for axis, pair in enumerate(pairs_of(settings, y.ndim - 2)):
        if any(pair):
            index, inside = sources(y.shape[axis], pair, boundary)
            y = y[(slice(None),) * axis + (index,)]
            if boundary in FILLED and not inside.all():
                y = np.where(inside.reshape((-1,) + (1,) * (y.ndim - axis - 1)), y, fill)
    return y


def output_shape(shapes: Mapping[str, tuple[int, ...]], settings: Settings) -> tuple[int, ...]:
    """None where nothing is left of an axis."""
    sizes = shapes["x"]
    each = list(zip(sizes, pairs_of(settings, len(sizes) - 2)))
    if any(stop <= start for start, stop in (kept(size, pair) for size, pair in each)):
        return (0,) * len(sizes)
    return tuple(size + low + high for size, (low, high) in each)


def ways(settings: Settings) -> Iterable[Callable[..., Any]]:
    """Nothing is computed."""
    return ()


def rounds(settings: Settings) -> bool:
    """A constant of many digits is rounded to the numbers of the input."""
    return not float(settings.get("constant", 0.0)).is_integer()


# --- as text ---------------------------------------------------------------------------------------------------------

MODES = {"zero": "constant", "constant": "constant", "edge": "edge", "reflect": "reflect"} | {
    "symmetric": "symmetric",
    "wrap": "wrap",
}


def cropped(form: Any) -> list[str]:
    """The line that crops the input, where something is cropped."""
    cut = [kept(size, pair) for size, pair in zip(form.x.shape, pairs_of(form.settings, form.rank))]
    if all(stop - start == size for (start, stop), size in zip(cut, form.x.shape)):
        return []
    return [f"x = x[{', '.join(f'{start}:{stop}' for start, stop in cut)}]"]


def grown(settings: Settings, rank: int) -> list[tuple[int, int]]:
    """What is added along each axis, once it is cropped."""
    return [(max(low, 0), max(high, 0)) for low, high in pairs_of(settings, rank)]


def told(settings: Settings) -> str:
    """The mode, and a constant where it is not zero, as NumPy and JAX are told it."""
    fill = f", constant_values={settings['constant']!r}" if settings.get("constant") else ""
    return f"mode={MODES[settings['boundary']]!r}{fill}"


def of_numpy(form: Any) -> Sequence[str]:
    return [*cropped(form), f"y = np.pad(x, {grown(form.settings, form.rank)}, {told(form.settings)})"]
