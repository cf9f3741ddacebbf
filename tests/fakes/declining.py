"""Declines every call."""

from __future__ import annotations

import numpy as np

from harness.worker.entry import Settings
from harness.worker.loop import Declined
from tests.fakes.honest import declared, start

__all__ = ["ENTRY_POINTS", "NAME", "start"]
NAME = "declining"


def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    raise Declined("not on a Saturday")


ENTRY_POINTS = (declared(NAME)(call),)
