"""Keras 3: normalizations of `keras.ops` and `keras.layers`, channels last."""

from __future__ import annotations

from typing import Any, Callable, Mapping

import numpy as np

from harness.backends.parameter_shapes import of_channels
from harness.worker.entry import EntryPoint, settled

DOCS = "https://keras.io/api/%s"
LAYOUTS = {"input": "N*C", "output": "N*C"}
Arrays = Mapping[str, np.ndarray]
Settings = Mapping[str, Any]
PARAMETERS = ("mean", "variance", "offset", "scale")
CENTRED: Mapping[str, Any] = {"statistic": "variance", "centre": True}


def _declared(name: str, page: str, call: Callable[[Any, Any, Arrays, Settings], Any], **takes: Any) -> EntryPoint:
    def called(arrays: Arrays, settings: Settings) -> Any:
        import keras

        x = keras.ops.convert_to_tensor(arrays["input"])
        return keras.ops.convert_to_numpy(call(keras, x, arrays, settings))

    return settled("keras." + name, "normalization", DOCS % page, layouts=LAYOUTS, **takes)(called)


def _batch(keras: Any, x: Any, arrays: Arrays, settings: Settings) -> Any:
    mean, variance, offset, scale = (of_channels(arrays[role], x.shape[-1]) for role in PARAMETERS)
    return keras.ops.batch_normalization(x, mean, variance, -1, offset, scale, settings["epsilon"])


def _of_layer(layer: Any, x: Any, arrays: Arrays) -> Any:
    """The layer with these parameters, called."""
    layer.build(x.shape)
    layer.set_weights([of_channels(arrays[role], x.shape[-1]) for role in ("scale", "offset")])
    return layer(x)


def _layer(keras: Any, x: Any, arrays: Arrays, settings: Settings) -> Any:
    return _of_layer(keras.layers.LayerNormalization(epsilon=settings["epsilon"], dtype=x.dtype), x, arrays)


def _layer_by_default(keras: Any, x: Any, arrays: Arrays, settings: Settings) -> Any:
    return _of_layer(keras.layers.LayerNormalization(dtype=x.dtype), x, arrays)


def _group(keras: Any, x: Any, arrays: Arrays, settings: Settings) -> Any:
    groups, epsilon = settings["groups"], settings["epsilon"]
    return _of_layer(keras.layers.GroupNormalization(groups=groups, epsilon=epsilon, dtype=x.dtype), x, arrays)


NORMALIZATIONS = (
    _declared(
        "ops.batch_normalization",
        "ops/nn/",
        _batch,
        demands=dict(CENTRED, groups=1),
        keeps={"epsilon_at": "variance"},
        free=("epsilon",),
        arrays=PARAMETERS,
    ),
    _declared(
        "layers.LayerNormalization",
        "layers/normalization_layers/layer_normalization/",
        _layer,
        demands=dict(CENTRED, groups=1),
        keeps={"over": "C", "epsilon_at": "variance"},
        free=("epsilon",),
        arrays=("scale", "offset"),
    ),
    _declared(
        "layers.LayerNormalization()",
        "layers/normalization_layers/layer_normalization/",
        _layer_by_default,
        demands=dict(CENTRED, groups=1),
        keeps={"over": "C", "epsilon": 1e-3, "epsilon_at": "variance"},
        arrays=("scale", "offset"),
    ),
    _declared(
        "layers.GroupNormalization",
        "layers/normalization_layers/group_normalization/",
        _group,
        ranks=(2,),
        demands=dict(CENTRED, over="CHW"),
        keeps={"epsilon_at": "variance"},
        free=("groups", "epsilon"),
        arrays=("scale", "offset"),
    ),
)
