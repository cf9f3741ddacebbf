"""Caffe's network definitions (.prototxt), in the text format of protocol buffers.

It is read by hand here, for the text is not trusted and a few rules do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from harness.grammar.document import shortened

LARGEST = 2**22
"""Characters that a definition may have."""
DEEPEST = 40
LARGEST_NUMBER = 2**32 - 1  # uint32
LAYERS = ("layer", "layers")
"""Fields of the network that hold its layers, new and old (V1LayerParameter)."""
FLAGS = {**dict.fromkeys(("true", "True", "t", "1"), True), **dict.fromkeys(("false", "False", "f", "0"), False)}


class DefinitionError(ValueError):
    """A definition that cannot be used; the text says where in it and why."""


def network(text: str) -> Message:
    """All fields of a definition; where its start is cut off inside of a layer, those of that layer are dropped.

    Raises DefinitionError for text that is no definition.
    """
    if len(text) > LARGEST:
        raise DefinitionError(f"{len(text)} characters; a definition may have {LARGEST}")
    reader = _Reader(text)
    start, fields = reader.token, reader.fields(0)
    while reader.token.kind == "}" and not fields.keys() & set(LAYERS):
        reader.take()
        fields = reader.fields(0)
    if reader.token.kind != "end":
        raise reader.token.expected("the name of a field")
    return Message(start, fields)


class Token(NamedTuple):
    """A piece of the text; `kind` is "string", "word", "end" or the mark itself."""

    kind: str
    text: str
    line: int
    column: int

    def error(self, message: str) -> DefinitionError:
        return DefinitionError(f"line {self.line}, column {self.column} of the definition: {message}")

    def expected(self, what: str) -> DefinitionError:
        return self.error(f"expected {what}, found {'the end' if self.kind == 'end' else repr(shortened(self.text))}")


@dataclass(frozen=True)
class Scalar:
    """A number, a word or a string."""

    start: Token
    text: str

    def whole(self, field: str, least: int) -> int:
        """A whole number of at least `least`, as the value of `field`."""
        if re.fullmatch("0|[1-9][0-9]{0,9}", self.text) and least <= int(self.text) <= LARGEST_NUMBER:
            return int(self.text)
        raise self.start.expected(f"a whole number of at least {least} as {field}")


@dataclass(frozen=True)
class Message:
    """Fields by name, each with its values in order."""

    start: Token
    fields: dict[str, list[Scalar | Message]]

    def one(self, field: str) -> Scalar | Message | None:
        """The value of a field that may stand once."""
        values = self.fields.get(field, [])
        if len(values) > 1:
            raise values[1].start.error(f"{field} stands twice; keep one")
        return values[0] if values else None

    def text(self, field: str) -> str:
        """A name or a type; "" where there is none."""
        value = self.one(field)
        return value.text if isinstance(value, Scalar) else ""

    def flag(self, field: str, default: bool) -> bool:
        """A truth value."""
        value = self.one(field)
        if value is None:
            return default
        if isinstance(value, Scalar) and value.text in FLAGS:
            return FLAGS[value.text]
        raise value.start.expected(f"true or false as {field}")

    def count(self, field: str, least: int, default: int | None = None) -> int:
        """A whole number of at least `least`; without a default it must be there."""
        value = self.one(field)
        if value is not None:
            return value.whole(field, least)
        if default is None:
            raise self.start.error(f"{field} is missing; Caffe has no default for it")
        return default

    def whole(self, field: str, least: int) -> int:
        """Not a number; raises DefinitionError."""
        raise self.start.expected(f"a whole number of at least {least} as {field}")


_TOKEN = re.compile(
    r"""(?P<blank>\s+|\#[^\n]*)|(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<word>[-+.\w]+)|[]{}<>:;,[]""",
    re.ASCII,
)
_CLOSING = {"{": "}", "<": ">"}


def _tokens(text: str) -> Iterator[Token]:
    """The pieces of `text`, the last of them its end."""
    at, line, line_start = 0, 1, 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise Token("odd", text[at], line, at - line_start + 1).expected("a field of a Caffe definition")
        piece, kind = found[0], found.lastgroup or found[0]
        if kind != "blank":
            yield Token(kind, piece, line, at - line_start + 1)
        elif "\n" in piece:
            line, line_start = line + piece.count("\n"), at + piece.rindex("\n") + 1
        at = found.end()
    yield Token("end", "", line, at - line_start + 1)


class _Reader:
    """Reads messages; `token` is the next one."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self.token = next(self._tokens)

    def take(self) -> Token:
        taken, self.token = self.token, next(self._tokens, self.token)
        return taken

    def skip(self, *kinds: str) -> bool:
        return self.token.kind in kinds and bool(self.take())

    def fields(self, depth: int) -> dict[str, list[Scalar | Message]]:
        """`name: value`, `name: [value, value]` and `name { ... }` up to what is none of these."""
        found: dict[str, list[Scalar | Message]] = {}
        while self.token.kind == "word":
            name = self.take().text
            if not self.skip(":") and self.token.kind not in _CLOSING:
                raise self.token.expected(f"a colon or a brace after {shortened(name)!r}")
            for value in self.values(depth):
                found.setdefault(name, []).append(value)
            self.skip(",", ";")
        return found

    def values(self, depth: int) -> Iterator[Scalar | Message]:
        if not self.skip("["):
            yield self.value(depth)
            return
        while not self.skip("]"):
            yield self.value(depth)
            if not self.skip(",") and self.token.kind != "]":
                raise self.token.expected("a comma or ] in a list")

    def value(self, depth: int) -> Scalar | Message:
        start = self.take()
        if start.kind in _CLOSING:
            return self.message(start, depth + 1)
        if start.kind == "word":
            return Scalar(start, start.text)
        if start.kind != "string":
            raise start.expected("a value")
        text = _unquoted(start)
        while self.token.kind == "string":
            text += _unquoted(self.take())
        return Scalar(start, text)

    def message(self, start: Token, depth: int) -> Message:
        if depth > DEEPEST:
            raise start.error(f"nested more than {DEEPEST} deep")
        message = Message(start, self.fields(depth))
        if not self.skip(_CLOSING[start.kind]):
            raise self.token.expected(f"a field, or {_CLOSING[start.kind]} for the {start.kind} of line {start.line}")
        return message


def _unquoted(token: Token) -> str:
    """The text of a string; names have no escapes but those of quotes and backslashes."""
    return re.sub(r"\\(.)", r"\1", token.text[1:-1])
