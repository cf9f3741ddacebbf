"""JAX: layers that are told by settings, of `jax.nn` and `jax.numpy`, called as they are written, not compiled."""

from __future__ import annotations

from typing import Any, Callable, Mapping

import numpy as np

from harness.backends.tracing.axis_words import EVERY, first
from harness.worker.entry import EntryPoint, settled

DOCS = "https://docs.jax.dev/en/latest/_autosummary/jax.%s.html"
Settings = Mapping[str, Any]


def _activation(name: str, function: str, call: Callable[..., Any] = lambda f, x: f(x), **takes: Any) -> EntryPoint:
    """The entry point `jax.NAME`; `call` takes its function, the input, and what else is told by key."""
    demands = {"function": function, **takes.pop("demands", {})}

    def called(arrays: Mapping[str, np.ndarray], settings: Settings) -> Any:
        import jax

        home, _, own = name.partition("(")[0].partition(".")
        return call(getattr(getattr(jax, home), own), jax.numpy.asarray(arrays["input"]), **settings)

    docs = DOCS % name.partition("(")[0]
    return settled("jax." + name, "activation", docs, demands=demands, **takes)(called)


SELU = {"alpha": 1.6732632423543772, "gamma": 1.0507009873554805}
ACTIVATIONS = (
    _activation("nn.relu", "relu"),
    _activation("nn.relu6", "relu6"),
    _activation("numpy.clip", "clip", lambda f, x, low, high: f(x, low, high), free=("low", "high")),
    _activation("nn.leaky_relu", "leaky_relu", lambda f, x, slope: f(x, slope), free=("slope",)),
    _activation("nn.elu", "elu", lambda f, x, alpha: f(x, alpha), free=("alpha",)),
    _activation("nn.selu", "selu", keeps=SELU),
    _activation("nn.celu", "celu", lambda f, x, alpha: f(x, alpha), free=("alpha",)),
    _activation(
        "nn.gelu",
        "gelu",
        lambda f, x, approximate: f(x, approximate=approximate),
        words={"approximate": {"none": False, "tanh": True}},
    ),
    _activation("nn.gelu()", "gelu", keeps={"approximate": "tanh"}),
    _activation("nn.silu", "silu"),
    _activation("nn.mish", "mish"),
    _activation("nn.hard_sigmoid", "hard_sigmoid", keeps={"alpha": 1 / 6, "beta": 0.5}),
    _activation("nn.hard_swish", "hard_swish"),
    _activation("nn.sigmoid", "sigmoid"),
    _activation("numpy.tanh", "tanh"),
    _activation("nn.softplus", "softplus", keeps={"beta": 1.0}),
    _activation("nn.soft_sign", "softsign"),
    _activation("nn.log_sigmoid", "log_sigmoid"),
    _activation("numpy.abs", "absolute"),
)


def _softmax(name: str, log: bool) -> EntryPoint:
    def called(arrays: Mapping[str, np.ndarray], settings: Settings) -> Any:
        import jax

        x = arrays["input"]
        axes = tuple(first(x.ndim).index(letter) for letter in settings["over"])
        return getattr(jax.nn, name)(jax.numpy.asarray(x), axis=axes)

    return settled("jax.nn." + name, "softmax", DOCS % ("nn." + name), demands={"log": log}, words={"over": EVERY})(
        called
    )


SOFTMAXES = (_softmax("softmax", False), _softmax("log_softmax", True))


# --- pooling ---------------------------------------------------------------------------------------------------------


def _pooling(name: str, reduce: str, call: Callable[[Any, Any, Settings], Any], **takes: Any) -> EntryPoint:
    """The entry point `jax.lax.reduce_window (NAME)`; `call` makes it of jax, the input and settings."""

    def called(arrays: Mapping[str, np.ndarray], settings: Settings) -> Any:
        import jax

        return call(jax, jax.numpy.asarray(arrays["input"]), settings)

    words = {"padding": {"same": "SAME", "same_upper": "SAME", "same_lower": "SAME_LOWER", "valid": "VALID"}}
    about = dict(takes, words=words, demands={"reduce": reduce}, free=("window", "stride", "padding", "dilation"))
    return settled("jax.lax.reduce_window (%s)" % name, "pooling", DOCS % "lax.reduce_window", **about)(called)


def _reduced(jax: Any, x: Any, start: float, join: Any, settings: Settings) -> Any:
    window, stride, dilation = ((1, 1, *settings[key]) for key in ("window", "stride", "dilation"))
    padding = settings["padding"]
    told = padding if isinstance(padding, str) else ((0, 0), (0, 0), *map(tuple, padding))
    return jax.lax.reduce_window(x, np.array(start, x.dtype), join, window, stride, told, window_dilation=dilation)


def _max(jax: Any, x: Any, settings: Settings) -> Any:
    return _reduced(jax, x, -np.inf, jax.lax.max, settings)


def _average(jax: Any, x: Any, settings: Settings) -> Any:
    return _reduced(jax, x, 0.0, jax.lax.add, settings) / np.array(np.prod(settings["window"]), x.dtype)


POOLING = (
    _pooling("max", "max", _max, keeps={"rounding": "floor"}),
    _pooling("average", "average", _average, keeps={"rounding": "floor", "divisor": "window"}),
)
