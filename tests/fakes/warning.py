"""Warns when read and in every call, and answers."""

from __future__ import annotations

import warnings

import numpy as np

from harness.worker.entry import Settings
from tests.fakes.honest import correlate, declared, start

__all__ = ["ENTRY_POINTS", "NAME", "start"]
NAME = "warning"


def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    warnings.warn("this will change in version 2", FutureWarning, stacklevel=1)
    return correlate(x, w, s)


warnings.warn("this module will move", DeprecationWarning, stacklevel=1)
ENTRY_POINTS = (declared(NAME)(call),)
