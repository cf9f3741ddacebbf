"""Which candidates come to the same: on the data, and on fresh data as well."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from harness.canonical import gaps
from harness.canonical.settled import Settled
from harness.grammar.streams import RawStream

TELLING = 4
"""Output channels that tell whether two changes come to the same."""


class Distinct:
    """Forms of which no two come to the same. Fresh data are computed only where the data do not tell two apart."""

    def __init__(self) -> None:
        self._alike: dict[bytes, list[Callable[[], bytes]]] = {}

    def copy(self) -> Distinct:
        """The same, to which other forms may be added."""
        other = Distinct()
        other._alike = {key: list(each) for key, each in self._alike.items()}
        return other

    def add(self, form: Settled, fresh: Callable[[], Settled]) -> bool:
        """Whether no form before comes to the same; `fresh` makes the form with fresh data."""
        alike, told = self._alike.setdefault(_digest(form), []), cache(lambda: _digest(fresh()))
        new = all(told() != each() for each in alike)
        alike += [told] * new
        return new

    def has(self, form: Settled, fresh: Callable[[], Settled]) -> bool:
        """Whether a form before comes to the same."""
        alike = self._alike.get(_digest(form), ())
        return bool(alike) and _digest(fresh()) in (each() for each in alike)


def drawn(form: Settled) -> Settled:
    """The form with fresh data: of what is computed for each channel by itself, some channels tell it."""
    return form.first(TELLING).drawn(lambda size: RawStream("PCG64", 3).integers(1, 99, size))


def _digest(form: Settled) -> bytes:
    """The output, to the places that tell."""
    y = np.round(gaps.output(form), form.places + 2) + 0.0
    return repr(y.shape).encode() + y.tobytes()
