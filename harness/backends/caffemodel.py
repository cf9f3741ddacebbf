"""Caffe's weight files, written by hand for OpenCV; field numbers as in `harness.grammar.files.caffe_weights`."""

from __future__ import annotations

from typing import Mapping, Sequence

import numpy as np

from harness.worker.protobuf import bytes_field, varint


def write(layers: Mapping[str, Sequence[np.ndarray]], kind: str = "Convolution") -> bytes:
    """A caffemodel of layers of one kind with these blobs, as float32."""
    return b"".join(_layer(name, kind, blobs) for name, blobs in layers.items())


def _layer(name: str, kind: str, blobs: Sequence[np.ndarray]) -> bytes:
    parts = [bytes_field(1, name.encode()), bytes_field(2, kind.encode())]
    for blob in blobs:
        dims = b"".join(varint(size) for size in blob.shape)
        values = np.ascontiguousarray(blob, "<f4").tobytes()
        parts.append(bytes_field(7, bytes_field(7, bytes_field(1, dims)) + bytes_field(5, values)))
    return bytes_field(100, b"".join(parts))
