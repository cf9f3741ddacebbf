"""A bias behind an operation: it hides what settings are read from, and an offset may be one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.canonical.settled import BIAS, Settled, column
from harness.operations.by_settings.ends import MEANT, ends
from harness.operations.transforms.transform import Transform
from harness.operations.transforms.values import Bias


def without_bias(form: Settled, seen: np.ndarray, room: np.ndarray) -> tuple[Settled, np.ndarray, np.ndarray]:
    """The form, what was seen and how far it may be off, the bias taken off."""
    if not form.times:
        return form, seen, room
    bias = form.times * form.arrays[BIAS].astype(np.float64)
    room = room + np.spacing(np.nan_to_num(np.abs(seen)).astype(np.float64))
    return form.unbiased, seen - column(bias, form.rank), room


def ends_beside(form: Settled, y: np.ndarray, seen: np.ndarray, room: np.ndarray) -> Iterator[Transform]:
    """A factor and an offset that fit; an offset that is the bias once less or more has that name."""
    for end in ends(y, seen, room):
        if not (isinstance(end, Bias) and BIAS in form.arrays and _named(form, end, room)):
            yield end


def _named(form: Settled, end: Bias, room: np.ndarray) -> bool:
    """Whether an offset is the bias once less or more, or comes to another beside one that is."""
    apart = np.abs(np.abs(end.values) - np.abs(form.arrays[BIAS]))
    return BIAS in form.settings or bool((apart <= MEANT * np.nanmax(room, initial=0)).all())
