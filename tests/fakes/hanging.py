"""Never comes back from a call."""

from __future__ import annotations

import threading

import numpy as np

from harness.worker.entry import Settings
from tests.fakes.honest import declared, start

__all__ = ["ENTRY_POINTS", "NAME", "start"]
NAME = "hanging"


def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    threading.Event().wait()
    return x


ENTRY_POINTS = (declared(NAME)(call),)
