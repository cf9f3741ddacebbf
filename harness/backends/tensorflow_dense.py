"""TensorFlow: dense layers, by `tf.linalg.matmul`, called eagerly."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from harness.backends.dense_claims import LAST, flattening, of_places
from harness.worker.entry import settled

DOCS = "https://www.tensorflow.org/api_docs/python/tf/linalg/matmul"
Arrays = Mapping[str, np.ndarray]


def _product(x: Any, arrays: Arrays) -> Any:
    import tensorflow as tf

    y = tf.linalg.matmul(x, tf.constant(arrays["kernel"]))
    return tf.nn.bias_add(y, tf.constant(arrays["bias"])) if "bias" in arrays else y


def _matmul(arrays: Arrays, settings: Mapping[str, Any]) -> Any:
    import tensorflow as tf

    return _product(tf.constant(arrays["input"]), arrays)


def _reshaped(arrays: Arrays, settings: Mapping[str, Any]) -> Any:
    import tensorflow as tf

    x = tf.constant(arrays["input"])
    return _product(tf.reshape(x, (x.shape[0], -1)), arrays)


DENSE = (
    settled("tensorflow.linalg.matmul", "dense", DOCS, **of_places("IO"))(_matmul),
    settled(
        "tensorflow.linalg.matmul (reshape)",
        "dense",
        DOCS,
        note="of tf.reshape(x, (n, -1)), with channels last",
        **flattening("IO", "*C", LAST),
    )(_reshaped),
)
