"""Every output is off by up to a thousandth of itself."""

from __future__ import annotations

import numpy as np

from harness.worker.entry import Settings
from tests.fakes.honest import correlate, declared, start

__all__ = ["ENTRY_POINTS", "NAME", "start"]
NAME = "noisy"


def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    y = correlate(x, w, s)
    return (y * (1 + 1e-3 * np.random.RandomState(0).uniform(-1, 1, y.shape))).astype(y.dtype)


ENTRY_POINTS = (declared(NAME)(call),)
