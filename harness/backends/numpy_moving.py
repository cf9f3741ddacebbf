"""NumPy: what moves elements and computes nothing, by its own functions or written out."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from harness.backends.tracing.axis_words import first, pairs_of
from harness.worker.entry import settled

DOCS = "https://numpy.org/doc/stable/reference/generated/numpy.%s.html"
Arrays = Mapping[str, np.ndarray]
Settings = Mapping[str, Any]


def _to_space(arrays: Arrays, settings: Settings) -> Any:
    x, block = arrays["input"], settings["depth_to_space"]
    n, _, h, w = x.shape
    if settings["order"] == "DCR":
        parts = x.reshape(n, block, block, -1, h, w).transpose(0, 3, 4, 1, 5, 2)
    else:
        parts = x.reshape(n, -1, block, block, h, w).transpose(0, 1, 4, 2, 5, 3)
    return parts.reshape(n, -1, h * block, w * block)


def _to_depth(arrays: Arrays, settings: Settings) -> Any:
    x, block = arrays["input"], settings["space_to_depth"]
    n, c, h, w = x.shape
    parts = x.reshape(n, c, h // block, block, w // block, block)
    order = (0, 3, 5, 1, 2, 4) if settings["order"] == "DCR" else (0, 1, 3, 5, 2, 4)
    return parts.transpose(order).reshape(n, -1, h // block, w // block)


REARRANGEMENTS = tuple(
    settled(
        "numpy.reshape (%s)" % direction.replace("_", " "),
        "rearrange",
        DOCS % "reshape",
        ranks=(2,),
        words={"order": {"DCR": "DCR", "CRD": "CRD"}},
        free=(direction,),
        note="written out, as there is no such function",
    )(call)
    for direction, call in (("depth_to_space", _to_space), ("space_to_depth", _to_depth))
)

MODES = {"zero": "constant", "constant": "constant", "edge": "edge", "reflect": "reflect"}
MODES.update({each: each for each in ("symmetric", "wrap")})


def _pad(arrays: Arrays, settings: Settings) -> Any:
    x = arrays["input"]
    fill = {"constant_values": settings["constant"]} if "constant" in settings else {}
    return np.pad(x, pairs_of(settings["padding"], first(x.ndim)), settings["boundary"], **fill)


PADDINGS = (
    settled(
        "numpy.pad",
        "padding",
        DOCS % "pad",
        words={"boundary": MODES},
        free=("padding", "constant"),
        limits=("grow",),
    )(_pad),
)
MOVES = (*REARRANGEMENTS, *PADDINGS)
