"""Another convention, declared: the kernel is read backwards."""

from __future__ import annotations

import numpy as np

from harness.worker.entry import Settings
from tests.fakes.honest import correlate, declared, start

__all__ = ["ENTRY_POINTS", "NAME", "start"]
NAME = "flipped"


def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    return correlate(x, np.flip(w, tuple(range(2, w.ndim))), s)


ENTRY_POINTS = (declared(NAME, reversal=True)(call),)
