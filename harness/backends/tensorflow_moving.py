"""TensorFlow: functions that move elements and compute nothing, channels last."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from harness.backends.tracing.axis_words import last, pairs_of
from harness.worker.entry import EntryPoint, settled

DOCS = "https://www.tensorflow.org/api_docs/python/tf/%s"
LAYOUTS = {"input": "N*C", "output": "N*C"}
Arrays = Mapping[str, np.ndarray]
Settings = Mapping[str, Any]


def _rearrange(direction: str) -> EntryPoint:
    """The entry point `tensorflow.nn.DIRECTION`."""

    def called(arrays: Arrays, settings: Settings) -> Any:
        import tensorflow as tf

        return getattr(tf.nn, direction)(tf.constant(arrays["input"]), settings[direction])

    about: Mapping[str, Any] = {"ranks": (2,), "layouts": LAYOUTS, "keeps": {"order": "DCR"}, "free": (direction,)}
    docs = DOCS % ("nn/" + direction)
    return settled("tensorflow.nn." + direction, "rearrange", docs, limits=("several",), **about)(called)


REARRANGEMENTS = (_rearrange("depth_to_space"), _rearrange("space_to_depth"))

MODES = {"zero": "CONSTANT", "constant": "CONSTANT", "reflect": "REFLECT", "symmetric": "SYMMETRIC"}


def _pad(arrays: Arrays, settings: Settings) -> Any:
    import tensorflow as tf

    x = arrays["input"]
    fill = {"constant_values": settings["constant"]} if "constant" in settings else {}
    return tf.pad(tf.constant(x), pairs_of(settings["padding"], last(x.ndim)), settings["boundary"], **fill)


PADDINGS = (
    settled(
        "tensorflow.pad",
        "padding",
        DOCS % "pad",
        layouts=LAYOUTS,
        words={"boundary": MODES},
        free=("padding", "constant"),
        limits=("grow", "reflect", "symmetric"),
    )(_pad),
)
MOVES = (*REARRANGEMENTS, *PADDINGS)
