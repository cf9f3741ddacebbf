"""Caffe's network definitions (.prototxt): the settings of a `Convolution` layer.

They are written in the text format of protocol buffers, which is read by hand here, for the text is not trusted and a
few rules do. Fields, defaults and what goes together are those of BVLC's caffe.proto (ConvolutionParameter) and
base_conv_layer.cpp.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from harness.grammar.document import nearest, shortened

LARGEST = 2**22
"""Characters that a definition may have."""
DEEPEST = 40
LARGEST_NUMBER = 2**32 - 1  # uint32
KINDS = {"layer": "Convolution", "layers": "CONVOLUTION"}
"""Field of the network that holds layers, new and old (V1LayerParameter) -> the type of a convolution there."""
IDLE = ("weight_filler", "bias_filler", "engine", "force_nd_im2col")
"""Fields that say how a layer is trained or computed, but not what it computes."""
FIELDS = (
    *("num_output", "bias_term", "group", "axis", "kernel_size", "stride", "pad", "dilation"),
    *("kernel_h", "kernel_w", "stride_h", "stride_w", "pad_h", "pad_w"),
    *IDLE,
)
FLAGS = {**dict.fromkeys(("true", "True", "t", "1"), True), **dict.fromkeys(("false", "False", "f", "0"), False)}


class DefinitionError(ValueError):
    """A definition that cannot be used; the text says where in it and why."""


@dataclass(frozen=True)
class Layer:
    """What a `Convolution` layer computes; tuples have one entry per spatial axis."""

    name: str
    outputs: int
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int
    bias: bool


def convolution(text: str, rank: int, name: str | None = None) -> Layer:
    """The `Convolution` layer of a definition, which has `rank` spatial axes; `name` where there are several.

    Raises DefinitionError for text that is no definition, a layer that is not there or of another type, settings that
    Caffe refuses, and fields that it does not have.
    """
    layer = _chosen(_network(text), name)
    param = _parameters(layer)
    return Layer(
        name=_text(layer, "name"),
        outputs=_count(param, "num_output", 1),
        kernel_size=_per_axis(param, "kernel_size", rank, 1),
        stride=_per_axis(param, "stride", rank, 1, default=1),
        padding=_per_axis(param, "pad", rank, 0, default=0),
        dilation=_per_axis(param, "dilation", rank, 1, default=1),
        groups=_count(param, "group", 1, default=1),
        bias=_flag(param, "bias_term", default=True),
    )


# --- the text format -------------------------------------------------------------------------------------------------


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


@dataclass(frozen=True)
class Message:
    """Fields by name, each with its values in order."""

    start: Token
    fields: dict[str, list[Scalar | Message]]


_TOKEN = re.compile(
    r"""(?P<blank>\s+|\#[^\n]*)|(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?P<word>[-+.\w]+)|[]{}<>:;,[]""",
    re.ASCII,
)
_CLOSING = {"{": "}", "<": ">"}


def _network(text: str) -> Message:
    """All fields of a definition; where its start is cut off inside of a layer, those of that layer are dropped."""
    if len(text) > LARGEST:
        raise DefinitionError(f"{len(text)} characters; a definition may have {LARGEST}")
    reader = _Reader(text)
    start, fields = reader.token, reader.fields(0)
    while reader.token.kind == "}" and not KINDS.keys() & fields:
        reader.take()
        fields = reader.fields(0)
    if reader.token.kind != "end":
        raise reader.token.expected("the name of a field")
    return Message(start, fields)


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


# --- the layer -------------------------------------------------------------------------------------------------------


def _chosen(network: Message, name: str | None) -> Message:
    """The convolution that is meant: the one called `name`, or the only one."""
    layers = [(key, each) for key in KINDS for each in network.fields.get(key, ()) if isinstance(each, Message)]
    found = [
        layer for key, layer in layers if _text(layer, "type") == KINDS[key] and name in (None, _text(layer, "name"))
    ]
    if len(found) == 1:
        return found[0]
    if found:
        names = shortened(", ".join(_text(layer, "name") for layer in found), 300)
        raise DefinitionError(f"{len(found)} Convolution layers ({names}); say with `layer` which one is meant")
    told = shortened(", ".join(f"{_text(layer, 'name')} ({_text(layer, 'type')})" for _, layer in layers), 300)
    wanted = "a layer of type Convolution" + ("" if name is None else f" called {name!r}")
    raise DefinitionError(f"expected {wanted}; found {told or 'no layer'}")


def _parameters(layer: Message) -> Message:
    """The fields of its convolution_param, all of which are known."""
    given = _one(layer, "convolution_param")
    param = given if isinstance(given, Message) else Message(layer.start, {})
    for field, values in param.fields.items():
        if field not in FIELDS:
            known = nearest(field, FIELDS)
            raise values[0].start.error(f"unknown field {shortened(field)!r} of convolution_param; {known}")
    if _count(param, "axis", 1, default=1) != 1:
        raise param.fields["axis"][0].start.expected("axis 1, the channels")
    return param


def _per_axis(param: Message, field: str, rank: int, least: int, default: int | None = None) -> tuple[int, ...]:
    """One number for all axes, one for each, or in 2-D `_h` and `_w`, of which only those of pad may be left out."""
    stem = field.removesuffix("_size")
    sides = (f"{stem}_h", f"{stem}_w")
    values = param.fields.get(field, [])
    for side in sides:
        if side in param.fields and (values or rank != 2):
            beside = f"{side} beside {field}" if values else f"{side} for {rank} spatial axes"
            raise param.fields[side][0].start.error(
                f"{beside}; Caffe takes either {field}, or in 2-D {' and '.join(sides)}"
            )
    if any(side in param.fields for side in sides):
        return tuple(_count(param, side, least, default if field == "pad" else None) for side in sides)
    if len(values) > 1 and len(values) != rank:
        raise values[-1].start.error(f"{len(values)} values of {field}; expected one, or {rank}, one per spatial axis")
    if len(values) < 2:
        return (_count(param, field, least, default),) * rank
    return tuple(_whole(value, field, least) for value in values)


def _count(message: Message, field: str, least: int, default: int | None = None) -> int:
    value = _one(message, field)
    if value is not None:
        return _whole(value, field, least)
    if default is None:
        raise message.start.error(f"{field} is missing; Caffe has no default for it")
    return default


def _whole(value: Scalar | Message, field: str, least: int) -> int:
    if isinstance(value, Scalar) and re.fullmatch("0|[1-9][0-9]{0,9}", value.text):
        number = int(value.text)
        if least <= number <= LARGEST_NUMBER:
            return number
    raise value.start.expected(f"a whole number of at least {least} as {field}")


def _flag(message: Message, field: str, default: bool) -> bool:
    value = _one(message, field)
    if value is None:
        return default
    if isinstance(value, Scalar) and value.text in FLAGS:
        return FLAGS[value.text]
    raise value.start.expected(f"true or false as {field}")


def _text(message: Message, field: str) -> str:
    """A name or a type; "" where there is none."""
    value = _one(message, field)
    return value.text if isinstance(value, Scalar) else ""


def _one(message: Message, field: str) -> Scalar | Message | None:
    """The value of a field that may stand once."""
    values = message.fields.get(field, [])
    if len(values) > 1:
        raise values[1].start.error(f"{field} stands twice; keep one")
    return values[0] if values else None
