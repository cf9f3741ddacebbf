"""The first output is not a number."""

from __future__ import annotations

import numpy as np

from harness.worker.entry import Settings
from tests.fakes.honest import correlate, declared, start

__all__ = ["ENTRY_POINTS", "NAME", "start"]
NAME = "nan"


def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    y = correlate(x, w, s)
    y[(0,) * y.ndim] = np.nan
    return y


ENTRY_POINTS = (declared(NAME)(call),)
