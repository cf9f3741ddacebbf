"""ONNX Runtime: `Resize`, by its mode, and told of sizes or of scales."""

from __future__ import annotations

from typing import Any, Dict, Mapping

import numpy as np

from harness.backends.onnx_by_settings import DOCS, ran
from harness.worker.blame import system
from harness.worker.entry import EntryPoint, settled

GRIDS = ("half_pixel", "half_pixel_symmetric", "align_corners", "asymmetric", "pytorch_half_pixel")
ROUNDINGS = ("floor", "ceil", "prefer_floor", "prefer_ceil")
ATTRIBUTES = {
    "coordinates": "coordinate_transformation_mode",
    "nearest_rounding": "nearest_mode",
    "cubic_coefficient": "cubic_coeff_a",
    "outside": "exclude_outside",
    "antialias": "antialias",
}
GRID = {"coordinates": {each: each for each in GRIDS}}
ROUNDING = {"nearest_rounding": {each: each if len(each) < 6 else "round_" + each for each in ROUNDINGS}}
EDGES = {"outside": {"edge": 0, "renormalize": 1}}


def _resize(mode: str, told: str, *more: str, **takes: Any) -> EntryPoint:
    """One mode; told: size or scale, whichever is said; more: attributes that are always set."""

    def called(arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Any:
        x = arrays["input"]
        attributes: Dict[str, Any] = {ATTRIBUTES[key]: settings[key] for key in ATTRIBUTES if key in settings}
        attributes.update(dict.fromkeys(more, 1))
        inputs: Dict[str, Any] = {"x": x, "roi": None, "scales": None}
        if told == "size":
            inputs["sizes"] = np.array(x.shape[:2] + tuple(settings["size"]), np.int64)
        else:
            inputs["scales"] = np.array((1.0, 1.0) + tuple(settings["scale"]), np.float32)
        with system():
            return ran("Resize", inputs, mode=mode, **attributes)

    how = ", ".join([mode, *more, *(["scales"] if told == "scale" else [])])
    about: Any = dict({"ranks": (1, 2, 3)}, **takes)
    about.update(free=(told, *about.pop("free", ())), dtypes=("float32",))
    return settled("onnxruntime.Resize (%s)" % how, "resize", DOCS % "Resize", **about)(called)


def _plain(interpolation: str, antialias: bool = False) -> Dict[str, Any]:
    return {"interpolation": interpolation, "antialias": antialias}


CUBIC: Dict[str, Any] = {"ranks": (2,), "words": dict(GRID, **EDGES), "free": ("cubic_coefficient",)}
RESIZES = (
    *(
        _resize("nearest", told, demands={"interpolation": "nearest"}, words=dict(GRID, **ROUNDING))
        for told in ("size", "scale")
    ),
    *(
        _resize("linear", told, demands=_plain("linear"), keeps={"outside": "edge"}, words=GRID)
        for told in ("size", "scale")
    ),
    *(_resize("cubic", told, demands=_plain("cubic"), **CUBIC) for told in ("size", "scale")),
    _resize("linear", "size", "antialias", demands=_plain("linear", True), words=dict(GRID, **EDGES)),
    _resize("cubic", "size", "antialias", demands=_plain("cubic", True), **CUBIC),
)
