"""TensorFlow: normalizations of `tf.nn`, channels last."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping

import numpy as np

from harness.backends.norm_claims import GIVEN, PARAMETERS, length
from harness.backends.parameter_shapes import of_channels
from harness.backends.tracing.axis_words import EVERY, last
from harness.worker.entry import EntryPoint, settled

DOCS = "https://www.tensorflow.org/api_docs/python/tf/%s"
LAYOUTS = {"input": "N*C", "output": "N*C"}
Arrays = Mapping[str, np.ndarray]
Settings = Mapping[str, Any]


def _declared(name: str, call: Callable[[Any, Arrays, Settings], Any], **takes: Any) -> EntryPoint:
    def called(arrays: Arrays, settings: Settings) -> Any:
        import tensorflow as tf

        return call(tf, arrays, settings)

    docs = DOCS % name.split("(")[0].replace(".", "/")
    return settled("tensorflow." + name, "normalization", docs, layouts=LAYOUTS, **takes)(called)


def _batch(tf: Any, arrays: Arrays, settings: Settings) -> Any:
    x = arrays["input"]
    mean, variance, scale, offset = (of_channels(arrays[role], x.shape[-1]) for role in PARAMETERS)
    return tf.nn.batch_normalization(tf.constant(x), mean, variance, offset, scale, settings["epsilon"])


def _fused(tf: Any, arrays: Arrays, settings: Settings) -> Any:
    x = arrays["input"]
    mean, variance, scale, offset = (of_channels(arrays[role], x.shape[-1]) for role in PARAMETERS)
    fused = tf.compat.v1.nn.fused_batch_norm
    epsilon = settings["epsilon"]
    return fused(tf.constant(x), scale, offset, mean, variance, epsilon=epsilon, is_training=False)[0]


def _length(tf: Any, arrays: Arrays, settings: Settings) -> Any:
    x = arrays["input"]
    axes = [last(x.ndim).index(letter) for letter in settings["over"]]
    return tf.math.l2_normalize(tf.constant(x), axis=axes, epsilon=settings["epsilon"])


NORMALIZATIONS = (
    _declared("nn.batch_normalization", _batch, **GIVEN),
    _declared("compat.v1.nn.fused_batch_norm", _fused, ranks=(2,), dtypes=("float32",), **GIVEN),
    _declared(
        "math.l2_normalize",
        _length,
        words={"over": EVERY},
        free=("epsilon",),
        **length("sum_square", epsilon_at="variance_floor"),
    ),
)


def _local_response(arrays: Arrays, settings: Settings) -> Any:
    import tensorflow as tf

    told = (settings[key] for key in ("k", "alpha", "beta"))
    return tf.nn.local_response_normalization(tf.constant(arrays["input"]), settings["size"] // 2, *told)


def _by_default(arrays: Arrays, settings: Settings) -> Any:
    import tensorflow as tf

    return tf.nn.local_response_normalization(tf.constant(arrays["input"]))


def _local(brackets: str, call: Callable[[Arrays, Settings], Any], **takes: Any) -> EntryPoint:
    about: Dict[str, Any] = {"ranks": (2,), "layouts": LAYOUTS, "demands": {"across": "C"}, "dtypes": ("float32",)}
    name = "nn.local_response_normalization"
    docs = DOCS % name.replace(".", "/")
    return settled("tensorflow." + name + brackets, "local_response_normalization", docs, **about, **takes)(call)


LOCAL_RESPONSES = (
    _local(
        "",
        _local_response,
        keeps={"divided": "none"},
        free=("size", "alpha", "beta", "k"),
        limits=("odd",),
        note="told depth_radius, size // 2",
    ),
    _local("()", _by_default, keeps={"divided": "none", "size": 11, "alpha": 1.0, "beta": 0.5, "k": 1.0}),
)
