"""NumPy: dense layers, by `numpy.matmul`."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from harness.backends.dense_claims import FIRST, flattening, of_places
from harness.worker.entry import settled

DOCS = "https://numpy.org/doc/stable/reference/generated/numpy.matmul.html"
DTYPES = ("float32", "float64", "int32", "int64")
Arrays = Mapping[str, np.ndarray]


def _product(x: np.ndarray, arrays: Arrays) -> Any:
    y = np.matmul(x, arrays["kernel"])
    return y + arrays["bias"] if "bias" in arrays else y


def _matmul(arrays: Arrays, settings: Mapping[str, Any]) -> Any:
    return _product(arrays["input"], arrays)


def _reshaped(arrays: Arrays, settings: Mapping[str, Any]) -> Any:
    return _product(arrays["input"].reshape(len(arrays["input"]), -1), arrays)


DENSE = (
    settled("numpy.matmul", "dense", DOCS, dtypes=DTYPES, **of_places("IO"))(_matmul),
    settled(
        "numpy.matmul (reshape)",
        "dense",
        DOCS,
        dtypes=DTYPES,
        note="of x.reshape(len(x), -1)",
        **flattening("IO", "C*", FIRST),
    )(_reshaped),
)
