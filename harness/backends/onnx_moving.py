"""ONNX Runtime: operators that move elements and compute nothing, each in a graph of one node."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from harness.backends.onnx_by_settings import DOCS, ran
from harness.backends.tracing.axis_words import first, pairs_of
from harness.worker.entry import settled

Arrays = Mapping[str, np.ndarray]
Settings = Mapping[str, Any]


def _to_space(arrays: Arrays, settings: Settings) -> Any:
    told = {"blocksize": settings["depth_to_space"], "mode": settings["order"]}
    return ran("DepthToSpace", {"x": arrays["input"]}, **told)


def _to_depth(arrays: Arrays, settings: Settings) -> Any:
    return ran("SpaceToDepth", {"x": arrays["input"]}, blocksize=settings["space_to_depth"])


REARRANGEMENTS = (
    settled(
        "onnxruntime.DepthToSpace",
        "rearrange",
        DOCS % "DepthToSpace",
        ranks=(2,),
        words={"order": {"DCR": "DCR", "CRD": "CRD"}},
        free=("depth_to_space",),
    )(_to_space),
    settled(
        "onnxruntime.SpaceToDepth",
        "rearrange",
        DOCS % "SpaceToDepth",
        ranks=(2,),
        keeps={"order": "DCR"},
        free=("space_to_depth",),
    )(_to_depth),
)

MODES = {"zero": "constant", "constant": "constant", "reflect": "reflect", "edge": "edge", "wrap": "wrap"}


def _pad(arrays: Arrays, settings: Settings) -> Any:
    """All that is added before, then all that is added behind."""
    x = arrays["input"]
    pairs = pairs_of(settings["padding"], first(x.ndim))
    taken = {"x": x, "pads": np.array([low for low, _ in pairs] + [high for _, high in pairs], np.int64)}
    if "constant" in settings:
        taken["value"] = np.array(settings["constant"], x.dtype)
    return ran("Pad", taken, mode=settings["boundary"])


PADDINGS = (
    settled(
        "onnxruntime.Pad",
        "padding",
        DOCS % "Pad",
        words={"boundary": MODES},
        free=("padding", "constant"),
        limits=("reflect",),
    )(_pad),
)
MOVES = (*REARRANGEMENTS, *PADDINGS)
