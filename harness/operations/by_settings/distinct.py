"""Which candidates come to the same: on the data, on fresh data as well, and at other sizes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from harness.canonical import gaps
from harness.canonical.settled import Settled
from harness.grammar.streams import RawStream
from harness.operations.transforms.transform import Transform, applied

TELLING = 4
"""Output channels that tell whether two changes come to the same."""


Others = Callable[[], Iterable[Settled]]


class Told(NamedTuple):
    """What tells a form that was met on fresh data, and at other sizes (None where these do not count); its name."""

    fresh: Callable[[], bytes]
    there: Callable[[], bytes] | None
    name: str


class Distinct:
    """Forms of which no two come to the same. Fresh data are computed only where the data do not tell two apart."""

    def __init__(self) -> None:
        self._alike: dict[bytes, list[Told]] = {}

    def copy(self) -> Distinct:
        """The same, to which other forms may be added."""
        other = Distinct()
        other._alike = {key: list(each) for key, each in self._alike.items()}
        return other

    def add(self, form: Settled, fresh: Callable[[], Settled], others: Others | None = None, name: str = "") -> bool:
        """Whether no form before comes to the same; `fresh` makes the form with fresh data.

        others: makes it at other sizes, at which it may be another than those before that have these, too. name: under
        which it is another than those that are called otherwise.
        """
        alike, told = self._alike.setdefault(_digest(form), []), cache(lambda: _digest(fresh()))
        there = cache(lambda: b"".join(map(_digest, others() if others else ())))
        same = (each for each in alike if each.fresh() == told())
        new = all(
            each.there is not None and others is not None and (each.there() != there() or each.name != name)
            for each in same
        )
        alike += [Told(told, there if others else None, name)] * new
        return new

    def has(self, form: Settled, fresh: Callable[[], Settled]) -> bool:
        """Whether a form before comes to the same."""
        alike = self._alike.get(_digest(form), ())
        return bool(alike) and _digest(fresh()) in (each.fresh() for each in alike)


def drawn(form: Settled) -> Settled:
    """The form with fresh data: of what is computed for each channel by itself, some channels tell it."""
    return form.first(TELLING).drawn(lambda size: RawStream("PCG64", 3).integers(1, 99, size))


def other_sizes(form: Settled, transforms: Sequence[Transform]) -> Iterator[Settled]:
    """The form at other sizes, changed so."""
    for each in form.of_other_sizes(lambda size: RawStream("PCG64", 3).integers(1, 99, size)):
        yield applied(each, transforms)


def _digest(form: Settled) -> bytes:
    """What tells the output from others, to the places that tell; large outputs themselves would take much memory."""
    shape = form.output_shape
    y = np.round(gaps.output(form), form.places + 2) + 0.0 if 0 not in shape else np.zeros(shape)
    return repr(y.shape).encode() + hashlib.blake2b(y.tobytes(), digest_size=16).digest()
