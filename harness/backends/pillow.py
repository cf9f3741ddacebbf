"""Pillow: `PIL.Image.resize` on images of one channel of float32 (mode F), plane by plane."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from harness.worker.blame import system
from harness.worker.entry import EntryPoint, settled

NAME = "pillow"
DOCS = "https://pillow.readthedocs.io/en/stable/reference/Image.html#PIL.Image.Image.resize"
EXACT = {"coordinates": "half_pixel", "nearest_rounding": "prefer_ceil"}
WIDENED = {"coordinates": "half_pixel", "outside": "renormalize", "antialias": True}


def start() -> str:
    import PIL

    return str(PIL.__version__)


def _resize(name: str, interpolation: str, keeps: Mapping[str, Any]) -> EntryPoint:
    """One filter; all but the nearest sample are widened where the image is shrunk. A size is (width, height)."""

    def called(arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Any:
        from PIL import Image

        x, size = arrays["input"], tuple(settings["size"])
        planes = x.reshape((-1,) + x.shape[2:])
        with system():
            kind = getattr(Image.Resampling, name)
            made = [np.asarray(Image.fromarray(np.ascontiguousarray(each)).resize(size[::-1], kind)) for each in planes]
        return np.array(made, x.dtype).reshape(x.shape[:2] + size)

    about: Any = {"demands": {"interpolation": interpolation}, "keeps": keeps, "free": ("size",), "ranks": (2,)}
    return settled("PIL.Image.resize (%s)" % name, "resize", DOCS, dtypes=("float32",), **about)(called)


ENTRY_POINTS = (
    _resize("NEAREST", "nearest", EXACT),
    _resize("BILINEAR", "linear", WIDENED),
    _resize("BICUBIC", "cubic", dict(WIDENED, cubic_coefficient=-0.5)),
    _resize("LANCZOS", "lanczos3", WIDENED),
)
