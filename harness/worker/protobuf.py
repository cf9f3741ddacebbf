"""The wire format of protocol buffers, read and written by hand: Caffe and ONNX keep weights in it.

A message is a sequence of fields: a key (number << 3 | wire type), then a varint, 4 or 8 bytes, or a length and as many
bytes. What is read is not trusted: every length is checked against what is there, and nothing is copied.
"""

from __future__ import annotations

from typing import Iterable, Iterator, List, Tuple, Union

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
FIXED = {FIXED32: 4, FIXED64: 8}

Value = Union[int, memoryview]


class ProtobufError(ValueError):
    """Bytes that are no protocol buffer, or not the one that is expected."""


def fields(data: memoryview) -> Iterator[Tuple[int, Value]]:
    """(field number, value) of a message: an int, or the bytes of anything else. Raises ProtobufError."""
    at = 0
    while at < len(data):
        start, (key, at) = at, _read_varint(data, at)
        kind = key & 7
        if not key >> 3:
            raise ProtobufError("not a protocol buffer: a field of number 0 at byte %d" % start)
        if kind == VARINT:
            value, at = _read_varint(data, at)
            yield key >> 3, value
            continue
        if kind == BYTES:
            length, at = _read_varint(data, at)
        elif kind in FIXED:
            length = FIXED[kind]
        else:
            raise ProtobufError("not a protocol buffer: wire type %d at byte %d" % (kind, at))
        if length > len(data) - at:
            raise ProtobufError("cut short: a field of %d bytes where %d are left" % (length, len(data) - at))
        yield key >> 3, data[at : at + length]
        at += length


def message(value: Value) -> memoryview:
    """The bytes of a field that holds a message, text or numbers."""
    if isinstance(value, int):
        raise ProtobufError("a number stands where a message or numbers are expected")
    return value


def text(value: Value) -> str:
    return bytes(message(value)).decode("utf-8", "replace")


def integers(values: Iterable[Value], most: int = 64) -> List[int]:
    """Whole numbers of up to 64 bits of a repeated field, packed or one by one.

    Raises ProtobufError for more than `most`.
    """
    found: List[int] = []
    for value in values:
        parts = [value] if isinstance(value, int) else _unpacked(value)
        for part in parts:
            if len(found) == most:
                raise ProtobufError("a list of more than %d numbers" % most)
            found.append(part - 2**64 if part >= 2**63 else part)  # 64 bits, in two's complement
    return found


def _unpacked(data: memoryview) -> Iterator[int]:
    at = 0
    while at < len(data):
        value, at = _read_varint(data, at)
        yield value


def bytes_field(number: int, data: bytes) -> bytes:
    """A field that holds a message, text or packed numbers."""
    return varint(number << 3 | BYTES) + varint(len(data)) + data


def varint(value: int) -> bytes:
    """A whole number of at least 0, 7 bits in a byte, the lowest first."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_varint(data: memoryview, at: int) -> Tuple[int, int]:
    value = 0
    for index in range(10):
        if at + index >= len(data):
            raise ProtobufError("cut short inside a number")
        byte = data[at + index]
        value |= (byte & 127) << 7 * index
        if byte < 128:
            return value & 2**64 - 1, at + index + 1
    raise ProtobufError("not a protocol buffer: a number of more than 10 bytes at byte %d" % at)
