"""Keras 3: dense layers, by `keras.layers.Dense` and `keras.layers.Flatten`."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from harness.backends.dense_claims import FIRST, LAST, flattening, of_places
from harness.worker.entry import settled

DENSE_PAGE = "https://keras.io/api/layers/core_layers/dense/"
FLATTEN_PAGE = "https://keras.io/api/layers/reshaping_layers/flatten/"
Arrays = Mapping[str, np.ndarray]


def _layer(x: Any, arrays: Arrays) -> Any:
    import keras

    kernel, bias = arrays["kernel"], arrays.get("bias")
    layer = keras.layers.Dense(kernel.shape[1], use_bias="bias" in arrays, dtype=str(kernel.dtype))
    layer.build(x.shape)
    layer.set_weights([each for each in (kernel, bias) if each is not None])
    return keras.ops.convert_to_numpy(layer(x))


def _dense(arrays: Arrays, settings: Mapping[str, Any]) -> Any:
    import keras

    return _layer(keras.ops.convert_to_tensor(arrays["input"]), arrays)


def _flattened(data_format: str) -> Any:
    """Flatten, and Dense behind it."""

    def called(arrays: Arrays, settings: Mapping[str, Any]) -> Any:
        import keras

        x = keras.ops.convert_to_tensor(arrays["input"])
        return _layer(keras.layers.Flatten(data_format=data_format, dtype=x.dtype)(x), arrays)

    return called


def _matmul(arrays: Arrays, settings: Mapping[str, Any]) -> Any:
    import keras

    x, w = (keras.ops.convert_to_tensor(arrays[role]) for role in ("input", "kernel"))
    y = keras.ops.matmul(x, w)
    return keras.ops.convert_to_numpy(y + arrays["bias"] if "bias" in arrays else y)


DENSE = (
    settled("keras.layers.Dense", "dense", DENSE_PAGE, **of_places("IO"))(_dense),
    settled("keras.ops.matmul", "dense", "https://keras.io/api/ops/numpy/", **of_places("IO"))(_matmul),
    settled(
        "keras.layers.Dense (Flatten)",
        "dense",
        FLATTEN_PAGE,
        note="of keras.layers.Flatten()(x), with channels last",
        **flattening("IO", "*C", LAST),
    )(_flattened("channels_last")),
    settled(
        "keras.layers.Dense (Flatten, channels_first)",
        "dense",
        FLATTEN_PAGE,
        note="of keras.layers.Flatten(data_format='channels_first')(x), which moves the channels last first",
        **flattening("IO", "*C", FIRST),
    )(_flattened("channels_first")),
)
