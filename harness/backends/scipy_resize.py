"""SciPy: `scipy.ndimage.zoom` of orders 0 and 1; higher ones are splines through all samples, which no layer has."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from harness.worker.blame import system
from harness.worker.entry import EntryPoint, settled

DOCS = "https://docs.scipy.org/doc/scipy/reference/generated/scipy.ndimage.zoom.html"
INTERPOLATIONS = ("nearest", "linear")
SPLINES = "without order=, zoom takes order=3: a cubic spline through all samples, by a prefilter, which no layer has"
BORDERS = {"outside": {"edge": "nearest", "zero": "grid-constant"}}


def _zoom(order: int, grid: bool, **takes: Any) -> EntryPoint:
    """One order, of corners or of a grid of areas."""

    def called(arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Any:
        from scipy import ndimage

        x = arrays["input"]
        factors = [1.0, 1.0] + [m / n for m, n in zip(settings["size"], x.shape[2:])]
        with system():
            return ndimage.zoom(x, factors, order=order, mode=settings.get("outside", "nearest"), grid_mode=grid)

    interpolation = INTERPOLATIONS[order]
    demands = {"interpolation": interpolation, **({"antialias": False} if order else {})}
    keeps = {"coordinates": "half_pixel" if grid else "align_corners"}
    keeps.update({} if order else {"nearest_rounding": "prefer_ceil"})
    how = "order=%d%s" % (order, ", grid_mode=True" if grid else "")
    about: Any = dict(takes, demands=demands, keeps=keeps, free=("size",), note=SPLINES)
    return settled("scipy.ndimage.zoom (%s)" % how, "resize", DOCS, **about)(called)


RESIZES = (_zoom(0, False), _zoom(0, True), _zoom(1, False, words=BORDERS), _zoom(1, True, words=BORDERS))
