"""Keras 3: normalizations of `keras.ops` and `keras.layers`, channels last."""

from __future__ import annotations

from typing import Any, Callable, Mapping

import numpy as np

from harness.backends.norm_claims import AFFINE, GIVEN, PARAMETERS, computed
from harness.backends.parameter_shapes import of_channels
from harness.worker.entry import EntryPoint, settled

DOCS = "https://keras.io/api/%s"
LAYOUTS = {"input": "N*C", "output": "N*C"}
Arrays = Mapping[str, np.ndarray]
Settings = Mapping[str, Any]


def _declared(name: str, page: str, call: Callable[[Any, Any, Arrays, Settings], Any], **takes: Any) -> EntryPoint:
    def called(arrays: Arrays, settings: Settings) -> Any:
        import keras

        x = keras.ops.convert_to_tensor(arrays["input"])
        return keras.ops.convert_to_numpy(call(keras, x, arrays, settings))

    return settled("keras." + name, "normalization", DOCS % page, layouts=LAYOUTS, **takes)(called)


def _batch(keras: Any, x: Any, arrays: Arrays, settings: Settings) -> Any:
    mean, variance, scale, offset = (of_channels(arrays[role], x.shape[-1]) for role in PARAMETERS)
    return keras.ops.batch_normalization(x, mean, variance, -1, offset, scale, settings["epsilon"])


def _of_layer(layer: Any, x: Any, arrays: Arrays) -> Any:
    """The layer with these parameters, called."""
    layer.build(x.shape)
    layer.set_weights([of_channels(arrays[role], x.shape[-1]) for role in AFFINE])
    return layer(x)


def _layer(keras: Any, x: Any, arrays: Arrays, settings: Settings) -> Any:
    return _of_layer(keras.layers.LayerNormalization(epsilon=settings["epsilon"], dtype=x.dtype), x, arrays)


def _layer_by_default(keras: Any, x: Any, arrays: Arrays, settings: Settings) -> Any:
    return _of_layer(keras.layers.LayerNormalization(dtype=x.dtype), x, arrays)


def _group(keras: Any, x: Any, arrays: Arrays, settings: Settings) -> Any:
    groups, epsilon = settings["groups"], settings["epsilon"]
    return _of_layer(keras.layers.GroupNormalization(groups=groups, epsilon=epsilon, dtype=x.dtype), x, arrays)


LAYER_NORM, GROUP_NORM = (
    "layers/normalization_layers/layer_normalization/",
    "layers/normalization_layers/group_normalization/",
)
UNGROUPED = {"groups": 1}
NORMALIZATIONS = (
    _declared("ops.batch_normalization", "ops/nn/", _batch, **GIVEN),
    _declared("layers.LayerNormalization", LAYER_NORM, _layer, **computed(UNGROUPED, {"over": "C"})),
    _declared(
        "layers.LayerNormalization()",
        LAYER_NORM,
        _layer_by_default,
        **computed(UNGROUPED, {"over": "C", "epsilon": 1e-3}, free=()),
    ),
    _declared(
        "layers.GroupNormalization",
        GROUP_NORM,
        _group,
        ranks=(2,),
        **computed({"over": "CHW"}, free=("groups", "epsilon")),
    ),
)
