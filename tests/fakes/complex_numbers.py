"""The right values, as complex numbers."""

from __future__ import annotations

import numpy as np

from harness.worker.entry import Settings
from tests.fakes.honest import correlate, declared, start

__all__ = ["ENTRY_POINTS", "NAME", "start"]
NAME = "complex_numbers"


def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    return correlate(x, w, s) * (1 + 1j)


ENTRY_POINTS = (declared(NAME)(call),)
