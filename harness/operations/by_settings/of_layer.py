"""The rooms of an operation that is told by settings, each imported when it is first asked for.

_OWN = OfLayer(__name__)
lowering, search, program, power = _OWN.lowering, _OWN.search, _OWN.program, _OWN.power
probes, draws, new_cases, own_words, shown = _OWN.probes, _OWN.draws, _OWN.new_cases, _OWN.own_words, _OWN.shown
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from harness.canonical.reference import direct
from harness.canonical.settled import BIAS, Settled
from harness.grammar.kinds import Record
from harness.operations.by_settings.own_names import arrays_of, form_of
from harness.operations.operation import (
    Draws,
    Elsewhere,
    Lowering,
    NewCases,
    OwnWords,
    Powers,
    Probes,
    Programs,
    Searching,
    Shown,
)
from harness.operations.stated import Stated
from harness.operations.transforms.transform import Transform
from harness.worker.entry import EntryPoint

OF_ARRAYS = (
    *("activation", "bias", "channel_order", "column_major", "input_axes", "offset", "output_axes", "precision"),
    *("reshape_not_transpose", "scale", "skipped"),
)
"""Names of conventions that any of these operations may show besides its settings."""


class OfLayer:
    """The rooms of the operation whose module has this name."""

    def __init__(self, module: str) -> None:
        self._module = module

    @property
    def layer(self) -> Any:
        """The module."""
        return sys.modules[self._module]

    def lowering(self) -> Lowering:
        from harness.operations.by_settings.calling import Calling

        return Calling(self.layer)

    def search(self) -> Searching:
        from harness.operations.by_settings.search_room import Room

        return Room(self.layer)

    def program(self) -> Programs:
        from harness.operations.by_settings.editing import Editing

        return Editing(self.layer)

    def power(self) -> Powers:
        from harness.operations.by_settings.seeing import Seeing

        return Seeing(self.layer)

    def probes(self) -> Probes:
        from harness.operations.by_settings.measuring import Measuring

        return Measuring(self.layer)

    def draws(self) -> Draws:
        from harness.operations.by_settings.random_calls import Drawing

        return Drawing(self.layer)

    def new_cases(self) -> NewCases:
        from harness.operations.by_settings.starting import Starting

        return Starting(self.layer)

    def own_words(self) -> OwnWords:
        from harness.operations.by_settings.starting import Words

        return Words()

    def shown(self) -> Shown:
        from harness.operations.by_settings.telling import Telling

        return Telling(self.layer)


def demand(top: Record) -> None:
    """The grammar demands all that is needed."""


def elsewhere(top: Record, folder: Path, rank: int) -> Elsewhere | None:
    """No definition of another system gives the settings."""
    return None


def remedies(form: Settled, entry: EntryPoint) -> Iterable[Transform]:
    """None: a function that lacks a setting computes something else."""
    return ()


def meant(stated: Stated) -> Settled:
    """The canonical form of what is stated; settings of None are left out."""
    values = {role: each.values for role, each in stated.arrays.items()}
    settings = {key: value for key, value in stated.settings.items() if value is not None}
    return form_of(stated.operation, arrays_of(values), settings)


def told(stated: Stated) -> dict[str, Any]:
    """The settings as JSON has them, and whether there is a bias."""
    settings = {key: value for key, value in stated.settings.items() if value is not None}
    return {"dtype": stated.dtype, **settings, **({BIAS: True} if BIAS in stated.arrays else {})}


def check_bias(stated: Stated, top: Record) -> None:
    """There is a number for each output channel; whole numbers stay among those of their dtype. Raises CaseError.

    It computes the output: what an operation checks of its own stands before it.
    """
    if BIAS not in stated.arrays:
        return
    bias, form, at = stated.arrays[BIAS].values, meant(stated), top.at(BIAS)
    shape = form.unbiased.output_shape
    if 0 in shape:  # which the operation tells
        return
    if len(bias) != shape[1]:
        raise at.error(f"expected {shape[1]} numbers, one for each output channel, found {len(bias)}")
    if bias.dtype.kind in "iu":
        y, limits = direct(form), np.iinfo(bias.dtype)
        if y.min(initial=0) < limits.min or y.max(initial=0) > limits.max:
            raise at.error(f"the output leaves the range of {stated.dtype}; give smaller numbers, or a floating dtype")
