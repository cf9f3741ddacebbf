"""What is read from an output of a normalization: its epsilon, and the factor with which statistics are stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from harness.canonical.settled import Settled
from harness.operations.by_settings.inferring import root
from harness.operations.by_settings.own_names import Changes
from harness.operations.normalization_formula import division, numerator_and_statistic, parameter, ungrouped

EPSILONS = (1e-12, 10.0)
FACTORS = (1e-3, 1e6)
"""Between which they are looked for."""
FINER = 1 / 16
"""Share of the largest error that most elements stay below: it tells more digits of a factor, where all do."""


def fitted(form: Settled, seen: np.ndarray, room: np.ndarray) -> Iterator[Changes]:
    yield from _epsilon(form, seen, room)
    if "over" not in form.settings and form.settings.get("factor") is None:
        yield from _factor(form, seen, room)


def _epsilon(form: Settled, seen: np.ndarray, room: np.ndarray) -> Iterator[Changes]:
    """The epsilon that all elements allow; each is monotone in it."""
    d, v, scale, offset = (each.ravel() for each in _parts(form))

    def value(epsilon: np.ndarray, at: np.ndarray) -> np.ndarray:
        return np.asarray(division(form.settings)(np, d[at], v[at], epsilon) * scale[at] + offset[at])

    found = _read(value, seen, room, EPSILONS)
    if found is not None and found != form.settings["epsilon"]:
        yield {"epsilon": found}


def _factor(form: Settled, seen: np.ndarray, room: np.ndarray) -> Iterator[Changes]:
    """The factor by which mean and variance are divided, from differences within each channel.

    Its mean is not in them, and each is monotone in the factor.
    """
    v, scale = (_by_channel(each) for each in list(_parts(form))[1:3])
    if (v != v[:1]).any() or (scale != scale[:1]).any():
        return
    y, off = _by_channel(seen), _by_channel(room)
    first = np.isfinite(y).argmax(axis=0)[None]
    dx, dy = (each - np.take_along_axis(each, first, 0) for each in (_by_channel(form.x.astype(np.float64)), y))
    d, v, scale = dx.ravel(), v.ravel(), scale.ravel()

    def value(factor: np.ndarray, at: np.ndarray) -> np.ndarray:
        return np.asarray(division(form.settings)(np, d[at], v[at] / factor, form.settings["epsilon"]) * scale[at])

    off = off + np.take_along_axis(off, first, 0)
    found = (_read(value, dy, off * share, FACTORS) for share in (1.0, FINER))
    yield from ({"factor": each} for each in dict.fromkeys(found) if each is not None and each != 1)


def _read(
    value: Callable[[np.ndarray, np.ndarray], np.ndarray],
    seen: np.ndarray,
    room: np.ndarray,
    limits: tuple[float, float],
) -> float | None:
    """The number of which `value(number, places)` are what was seen, all of it raveled."""
    places = np.arange(seen.size, dtype=np.float64)
    with np.errstate(all="ignore"):
        return root(lambda p, at: value(p, at.astype(np.int64)), places, seen.ravel(), room.ravel(), limits)


def _by_channel(each: np.ndarray) -> np.ndarray:
    """(elements, channels)."""
    return np.moveaxis(each, 1, -1).reshape(-1, each.shape[1])


def _parts(form: Settled) -> Iterator[np.ndarray]:
    """Numerator, statistic, scale and offset of each element of the output."""
    every = np.broadcast_arrays(*numerator_and_statistic(np, form.arrays, form.settings))
    yield from (ungrouped(each, form.x, form.settings).astype(np.float64) for each in every)
    for name, usual in (("scale", 1.0), ("offset", 0.0)):
        found = parameter(form.arrays, form.settings, name)
        yield np.broadcast_to(usual if found is None else found, form.output_shape)
