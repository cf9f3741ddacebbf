"""OpenCV: `cv2.resize`, by its interpolation, told of a size or of factors. An image has channels last; batches are
resized image by image, and the size is (width, height)."""

from __future__ import annotations

from typing import Any, Dict, Mapping

import numpy as np

from harness.worker.blame import system
from harness.worker.entry import EntryPoint, settled

DOCS = "https://docs.opencv.org/4.x/da/d54/group__imgproc__transform.html"
CENTRES = {"coordinates": "half_pixel", "outside": "edge"}
FLOOR = {"coordinates": "asymmetric", "nearest_rounding": "floor"}
EXACT = {"coordinates": "half_pixel", "nearest_rounding": "prefer_ceil"}
CUBIC = dict(CENTRES, cubic_coefficient=-0.75)
SINGLE, BOTH = ("float32",), ("float32", "float64")


def _resize(name: str, interpolation: str, told: str = "size", **takes: Any) -> EntryPoint:
    """One interpolation; told: size or scale, whichever is said; of a factor, sizes are rounded to even halves."""

    def called(arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Any:
        import cv2

        flag = getattr(cv2, name)
        if told == "size":
            said: Dict[str, Any] = {"dsize": tuple(settings["size"])[::-1]}
        else:
            fy, fx = settings["scale"]
            said = {"dsize": None, "fx": fx, "fy": fy}
        with system():
            images = [cv2.resize(np.ascontiguousarray(each), interpolation=flag, **said) for each in arrays["input"]]
        channels = arrays["input"].shape[3]
        return np.stack([each.reshape(each.shape[:2] + (channels,)) for each in images])

    weighed = interpolation in ("linear", "cubic")
    demands = {"interpolation": interpolation, **({"antialias": False} if weighed else {})}
    keeps = dict(takes.pop("keeps", {}), **({} if told == "size" else {"size_rounding": "half_even"}))
    about: Any = dict(takes, demands=demands, keeps=keeps, free=(told,), ranks=(2,))
    about["layouts"] = {"input": "N*C", "output": "N*C"}
    how = name if told == "size" else name + ", fx, fy"
    return settled("cv2.resize (%s)" % how, "resize", DOCS, **about)(called)


RESIZES = (
    *(_resize("INTER_NEAREST", "nearest", told, keeps=FLOOR, dtypes=BOTH) for told in ("size", "scale")),
    _resize("INTER_NEAREST_EXACT", "nearest", keeps=EXACT, dtypes=BOTH),
    *(_resize("INTER_LINEAR", "linear", told, keeps=CENTRES, dtypes=BOTH) for told in ("size", "scale")),
    *(_resize("INTER_CUBIC", "cubic", told, keeps=CUBIC, dtypes=SINGLE) for told in ("size", "scale")),
    _resize("INTER_AREA", "area", limits=("one way",), dtypes=SINGLE),
)
