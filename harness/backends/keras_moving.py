"""Keras 3: functions of `keras.ops` that move elements and compute nothing, channels last."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from harness.backends.tracing.axis_words import last, pairs_of
from harness.worker.entry import EntryPoint, settled
from harness.worker.loop import Declined

DOCS = "https://keras.io/api/ops/%s"
LAYOUTS = {"input": "N*C", "output": "N*C"}
Arrays = Mapping[str, np.ndarray]
Settings = Mapping[str, Any]


def _rearrange(direction: str, channels: str = "channels_last") -> EntryPoint:
    """The entry point `keras.ops.DIRECTION`, with channels last by default."""

    def called(arrays: Arrays, settings: Settings) -> Any:
        import keras

        if not hasattr(keras.ops, direction):
            raise Declined("keras.ops.%s is not in this version of Keras" % direction)
        x = keras.ops.convert_to_tensor(arrays["input"])
        y = getattr(keras.ops, direction)(x, settings[direction], data_format=channels)
        return keras.ops.convert_to_numpy(y)

    layouts = LAYOUTS if channels == "channels_last" else {"input": "NC*", "output": "NC*"}
    about: Mapping[str, Any] = {"ranks": (2,), "layouts": layouts, "keeps": {"order": "DCR"}, "free": (direction,)}
    name = "keras.ops." + direction + ("" if channels == "channels_last" else "(%s)" % channels)
    return settled(name, "rearrange", DOCS % "nn/", limits=("several",), **about)(called)


REARRANGEMENTS = tuple(
    _rearrange(direction, channels)
    for direction in ("depth_to_space", "space_to_depth")
    for channels in ("channels_last", "channels_first")
)

MODES = {"zero": "constant", "constant": "constant", "reflect": "reflect", "symmetric": "symmetric"}


def _pad(arrays: Arrays, settings: Settings) -> Any:
    import keras

    x = arrays["input"]
    fill = {"constant_values": settings["constant"]} if "constant" in settings else {}
    pairs = pairs_of(settings["padding"], last(x.ndim))
    y = keras.ops.pad(keras.ops.convert_to_tensor(x), pairs, mode=settings["boundary"], **fill)
    return keras.ops.convert_to_numpy(y)


def _zeros(rank: int, name: str) -> EntryPoint:
    """The layer `keras.layers.NAME`, which pads the axes of space with zeros."""

    def called(arrays: Arrays, settings: Settings) -> Any:
        import keras

        x = arrays["input"]
        pairs = pairs_of(settings["padding"], last(x.ndim))[1:-1]
        layer = getattr(keras.layers, name)(pairs if rank > 1 else pairs[0], data_format="channels_last", dtype=x.dtype)
        return keras.ops.convert_to_numpy(layer(keras.ops.convert_to_tensor(x)))

    about: Mapping[str, Any] = {"ranks": (rank,), "layouts": LAYOUTS, "keeps": {"boundary": "zero"}}
    docs = "https://keras.io/api/layers/reshaping_layers/"
    return settled("keras.layers." + name, "padding", docs, free=("padding",), limits=("grow", "space"), **about)(
        called
    )


PADDINGS = (
    settled(
        "keras.ops.pad",
        "padding",
        DOCS % "numpy/",
        layouts=LAYOUTS,
        words={"boundary": MODES},
        free=("padding", "constant"),
        limits=("grow", "reflect", "symmetric"),
    )(_pad),
    *(_zeros(rank, "ZeroPadding%dD" % rank) for rank in (1, 2, 3)),
)
MOVES = (*REARRANGEMENTS, *PADDINGS)
