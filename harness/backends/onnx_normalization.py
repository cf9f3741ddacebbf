"""ONNX Runtime: normalizations, each in a graph of one node."""

from __future__ import annotations

from typing import Any, Callable, Mapping

import numpy as np

from harness.backends.onnx_by_settings import DOCS, ran
from harness.backends.parameter_shapes import of_channels, of_last
from harness.backends.tracing.axis_words import first
from harness.worker.entry import EntryPoint, settled

Arrays = Mapping[str, np.ndarray]
Settings = Mapping[str, Any]
CENTRED: Mapping[str, Any] = {"statistic": "variance", "centre": True, "groups": 1}


def _declared(operator: str, call: Callable[[Arrays, Settings], Any], **takes: Any) -> EntryPoint:
    name = "onnxruntime." + operator
    made: EntryPoint = settled(name, "normalization", DOCS % operator, dtypes=("float32",), **takes)(call)
    return made


def _parameters(arrays: Arrays, *roles: str) -> Mapping[str, np.ndarray]:
    return {role: of_channels(arrays[role], arrays["input"].shape[1]) for role in roles}


def _batch(arrays: Arrays, settings: Settings) -> Any:
    taken = dict({"x": arrays["input"]}, **_parameters(arrays, "scale", "offset", "mean", "variance"))
    return ran("BatchNormalization", taken, epsilon=settings["epsilon"])


def _instance(arrays: Arrays, settings: Settings) -> Any:
    taken = dict({"x": arrays["input"]}, **_parameters(arrays, "scale", "offset"))
    return ran("InstanceNormalization", taken, epsilon=settings["epsilon"])


def _layer(arrays: Arrays, settings: Settings) -> Any:
    x, axes = arrays["input"], settings["over"]
    taken = {role: of_last(arrays[role], x.shape, axes) for role in ("scale", "offset")}
    return ran("LayerNormalization", dict({"x": x}, **taken), axis=-axes, epsilon=settings["epsilon"])


def _length(power: int) -> Callable[..., Any]:
    def call(arrays: Arrays, settings: Settings) -> Any:
        x = arrays["input"]
        return ran("LpNormalization", {"x": x}, axis=first(x.ndim).index(settings["over"]), p=power)

    return call


NORMALIZATIONS = (
    _declared(
        "BatchNormalization",
        _batch,
        demands=CENTRED,
        keeps={"epsilon_at": "variance"},
        free=("epsilon",),
        arrays=("scale", "offset", "mean", "variance"),
    ),
    _declared(
        "InstanceNormalization",
        _instance,
        ranks=(2,),
        demands=CENTRED,
        keeps={"over": "HW", "epsilon_at": "variance"},
        free=("epsilon",),
        arrays=("scale", "offset"),
    ),
    _declared(
        "LayerNormalization",
        _layer,
        ranks=(2,),
        demands=CENTRED,
        keeps={"epsilon_at": "variance"},
        words={"over": {"W": 1, "HW": 2, "CHW": 3}},
        free=("epsilon",),
        arrays=("scale", "offset"),
    ),
    _declared(
        "LpNormalization",
        _length(2),
        demands={"statistic": "sum_square", "centre": False, "groups": 1},
        keeps={"epsilon": 0.0, "epsilon_at": "variance"},
        words={"over": {letter: letter for letter in "NCDHW"}},
    ),
)
