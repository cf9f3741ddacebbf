"""The last row of the output is missing."""

from __future__ import annotations

import numpy as np

from harness.worker.entry import Settings
from tests.fakes.honest import correlate, declared, start

__all__ = ["ENTRY_POINTS", "NAME", "start"]
NAME = "wrong_shape"


def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    return correlate(x, w, s)[..., :-1]


ENTRY_POINTS = (declared(NAME)(call),)
