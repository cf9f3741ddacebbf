"""What a case states of its operation: arrays by role, settings by key, and outputs that were recorded."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from harness.operations.operation import Operation
    from harness.operations.transforms.endings import Activation


WHOLE_LIST = "int"
"""Stands for the dtype of a list of whole numbers that says none: an array that is made of it has whole numbers."""
LIST = "float"
"""Stands for that of another list: what is made of it has double precision in NumPy, and single elsewhere."""


@dataclass(frozen=True, eq=False)
class Given:
    """An array of a case.

    values: canonical axes of its role. layout: its axes as the case states them. half_unit: half a unit of the last
    digit that was printed of each value, None where they are exact. known: mask of the elements that are known, None
    for all; the others are NaN. stored: the dtype of the array in its file, WHOLE_LIST or LIST in such a list, "" where
    nothing says it.
    """

    values: np.ndarray
    layout: str
    half_unit: np.ndarray | None = None
    known: np.ndarray | None = None
    stored: str = ""

    def __getitem__(self, index: Any) -> Given:
        """A part of the array."""
        half_unit, known = (None if each is None else each[index] for each in (self.half_unit, self.known))
        return Given(self.values[index], self.layout, half_unit, known, self.stored)

    def as_matrix(self) -> Given:
        """The same as O I or I O, with the axes of its layout as the file has them: all but O are made one."""
        first = self.layout.endswith("O") and len(self.layout) > 1
        outputs = self.values.shape[self.layout.index("O")] if "O" in self.layout else 1
        shape = (-1, outputs) if first else (outputs, -1)
        half_unit, known = (None if each is None else each.reshape(shape) for each in (self.half_unit, self.known))
        return Given(self.values.reshape(shape), "IO" if first else "OI", half_unit, known, self.stored)


@dataclass(frozen=True, eq=False)
class Recording:
    """An output obtained elsewhere.

    `values` are canonical (N, C, *spatial), float64 (int64 for integer dtypes), NaN where `known` is False. `half_unit`
    is half a unit of the last printed digit of each value, 0 where it is exact. `dtype` is that of the arithmetic which
    made them. `expect` names the transforms that must explain it: () as written, None demands nothing.
    """

    system: str
    origin: str
    layout: str
    values: np.ndarray
    known: np.ndarray
    half_unit: np.ndarray
    dtype: str
    expect: tuple[str, ...] | None


IN_PROGRAMS = {"input": "x", "kernel": "w", "bias": "b"}
"""Roles whose arrays have a shorter name in programs."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Stated:
    """What a case states of its operation: arrays by role, and settings by key.

    All arrays are of one dtype. Settings in `unknown` are not known, and hold what they are taken for. then: what is
    made of each value of the output.
    """

    operation: Operation
    arrays: Mapping[str, Given]
    settings: Mapping[str, Any]
    unknown: frozenset[str] = frozenset()
    then: Activation | None = None

    @property
    def rank(self) -> int:
        """Number of spatial axes."""
        return self.arrays["input"].values.ndim - 2

    @cached_property
    def dtype(self) -> str:
        return str(self.arrays["input"].values.dtype.name)

    @property
    def stored(self) -> dict[str, str]:
        """Name of an array in programs -> its dtype in its file, of those of which one says it."""
        return {IN_PROGRAMS.get(role, role): given.stored for role, given in self.arrays.items() if given.stored}

    @cached_property
    def partial(self) -> tuple[str, ...]:
        """Roles whose arrays are not known in full."""
        return tuple(role for role, given in self.arrays.items() if given.known is not None)

    @property
    def printed(self) -> bool:
        """Whether some of the numbers are rounded to the digits that were printed."""
        return any(given.half_unit is not None for given in self.arrays.values())

    def values(self, role: str) -> np.ndarray | None:
        """The array of a role in canonical axes, None where the case has none."""
        return self.arrays[role].values if role in self.arrays else None

    def meant(self) -> Any:
        """The canonical form that the case means (`harness.canonical.instance.Form`), of the kind of its operation."""
        return self._meant

    @cached_property
    def _meant(self) -> Any:
        return self.operation.meant(self)

    def said(self) -> dict[str, Any]:
        """The settings as a case file says them, in values of JSON; without those that it cannot say, as no end."""
        told = json.loads(json.dumps(self.operation.told(self)))
        keys = (*self.operation.SETTINGS, *self.operation.FIELDS)
        return {key: told[key] for key in keys if told.get(key) not in (None, math.inf, -math.inf)}

    def given(self, **values: np.ndarray) -> Stated:
        """The same with other, exact values of some roles."""
        arrays = {**self.arrays, **{role: Given(each, self.arrays[role].layout) for role, each in values.items()}}
        return replace(self, arrays=arrays)
