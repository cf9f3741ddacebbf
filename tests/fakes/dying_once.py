"""Exits in the call whose first input value is 57, and answers every other."""

from __future__ import annotations

import os

import numpy as np

from harness.worker.entry import Settings
from tests.fakes.honest import correlate, declared, start

__all__ = ["ENTRY_POINTS", "NAME", "start"]
NAME = "dying_once"


def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    if x.flat[0] == 57:
        os._exit(7)
    return correlate(x, w, s)


ENTRY_POINTS = (declared(NAME)(call),)
