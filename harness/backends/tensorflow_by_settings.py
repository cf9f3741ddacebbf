"""TensorFlow: layers that are told by settings, of `tf.nn`, `tf.math` and `tf`, called eagerly."""

from __future__ import annotations

from typing import Any, Callable, Mapping

import numpy as np

from harness.backends.tracing.axis_words import last
from harness.worker.entry import EntryPoint, settled

DOCS = "https://www.tensorflow.org/api_docs/python/tf/%s"
Settings = Mapping[str, Any]


def _activation(name: str, function: str, call: Callable[..., Any] = lambda f, x: f(x), **takes: Any) -> EntryPoint:
    """The entry point `tensorflow.NAME`; `call` takes its function, the input, and what else is told by key."""
    demands = {"function": function, **takes.pop("demands", {})}

    def called(arrays: Mapping[str, np.ndarray], settings: Settings) -> Any:
        import tensorflow as tf

        found: Any = tf
        for part in name.partition("(")[0].split("."):
            found = getattr(found, part)
        return call(found, tf.constant(arrays["input"]), **settings)

    docs = DOCS % name.partition("(")[0].replace(".", "/")
    return settled("tensorflow." + name, "activation", docs, demands=demands, **takes)(called)


ACTIVATIONS = (
    _activation("nn.relu", "relu"),
    _activation("nn.relu6", "relu6"),
    _activation("nn.leaky_relu", "leaky_relu", lambda f, x, slope: f(x, alpha=slope), free=("slope",)),
    _activation("nn.leaky_relu()", "leaky_relu", keeps={"slope": 0.2}),
    _activation("nn.elu", "elu", keeps={"alpha": 1.0}),
    _activation("nn.selu", "selu", keeps={"alpha": 1.6732632423543772, "gamma": 1.0507009873554805}),
    _activation(
        "nn.gelu",
        "gelu",
        lambda f, x, approximate: f(x, approximate=approximate),
        words={"approximate": {"none": False, "tanh": True}},
    ),
    _activation("nn.silu", "silu"),
    _activation("nn.sigmoid", "sigmoid"),
    _activation("nn.tanh", "tanh"),
    _activation("nn.softplus", "softplus", keeps={"beta": 1.0}),
    _activation("nn.softsign", "softsign"),
    _activation("math.log_sigmoid", "log_sigmoid"),
    _activation("abs", "absolute"),
    _activation("clip_by_value", "clip", lambda f, x, low, high: f(x, low, high), free=("low", "high")),
)


def _softmax(name: str, log: bool) -> EntryPoint:
    def called(arrays: Mapping[str, np.ndarray], settings: Settings) -> Any:
        import tensorflow as tf

        x = arrays["input"]
        return getattr(tf.nn, name)(tf.constant(x), axis=last(x.ndim).index(settings["over"]))

    return settled(
        "tensorflow.nn." + name,
        "softmax",
        DOCS % ("nn/" + name),
        layouts={"input": "N*C", "output": "N*C"},
        demands={"log": log},
        words={"over": {letter: letter for letter in "NCDHW"}},
    )(called)


SOFTMAXES = (_softmax("softmax", False), _softmax("log_softmax", True))


# --- pooling ---------------------------------------------------------------------------------------------------------


def _pooling(name: str, reduce: str, rank: int, **takes: Any) -> EntryPoint:
    """The entry point `tensorflow.nn.NAME`, with channels last."""

    def called(arrays: Mapping[str, np.ndarray], settings: Settings) -> Any:
        import tensorflow as tf

        padding = settings["padding"]
        told = padding if isinstance(padding, str) else [[0, 0], *map(list, padding), [0, 0]]
        return getattr(tf.nn, name)(tf.constant(arrays["input"]), settings["window"], settings["stride"], told)

    words = {"padding": {"same": "SAME", "same_upper": "SAME", "valid": "VALID"}}
    demands = {"reduce": reduce, "dilation": 1}
    about = dict({"free": ("window", "stride"), "words": words, "demands": demands, "ranks": (rank,)}, **takes)
    layouts = {"input": "N*C", "output": "N*C"}
    return settled("tensorflow.nn." + name, "pooling", DOCS % ("nn/" + name), layouts=layouts, **about)(called)


POOLING = (
    *(
        _pooling(
            "max_pool%dd" % rank,
            "max",
            rank,
            keeps={"rounding": "floor"},
            dtypes=("float32", "float64") if rank < 3 else ("float32",),
            free=("window", "stride", *(("padding",) if rank == 2 else ())),
        )
        for rank in (1, 2, 3)
    ),
    *(
        _pooling(
            "avg_pool%dd" % rank,
            "average",
            rank,
            keeps={"rounding": "floor", "divisor": "valid"},
            dtypes=("float32", "float64") if rank < 3 else ("float32",),
        )
        for rank in (1, 2, 3)
    ),
)
