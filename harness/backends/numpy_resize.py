"""NumPy: a line between samples by `numpy.interp`, and nearest samples by an index, as people write them."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from harness.worker.entry import EntryPoint, settled

DOCS = "https://numpy.org/doc/stable/reference/generated/numpy.%s.html"
PLACES = {
    "half_pixel": lambda n, m: (np.arange(m) + 0.5) * n / m - 0.5,
    "align_corners": lambda n, m: np.arange(m) * (n - 1) / max(m - 1, 1),
    "asymmetric": lambda n, m: np.arange(m) * n / m,
}


def _lines(arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Any:
    x, (m,) = arrays["input"], settings["size"]
    samples, places = np.arange(x.shape[2]), PLACES[settings["coordinates"]](x.shape[2], m)
    rows = [np.interp(places, samples, row) for row in x.reshape(-1, x.shape[2])]
    return np.array(rows).reshape(x.shape[:2] + (m,))


def _index(arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Any:
    x = arrays["input"]
    for axis, m in enumerate(settings["size"], 2):
        x = np.take(x, np.arange(m) * x.shape[axis] // m, axis)
    return x


def _resize(name: str, interpolation: str, call: Any, **about: Any) -> EntryPoint:
    demands = {"interpolation": interpolation, **about.pop("demands", {})}
    docs = DOCS % name.split(" ")[0]
    return settled("numpy." + name, "resize", docs, demands=demands, free=("size",), **about)(call)


RESIZES = (
    _resize(
        "interp (linear)",
        "linear",
        _lines,
        ranks=(1,),
        demands={"antialias": False},
        words={"coordinates": {each: each for each in PLACES}},
        keeps={"outside": "edge"},
    ),
    _resize("take (nearest)", "nearest", _index, keeps={"coordinates": "asymmetric", "nearest_rounding": "floor"}),
)
