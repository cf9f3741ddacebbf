"""Kinds of value that a case file may hold: each is a reader and its JSON Schema, so that the two cannot part ways."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.grammar.document import Item, nearest, shortened
from harness.grammar.gathered import Gathered

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """How a value is read (`read` raises CaseError for a wrong one) and what JSON Schema says about it.

    partly: of values with parts, reads what can be read and keeps what is wrong; WRONG where nothing can.
    """

    read: Callable[[Item], Any]
    schema: Schema
    partly: Callable[[Item, Gathered], Any] | None = None

    def tried(self, item: Item, gathered: Gathered) -> Any:
        """What of a value can be read, WRONG where nothing can; faults are gathered."""
        if self.partly is not None:
            return self.partly(item, gathered)
        with gathered.part():
            return self.read(item)
        return WRONG


WRONG = object()
"""What stands for a value that cannot be read."""


def _of_parts(partly: Callable[[Item, Gathered], Any], schema: Schema) -> Kind:
    """A kind of values with parts, each of which is read whatever is wrong with the others."""

    def read(item: Item) -> Any:
        gathered = Gathered()
        found = partly(item, gathered)
        gathered.demand()
        return found

    return Kind(read, schema, partly)


@dataclass(frozen=True)
class Field:
    """A key of a mapping: the kind of its value, one line of documentation, and what holds when it is left out."""

    kind: Kind
    doc: str
    required: bool = False
    default: Any = None

    @property
    def schema(self) -> dict[str, Any]:
        default = {} if self.default in (None, "", ()) else {"default": self.default}
        return {"description": self.doc, **self.kind.schema, **default}


class Record:
    """A mapping that was read: its values by key, defaults included, and where each of them stands.

    wrong: keys that are unknown or missing, or whose values cannot be read.
    """

    def __init__(
        self, item: Item, items: dict[str, Item], values: dict[str, Any], wrong: frozenset[str] = frozenset()
    ) -> None:
        self.item, self.items, self.values, self.wrong = item, items, values, wrong

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    def __contains__(self, key: str) -> bool:
        """Whether the file gives this key."""
        return key in self.items

    def at(self, key: str) -> Item:
        """Where `key` stands, or would stand."""
        return self.items.get(key, self.item)

    def sound(self, key: str) -> bool:
        """Whether nothing is wrong with the value of `key`, nor with any part of it."""
        value = self.values.get(key)
        parts = value if isinstance(value, tuple) else (value,)
        return key not in self.wrong and all(each.whole for each in parts if isinstance(each, Record))

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong with any of its keys."""
        return not self.wrong and all(map(self.sound, self.values))


def record(fields: Mapping[str, Field], one_of: tuple[str, ...] = ()) -> Kind:
    """A mapping with these keys and no others; exactly one of the keys in `one_of`, if there are any, must be given."""
    defaults = {key: field.default for key, field in fields.items()}
    required = [key for key, field in fields.items() if field.required]

    def partly(item: Item, gathered: Gathered) -> Any:
        items: dict[str, Item] | None = None
        with gathered.part():
            items, again = item.distinct()
        if items is None:
            return WRONG
        gathered.faults += again
        values, wrong = dict(defaults), {key for key in required if key not in items}
        wrong.update(key for key in items if any(fault.keys == items[key].keys for fault in again))
        for key, entry in items.items():
            if key not in fields:
                gathered.faults.append(entry.key_error(f"unknown key; {nearest(key, fields)}"))
            elif (found := fields[key].kind.tried(entry, gathered)) is not WRONG and key not in wrong:
                values[key] = found
                continue
            wrong.add(key)
        gathered.faults += [
            item.error(f"the key {key!r} is missing: {fields[key].doc}") for key in required if key not in items
        ]
        given = [key for key in one_of if key in items]
        if one_of and len(given) != 1:
            words = " and ".join(given) or "none of them"
            gathered.faults.append(item.error(f"expected exactly one of {', '.join(one_of)}; found {words}"))
            wrong.update(one_of)
        return Record(item, items, values, frozenset(wrong))

    schema: dict[str, Any] = {
        "type": "object",
        "properties": {key: field.schema for key, field in fields.items()},
        "required": required,
        "additionalProperties": False,
    }
    if one_of:
        schema["oneOf"] = [{"required": [key]} for key in one_of]
    return _of_parts(partly, schema)


def list_of(kind: Kind, shortest: int = 0, distinct: bool = False) -> Kind:
    """A list, read into a tuple."""

    def partly(item: Item, gathered: Gathered) -> Any:
        elements: list[Item] | None = None
        with gathered.part():
            elements = item.elements()
        if elements is None:
            return WRONG
        if len(elements) < shortest:
            words = f"expected a list of at least {shortest}, found {len(elements)} elements"
            gathered.faults.append(item.error(words))
        values = [kind.tried(element, gathered) for element in elements]
        for index, value in enumerate(values) if distinct else ():
            if value is not WRONG and value in values[:index]:
                found = elements[index].found
                gathered.faults.append(elements[index].error(f"{found} stands twice in this list; keep one"))
        return WRONG if len(elements) < shortest or WRONG in values else tuple(values)

    schema = {"type": "array", "items": kind.schema, "minItems": shortest, "uniqueItems": distinct}
    return _of_parts(partly, schema)


def word(*known: str) -> Kind:
    """One of some words."""

    def read(item: Item) -> str:
        value = item.scalar
        if not isinstance(value, str):
            raise item.expected(f"one of {', '.join(known)}")
        if value not in known:
            raise item.error(f"unknown word {shortened(value)!r}; {nearest(value, known)}")
        return value

    return Kind(read, {"enum": list(known)})


def integer(low: int | None = None, high: int | None = None) -> Kind:
    """A whole number from `low` to `high`, both included."""
    lowest, highest = -math.inf if low is None else low, math.inf if high is None else high
    words = (
        "a whole number"
        + ("" if low is None else f" of at least {low}")
        + ("" if high is None else f" and at most {high}")
    )

    def read(item: Item) -> int:
        value = item.scalar
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise item.expected(words)
        return value

    limits = {name: limit for name, limit in (("minimum", low), ("maximum", high)) if limit is not None}
    return Kind(read, {"type": "integer", **limits})


def number(low: float | None = None) -> Kind:
    """A finite number, of at least `low`."""
    words = "a finite number" + ("" if low is None else f" of at least {low:g}")

    def read(item: Item) -> float:
        value = item.scalar
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e308:
            raise item.expected(words)
        if low is not None and value < low:
            raise item.expected(words)
        return float(value)

    return Kind(read, {"type": "number", **({} if low is None else {"minimum": low})})


def either(*choices: tuple[Callable[[Item], bool], Kind], words: str) -> Kind:
    """The first kind whose test holds for the value; `words` says what is expected when none does."""

    def partly(item: Item, gathered: Gathered) -> Any:
        for fits, kind in choices:
            if fits(item):
                return kind.tried(item, gathered)
        gathered.faults.append(item.expected(words))
        return WRONG

    return _of_parts(partly, {"anyOf": [kind.schema for _, kind in choices]})


def _read_text(item: Item) -> str:
    value = item.scalar
    if not isinstance(value, str) or not value.strip():
        raise item.expected("text (quote it if it looks like a number)")
    return value.strip()


def _read_flag(item: Item) -> bool:
    value = item.scalar
    if not isinstance(value, bool):
        raise item.expected("true or false")
    return value


def _read_nothing(item: Item) -> None:
    if not item.is_null:
        raise item.expected("null")


TEXT = Kind(_read_text, {"type": "string", "pattern": r"\S"})
FLAG = Kind(_read_flag, {"type": "boolean"})
NOTHING = Kind(_read_nothing, {"type": "null"})


UNKNOWN = "unknown"
"""What stands for a setting that is not known."""


def or_unknown(kind: Kind) -> Kind:
    """`kind`, or the word `unknown`."""
    return either(
        (lambda item: item.scalar == UNKNOWN, word(UNKNOWN)), (lambda item: True, kind), words=f"{UNKNOWN}, or a value"
    )
