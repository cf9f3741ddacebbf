"""NumPy: layers that are told by settings, written out as people write them."""

from __future__ import annotations

from typing import Any, Callable, Mapping

import numpy as np

from harness.backends.tracing.axis_words import EVERY, WITHIN, first
from harness.worker.entry import EntryPoint, settled

DOCS = "https://numpy.org/doc/stable/reference/generated/numpy.%s.html"


def _activation(name: str, function: str, call: Callable[..., Any], **takes: Any) -> EntryPoint:
    """The entry point `numpy.NAME`: a function, in brackets what is made of it; `call` takes x, settings by key."""
    demands = {"function": function, **takes.pop("demands", {})}

    def called(arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Any:
        return call(arrays["input"], **settings)

    docs = DOCS % name.split(" ")[0]
    return settled("numpy." + name, "activation", docs, demands=demands, **takes)(called)


def _gelu(x: np.ndarray) -> Any:
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi).astype(x.dtype) * (x + x.dtype.type(0.044715) * x**3)))


ACTIVATIONS = (
    _activation("maximum (relu)", "relu", lambda x: np.maximum(x, 0)),
    _activation("where (leaky_relu)", "leaky_relu", lambda x, slope: np.where(x > 0, x, slope * x), free=("slope",)),
    _activation("clip", "clip", lambda x, low, high: np.clip(x, low, high), free=("low", "high")),
    _activation("tanh (gelu)", "gelu", _gelu, keeps={"approximate": "tanh"}),
    _activation("exp (sigmoid)", "sigmoid", lambda x: 1 / (1 + np.exp(-x))),
    _activation("exp (silu)", "silu", lambda x: x / (1 + np.exp(-x))),
    _activation("tanh", "tanh", np.tanh),
    _activation("log1p (softplus)", "softplus", lambda x: np.log1p(np.exp(x)), keeps={"beta": 1.0}),
    _activation("abs", "absolute", np.abs),
)


def _softmax(arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Any:
    x = arrays["input"]
    axes = tuple(first(x.ndim).index(letter) for letter in settings["over"])
    e = np.exp(x - x.max(axes, keepdims=True))
    return e / e.sum(axes, keepdims=True)


SOFTMAXES = (
    settled("numpy.exp (softmax)", "softmax", DOCS % "exp", demands={"log": False}, words={"over": EVERY})(_softmax),
)


# --- local response normalization ------------------------------------------------------------------------------------


def _local_response(arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Any:
    x, size = arrays["input"], settings["size"]
    axes = tuple(first(x.ndim).index(letter) for letter in settings["across"])
    pairs = [((size - 1) // 2, size // 2) if axis in axes else (0, 0) for axis in range(x.ndim)]
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(x * x, pairs), (size,) * len(axes), axes)
    squares = windows.sum(tuple(range(-len(axes), 0)))
    return x / (settings["k"] + settings["alpha"] * squares) ** settings["beta"]


LOCAL_RESPONSES = (
    settled(
        "numpy.square (local response normalization)",
        "local_response_normalization",
        DOCS % "square",
        words={"across": WITHIN},
        keeps={"divided": "none"},
        free=("size", "alpha", "beta", "k"),
        note="written out, as there is no such function",
    )(_local_response),
)
