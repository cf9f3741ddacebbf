"""A case of an operation that is told by settings in the terms of an entry point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.canonical import layout
from harness.canonical.settled import BIAS, Settled
from harness.operations.by_settings.own_names import NAMES, Layer, at_rank, restating, takes_bias
from harness.operations.call import Call, Unsupported
from harness.operations.stated import Stated
from harness.operations.transforms.calls import AddBias
from harness.operations.transforms.sayings import shown
from harness.operations.transforms.transform import Transform
from harness.worker.entry import EntryPoint

Words = dict[str, Any]
ROLES = {name: role for role, name in NAMES.items()}
"""Name of an array of the form -> its role."""


class Calling:
    """The lowering of one operation. Both calls raise Unsupported with the reason."""

    def __init__(self, layer: Layer) -> None:
        self._layer, self._said = layer, restating(layer)

    def as_written(self, stated: Stated, entry: EntryPoint) -> Call:
        """The call that a person would first write: what a function has no argument for stays as it is there."""
        entry = at_rank(entry, stated.rank)
        form, bias = _without_bias(stated.meant(), entry)
        return self._call(entry, self._said.written(form, entry), bias)

    def normalized(self, stated: Stated, entry: EntryPoint) -> Call:
        """The call that computes what the case means, by the transforms that this entry point needs."""
        entry = at_rank(entry, stated.rank)
        form, bias = _without_bias(stated.meant(), entry)
        form = self._said.restated(form, entry)
        transforms: list[Transform] = [*bias]
        for transform in self._layer.remedies(form, entry):
            form = self._said.restated(transform.rewrite(form), entry)
            transforms.append(transform)
        call = self._call(entry, form, tuple(transforms))
        left_out = {key: own for key, own in entry.takes.defaults.items() if key not in form.settings}
        for key, own in {**entry.takes.keeps, **left_out}.items():
            if not same(form.settings.get(key), own):
                raise Unsupported(f"{entry.name} always has {key}: {shown(own)}; {_of_case(key, form.settings)}")
        return call

    def _call(self, entry: EntryPoint, form: Settled, transforms: tuple[Transform, ...]) -> Call:
        said = _said(form.settings, entry)
        for limit in self._said.limits(form, entry):
            raise Unsupported(f"{entry.name} {limit}")
        return Call(entry, self._arrays(entry, form), said, transforms, form.rank)

    def _arrays(self, entry: EntryPoint, form: Settled) -> dict[str, Any]:
        """Those that the entry point takes; what it must be given and the case has not changes nothing."""
        neutral = getattr(self._layer, "NEUTRAL", {})
        given = {ROLES.get(name, name): values for name, values in form.arrays.items()}
        for role in [each for each in entry.takes.arrays if each not in given]:
            if role not in neutral:
                raise Unsupported(f"{entry.name} takes a {role}; the case has none")
            given[role] = np.full((1,) * form.x.ndim, neutral[role], form.x.dtype)
        for role in given:
            if role not in ("input", *entry.takes.arrays, *entry.takes.perhaps):
                raise Unsupported(f"{entry.name} takes no {role}")
        return {role: _native(entry, role, values, form.rank) for role, values in given.items()}


def _without_bias(form: Settled, entry: EntryPoint) -> tuple[Settled, tuple[Transform, ...]]:
    """What the call computes, and the bias that is added after it where the entry point takes none."""
    if BIAS not in form.arrays or takes_bias(entry):
        return form, ()
    return form.with_bias(None), (AddBias(form.arrays[BIAS]),)


def _said(settings: Mapping[str, Any], entry: EntryPoint) -> Words:
    """The settings in the entry point's own words."""
    takes, said = entry.takes, {}
    for key, value in settings.items():
        if str(value) in takes.words.get(key, ()):
            said[key] = takes.words[key][str(value)]
        elif key in takes.free and not isinstance(value, str):
            said[key] = value
        elif key in takes.demands:
            if not same(value, takes.demands[key]):
                computes = shown(takes.demands[key])
                raise Unsupported(f"{entry.name} computes {key}: {computes}; {_of_case(key, settings)}")
        elif key not in takes.keeps:
            raise Unsupported(f"{entry.name} does not take {key}: {shown(value)}")
    return said


def _of_case(key: str, settings: Mapping[str, Any]) -> str:
    """What a case says of a setting."""
    return f"the case has {key}: {shown(settings[key])}" if key in settings else f"the case has no {key}"


def same(one: Any, other: Any) -> bool:
    """Whether two values of a setting are one; numbers to the digits of float32, in which systems keep them.

    One number stands for the same along all axes.
    """
    if isinstance(one, tuple) and not isinstance(other, tuple):
        return all(same(each, other) for each in one)
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= 1e-6 * abs(one)
    return bool(one == other)


def _native(entry: EntryPoint, role: str, values: Any, rank: int) -> Any:
    """An array with the axes of the entry point; vectors have one."""
    if role not in entry.layouts:
        return values
    try:
        return layout.from_canonical(values, layout.expand(entry.layouts[role], rank), role)
    except layout.LayoutError as error:
        raise Unsupported(f"{entry.name}: {error}") from None
