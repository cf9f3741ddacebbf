"""ONNX Runtime: normalizations, each in a graph of one node."""

from __future__ import annotations

from typing import Any, Callable, Mapping

import numpy as np

from harness.backends.norm_claims import AFFINE, CHANNELS_LAST, GIVEN, LAST, ONE_AXIS, UNDER_THE_ROOT, computed, length
from harness.backends.onnx_by_settings import DOCS, ran
from harness.backends.parameter_shapes import of_channels, of_last
from harness.backends.tracing.axis_words import first
from harness.worker.entry import EntryPoint, settled

Arrays = Mapping[str, np.ndarray]
Settings = Mapping[str, Any]


def _declared(operator: str, call: Callable[[Arrays, Settings], Any], **takes: Any) -> EntryPoint:
    name = "onnxruntime." + operator
    made: EntryPoint = settled(name, "normalization", DOCS % operator.split()[0], dtypes=("float32",), **takes)(call)
    return made


def _parameters(arrays: Arrays, *roles: str, axis: int = 1) -> Mapping[str, np.ndarray]:
    return {role: of_channels(arrays[role], arrays["input"].shape[axis]) for role in roles}


def _batch(arrays: Arrays, settings: Settings) -> Any:
    taken = dict({"x": arrays["input"]}, **_parameters(arrays, "scale", "offset", "mean", "variance"))
    return ran("BatchNormalization", taken, epsilon=settings["epsilon"])


def _instance(arrays: Arrays, settings: Settings) -> Any:
    taken = dict({"x": arrays["input"]}, **_parameters(arrays, *AFFINE))
    return ran("InstanceNormalization", taken, epsilon=settings["epsilon"])


def _layer(arrays: Arrays, settings: Settings) -> Any:
    x, axes = arrays["input"], settings["over"]
    taken = {role: of_last(arrays[role], x.shape, axes) for role in AFFINE}
    return ran("LayerNormalization", dict({"x": x}, **taken), axis=-axes, epsilon=settings["epsilon"])


def _layer_last(arrays: Arrays, settings: Settings) -> Any:
    taken = dict({"x": arrays["input"]}, **_parameters(arrays, *AFFINE, axis=-1))
    return ran("LayerNormalization", taken, axis=-1, epsilon=settings["epsilon"])


def _length(power: int) -> Callable[..., Any]:
    def call(arrays: Arrays, settings: Settings) -> Any:
        x = arrays["input"]
        return ran("LpNormalization", {"x": x}, axis=first(x.ndim).index(settings["over"]), p=power)

    return call


UNGROUPED = {"groups": 1}
NORMALIZATIONS = (
    _declared("BatchNormalization", _batch, **GIVEN),
    _declared("InstanceNormalization", _instance, ranks=(2,), **computed(UNGROUPED, {"over": "HW"})),
    _declared("LayerNormalization", _layer, ranks=(2,), words=LAST, **computed(UNGROUPED)),
    _declared("LayerNormalization (channels last)", _layer_last, **CHANNELS_LAST, **computed(UNGROUPED, {"over": "C"})),
    _declared("LpNormalization", _length(2), words=ONE_AXIS, **length("sum_square", epsilon=0.0, **UNDER_THE_ROOT)),
)


def _local_response(arrays: Arrays, settings: Settings) -> Any:
    numbers = {key: settings[own] for key, own in (("alpha", "alpha"), ("beta", "beta"), ("bias", "k"))}
    return ran("LRN", {"x": arrays["input"]}, size=settings["size"], **numbers)


LOCAL_RESPONSES = (
    settled(
        "onnxruntime.LRN",
        "local_response_normalization",
        DOCS % "LRN",
        ranks=(2,),
        demands={"across": "C"},
        keeps={"divided": "size"},
        free=("size", "alpha", "beta", "k"),
        limits=("odd",),
        dtypes=("float32",),
    )(_local_response),
)
