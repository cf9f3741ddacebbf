"""What an entry point takes whose operation is told by settings: how it says each of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Dict, Mapping, Sequence, Tuple

import numpy as np

Arrays = Mapping[str, np.ndarray]


LISTS = ("free", "arrays", "perhaps", "limits")
"""Fields that are names."""


@dataclass(frozen=True)
class Says:
    """The settings of an operation in the words of one function; keys are those of a case.

    demands: settings that it is about; a case that has others is not about it. keeps: settings that it has no argument
    for, and what they always are. words: its own word for some values of a setting, by the value as text. free:
    settings that it takes as they are. defaults: what these are where a case leaves them out. arrays: roles, besides
    the input, that it takes; perhaps: those that it takes where they are given. limits: names, known to the operation,
    of what it refuses besides. A setting that is not named is one that it does not have. `*` in what it demands or
    keeps stands for the spatial axes, as in layouts.
    """

    demands: Mapping[str, Any] = field(default_factory=dict)
    keeps: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    free: Tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    arrays: Tuple[str, ...] = ()
    perhaps: Tuple[str, ...] = ()
    limits: Tuple[str, ...] = ()

    @staticmethod
    def arguments(arrays: Arrays, settings: Mapping[str, Any]) -> Tuple[Arrays, Mapping[str, Any]]:
        """(arrays by role, settings in its own words): what the function of such an entry point is called with."""
        return arrays, settings

    def as_json(self) -> Dict[str, Any]:
        """The words of the operation as the hello carries them."""
        return dict(asdict(self), **{name: list(getattr(self, name)) for name in LISTS})

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Says:
        """What a hello says; raises TypeError where a field is odd."""
        values: Dict[str, Any] = {each.name: told[each.name] for each in fields(cls) if each.name in told}
        for name, value in values.items():
            if not (_strings(value) if name in LISTS else _mapping(value, nested=name == "words")):
                raise TypeError("%s is %r" % (name, value))
            values[name] = hashable(value) if type(value) is list else {key: hashable(value[key]) for key in value}
        return cls(**values)


def typed(told: Mapping[str, Any], names: Sequence[str], types: Mapping[str, type], otherwise: type) -> Dict[str, Any]:
    """Those of the fields `names` that were told; raises TypeError for one of another type."""
    values = {name: told[name] for name in names if name in told}
    for name, value in values.items():
        if type(value) is not types.get(name, otherwise):
            raise TypeError("%s is %r" % (name, value))
    return values


def _strings(value: Any) -> bool:
    return type(value) is list and all(type(each) is str for each in value)


def _mapping(value: Any, nested: bool) -> bool:
    return type(value) is dict and (not nested or all(type(each) is dict for each in value.values()))


def hashable(value: Any) -> Any:
    """Lists of JSON as tuples, which settings of a case are."""
    return tuple(map(hashable, value)) if isinstance(value, list) else value
