"""JAX: functions that move elements and compute nothing."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from harness.backends.numpy_moving import MODES
from harness.backends.tracing.axis_words import first, pairs_of
from harness.worker.entry import settled

DOCS = "https://docs.jax.dev/en/latest/_autosummary/jax.%s.html"
Arrays = Mapping[str, np.ndarray]
Settings = Mapping[str, Any]


def _pad(arrays: Arrays, settings: Settings) -> Any:
    import jax

    x = jax.numpy.asarray(arrays["input"])
    fill = {"constant_values": settings["constant"]} if "constant" in settings else {}
    return jax.numpy.pad(x, pairs_of(settings["padding"], first(x.ndim)), settings["boundary"], **fill)


def _lax_pad(arrays: Arrays, settings: Settings) -> Any:
    import jax

    x = jax.numpy.asarray(arrays["input"])
    fill = np.array(settings.get("constant", 0), x.dtype)
    return jax.lax.pad(x, fill, [(*pair, 0) for pair in pairs_of(settings["padding"], first(x.ndim))])


MOVES = (
    settled(
        "jax.numpy.pad",
        "padding",
        DOCS % "numpy.pad",
        words={"boundary": MODES},
        free=("padding", "constant"),
        limits=("grow",),
    )(_pad),
    settled(
        "jax.lax.pad",
        "padding",
        DOCS % "lax.pad",
        words={"boundary": {"zero": None, "constant": None}},
        free=("padding", "constant"),
    )(_lax_pad),
)
