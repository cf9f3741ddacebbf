"""Random calls of an operation that is told by settings: settings are drawn by what a case file may say of them.

What the operation refuses of a case is not drawn, so that it says once what goes together.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from harness.canonical.layout import SPATIAL, USUAL, canonical
from harness.grammar.document import CaseError, parse
from harness.grammar.kinds import TEXT, Field, Record, record
from harness.grammar.streams import RawStream
from harness.operations.by_settings.drawn_values import NUMBERS, Values, values_of
from harness.operations.spoken import main_roles, vectors
from harness.operations.stated import Given, Stated
from harness.operations.windowed.trials import less, pick

DTYPES = ("float32", "float32", "float64", "float16", "int32")
RANKS = (1, 2, 2, 3)
BATCHES, CHANNELS, SAMPLES = (1, 1, 2, 3), (1, 2, 3, 4, 6, 8, 9), (1, 2, 3, 4, 5, 6, 7)
TRIES = 2000
"""Settings that are drawn until the operation takes some."""
MOST_KEYS = 3
"""Keys and arrays that are drawn at once; more are added one by one."""
ARRAY = Field(record({"layout": Field(TEXT, "letters of the axes"), "flattened": Field(TEXT, "those of it")}), "")


class Drawing:
    """The draws of one operation."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer
        tried = {key: tuple(each for each in values if type(each) is float) for key, values in layer.TRIED.items()}
        fields = {**layer.SETTINGS, **layer.FIELDS}
        self.values: Mapping[str, Values] = {
            key: values_of(field.kind.schema, (*tried.get(key, ()), *NUMBERS)) for key, field in fields.items()
        }

    def draw(self, stream: np.random.Generator) -> Draw:
        """A call of anything that a case can say. Raises LookupError where the operation takes nothing of it."""
        found = self._base(stream)
        for name in stream.permutation(self._names()):
            if stream.random() < 0.5 and name not in (*found.given, *found.roles):
                found = self._with(found, str(name), stream).lean() or found
        return found

    def _base(self, stream: np.random.Generator) -> Draw:
        """One of few settings."""
        for _ in range(TRIES):
            found = self._empty(stream)
            for name in stream.permutation(self._names())[: int(stream.integers(MOST_KEYS + 1))]:
                found = self._with(found, str(name), stream)
            if (lean := found.lean()) is not None:
                return lean
        raise LookupError(f"{self.layer.NAME}: none of {TRIES} draws of its settings is a case of it")

    def _empty(self, stream: np.random.Generator) -> Draw:
        some = {"N": BATCHES, "O": CHANNELS, "C": CHANNELS, **dict.fromkeys(SPATIAL[pick(stream, RANKS)], SAMPLES)}
        sizes = {letter: pick(stream, values) for letter, values in some.items()}
        return Draw(self, {}, sizes, dtype=pick(stream, DTYPES))

    def _names(self) -> list[str]:
        return [*self.values, *(role for role in vectors(self.layer) if role not in self.values)]

    def _with(self, draw: Draw, name: str, stream: np.random.Generator) -> Draw:
        """The call with a setting more, or an array; what may be both is either."""
        roles = vectors(self.layer)
        if name in roles and (name not in self.values or stream.random() < 0.5):
            return replace(draw, roles=(*draw.roles, name))
        return replace(draw, given={**draw.given, name: self.values[name].draw(stream, draw.axes)})

    def of_case(self, stated: Stated) -> Draw:
        """The call of a case."""
        x = stated.arrays["input"].values
        sizes = dict(zip(canonical("input", x.ndim - 2), x.shape))
        outputs = next((len(stated.arrays[role].values) for role in main_roles(self.layer)[1:]), 1)
        roles = tuple(role for role in vectors(self.layer) if role in stated.arrays)
        draw = Draw(self, stated.said(), {**sizes, "O": outputs}, roles, stated.dtype)
        return draw.lean() or draw


@dataclass(frozen=True, eq=False)
class Draw:
    """One call. given: what a case file says of its settings; sizes: of axes by letter, O where a kernel has outputs.

    roles: the arrays of one axis that there are.
    """

    room: Drawing
    given: Mapping[str, Any]
    sizes: Mapping[str, int]
    roles: tuple[str, ...] = ()
    dtype: str = DTYPES[0]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Draw) and self._said() == other._said()

    def _said(self) -> tuple[Any, ...]:
        sizes = {letter: size for letter, size in self.sizes.items() if letter != "O" or self._others}
        return self.layer.NAME, self.given, sizes, sorted(self.roles), self.dtype

    @property
    def layer(self) -> Any:
        """The operation."""
        return self.room.layer

    @property
    def axes(self) -> str:
        """Letters of the spatial axes."""
        return "".join(letter for letter in SPATIAL[max(SPATIAL)] if letter in self.sizes)

    @property
    def _others(self) -> tuple[str, ...]:
        """Roles besides the input that every case has."""
        return main_roles(self.layer)[1:]

    def arrays(self) -> Mapping[str, Given]:
        return self._stated.arrays

    def settings(self) -> Mapping[str, Any]:
        return self._stated.settings

    @cached_property
    def is_taken(self) -> bool:
        """Whether the operation takes it, and it has an output."""
        try:
            top, stated = self._top, self._stated
            self.layer.check(stated, top, _settings(self.layer, top, self.roles))
        except CaseError:
            return False
        form = stated.meant()
        return 0 not in form.output_shape and (self.dtype != "int32" or form.exact_in(53))

    @cached_property
    def _top(self) -> Record:
        """What a case file would hold of it."""
        layouts = {role: {"layout": self.layer.ROLES[role].letters} for role in (*main_roles(self.layer), *self.roles)}
        fields = {**self.layer.SETTINGS, **self.layer.FIELDS, **dict.fromkeys(self.layer.ROLES, ARRAY), "matrix": ARRAY}
        settings = {key: self.layer.SETTINGS[key] for key in self.given if key in self.layer.SETTINGS}
        item = parse(json.dumps({**self.given, **layouts}), "drawn")
        top: Record = record({**fields, **settings}).read(item)
        self.layer.demand(top)
        return top

    @cached_property
    def _stated(self) -> Stated:
        """Raises CaseError where settings are refused."""
        settled = self.layer.settled(_settings(self.layer, self._top, self.roles), len(self.axes))
        return Stated(operation=self.layer, arrays=self._filled(settled), settings=settled)

    def _filled(self, settled: Mapping[str, Any]) -> dict[str, Given]:
        """Arrays of numbers no two neighbours of which are equal; vectors are positive."""
        shape = tuple(self.sizes[letter] for letter in USUAL + self.axes)
        found = {"input": Given(self._numbers(shape, 41), USUAL + self.axes)}
        if self._others:
            shapes = self.layer.kernel_shapes(shape, self.sizes["O"], settled)
            found |= {
                role: Given(self._numbers(shapes[role], 42), self.layer.ROLES[role].letters) for role in self._others
            }
        for number, (role, letter) in enumerate(vectors(self.layer).items()):
            if role in self.roles:
                many = self.sizes["C"] if letter == "C" else self._outputs(found, settled)
                values = np.abs(self._numbers((many,), 43 + number)) + 1
                wide = self.layer.ROLES[role].wide
                found[role] = Given(values.reshape(1, -1, *(1,) * len(self.axes)) if wide else values, letter)
        return found

    def _outputs(self, arrays: dict[str, Given], settled: Mapping[str, Any]) -> int:
        """Channels of the output of what is there without a bias."""
        form = self.layer.meant(Stated(operation=self.layer, arrays=arrays, settings=settled))
        return int(form.output_shape[1])

    def _numbers(self, shape: tuple[int, ...], seed: int) -> np.ndarray:
        """Whole numbers of both signs, halves where they may be."""
        steps = RawStream("PCG64", seed).integers(1, 36, math.prod(shape))
        numbers = np.cumsum(steps) % 37 - 18
        return (numbers if self.dtype == "int32" else numbers / 2).astype(self.dtype).reshape(shape)

    def lean(self) -> Draw | None:
        """The same without settings that change nothing; None where the operation does not take it."""
        if not self.is_taken:
            return None
        draw = replace(self, given=self._stated.said())
        for key in draw.given:
            less_said = draw._without(key)
            if less_said._settled == self._settled:
                draw = less_said
        return draw

    @property
    def _settled(self) -> Mapping[str, Any] | None:
        try:
            return self._stated.settings
        except CaseError:
            return None

    def _without(self, name: str) -> Self:
        """The same without a setting or an array."""
        given = {key: value for key, value in self.given.items() if key != name}
        return replace(self, given=given, roles=tuple(role for role in self.roles if role != name))

    def smaller(self) -> Iterator[Draw]:
        for draw in self._simpler():
            if (lean := draw.lean()) is not None:
                yield lean

    def _simpler(self) -> Iterator[Draw]:
        for letter, size in self.sizes.items():
            yield from (replace(self, sizes={**self.sizes, letter: each}) for each in less(size))
        if len(self.axes) > 1:
            yield self._of_fewer_axes(self.axes[0])
        yield from map(self._without, (*self.roles, *self.given))
        for key, value in self.given.items():
            for each in self.room.values[key].simpler(value):
                yield replace(self, given={**self.given, key: each})
                yield replace(self, given={key: each}, roles=())
        if self.dtype != DTYPES[0]:
            yield replace(self, dtype=DTYPES[0])

    def _of_fewer_axes(self, letter: str) -> Draw:
        """The same of an input without its first spatial axis."""
        sizes = {each: size for each, size in self.sizes.items() if each != letter}
        values = self.room.values
        given = {key: values[key].without(each, letter) for key, each in self.given.items()}
        return replace(self, sizes=sizes, given=given)

    def weight(self) -> int:
        """Elements of the input and outputs of a kernel, axes, and how far what is said is from the simplest."""
        size = math.prod(size for letter, size in self.sizes.items() if letter != "O")
        outputs = self.sizes["O"] if self._others else 0
        said = sum(1 + self.room.values[key].weight(value) for key, value in self.given.items())
        return size + outputs + len(self.sizes) + said + len(self.roles) + (self.dtype != DTYPES[0])

    def matters(self) -> tuple[str, ...]:
        found = {
            f"{len(self.axes)}-D": len(self.axes) > 1,
            self.dtype: self.dtype != DTYPES[0],
            **{_word(key, value): self._is_special(key) for key, value in self.given.items()},
            **{role: not self._is_needed(role) for role in self.roles},
            "channels": self.sizes["C"] > 1 or bool(self._others and self.sizes["O"] > 1),
            "batch": self.sizes["N"] > 1,
        }
        return tuple(name for name, does in found.items() if does)

    def _is_special(self, key: str) -> bool:
        """Whether a setting is more than the simplest that the call needs."""
        return self.room.values[key].weight(self.given[key]) > 0 or not self._is_needed(key)

    def _is_needed(self, name: str) -> bool:
        return not self._without(name).is_taken


def _settings(layer: Any, top: Record, roles: tuple[str, ...]) -> dict[str, tuple[Any, Any]]:
    """Settings with their places; what is given as an array is no setting."""
    fields = {**layer.SETTINGS, **layer.FIELDS}
    given = {key: top[key] for key in fields if key in top and key not in roles}
    return {key: (given.get(key, field.default), top.at(key)) for key, field in fields.items()}


def _word(key: str, value: Any) -> str:
    return f"{key} {value}" if isinstance(value, str | bool) else key
