"""Keras 3: layers that are told by settings, of `keras.ops`, `keras.activations` and `keras.layers`."""

from __future__ import annotations

from typing import Any, Callable, Mapping

import numpy as np

from harness.backends.tracing.axis_words import EVERY, last
from harness.worker.entry import EntryPoint, settled

DOCS = "https://keras.io/api/%s"
PAGES = {"ops": "ops/nn/", "activations": "layers/activations/", "layers": "layers/activation_layers/"}
Settings = Mapping[str, Any]


def _activation(name: str, function: str, call: Callable[..., Any] = lambda f, x: f(x), **takes: Any) -> EntryPoint:
    """The entry point `keras.NAME`; `call` takes its function, the input, and what else is told by key."""
    home, _, own = name.partition("(")[0].partition(".")
    demands = {"function": function, **takes.pop("demands", {})}

    def called(arrays: Mapping[str, np.ndarray], settings: Settings) -> Any:
        import keras

        x = keras.ops.convert_to_tensor(arrays["input"])
        return keras.ops.convert_to_numpy(call(getattr(getattr(keras, home), own), x, **settings))

    return settled("keras." + name, "activation", DOCS % PAGES[home], demands=demands, **takes)(called)


SELU = {"alpha": 1.6732632423543772, "gamma": 1.0507009873554805}
ACTIVATIONS = (
    _activation("ops.relu", "relu"),
    _activation("ops.relu6", "relu6"),
    _activation("ops.leaky_relu", "leaky_relu", lambda f, x, slope: f(x, negative_slope=slope), free=("slope",)),
    _activation("ops.leaky_relu()", "leaky_relu", keeps={"slope": 0.2}),
    _activation(
        "layers.LeakyReLU", "leaky_relu", lambda f, x, slope: f(negative_slope=slope, dtype=x.dtype)(x), free=("slope",)
    ),
    _activation("layers.LeakyReLU()", "leaky_relu", lambda f, x: f(dtype=x.dtype)(x), keeps={"slope": 0.3}),
    _activation("ops.elu", "elu", lambda f, x, alpha: f(x, alpha=alpha), free=("alpha",)),
    _activation("ops.selu", "selu", keeps=SELU),
    _activation("ops.celu", "celu", lambda f, x, alpha: f(x, alpha=alpha), free=("alpha",)),
    _activation(
        "ops.gelu",
        "gelu",
        lambda f, x, approximate: f(x, approximate=approximate),
        words={"approximate": {"none": False, "tanh": True}},
    ),
    _activation("ops.gelu()", "gelu", keeps={"approximate": "tanh"}),
    _activation("activations.gelu()", "gelu", keeps={"approximate": "none"}),
    _activation("ops.silu", "silu"),
    _activation("activations.mish", "mish"),
    _activation("ops.hard_sigmoid", "hard_sigmoid", keeps={"alpha": 1 / 6, "beta": 0.5}),
    _activation("ops.hard_silu", "hard_swish"),
    _activation("ops.sigmoid", "sigmoid"),
    _activation("ops.tanh", "tanh"),
    _activation("ops.softplus", "softplus", keeps={"beta": 1.0}),
    _activation("ops.softsign", "softsign"),
    _activation("ops.log_sigmoid", "log_sigmoid"),
    _activation("ops.abs", "absolute"),
    _activation("ops.clip", "clip", lambda f, x, low, high: f(x, low, high), free=("low", "high")),
)


def _softmax(name: str, log: bool) -> EntryPoint:
    def called(arrays: Mapping[str, np.ndarray], settings: Settings) -> Any:
        import keras

        x = arrays["input"]
        axes = tuple(last(x.ndim).index(letter) for letter in settings["over"])
        tensor = keras.ops.convert_to_tensor(x)
        return keras.ops.convert_to_numpy(getattr(keras.ops, name)(tensor, axis=axes if len(axes) > 1 else axes[0]))

    return settled(
        "keras.ops." + name,
        "softmax",
        DOCS % PAGES["ops"],
        layouts={"input": "N*C", "output": "N*C"},
        demands={"log": log},
        words={"over": EVERY},
    )(called)


SOFTMAXES = (_softmax("softmax", False), _softmax("log_softmax", True))


# --- pooling ---------------------------------------------------------------------------------------------------------


def _pooling(name: str, reduce: str, **keeps: Any) -> EntryPoint:
    """The entry point `keras.ops.NAME`, with channels last."""

    def called(arrays: Mapping[str, np.ndarray], settings: Settings) -> Any:
        import keras

        x = keras.ops.convert_to_tensor(arrays["input"])
        window, stride = tuple(settings["window"]), tuple(settings["stride"])
        y = getattr(keras.ops, name)(x, window, stride, settings["padding"], data_format="channels_last")
        return keras.ops.convert_to_numpy(y)

    words = {"padding": {"same": "same", "same_upper": "same", "valid": "valid"}}
    about = {"free": ("window", "stride"), "words": words, "demands": {"reduce": reduce, "dilation": 1}, "keeps": keeps}
    layouts = {"input": "N*C", "output": "N*C"}
    return settled("keras.ops." + name, "pooling", DOCS % PAGES["ops"], layouts=layouts, **about)(called)


POOLING = (
    _pooling("max_pool", "max", rounding="floor"),
    _pooling("average_pool", "average", rounding="floor", divisor="valid"),
)
