"""Declares what it does not keep: reads the kernel backwards, and ignores the groups."""

from __future__ import annotations

import numpy as np

from harness.worker.entry import Settings
from tests.fakes.honest import correlate, declared, start

__all__ = ["ENTRY_POINTS", "NAME", "start"]
NAME = "lying"


def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    backwards = np.flip(w, tuple(range(2, w.ndim)))
    return correlate(x[:, : w.shape[1]], backwards, s._replace(groups=1))


ENTRY_POINTS = (declared(NAME)(call),)
