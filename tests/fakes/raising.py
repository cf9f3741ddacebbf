"""Raises an exception in every call."""

from __future__ import annotations

import numpy as np

from harness.worker.entry import Settings
from tests.fakes.honest import declared, start

__all__ = ["ENTRY_POINTS", "NAME", "start"]
NAME = "raising"


def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    raise ArithmeticError("the framework is not in the mood")


ENTRY_POINTS = (declared(NAME)(call),)
