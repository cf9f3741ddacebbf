"""PyTorch: normalizations of `torch.nn.functional`."""

from __future__ import annotations

from typing import Any, Callable, Mapping

import numpy as np

from harness.backends.norm_claims import (
    CHANNELS_LAST,
    GIVEN,
    LAST,
    ONE_AXIS,
    PARAMETERS,
    UNDER_THE_ROOT,
    computed,
    length,
)
from harness.backends.parameter_shapes import of_channels, of_last
from harness.backends.tracing.axis_words import first
from harness.worker.blame import system
from harness.worker.entry import EntryPoint, settled

DOCS = "https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.%s.html"
Arrays = Mapping[str, np.ndarray]
Settings = Mapping[str, Any]
DTYPES = ("float32", "float64")


def _declared(name: str, call: Callable[[Any, Any, Arrays, Settings], Any], **takes: Any) -> EntryPoint:
    """The entry point `torch.nn.functional.NAME`; `call` takes the function, a tensor, arrays and settings."""

    function = name.split("(")[0].rstrip()

    def called(arrays: Arrays, settings: Settings) -> Any:
        import torch

        with torch.inference_mode(), system():
            x = torch.from_numpy(np.ascontiguousarray(arrays["input"]))
            return call(getattr(torch.nn.functional, function), x, arrays, settings).numpy()

    made: EntryPoint = settled(
        "torch.nn.functional." + name,
        "normalization",
        DOCS % function,
        dtypes=DTYPES,
        **takes,
    )(called)
    return made


def _tensors(arrays: Arrays, *roles: str, axis: int = 1) -> Any:
    import torch

    channels = arrays["input"].shape[axis]
    return [torch.from_numpy(of_channels(arrays[role], channels)) for role in roles]


def _batch_given(function: Any, x: Any, arrays: Arrays, settings: Settings) -> Any:
    parameters = _tensors(arrays, *PARAMETERS)
    return function(x, *parameters, training=False, eps=settings["epsilon"])


def _batch_computed(function: Any, x: Any, arrays: Arrays, settings: Settings) -> Any:
    scale, offset = _tensors(arrays, "scale", "offset")
    return function(x, None, None, scale, offset, training=True, eps=settings["epsilon"])


def _layer(function: Any, x: Any, arrays: Arrays, settings: Settings) -> Any:
    import torch

    axes = settings["over"]
    scale, offset = (torch.from_numpy(of_last(arrays[role], x.shape, axes)) for role in ("scale", "offset"))
    return function(x, tuple(x.shape[-axes:]), scale, offset, settings["epsilon"])


def _layer_last(function: Any, x: Any, arrays: Arrays, settings: Settings) -> Any:
    return function(x, tuple(x.shape[-1:]), *_tensors(arrays, "scale", "offset", axis=-1), settings["epsilon"])


def _group(function: Any, x: Any, arrays: Arrays, settings: Settings) -> Any:
    return function(x, settings["groups"], *_tensors(arrays, "scale", "offset"), settings["epsilon"])


def _instance(function: Any, x: Any, arrays: Arrays, settings: Settings) -> Any:
    scale, offset = _tensors(arrays, "scale", "offset")
    return function(x, weight=scale, bias=offset, eps=settings["epsilon"])


def _rms(function: Any, x: Any, arrays: Arrays, settings: Settings) -> Any:
    import torch

    axes = settings["over"]
    scale = torch.from_numpy(of_last(arrays["scale"], x.shape, axes))
    return function(x, tuple(x.shape[-axes:]), scale, settings["epsilon"])


def _rms_last(function: Any, x: Any, arrays: Arrays, settings: Settings) -> Any:
    return function(x, tuple(x.shape[-1:]), *_tensors(arrays, "scale", axis=-1), settings["epsilon"])


def _length(power: float) -> Callable[..., Any]:
    def call(function: Any, x: Any, arrays: Arrays, settings: Settings) -> Any:
        return function(x, power, first(x.ndim).index(settings["over"]), settings["epsilon"])

    return call


UNGROUPED = {"groups": 1}
NORMALIZATIONS = (
    _declared("batch_norm", _batch_given, **GIVEN),
    _declared("batch_norm(training=True)", _batch_computed, ranks=(2,), **computed(UNGROUPED, {"over": "NHW"})),
    _declared("layer_norm", _layer, ranks=(2,), words=LAST, **computed(UNGROUPED)),
    _declared("layer_norm (channels last)", _layer_last, **CHANNELS_LAST, **computed(UNGROUPED, {"over": "C"})),
    _declared("group_norm", _group, ranks=(2,), **computed({"over": "CHW"}, free=("groups", "epsilon"))),
    _declared("instance_norm", _instance, ranks=(2,), **computed(UNGROUPED, {"over": "HW"})),
    _declared(
        "rms_norm",
        _rms,
        ranks=(2,),
        words=LAST,
        free=("epsilon",),
        arrays=("scale",),
        **length("mean_square", **UNDER_THE_ROOT),
    ),
    _declared(
        "rms_norm (channels last)",
        _rms_last,
        free=("epsilon",),
        arrays=("scale",),
        **CHANNELS_LAST,
        **length("mean_square", {"over": "C"}, **UNDER_THE_ROOT),
    ),
    _declared(
        "normalize",
        _length(2.0),
        words=ONE_AXIS,
        free=("epsilon",),
        **length("sum_square", epsilon_at="deviation_floor"),
    ),
    _declared(
        "normalize(p=1)",
        _length(1.0),
        words=ONE_AXIS,
        free=("epsilon",),
        **length("sum_absolute", epsilon_at="deviation_floor"),
    ),
)


def _local_response(arrays: Arrays, settings: Settings) -> Any:
    import torch

    told = (settings[key] for key in ("size", "alpha", "beta", "k"))
    with torch.inference_mode(), system():
        x = torch.from_numpy(np.ascontiguousarray(arrays["input"]))
        return torch.nn.functional.local_response_norm(x, *told).numpy()


LOCAL_RESPONSES = (
    settled(
        "torch.nn.functional.local_response_norm",
        "local_response_normalization",
        DOCS % "local_response_norm",
        demands={"across": "C"},
        keeps={"divided": "size", "even_size": "one more below"},
        free=("size", "alpha", "beta", "k"),
    )(_local_response),
)
