"""PyTorch: layers that are told by settings, of `torch.nn.functional` and `torch`."""

from __future__ import annotations

import math
from typing import Any, Callable, Mapping

import numpy as np

from harness.backends.tracing.axis_words import first
from harness.worker.blame import system
from harness.worker.entry import EntryPoint, settled

DOCS = "https://docs.pytorch.org/docs/stable/generated/torch.%s.html"
DTYPES = ("float32", "float64")
Settings = Mapping[str, Any]


def _tensor(array: np.ndarray) -> Any:
    """The array as a tensor; torch takes no negative strides."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(array))


def _activation(name: str, function: str, call: Callable[[Any, Any, Settings], Any], **takes: Any) -> EntryPoint:
    """The entry point `torch.NAME`, of which `call` makes a call: of torch or its functions, a tensor and settings."""
    demands = {"function": function, **takes.pop("demands", {})}

    def called(arrays: Mapping[str, np.ndarray], settings: Settings) -> Any:
        import torch

        with torch.inference_mode(), system():
            home = torch.nn.functional if name.startswith("nn.") else torch
            tensors = [_tensor(arrays[role]) for role in ("input", *takes.get("arrays", ()))]
            return call(getattr(home, name.rpartition(".")[2]), tensors, settings).numpy()

    made: EntryPoint = settled("torch." + name, "activation", DOCS % name, demands=demands, dtypes=DTYPES, **takes)(
        called
    )
    return made


def _plain(function: Any, tensors: Any, settings: Settings) -> Any:
    return function(*tensors)


def _by_position(*keys: str) -> Callable[[Any, Any, Settings], Any]:
    """A call whose arguments after the input are these settings."""
    return lambda function, tensors, settings: function(*tensors, *(settings[key] for key in keys))


def _softplus(function: Any, tensors: Any, settings: Settings) -> Any:
    return function(*tensors, settings["beta"], *([settings["threshold"]] if "threshold" in settings else []))


def _threshold(function: Any, tensors: Any, settings: Settings) -> Any:
    return function(*tensors, settings["theta"], 0.0)


F = "nn.functional."
SELU = {"alpha": 1.6732632423543772, "gamma": 1.0507009873554805}
ACTIVATIONS = (
    _activation(F + "relu", "relu", _plain),
    _activation(F + "relu6", "relu6", _plain),
    _activation(F + "hardtanh", "clip", _by_position("low", "high"), free=("low", "high")),
    _activation(F + "leaky_relu", "leaky_relu", _by_position("slope"), free=("slope",)),
    _activation(F + "prelu", "prelu", _plain, arrays=("slope",)),
    _activation(F + "elu", "elu", _by_position("alpha"), free=("alpha",)),
    _activation(F + "selu", "selu", _plain, keeps=SELU),
    _activation(F + "celu", "celu", _by_position("alpha"), free=("alpha",)),
    _activation(
        F + "gelu",
        "gelu",
        lambda function, tensors, settings: function(*tensors, approximate=settings["approximate"]),
        words={"approximate": {"none": "none", "tanh": "tanh"}},
    ),
    _activation(F + "silu", "silu", _plain),
    _activation(F + "mish", "mish", _plain),
    _activation(F + "hardsigmoid", "hard_sigmoid", _plain, keeps={"alpha": 1 / 6, "beta": 0.5}),
    _activation(F + "hardswish", "hard_swish", _plain),
    _activation("sigmoid", "sigmoid", _plain),
    _activation("tanh", "tanh", _plain),
    _activation(F + "softplus", "softplus", _softplus, free=("beta", "threshold"), defaults={"threshold": 20.0}),
    _activation(F + "softsign", "softsign", _plain),
    _activation(F + "logsigmoid", "log_sigmoid", _plain),
    _activation("abs", "absolute", _plain),
    _activation(F + "threshold", "threshold", _threshold, free=("theta",)),
)


def _softmax(name: str, log: bool) -> EntryPoint:
    def called(arrays: Mapping[str, np.ndarray], settings: Settings) -> Any:
        import torch

        with torch.inference_mode(), system():
            function = getattr(torch.nn.functional, name)
            return function(_tensor(arrays["input"]), first(arrays["input"].ndim).index(settings["over"])).numpy()

    made: EntryPoint = settled(
        "torch." + F + name,
        "softmax",
        DOCS % (F + name),
        demands={"log": log},
        words={"over": {letter: letter for letter in "NCDHW"}},
        dtypes=DTYPES,
    )(called)
    return made


def _implicit(arrays: Mapping[str, np.ndarray], settings: Settings) -> Any:
    import warnings

    import torch

    with warnings.catch_warnings(), torch.inference_mode(), system():
        warnings.simplefilter("ignore")  # that this default is deprecated, which the note says
        return torch.nn.functional.softmax(_tensor(arrays["input"])).numpy()


SOFTMAXES = (
    _softmax("softmax", False),
    _softmax("log_softmax", True),
    settled(
        "torch." + F + "softmax()",
        "softmax",
        DOCS % (F + "softmax"),
        ranks=(1,),
        demands={"log": False},
        keeps={"over": "N"},
        dtypes=DTYPES,
        note="without dim: over axis 0 of arrays of 0, 1 and 3 axes, over axis 1 of others; deprecated",
    )(_implicit),
)


# --- pooling ---------------------------------------------------------------------------------------------------------


def _pooling(name: str, reduce: str, rank: int, call: Callable[[Any, Any, Settings], Any], **takes: Any) -> EntryPoint:
    """The entry point `torch.nn.functional.NAME`; `call` takes the function, the input, and settings."""

    def called(arrays: Mapping[str, np.ndarray], settings: Settings) -> Any:
        import torch

        with torch.inference_mode(), system():
            return call(getattr(torch.nn.functional, name), _tensor(arrays["input"]), settings).numpy()

    demands = {"reduce": reduce, **takes.pop("demands", {})}
    about = dict(takes, ranks=(rank,), demands=demands, dtypes=DTYPES)
    return settled("torch.nn.functional." + name, "pooling", DOCS % ("nn.functional." + name), **about)(called)


def _window(settings: Settings) -> Any:
    """Window, stride and padding, in the order of all of these functions."""
    return settings["window"], settings["stride"], [low for low, _ in settings["padding"]]


def _max_pool(function: Any, x: Any, settings: Settings) -> Any:
    return function(x, *_window(settings), settings["dilation"], ceil_mode=settings["rounding"])


def _avg_pool(function: Any, x: Any, settings: Settings) -> Any:
    whole = settings["divisor"] == WHOLE
    told = {"divisor_override": math.prod(settings["window"])} if whole else {"count_include_pad": settings["divisor"]}
    return function(x, *_window(settings), ceil_mode=settings["rounding"], **told)


def _lp_pool(function: Any, x: Any, settings: Settings) -> Any:
    window, stride = (settings[key] if x.ndim > 3 else settings[key][0] for key in ("window", "stride"))
    return function(x, 2.0, window, stride, settings["rounding"])


def _adaptive(function: Any, x: Any, settings: Settings) -> Any:
    return function(x, settings["output_size"])


CEIL = {"rounding": {"floor": False, "ceil": True}}
WHOLE = "divisor_override"
DIVIDED = {"padded": True, "valid": False}
FREE, PADDED = ("window", "stride", "padding"), ("even", "half")
POOLING = (
    *(
        _pooling("max_pool%dd" % rank, "max", rank, _max_pool, words=CEIL, free=(*FREE, "dilation"), limits=PADDED)
        for rank in (1, 2, 3)
    ),
    *(
        _pooling(
            "avg_pool%dd" % rank,
            "average",
            rank,
            _avg_pool,
            words=dict(CEIL, divisor=dict(DIVIDED, window=WHOLE) if rank > 1 else DIVIDED),
            demands={"dilation": 1},
            free=FREE,
            limits=PADDED,
        )
        for rank in (1, 2, 3)
    ),
    *(
        _pooling(
            "lp_pool%dd" % rank,
            "norm",
            rank,
            _lp_pool,
            words=dict(CEIL, padding={"valid": None}),
            keeps={"overhang": "scaled to the whole window"},
            # odd powers keep their signs there
            demands={"dilation": 1, "p": 2.0},
            free=("window", "stride"),
        )
        for rank in (1, 2, 3)
    ),
    *(_pooling("adaptive_max_pool%dd" % rank, "max", rank, _adaptive, free=("output_size",)) for rank in (1, 2, 3)),
    *(
        _pooling(
            "adaptive_avg_pool%dd" % rank,
            "average",
            rank,
            _adaptive,
            keeps={"divisor": "valid"},
            free=("output_size",),
        )
        for rank in (1, 2, 3)
    ),
)
