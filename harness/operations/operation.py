"""What an operation is to the rest of the house, and what a case states of one.

An operation is a module or a package with plain names, those of `Operation`; `harness.operations` is the table of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from harness.canonical.window import Linear
from harness.grammar.document import Item
from harness.grammar.kinds import Field, Record

Setting = tuple[Any, Item]
"""The value of a setting, and where a case file gives it."""


@dataclass(frozen=True)
class Role:
    """An array that an operation takes.

    doc: one line for the case file's schema. letters: of its axes, as people are told. weights: whether the files of
    trained networks hold it. vector: the letter of its only axis; it may then be a plain list, or be missing.
    """

    doc: str
    letters: str
    weights: bool = False
    vector: str = ""


@dataclass(frozen=True, eq=False)
class Given:
    """An array of a case.

    values: canonical axes of its role. layout: its axes as the case states them. half_unit: half a unit of the last
    digit that was printed of each value, None where they are exact. known: mask of the elements that are known, None
    for all; the others are NaN.
    """

    values: np.ndarray
    layout: str
    half_unit: np.ndarray | None = None
    known: np.ndarray | None = None

    def __getitem__(self, index: Any) -> Given:
        """A part of the array."""
        parts = (None if each is None else each[index] for each in (self.half_unit, self.known))
        return Given(self.values[index], self.layout, *parts)


@dataclass(frozen=True, eq=False, kw_only=True)
class Stated:
    """What a case states of its operation: arrays by role, and settings by key.

    All arrays are of one dtype. Settings in `unknown` are not known, and hold what they are taken for.
    """

    operation: Operation
    arrays: Mapping[str, Given]
    settings: Mapping[str, Any]
    unknown: frozenset[str] = frozenset()

    @property
    def rank(self) -> int:
        """Number of spatial axes."""
        return self.arrays["input"].values.ndim - 2

    @cached_property
    def dtype(self) -> str:
        return str(self.arrays["input"].values.dtype.name)

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

    def meant(self) -> Linear:
        """The canonical form that the case means."""
        return self._meant

    @cached_property
    def _meant(self) -> Linear:
        return self.operation.meant(self)

    def given(self, **values: np.ndarray) -> Stated:
        """The same with other, exact values of some roles."""
        arrays = {**self.arrays, **{role: Given(each, self.arrays[role].layout) for role, each in values.items()}}
        return replace(self, arrays=arrays)


@dataclass(frozen=True)
class Elsewhere:
    """Settings that a case takes from the definition of another system, and where the case names it.

    check: raises CaseError where arrays are not such as the definition says.
    """

    settings: Mapping[str, Any]
    at: Item
    check: Callable[[Mapping[str, Given]], None]


class Operation(Protocol):
    """The names that the module of an operation has.

    NAME: the word after `operation:`. ROLES: its arrays. SETTINGS: its keys that `matrix` may vary; FIELDS: other keys
    of its own. TAKEN_FOR_UNKNOWN: settings that may be unknown, and what they are taken for.
    """

    @property
    def NAME(self) -> str: ...
    @property
    def ROLES(self) -> Mapping[str, Role]: ...
    @property
    def SETTINGS(self) -> Mapping[str, Field]: ...
    @property
    def FIELDS(self) -> Mapping[str, Field]: ...
    @property
    def TAKEN_FOR_UNKNOWN(self) -> Mapping[str, Any]: ...

    def demand(self, top: Record) -> None:
        """Raises CaseError where a key is missing that the grammar cannot demand."""

    def elsewhere(self, top: Record, folder: Path, rank: int) -> Elsewhere | None:
        """Settings that the case takes from a definition of another system."""

    def settled(self, settings: Mapping[str, Setting], rank: int) -> dict[str, Any]:
        """The settings with one entry for each spatial axis; raises CaseError where their number is another."""

    def check(self, stated: Stated, top: Record, settings: Mapping[str, Setting]) -> None:
        """Raises CaseError where arrays and settings do not fit each other."""

    def meant(self, stated: Stated) -> Linear:
        """The canonical form of what is stated."""

    def told(self, stated: Stated) -> dict[str, Any]:
        """The settings as JSON has them."""
