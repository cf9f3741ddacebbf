"""JAX: dense layers, by `jax.numpy.matmul` and `jax.lax.dot_general`, as flax writes them."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from harness.backends.dense_claims import LAST, flattening, of_places
from harness.worker.entry import settled

DOCS = "https://docs.jax.dev/en/latest/_autosummary/jax.%s.html"
Arrays = Mapping[str, np.ndarray]


def _biased(y: Any, arrays: Arrays) -> Any:
    return y + arrays["bias"] if "bias" in arrays else y


def _matmul(arrays: Arrays, settings: Mapping[str, Any]) -> Any:
    import jax

    return _biased(jax.numpy.matmul(arrays["input"], arrays["kernel"]), arrays)


def _dot_general(arrays: Arrays, settings: Mapping[str, Any]) -> Any:
    import jax

    x, w = jax.numpy.asarray(arrays["input"]), jax.numpy.asarray(arrays["kernel"])
    return _biased(jax.lax.dot_general(x, w, (((x.ndim - 1,), (0,)), ((), ()))), arrays)


def _reshaped(arrays: Arrays, settings: Mapping[str, Any]) -> Any:
    import jax

    x = jax.numpy.asarray(arrays["input"])
    return _biased(jax.numpy.matmul(x.reshape((len(x), -1)), arrays["kernel"]), arrays)


DENSE = (
    settled("jax.numpy.matmul", "dense", DOCS % "numpy.matmul", **of_places("IO"))(_matmul),
    settled("jax.lax.dot_general", "dense", DOCS % "lax.dot_general", **of_places("IO"))(_dot_general),
    settled(
        "jax.numpy.matmul (reshape)",
        "dense",
        DOCS % "numpy.matmul",
        note="of x.reshape((n, -1)), with channels last",
        **flattening("IO", "*C", LAST),
    )(_reshaped),
)
