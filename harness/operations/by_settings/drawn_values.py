"""Values of a setting that are drawn at random, and the simpler ones that they shrink to: by its schema in a case file.

Values are those of JSON. A list that has no length of its own has an element for each spatial axis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from harness.grammar.kinds import UNKNOWN

FEW = 5
"""Whole numbers that are drawn from the least one on."""
BELOW = (-1, -2)
"""Those that are drawn where a negative one may be."""
NUMBERS = (1.0, 0.5, 2.0)
"""Numbers that are drawn besides those that an operation names (TRIED)."""
ALIKE = 0.7
"""How often all elements of a list are the same."""
Schema = Mapping[str, Any]


class Values(Protocol):
    """The values that a setting may have."""

    def fits(self, value: Any) -> bool:
        """Whether a value is of this kind."""

    def draw(self, stream: np.random.Generator, axes: str) -> Any:
        """One of them, for an input with these spatial axes."""

    def simpler(self, value: Any) -> Iterator[Any]:
        """Values that are a step simpler."""

    def weight(self, value: Any) -> int:
        """How far it is from the simplest, which has 0."""

    def without(self, value: Any, letter: str) -> Any:
        """The same of an input without this axis, the first of its spatial ones."""


@dataclass(frozen=True)
class Choice:
    """One of some values, the simplest first."""

    values: tuple[Any, ...]

    def fits(self, value: Any) -> bool:
        return isinstance(value, type(self.values[0]))

    def draw(self, stream: np.random.Generator, axes: str) -> Any:
        return self.values[int(stream.integers(len(self.values)))]

    def simpler(self, value: Any) -> Iterator[Any]:
        yield from self.values[: self.weight(value)]

    def weight(self, value: Any) -> int:
        return self.values.index(value) if value in self.values else len(self.values)

    def without(self, value: Any, letter: str) -> Any:
        return value


@dataclass(frozen=True)
class Letters:
    """Some letters of axes, each once."""

    letters: str

    def fits(self, value: Any) -> bool:
        return isinstance(value, str)

    def draw(self, stream: np.random.Generator, axes: str) -> str:
        known = [each for each in self.letters if each in axes or each not in "DHW"]
        return "".join(stream.permutation(known)[: int(stream.integers(1, len(known) + 1))])

    def simpler(self, value: str) -> Iterator[str]:
        yield from (value.replace(each, "") for each in value if len(value) > 1)
        yield from (each for each in self.letters[: self.weight(value)] if len(value) == 1)

    def weight(self, value: str) -> int:
        return sum(map(self.letters.index, value)) + len(self.letters) * (len(value) - 1)

    def without(self, value: str, letter: str) -> str:
        return value.replace(letter, "") or self.letters[-1]


@dataclass(frozen=True)
class Listed:
    """A list of values of one kind: so many, or one for each spatial axis."""

    of: Values
    many: int | None = None

    def fits(self, value: Any) -> bool:
        return isinstance(value, list)

    def draw(self, stream: np.random.Generator, axes: str) -> list[Any]:
        drawn = [self.of.draw(stream, axes) for _ in range(self.many or len(axes))]
        return drawn[:1] * len(drawn) if stream.random() < ALIKE else drawn

    def simpler(self, value: list[Any]) -> Iterator[list[Any]]:
        for index, each in enumerate(value):
            yield from ([*value[:index], less, *value[index + 1 :]] for less in self.of.simpler(each))
        if all(each == value[0] for each in value):
            yield from ([less] * len(value) for less in self.of.simpler(value[0]))

    def weight(self, value: list[Any]) -> int:
        return sum(map(self.of.weight, value))

    def without(self, value: list[Any], letter: str) -> list[Any]:
        return [self.of.without(each, letter) for each in (value if self.many else value[1:])]


@dataclass(frozen=True)
class Parts:
    """A mapping with some of these keys, letters of axes."""

    of: Mapping[str, Values]

    def fits(self, value: Any) -> bool:
        return isinstance(value, dict)

    def draw(self, stream: np.random.Generator, axes: str) -> dict[str, Any]:
        keys = Letters("".join(self.of)).draw(stream, axes)
        return {key: self.of[key].draw(stream, axes) for key in keys}

    def simpler(self, value: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for key, each in value.items():
            yield {other: kept for other, kept in value.items() if other != key}
            yield from ({**value, key: less} for less in self.of[key].simpler(each))

    def weight(self, value: dict[str, Any]) -> int:
        return sum(1 + self.of[key].weight(each) for key, each in value.items())

    def without(self, value: dict[str, Any], letter: str) -> dict[str, Any]:
        return {key: each for key, each in value.items() if key != letter}


@dataclass(frozen=True)
class Either:
    """A value of one of some kinds, the simplest first."""

    kinds: tuple[Values, ...]

    def fits(self, value: Any) -> bool:
        return any(each.fits(value) for each in self.kinds)

    def _of(self, value: Any) -> Values:
        return next(each for each in self.kinds if each.fits(value))

    def draw(self, stream: np.random.Generator, axes: str) -> Any:
        return self.kinds[int(stream.integers(len(self.kinds)))].draw(stream, axes)

    def simpler(self, value: Any) -> Iterator[Any]:
        return self._of(value).simpler(value)

    def weight(self, value: Any) -> int:
        return self._of(value).weight(value)

    def without(self, value: Any, letter: str) -> Any:
        return self._of(value).without(value, letter)


def values_of(schema: Schema, numbers: Sequence[float] = NUMBERS) -> Values:
    """What a value with this schema may be; `unknown` is none. numbers: those that are drawn where any may be."""
    if "anyOf" in schema:
        kinds = [values_of(each, numbers) for each in schema["anyOf"] if each.get("enum") != [UNKNOWN]]
        return kinds[0] if len(kinds) == 1 else Either(tuple(kinds))
    if "enum" in schema:
        return Choice(tuple(schema["enum"]))
    return _OF_TYPE[schema["type"]](schema, numbers)


def _whole(schema: Schema, numbers: Sequence[float]) -> Values:
    least = max(schema.get("minimum", 0), 0)
    below = [each for each in BELOW if each >= schema.get("minimum", least)]
    return Choice((*range(least, least + FEW), *below))


def _listed(schema: Schema, numbers: Sequence[float]) -> Values:
    least = schema.get("minItems", 0)
    return Listed(values_of(schema["items"], numbers), least if schema.get("maxItems") == least else None)


_OF_TYPE: Mapping[str, Callable[[Schema, Sequence[float]], Values]] = {
    "boolean": lambda schema, numbers: Choice((False, True)),
    "integer": _whole,
    "number": lambda schema, numbers: Choice(tuple(dict.fromkeys(numbers))),
    "string": lambda schema, numbers: Letters(schema["pattern"].strip("^[]+$")),
    "array": _listed,
    "object": lambda schema, numbers: Parts(
        {key: values_of(each, numbers) for key, each in schema["properties"].items()}
    ),
}
