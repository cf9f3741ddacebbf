"""JAX: `jax.image.resize`, by method, and with its default of antialiasing."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from harness.worker.entry import EntryPoint, settled

DOCS = "https://docs.jax.dev/en/latest/_autosummary/jax.image.resize.html"
FLAGS = {"antialias": {"False": False, "True": True}}
EXACT = {"coordinates": "half_pixel", "nearest_rounding": "prefer_ceil"}
WHOLE = {"coordinates": "half_pixel", "outside": "renormalize"}


def _resize(method: str, interpolation: str, usual: bool = False, **takes: Any) -> EntryPoint:
    """One method; usual: without a word of antialiasing, which is on then."""

    def called(arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Any:
        import jax

        x = jax.numpy.asarray(arrays["input"])
        more = {key: value for key, value in settings.items() if key == "antialias"}
        return jax.image.resize(x, x.shape[:2] + tuple(settings["size"]), method, **more)

    about: Any = dict(takes, demands={"interpolation": interpolation}, free=("size",))
    name = "jax.image.resize (%s)%s" % (method, "()" if usual else "")
    return settled(name, "resize", DOCS, **about)(called)


SMOOTH = (
    ("linear", WHOLE),
    ("cubic", dict(WHOLE, cubic_coefficient=-0.5)),
    ("lanczos3", WHOLE),
    ("lanczos5", WHOLE),
)
RESIZES = (
    _resize("nearest", "nearest", keeps=EXACT),
    *(_resize(method, method, words=FLAGS, keeps=keeps) for method, keeps in SMOOTH),
    _resize("linear", "linear", usual=True, keeps=dict(WHOLE, antialias=True)),
)
