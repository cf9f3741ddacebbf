"""Caffe's weight files: the few fields that hold a layer's blobs.

    NetParameter     layers = 2 (V1LayerParameter), layer = 100 (LayerParameter)
    LayerParameter   name = 1, type = 2, blobs = 7            V1LayerParameter   name = 4, blobs = 6
    BlobProto        num, channels, height, width = 1 to 4, data = 5, shape = 7 { dim = 1 }, double_data = 8

Field numbers from BVLC's caffe.proto. A blob is called LAYER/0 (the weights, O I *) or LAYER/1 (the bias), as Caffe's
own HDF5 files call it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from harness.grammar.files.stored import Stored, decoded, listed, mapped
from harness.worker.protobuf import fields, integers, message, text

LAYERS = {100: (1, 7), 2: (4, 6)}
"""Field of the network that holds layers -> fields of their name and of their blobs."""
OLD_SHAPE = (1, 2, 3, 4)
DATA = {5: "float32", 8: "float64"}


@contextmanager
def opened(path: Path) -> Iterator[dict[str, Stored]]:
    yield listed(_blobs(mapped(path)))


def _blobs(network: memoryview) -> Iterator[tuple[str, Stored]]:
    for number, value in fields(network):
        if number in LAYERS:
            name_field, blob_field = LAYERS[number]
            layer = message(value)
            name = "".join(text(each) for field, each in fields(layer) if field == name_field)
            blobs = (message(each) for field, each in fields(layer) if field == blob_field)
            for index, blob in enumerate(blobs):
                yield f"{name}/{index}", _stored(blob)


def _stored(blob: memoryview) -> Stored:
    """A BlobProto: its shape is a field of its own, in old files four."""
    dims: list[int] = []
    old = dict.fromkeys(OLD_SHAPE, 1)
    kept = 5
    for number, value in fields(blob):
        if number == 7:
            dims = integers(size for field, size in fields(message(value)) if field == 1)
        elif number in old and isinstance(value, int):
            old[number] = value
        elif number in DATA:
            kept = number
    return Stored(DATA[kept], (shape := tuple(dims or old.values())), partial(_numbers, blob, kept, shape))


def _numbers(blob: memoryview, kept: int, shape: tuple[int, ...]) -> np.ndarray:
    """The numbers of a blob, which are packed, or in old files one by one."""
    data = bytearray()
    for number, value in fields(blob):
        if number == kept:
            data += message(value)
    return decoded(data, DATA[kept], shape)
