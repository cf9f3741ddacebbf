"""ONNX Runtime: operators that move elements and compute nothing, each in a graph of one node."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from harness.backends.onnx_by_settings import DOCS, ran
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
MOVES = REARRANGEMENTS
