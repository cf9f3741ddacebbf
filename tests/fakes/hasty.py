"""Right but for two things: a stride above the kernel begins one sample late, and whole numbers of 32 bits abort it
where the dilation is 3."""

from __future__ import annotations

import os

import numpy as np

from harness.worker.entry import Settings
from tests.fakes.honest import correlate, declared, padding_of, start

__all__ = ["ENTRY_POINTS", "NAME", "start"]
NAME = "hasty"


def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    if x.dtype == np.int32 and max(s.dilation) == 3:
        os.abort()
    pairs = list(padding_of(x, w, s))
    if s.stride[-1] > w.shape[-1] + 1 and x.shape[-1] > w.shape[-1]:
        low, high = pairs[-1]
        pairs[-1] = (low - 1, high + 1)
    return correlate(x, w, s._replace(padding=pairs))


ENTRY_POINTS = (declared(NAME, dtypes=["float32", "float64", "int32"])(call),)
