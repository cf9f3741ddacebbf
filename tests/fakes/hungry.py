"""Asks for more memory than anybody has given it."""

from __future__ import annotations

import numpy as np

from harness.worker.entry import Settings
from tests.fakes.honest import declared, start

__all__ = ["ENTRY_POINTS", "NAME", "start"]
NAME = "hungry"


def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    return np.ones(1 << 33, np.uint8)[:1]


ENTRY_POINTS = (declared(NAME)(call),)
