"""PyTorch: `torch.nn.functional.interpolate`, by mode, and told of a size or of a factor."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Tuple

import numpy as np

from harness.worker.blame import system
from harness.worker.entry import EntryPoint, settled

NAME = "torch.nn.functional.interpolate"
DOCS = "https://docs.pytorch.org/docs/stable/generated/%s.html" % NAME
Settings = Mapping[str, Any]
NEAREST = {"coordinates": "asymmetric", "nearest_rounding": "floor"}
EXACT = {"coordinates": "half_pixel", "nearest_rounding": "prefer_ceil"}
CORNERS = {"coordinates": {"half_pixel": False, "align_corners": True}}


def _resize(
    mode: str, interpolation: str, rank: int, told: str = "size", anew: bool = False, **takes: Any
) -> EntryPoint:
    """One mode on arrays of so many spatial axes; told: size or scale, whichever is said.

    anew: a factor is said that gives the size, from which PyTorch makes a factor anew.
    """

    def called(arrays: Mapping[str, np.ndarray], settings: Settings) -> Any:
        import torch

        x = torch.from_numpy(np.ascontiguousarray(arrays["input"]))
        more = {"align_corners": settings["coordinates"]} if "coordinates" in settings else {}
        more.update({"antialias": True} if antialias else {})
        said: Dict[str, Any] = {"size" if told == "size" else "scale_factor": tuple(settings[told])}
        if anew:
            factors = [(m + 0.5) / n for n, m in zip(x.shape[2:], settings["size"])]
            said = {"scale_factor": factors, "recompute_scale_factor": True}
        with torch.inference_mode(), system():
            return torch.nn.functional.interpolate(x, mode=mode, **said, **more).numpy()

    antialias = takes.get("demands", {}).get("antialias", False)
    ways = {"antialias": antialias, "scale_factor": told == "scale", "recompute_scale_factor": anew}
    how = ", ".join([mode, *(word for word, is_so in ways.items() if is_so)])
    demands = dict({"interpolation": interpolation}, **takes.pop("demands", {}))
    about: Any = dict(takes, demands=demands, ranks=(rank,), free=(told,))
    return settled("%s (%s)" % (NAME, how), "resize", DOCS, **about)(called)


SMOOTH: Tuple[Tuple[str, str, int, Settings], ...] = (
    ("linear", "linear", 1, {}),
    ("bilinear", "linear", 2, {}),
    ("trilinear", "linear", 3, {}),
    ("bicubic", "cubic", 2, {"cubic_coefficient": -0.75}),
)
PLAIN, WIDENED = {"antialias": False}, {"antialias": True}
WHOLE = {"coordinates": "half_pixel", "outside": "renormalize"}
RESIZES = (
    *(_resize("nearest", "nearest", 2, told, keeps=NEAREST) for told in ("size", "scale")),
    *(_resize("nearest-exact", "nearest", 2, told, keeps=EXACT) for told in ("size", "scale")),
    *(
        _resize(mode, kind, rank, told, words=CORNERS, keeps=dict(keeps, outside="edge"), demands=PLAIN)
        for mode, kind, rank, keeps in SMOOTH
        for told in ("size", "scale")
    ),
    _resize("bilinear", "linear", 2, anew=True, words=CORNERS, keeps={"outside": "edge"}, demands=PLAIN),
    _resize("bilinear", "linear", 2, keeps=WHOLE, demands=WIDENED),
    _resize("bicubic", "cubic", 2, keeps=dict(WHOLE, cubic_coefficient=-0.5), demands=WIDENED),
    _resize("area", "area", 2, keeps={"area_samples": "whole"}),
)
