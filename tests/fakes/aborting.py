"""Aborts in every call, as a framework's failed assertion does."""

from __future__ import annotations

import os
import sys

import numpy as np

from harness.worker.entry import Settings
from tests.fakes.honest import declared, start

__all__ = ["ENTRY_POINTS", "NAME", "start"]
NAME = "aborting"


def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    sys.stderr.write("Check failed: mood == good\n")
    sys.stderr.flush()
    os.abort()


ENTRY_POINTS = (declared(NAME)(call),)
