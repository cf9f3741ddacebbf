"""Caffe's weight files: the few protocol buffer fields that hold a layer's blobs, read and written by hand.

    NetParameter     layers = 2 (V1LayerParameter), layer = 100 (LayerParameter)
    LayerParameter   name = 1, type = 2, blobs = 7            V1LayerParameter   name = 4, blobs = 6
    BlobProto        num, channels, height, width = 1 to 4, data = 5, shape = 7 { dim = 1 }, double_data = 8

Field numbers from BVLC's caffe.proto. What is read is not trusted: every length is checked against what is there.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, Mapping, Sequence, Tuple, Union

import numpy as np

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
LAYERS = {100: (1, 7), 2: (4, 6)}
"""Field of the network that holds layers -> fields of their name and of their blobs."""

Value = Union[int, memoryview]


class ModelError(ValueError):
    """A file that is no caffemodel, or that lacks what is asked for."""


def read(data: bytes) -> Dict[str, List[np.ndarray]]:
    """The blobs of each layer that has any: kernel (O I *) and perhaps bias (O). Raises ModelError."""
    layers = {}
    for number, value in _fields(memoryview(data)):
        if number in LAYERS:
            name_field, blob_field = LAYERS[number]
            fields = list(_fields(_message(value)))
            name = b"".join(bytes(_message(each)) for field, each in fields if field == name_field)
            blobs = [_blob(_message(each)) for field, each in fields if field == blob_field]
            if blobs:
                layers[name.decode("utf-8", "replace")] = blobs
    return layers


def write(layers: Mapping[str, Sequence[np.ndarray]]) -> bytes:
    """A caffemodel of `Convolution` layers with these blobs, as float32."""
    return b"".join(_write_layer(name, blobs) for name, blobs in layers.items())


def _write_layer(name: str, blobs: Sequence[np.ndarray]) -> bytes:
    parts = [_bytes_field(1, name.encode()), _bytes_field(2, b"Convolution")]
    for blob in blobs:
        dims = b"".join(_varint(size) for size in blob.shape)
        values = np.ascontiguousarray(blob, "<f4").tobytes()
        parts.append(_bytes_field(7, _bytes_field(7, _bytes_field(1, dims)) + _bytes_field(5, values)))
    return _bytes_field(100, b"".join(parts))


def _bytes_field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | BYTES) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _blob(message: memoryview) -> np.ndarray:
    """The array of a BlobProto: its shape is a field of its own, in old files four."""
    dims: List[int] = []
    old = {1: 1, 2: 1, 3: 1, 4: 1}
    parts = []
    for number, value in _fields(message):
        if number == 7:
            for inner, size in _fields(_message(value)):
                dims += _sizes(size) if inner == 1 else []
        elif number in old and isinstance(value, int):
            old[number] = value
        elif number in (5, 8):
            parts.append(_numbers(value, "<f4" if number == 5 else "<f8"))
    data = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    shape = dims or [old[number] for number in sorted(old)]
    total = 1
    for size in shape:
        total *= size
    if total != data.size:
        raise ModelError("a blob of shape %s holds %d numbers" % (shape, data.size))
    return data.reshape(shape)


def _sizes(value: Value) -> List[int]:
    """One size, or several that are packed."""
    if isinstance(value, int):
        return [value]
    sizes, at = [], 0
    while at < len(value):
        size, at = _read_varint(value, at)
        sizes.append(size)
    return sizes


def _numbers(value: Value, dtype: str) -> np.ndarray:
    """The packed numbers of a field, or its only one."""
    data = _message(value)
    if len(data) % np.dtype(dtype).itemsize:
        raise ModelError("%d bytes of data are no whole count of numbers" % len(data))
    return np.frombuffer(data, dtype)


def _message(value: Value) -> memoryview:
    if isinstance(value, int):
        raise ModelError("a number stands where a message or numbers are expected")
    return value


def _fields(data: memoryview) -> Iterator[Tuple[int, Value]]:
    """(field number, value) of a message: an int, or the bytes of anything else."""
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        kind = key & 7
        if kind == VARINT:
            value, at = _read_varint(data, at)
            yield key >> 3, value
            continue
        if kind == BYTES:
            length, at = _read_varint(data, at)
        elif kind in (FIXED32, FIXED64):
            length = 4 if kind == FIXED32 else 8
        else:
            raise ModelError("not a protocol buffer: wire type %d at byte %d" % (kind, at))
        if length > len(data) - at:
            raise ModelError("cut short: a field of %d bytes where %d are left" % (length, len(data) - at))
        yield key >> 3, data[at : at + length]
        at += length


def _read_varint(data: memoryview, at: int) -> Tuple[int, int]:
    value = 0
    for index in range(10):
        if at + index >= len(data):
            raise ModelError("cut short inside a number")
        byte = data[at + index]
        value |= (byte & 127) << 7 * index
        if byte < 128:
            return value, at + index + 1
    raise ModelError("not a protocol buffer: a number of more than 10 bytes at byte %d" % at)
