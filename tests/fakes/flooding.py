"""Writes more to standard error than any pipe holds, in every call."""

from __future__ import annotations

import sys

import numpy as np

from harness.worker.entry import Settings
from tests.fakes.honest import correlate, declared, start

__all__ = ["ENTRY_POINTS", "NAME", "start"]
NAME = "flooding"


def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    sys.stderr.write("the flood\n" * (1 << 19))
    return correlate(x, w, s)


ENTRY_POINTS = (declared(NAME)(call),)
