"""A factor and an offset of each output channel, read from the values where enough of them confirm it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.canonical.settled import BIAS, Settled, column
from harness.operations.by_settings.inferring import CONFIRMING, shortest
from harness.operations.by_settings.orders import Transforms
from harness.operations.transforms.transform import Transform
from harness.operations.transforms.values import Bias, Scale
from harness.operations.windowed.search.inference import inferred

MEANT = 64
"""How many times its error an output must be off for a factor or an offset to be read from it."""
NEUTRAL = {"factor": 1.0, "offset": 0.0}
"""What changes nothing."""
MOST = 0.25
"""Share of the elements that must have a factor or an offset which others tell a setting beside."""


def fits(y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> bool:
    with np.errstate(invalid="ignore", over="ignore"):
        return not bool((np.abs(y - seen) > room).any()) and bool((np.isfinite(y) & np.isfinite(seen)).any())


def apart(y: np.ndarray, seen: np.ndarray, room: np.ndarray, terms: int) -> bool:
    """Whether they differ by more than what errors of rounding come to, which no factor or offset is to explain.

    terms: of which each element is the sum, and for all of which `room` is.
    """
    with np.errstate(invalid="ignore"):
        return bool((np.abs(y - seen) > max(MEANT / terms, 1) * room).any())


def ended(y: np.ndarray, end: Transforms) -> np.ndarray:
    for each in end:
        y = y * column(np.asarray(each.factors), y.ndim - 2) if isinstance(each, Scale) else y
        y = y + column(np.asarray(each.values), y.ndim - 2) if isinstance(each, Bias) else y
    return y


def ends(y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> Iterator[Transform]:
    """A factor and an offset that fit, where enough different values confirm them."""
    for kind in ("factor", "offset"):
        values = _one_or_each(kind, y, seen, room)
        if values is not None and not np.all(values == NEUTRAL[kind]) and np.isfinite(values).all():
            yield _end(kind, values)


def unnamed(form: Settled, y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> Iterator[Transform]:
    """The same; an offset that is the bias of the form once less or more has that name, and is left out."""
    for end in ends(y, seen, room):
        if not (isinstance(end, Bias) and BIAS in form.arrays and _named(form, end, room)):
            yield end


def _named(form: Settled, end: Bias, room: np.ndarray) -> bool:
    """Whether an offset is the bias once less or more, or comes to another beside one that is."""
    apart = np.abs(np.abs(end.values) - np.abs(form.arrays[BIAS]))
    return BIAS in form.settings or bool((apart <= MEANT * np.nanmax(room, initial=0)).all())


def before_bias(form: Settled, seen: np.ndarray, room: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What was seen, and its errors, before the bias of the form was added."""
    if not form.times:
        return seen, room
    bias = form.times * form.arrays[BIAS].astype(np.float64)
    lost = np.spacing(np.nan_to_num(np.abs(seen)).astype(np.float64))
    return seen - column(bias, form.rank), room + lost


def of_most(y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> Iterator[Transform]:
    """A factor and an offset, one for all channels, that at least MOST of the elements have."""
    with np.errstate(all="ignore"):
        for kind, rough in (("factor", seen / np.where(np.abs(y) > MEANT * room, y, np.nan)), ("offset", seen - y)):
            if not np.isfinite(rough).any():
                continue
            middle = float(np.median(rough[np.isfinite(rough)]))
            having = np.abs((y * middle if kind == "factor" else y + middle) - seen) <= MEANT * room
            if middle not in (0.0, 1.0) and having.mean() >= MOST:
                found = _one_or_each(kind, y, np.where(having, seen, np.nan), room)
                if found is not None and not np.all(found == NEUTRAL[kind]):
                    yield _end(kind, found)


def without(end: Transform, seen: np.ndarray, room: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What was seen, and its errors, before a factor or an offset."""
    if isinstance(end, Scale):
        factor = column(np.asarray(end.factors), seen.ndim - 2)
        return seen / factor, room / np.abs(factor)
    assert isinstance(end, Bias)
    return seen - column(np.asarray(end.values), seen.ndim - 2), room


def _end(kind: str, values: np.ndarray) -> Transform:
    """The factor or the offset of each channel as a transform."""
    told = ", ".join(dict.fromkeys(f"{each:.6g}" for each in values[:8]))
    end = tuple(values.tolist())
    return Scale(f"a factor of {told}", end) if kind == "factor" else Bias("unknown", end)


def _one_or_each(kind: str, y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> np.ndarray | None:
    """One number for all channels, or else one for each; None where the values do not confirm it."""
    for each in (False, True):
        shape = (y.shape[0], -1, *y.shape[2:]) if each else (-1, 1, 1)
        parts = [part.reshape(shape) for part in (y, seen, room)]
        if not _confirmed(*parts):
            continue
        with np.errstate(all="ignore"):
            best, low, high = inferred(kind, *parts)
            found = np.array([shortest(*limits) for limits in zip(low, high, best)])
        fitting = y * column(found, y.ndim - 2) if kind == "factor" else y + column(found, y.ndim - 2)
        if fits(fitting, seen, room):
            return found if each else np.full(y.shape[1], found[0])
    return None


def _confirmed(y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> bool:
    """Whether each channel has enough different values that are more than their error."""
    known = np.isfinite(y) & np.isfinite(seen) & (np.abs(y) > room)
    y = np.where(known, y, 0.0)
    finest = np.spacing(np.abs(y).max(initial=1e-300))  # whole numbers may have no error
    steps = np.round(y / np.maximum(np.where(known, 4 * room, 1.0), finest))
    return all(len(np.unique(steps[:, each][known[:, each]])) > CONFIRMING for each in range(y.shape[1]))
