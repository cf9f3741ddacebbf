"""Never comes back from a call; once in it, writes its process id to the file that HANGING names, if it is set."""

from __future__ import annotations

import os
import threading

import numpy as np

from harness.worker.entry import Settings
from tests.fakes.honest import declared, start

__all__ = ["ENTRY_POINTS", "NAME", "start"]
NAME = "hanging"


def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    if "HANGING" in os.environ:
        with open(os.environ["HANGING"], "w") as told:
            print(os.getpid(), file=told)
    threading.Event().wait()
    return x


ENTRY_POINTS = (declared(NAME)(call),)
