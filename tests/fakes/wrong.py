"""One tap of the kernel counts double."""

from __future__ import annotations

import numpy as np

from harness.worker.entry import Settings
from tests.fakes.honest import correlate, declared, start

__all__ = ["ENTRY_POINTS", "NAME", "start"]
NAME = "wrong"


def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    w = w.copy()
    w[(0,) * w.ndim] *= 2
    return correlate(x, w, s)


ENTRY_POINTS = (declared(NAME)(call),)
