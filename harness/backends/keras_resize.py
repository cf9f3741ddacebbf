"""Keras 3: `keras.ops.image.resize`, by its interpolation; what each backend computes is its own."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from harness.worker.entry import EntryPoint, settled
from harness.worker.loop import Declined

DOCS = "https://keras.io/api/ops/image/#resize-function"
FLAGS = {"antialias": {"False": False, "True": True}}
EXACT = {"coordinates": "half_pixel", "nearest_rounding": "prefer_ceil"}
WHOLE = {"coordinates": "half_pixel", "outside": "renormalize"}


def _resize(method: str, interpolation: str, **takes: Any) -> EntryPoint:
    """One interpolation, told whether to antialias, or always doing it."""

    def called(arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Any:
        import keras

        if method.startswith("lanczos") and keras.backend.backend() == "torch":
            raise Declined("Keras has no Lanczos on PyTorch")
        more = {"antialias": settings.get("antialias", True)} if interpolation != "nearest" else {}
        x = keras.ops.convert_to_tensor(arrays["input"])
        size = tuple(settings["size"])
        y = keras.ops.image.resize(x, size, interpolation=method, data_format="channels_last", **more)
        return keras.ops.convert_to_numpy(y)

    demands = dict({"interpolation": interpolation}, **takes.pop("demands", {}))
    about: Any = dict(takes, demands=demands, free=("size",), ranks=(2,), dtypes=("float32",))
    about["layouts"] = {"input": "N*C", "output": "N*C"}
    how = method if "antialias" not in demands else method + ", antialias"
    return settled("keras.ops.image.resize (%s)" % how, "resize", DOCS, **about)(called)


RESIZES = (
    _resize("nearest", "nearest", keeps=EXACT),
    _resize("bilinear", "linear", words=FLAGS, keeps=WHOLE),
    _resize(
        "bicubic",
        "cubic",
        demands={"antialias": True},
        keeps=dict(WHOLE, cubic_coefficient=-0.5),
        note="without antialias each backend has a cubic of its own: TensorFlow a table, PyTorch -0.75",
    ),
    _resize("lanczos3", "lanczos3", words=FLAGS, keeps=WHOLE),
    _resize("lanczos5", "lanczos5", words=FLAGS, keeps=WHOLE),
)
