"""What rounding may hide: whether an output that is within bounds bears the mark of another kernel all the same.

Rounding errors follow no kernel. Where some change of the kernel makes up for nearly all of what is left, it is no
rounding, however small; and how small a change must be for nothing to show follows from the data.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from harness.canonical.axis import columns, elements
from harness.canonical.gaps import output
from harness.canonical.window import Linear
from harness.operations.transforms.values import KernelValues
from harness.operations.windowed.search.question import Question
from harness.operations.windowed.search.units import in_own_units, in_units, of_output
from harness.operations.windowed.search.variants import Transforms
from harness.rounding.formats import DTYPES, FLOAT64

SMALLER = 4.0
"""Times as small as all that is left must be what another kernel leaves of it."""
SURE = 6.0
"""Standard errors from which on a tap that was solved for is another one."""
OWN = 4.0
"""Roundings of the largest tap up to which a change is one of the number format in which the kernel is kept."""
LEAST = 16
"""Outputs of a channel from which on what is left of them is compared with a tap."""
FEW = 0.5
"""Share of the taps up to which another kernel is called the intended one with some values changed."""
WORK = 2 * 10**8
"""Equations times unknowns squared that are solved."""
LARGE = 2**22
"""Numbers that the table of what the outputs see may hold; of more, the first image and channels are looked at."""
FIRST = 4
"""Output channels that are looked at first."""


def marks(question: Question) -> Transforms | None:
    """What another kernel explains of what is left beside the intended one: None where there is nothing of the kind.

    Taps of other values, where they are few; else (), where a kernel and an offset do.
    """
    looked = _looked_at(question)
    if looked is None:
        return None
    small, unit = in_own_units(looked)
    least = _format(looked) * float(np.abs(small.form.w).max(initial=0))
    taps: list[tuple[tuple[int, ...], float]] = []
    for channel, (met, left, _) in enumerate(_channels(small)):
        change = _one_tap(met, left)
        change = _kernel(met, left) if change is None else change
        moved = np.flatnonzero(np.abs(change[:-1]) > least)
        if change[-1] or moved.size > FEW * small.form.terms:
            return ()
        taps += [_named(small.form, channel, int(tap), float(change[tap]), unit) for tap in moved]
    return (KernelValues(tuple(taps)),) if taps else None


def limit(question: Question, room: np.ndarray | float) -> float | None:
    """The change of a tap, as a share of the largest one, below which nothing need show in an output that is no
    further than `room` from what is meant; None where that cannot be told."""
    looked = _looked_at(question)
    if looked is None:
        return None
    small, _ = in_own_units(looked)
    rooms = np.broadcast_to(in_units(np.asarray(room), of_output(looked)), question.observed.shape)
    largest, found = float(np.abs(small.form.w).max(initial=0)), 0.0
    for within, (met, left, known) in zip(_flat(rooms).T, _channels(small)):
        seen = _smallest(np.abs(met), within[: len(known)][known], left)
        found = max(found, float(seen.max(initial=0.0, where=np.isfinite(seen))))
    return max(found / largest, _format(looked)) if found and largest else None


def _looked_at(question: Question) -> Question | None:
    """The question, or of a large output the one about its first image and channels; None where that is large, too."""
    conv = question.form
    if question.observed.shape != conv.output_shape:
        return None
    if elements(conv) > LARGE or elements(conv) * len(conv.w) > WORK * conv.window.groups:
        if conv.window.groups > 1:
            return None
        part = replace(conv.channels(slice(FIRST)), x=conv.x[:1])
        question = replace(question, form=part, observed=question.observed[:1, :FIRST])
    return question if elements(question.form) <= LARGE else None


def _smallest(met: np.ndarray, within: np.ndarray, left: np.ndarray) -> np.ndarray:
    """The smallest change of each tap that goes beyond the bounds, or that marks what is left; inf where unseen."""
    with np.errstate(divide="ignore", invalid="ignore"):
        beyond = np.min(np.where(met > 0, within[:, None] / met, np.inf), axis=0, initial=np.inf)
        marking = SMALLER * math.sqrt(float(left @ left)) / np.sqrt(np.einsum("ij,ij->j", met, met))
    return np.asarray(np.minimum(beyond, marking) if len(left) >= LEAST else beyond)


def _channels(question: Question) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For each output channel: what its known elements see (elements, taps), what is left of them, which they are."""
    conv = question.form
    each = len(conv.w) // conv.window.groups
    met = columns(conv)
    for channel, left in enumerate(_flat(question.observed - output(conv)).T):
        known = np.isfinite(left)
        seen = met[channel // each]
        yield (seen if known.all() else seen[known]), left[known], known


def _flat(y: np.ndarray) -> np.ndarray:
    """(N, O, *spatial) as (elements, channels)."""
    return np.moveaxis(y, 1, -1).reshape(-1, y.shape[1])


def _one_tap(met: np.ndarray, left: np.ndarray) -> np.ndarray | None:
    """The change of one tap that makes up for nearly all that is left, among those of all taps and an offset."""
    if len(left) < LEAST:
        return None
    along, size = met.T @ left, np.einsum("ij,ij->j", met, met)
    gain = np.divide(along * along, size, out=np.zeros(len(size)), where=size > 0)
    best = int(gain.argmax())
    change = np.zeros(met.shape[1] + 1)
    change[best] = along[best] / size[best] if size[best] else 0.0
    return change if _marked(left, left - met[:, best] * change[best], 1) else None


def _kernel(met: np.ndarray, left: np.ndarray) -> np.ndarray:
    """The changes of all taps and the offset that make up for nearly all that is left; 0 where they are not sure."""
    unknowns = met.shape[1] + 1
    nothing = np.zeros(unknowns)
    if not max(LEAST, 2 * unknowns) <= len(left) <= WORK // unknowns**2:
        return nothing
    matrix = np.column_stack([met, np.ones(len(met))])
    inverse = np.linalg.pinv(matrix)
    change = inverse @ left
    rest = left - matrix @ change
    if not _marked(left, rest, unknowns):
        return nothing
    error = math.sqrt(float(rest @ rest) / (len(left) - unknowns)) * np.sqrt(np.einsum("ij,ij->i", inverse, inverse))
    return np.where(np.abs(change) > SURE * error, change, 0.0)


def _marked(left: np.ndarray, rest: np.ndarray, unknowns: int) -> bool:
    """Whether what is left is nearly all made up for by so many unknowns."""
    return bool(SMALLER**2 * (rest @ rest) / (len(left) - unknowns) < (left @ left) / len(left))


def _format(question: Question) -> float:
    """The largest change of a tap that a number format of data or output may make, as a share of the largest one."""
    return OWN * max(DTYPES.get(name, FLOAT64).u for name in (question.dtype, question.form.w.dtype.name))


def _named(conv: Linear, channel: int, tap: int, change: float, unit: int) -> tuple[tuple[int, ...], float]:
    """A tap and its value, in the unit of the case."""
    index = (channel, *map(int, np.unravel_index(tap, conv.w.shape[1:])))
    return index, math.ldexp(float(conv.w[index]) + change, unit)
