"""Factors and offsets of the input's channels where no linear system tells them: by steps towards the least squares.

Of a formula whose outputs have the signs of its inputs: where these turn tells each offset as a share of its factor,
which is near enough to start from (Levenberg 1944; Marquardt 1963, "An algorithm for least-squares estimation of
nonlinear parameters").
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from harness.canonical import gaps
from harness.canonical.settled import Settled, column

STEPS, MOVED = 40, 1e-6
"""Steps, at most, and how far a number is moved to see its slope."""
MOST = 2**24
"""Numbers of outputs that may be computed on the way."""
SLOW, STUCK, STILL = 1e-2, 1e8, 1e-9
"""How much is held back of the first step; where there is no step left; the least share by which one must be better."""


class Linearized(NamedTuple):
    """What the outputs are about `numbers`: matrix @ numbers = values, in units of what each may be off."""

    matrix: np.ndarray
    values: np.ndarray
    numbers: np.ndarray


def descended(form: Settled, seen: np.ndarray, room: np.ndarray) -> Linearized | None:
    """The factors, then the offsets, that come nearest; None where too little is known to tell them, or too much is to
    be computed."""
    known = np.isfinite(seen) & (room > 0)
    if form.x.size * form.x.shape[1] * 4 * STEPS > MOST:
        return None
    numbers = np.concatenate([np.ones(form.x.shape[1]), _turning(form.x, np.where(known, seen, 0))])
    if np.count_nonzero(known) <= len(numbers) or not np.isfinite(numbers).all():
        return None

    def off(at: np.ndarray) -> np.ndarray:
        factors, offsets = (column(each, form.rank) for each in np.split(at, 2))
        y = gaps.output(form.map(lambda x: x * factors + offsets, "x"))
        return np.asarray(((seen - y) / np.where(known, room, 1))[known])

    return _nearest(off, numbers)


def _turning(x: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """For each channel what to add to its values so that they change their sign where the outputs do; or 0."""
    every = [(x[:, each][np.isfinite(x[:, each])], x[:, each], seen[:, each]) for each in range(x.shape[1])]
    ends = [(own[y < 0].max(initial=known.min()), own[y > 0].min(initial=known.max())) for known, own, y in every]
    return np.asarray(-np.mean(ends, axis=1, dtype=np.float64))


def _nearest(off: Callable[[np.ndarray], np.ndarray], numbers: np.ndarray) -> Linearized | None:
    """Numbers from which no step makes what is off less."""
    held, left = SLOW, off(numbers)
    for _ in range(STEPS):
        ahead = MOVED * np.eye(len(numbers))
        matrix = np.stack([(off(numbers - each) - off(numbers + each)) / (2 * MOVED) for each in ahead], axis=1)
        square = matrix.T @ matrix
        better, held = _step(off, numbers, left, matrix.T @ left, square, held)
        gained = left @ left - (after := off(better)) @ after
        if not np.isfinite(gained) or gained <= STILL * (left @ left):
            return Linearized(matrix, matrix @ numbers + left, numbers)
        numbers, left = better, after
    return None


def _step(
    off: Callable[[np.ndarray], np.ndarray],
    numbers: np.ndarray,
    left: np.ndarray,
    slope: np.ndarray,
    square: np.ndarray,
    held: float,
) -> tuple[np.ndarray, float]:
    """The numbers a step further, held back until that is better, and how much the next one is to be."""
    if not (np.isfinite(square).all() and np.isfinite(slope).all()):
        return numbers, held
    while held < STUCK:
        damped = square + held * np.diag(np.diag(square) + STILL)
        further = numbers + np.linalg.lstsq(damped, slope, rcond=None)[0]  # a number may have no effect at all
        if (after := off(further)) @ after < left @ left:
            return further, held / 5
        held *= 4
    return numbers, held
