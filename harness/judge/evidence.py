"""How much the data say for an explanation: the bits that known values carry, less those that it was free to choose.

A wrong hypothesis gives a value by chance with the probability 2 room / spread, so each value that it must give carries
log2(spread / (2 room)) bits. Explanations are many. One of likelihood 2**-b among all of them (its rarity, the forms
that were tried of it, the numbers that were fitted) is believed where the values carry b bits and a margin. So of
outputs that nothing explains one in 2**MARGIN is said to be explained: Bonferroni's bound, weighted by likelihood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from harness.operations.transforms import weight
from harness.operations.transforms.transform import Transform

MARGIN = 7.0
"""Bits beyond what was chosen, of all values; so one question in 128 that nothing explains may seem explained."""
TELLING = 3.0
"""The same of the values that what is meant does not give: the others speak for what is meant as much."""
AGREES = 3.0
"""Bits that what is meant itself needs, which nobody searched for."""
SHOWN = 7.0
"""Bits of a change that shows itself without a search: which one of them it is."""
MOST = 16.0
"""Bits that one value may carry, however many digits it has: alone it refutes a value, not what made it."""
NEAR = 8.0
"""Times as far as a change moves a value it might have moved it as well."""
LARGER = 4.0
"""Bits of the assumption that what is seen is a part of a larger output."""
REPEATED = 0.5
"""Bits of a value that is there already, or zero; together no more than those of the others."""
PLACES = 12
"""Digits after the point up to which values are taken for whole multiples of the last one."""
SEVERAL = 3
"""Values from which on what they have in common is no coincidence."""
LOOK = 4096
"""Values that are looked at, of those that tell and of the others; more of them leave no doubt."""


@dataclass(frozen=True, eq=False)
class Known:
    """The known values of an output that are compared, as flat arrays.

    room: by how much each may be off. moved: how far each lies from what is meant; infinite where that has no such
    element.
    """

    values: np.ndarray
    room: np.ndarray
    moved: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, room: np.ndarray, moved: np.ndarray) -> Known:
        """Of the finite values, no more than are looked at."""
        finite = np.flatnonzero(np.isfinite(values) & np.isfinite(room))
        told = moved[finite] > room[finite]
        some = np.concatenate([each[:: len(each) // LOOK + 1] for each in (finite[told], finite[~told])])
        return cls(*(each[some].astype(np.float64) for each in (values, room, moved)))

    @property
    def equal(self) -> bool:
        """Whether there are several, and all of them are equal."""
        return self.values.size > 1 and bool(np.ptp(self.values) <= 2 * self.room.max())

    @cached_property
    def apart(self) -> np.ndarray:
        """How far apart two values are at least that do not count as equal: by their room, and by what all are."""
        rounding = np.abs(self.values) * np.finfo(np.float64).eps
        return np.asarray(np.maximum(np.maximum(2 * self.room, step(self.values)), rounding))

    @property
    def width(self) -> np.ndarray:
        """How far a value may be from others; the largest one, from zero."""
        size = np.abs(self.values)
        return np.where(size == size.max(initial=0), size, np.ptp(self.values) if size.size else 0)


def lacking(known: Known, changes: Sequence[Transform], settings: Sequence[Transform], rank: int) -> float:
    """Bits that are missing before changes and settings that were found are to be believed; 0 where none are."""
    width = known.width
    carried = [] if known.equal else bits(known.values, known.apart, width)
    if not changes and not settings:
        return max(AGREES - sum(carried), 0.0)
    chosen = price(changes, settings, max(carried, default=0.0), rank)
    missing = chosen + MARGIN - sum(carried)
    if changes and not settings and all(each.causes for each in changes):
        told = known.moved > known.room
        telling = bits(known.values[told], known.apart[told], np.minimum(NEAR * known.moved, width)[told])
        plain = max(each.plain for each in changes) * np.count_nonzero(told)
        missing = max(missing, chosen + TELLING - max(sum(telling), plain))
    return max(missing, 0.0)


def price(changes: Sequence[Transform], settings: Sequence[Transform], number: float, rank: int) -> float:
    """Bits that were chosen: how rare the changes are, their forms, and a `number` for each one that was fitted."""
    shown = SHOWN * sum(not each.causes for each in changes)
    return weight(changes, rank) + shown + sum(each.choices + each.fitted * number for each in (*changes, *settings))


def bits(values: np.ndarray, apart: np.ndarray, width: np.ndarray) -> list[float]:
    """What each of some different values carries that may be `width` from others, and what the rest do together."""
    first = np.zeros(values.shape, bool)
    first[np.unique(np.rint(values / apart), return_index=True)[1]] = True
    new = first & (2 * np.abs(values) > apart)
    each = np.minimum(np.log2(1 + width[new] / apart[new]), MOST).tolist()
    return [*each, min(REPEATED * (values.size - len(each)), sum(each))]


def step(values: np.ndarray) -> float:
    """What all values are whole multiples of, ten to some power times a whole number; 0 where there is nothing."""
    for places in range(PLACES + 1):
        units = values * 10.0**places
        whole = np.rint(units)
        if (np.abs(units - whole) <= np.abs(units) * 2.0**-50).all() and np.abs(whole).max(initial=0) < 2.0**53:
            common = int(np.gcd.reduce(whole.astype(np.int64))) if values.size >= SEVERAL else 1
            return common / 10.0**places
    return 0.0
