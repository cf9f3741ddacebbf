"""A backend that returns memory which nobody wrote, as a framework does that forgets a corner of its output."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from harness.worker.entry import Settings
from tests.fakes.honest import correlate, declared

NAME = "unwritten"


def start() -> str:
    return "1.0"


@declared(NAME)
def unwritten(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    y = correlate(x, w, s)
    allocate = ctypes.CDLL(None).malloc
    allocate.restype, allocate.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    memory = (ctypes.c_char * y.nbytes).from_address(allocate(y.nbytes))  # never freed: a fake is short-lived
    found = np.frombuffer(memory, y.dtype).reshape(y.shape)
    found[..., :-1] = y[..., :-1]
    return found


ENTRY_POINTS = (unwritten,)
