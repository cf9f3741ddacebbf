"""Keras 3: functions of `keras.ops` that move elements and compute nothing, channels last."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

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
MOVES = REARRANGEMENTS
