"""JAX: `jax.nn.standardize`, and batch normalization as flax writes it."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from harness.backends.norm_claims import GIVEN, PARAMETERS, computed
from harness.backends.tracing.axis_words import EVERY, WITHIN, first
from harness.worker.entry import settled

DOCS = "https://docs.jax.dev/en/latest/_autosummary/jax.nn.standardize.html"
FLAX = "https://flax.readthedocs.io/en/latest/api_reference/flax.linen/layers.html"
Arrays = Mapping[str, np.ndarray]
Settings = Mapping[str, Any]


def _standardize(arrays: Arrays, settings: Settings) -> Any:
    import jax

    x = arrays["input"]
    axes = tuple(first(x.ndim).index(letter) for letter in settings["over"])
    return jax.nn.standardize(jax.numpy.asarray(x), axis=axes, epsilon=settings["epsilon"])


def _as_flax(arrays: Arrays, settings: Settings) -> Any:
    import jax

    x = jax.numpy.asarray(arrays["input"])
    mean, variance, scale, offset = (
        jax.numpy.asarray(arrays[role].reshape(arrays[role].shape + (1,) * (x.ndim - arrays[role].ndim)))
        for role in PARAMETERS
    )
    return (x - mean) * (jax.lax.rsqrt(variance + settings["epsilon"]) * scale) + offset


NORMALIZATIONS = (
    settled("jax.nn.standardize", "normalization", DOCS, words={"over": EVERY}, **computed({"groups": 1}, arrays=()))(
        _standardize
    ),
    settled(
        "jax.lax.rsqrt (batch norm)",
        "normalization",
        FLAX,
        note="written out as flax.linen.BatchNorm does",
        **GIVEN,
    )(_as_flax),
)


def _local_response(arrays: Arrays, settings: Settings) -> Any:
    import jax

    x = jax.numpy.asarray(arrays["input"])
    letters, size = first(x.ndim), settings["size"]
    reach = ((size - 1) // 2, size // 2)
    window = tuple(size if letter in settings["across"] else 1 for letter in letters)
    pairs = tuple(reach if letter in settings["across"] else (0, 0) for letter in letters)
    squares = jax.lax.reduce_window(x * x, np.zeros((), x.dtype), jax.lax.add, window, (1,) * x.ndim, pairs)
    return x / (settings["k"] + settings["alpha"] * squares) ** settings["beta"]


LOCAL_RESPONSES = (
    settled(
        "jax.lax.reduce_window (local response normalization)",
        "local_response_normalization",
        "https://docs.jax.dev/en/latest/_autosummary/jax.lax.reduce_window.html",
        words={"across": WITHIN},
        keeps={"divided": "none"},
        free=("size", "alpha", "beta", "k"),
        note="written out, as there is no such function",
    )(_local_response),
)
