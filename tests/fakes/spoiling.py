"""Breaks its own memory in a call that it answers: after a first value of 57 all answers are 0, after 58 it dies."""

from __future__ import annotations

import os

import numpy as np

from harness.worker.entry import Settings
from tests.fakes.honest import correlate, declared, start

__all__ = ["ENTRY_POINTS", "NAME", "start"]
NAME = "spoiling"
spoilt = 0.0


def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    global spoilt
    if spoilt == 58 and x.flat[0] != 58:
        os._exit(9)
    y = correlate(x, w, s) * (spoilt != 57 or x.flat[0] == 57)
    if x.flat[0] in (57, 58):
        spoilt = x.flat[0]
    return y


ENTRY_POINTS = (declared(NAME)(call),)
"""The worker makes a small call twice, so the call that spoils is answered as if it did not."""
