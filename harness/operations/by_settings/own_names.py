"""What an operation of this kind says of itself, besides the names that every operation has."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from harness.canonical.layout import expand
from harness.canonical.settled import BIAS, LEFT_OUT, NEGATED, TWICE, Settled
from harness.grammar.kinds import Field
from harness.operations.spoken import Role
from harness.operations.transforms.sayings import OF_ALL, Sayings
from harness.operations.transforms.transform import Transform
from harness.worker.entry import EntryPoint

Changes = Mapping[str, Any]
"""Settings that are changed together: the first key names the change; None leaves a setting out."""


class Layer(Protocol):
    """The names of the module of an operation that its rooms ask for; `harness.operations.activation` is the model."""

    @property
    def NAME(self) -> str: ...
    @property
    def ROLES(self) -> Mapping[str, Role]: ...

    @property
    def POINTWISE(self) -> bool:
        """Whether each output element is made of one input element: orders of axes then commute with it."""

    @property
    def PROGRAMS(self) -> Mapping[str, Callable[[Settled], Sequence[str]]]:
        """System -> the lines of the call that make `y` (N, C, *spatial) of `x` and the other arrays, under its name;
        no lines where it cannot say it. NumPy always can."""

    @property
    def NEW_CASE(self) -> str:
        """The lines of a case to start from, of all but the input."""

    @property
    def SETTINGS(self) -> Mapping[str, Field]: ...

    @property
    def TRIED(self) -> Mapping[str, Sequence[Any]]:
        """Values of a setting that a probe tells an entry point which takes any."""

    def formula(self, np: Any, arrays: Mapping[str, Any], settings: Mapping[str, Any]) -> Any: ...
    def output_shape(self, shapes: Mapping[str, tuple[int, ...]], settings: Mapping[str, Any]) -> tuple[int, ...]: ...
    def ways(self, settings: Mapping[str, Any]) -> Iterable[Callable[..., Any]]: ...
    def rounds(self, settings: Mapping[str, Any]) -> bool: ...

    def alternatives(self, form: Settled) -> Iterator[Changes]:
        """Other settings that systems have, likeliest first: single differences."""

    def fitted(self, form: Settled, seen: np.ndarray, room: np.ndarray) -> Iterator[Changes]:
        """Settings that are read from an output, NaN where it is not known; each is off by at most `room`.

        Only what more elements confirm than there are numbers to be read: others could not have refuted it.
        """

    def remedies(self, form: Settled, entry: EntryPoint) -> Iterable[Transform]:
        """Transforms by which an entry point computes what it has no words for, in the order in which they apply."""

    def coded(self, entry: EntryPoint, settings: Mapping[str, Any]) -> Mapping[str, np.ndarray]:
        """Arrays by role, in canonical axes, on which alternatives differ: what a probe asks with."""

    def words(self, settings: Mapping[str, Any]) -> str:
        """The settings in one line."""


class Restating(Protocol):
    """What an operation may say besides, where its settings can be said in several ways."""

    def written(self, form: Settled, entry: EntryPoint) -> Settled:
        """The form in settings that a person would first say to the entry point."""

    def restated(self, form: Settled, entry: EntryPoint) -> Settled:
        """The form in settings that come to the same and for which the entry point has words."""

    def limits(self, form: Settled, entry: EntryPoint) -> Iterable[str]:
        """What the entry point does not take of these settings, beyond what its declaration says by itself."""

    def along(self, key: str, value: Any, rank: int) -> Any:
        """A value of TRIED along so many axes."""


class AsItStands:
    """The same of an operation that says nothing of it."""

    def written(self, form: Settled, entry: EntryPoint) -> Settled:
        return form

    def restated(self, form: Settled, entry: EntryPoint) -> Settled:
        return form

    def limits(self, form: Settled, entry: EntryPoint) -> Iterable[str]:
        return ()

    def along(self, key: str, value: Any, rank: int) -> Any:
        return value


def restating(layer: Any) -> Restating:
    """What an operation says of how its settings can be said."""
    return layer if hasattr(layer, "restated") else AsItStands()


def form_of(layer: Any, arrays: dict[str, np.ndarray], settings: Mapping[str, Any]) -> Settled:
    """An instance of what an operation computes, of a kind of its own where it says which (FORM)."""
    form: Settled = getattr(layer, "FORM", Settled)(arrays, settings, layer)
    return form


def sayings_of(layer: Any) -> Sayings:
    """How an operation tells its settings (SAYINGS), and the bias."""
    return {**OF_ALL, **getattr(layer, "SAYINGS", {})}


def at_rank(entry: EntryPoint, rank: int) -> EntryPoint:
    """An entry point with letters of the spatial axes in place of `*` in what it demands and keeps."""
    fixed = {name: getattr(entry.takes, name) for name in ("demands", "keeps")}
    named = {
        name: {key: expand(value, rank) if isinstance(value, str) else value for key, value in each.items()}
        for name, each in fixed.items()
    }
    return entry if named == fixed else replace(entry, takes=replace(entry.takes, **named))


def alternatives(layer: Layer, form: Settled) -> Iterator[Changes]:
    """Single changes of settings: those of the operation, and a bias that is left out, added twice or subtracted."""
    yield from layer.alternatives(form)
    if BIAS in form.arrays:
        yield from ({BIAS: each} for each in (LEFT_OUT, TWICE, NEGATED))


def pointwise(layer: Layer, form: Settled) -> bool:
    """Whether orders of the axes commute with what is computed."""
    return layer.POINTWISE and BIAS not in form.arrays


def takes_bias(entry: EntryPoint) -> bool:
    return BIAS in (*entry.takes.arrays, *entry.takes.perhaps)


def of_kernel(layer: Any, form: Settled) -> Iterator[Transform]:
    """Orders in which the kernel may have been taken, of an operation that has one."""
    return layer.of_kernel(form) if hasattr(layer, "of_kernel") else iter(())


NAMES = {"input": "x", "kernel": "w"}
"""Roles whose arrays have a shorter name in forms."""


def name_of(role: str) -> str:
    """The name of the array of a role in forms."""
    return NAMES.get(role, role)


def said_as(name: str) -> str:
    """The name in programs of an array of a form: a bias is `b` in those of every operation."""
    return "b" if name == "bias" else name


def arrays_of(values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Arrays by role as a form has them, by name."""
    return {name_of(role): each for role, each in values.items()}


def counted(reads: Iterable[Changes]) -> Iterator[tuple[Changes, int]]:
    """Changes that were read from an output, and how many numbers they hold."""
    for changes in reads:
        values = itertools.chain.from_iterable(each if type(each) is tuple else (each,) for each in changes.values())
        yield changes, sum(isinstance(each, float) for each in values)
