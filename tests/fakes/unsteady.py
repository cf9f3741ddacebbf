"""The last output is memory that nobody wrote: other values at each call."""

from __future__ import annotations

import itertools

import numpy as np

from harness.worker.entry import Settings
from tests.fakes.honest import correlate, declared, start

__all__ = ["ENTRY_POINTS", "NAME", "start"]
NAME = "unsteady"
CALLS = itertools.count(1)


def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    y = correlate(x, w, s)
    y[(-1,) * y.ndim] = next(CALLS)
    return y


ENTRY_POINTS = (declared(NAME)(call),)
