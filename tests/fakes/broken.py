"""Fails in the harness's own code in every call, as an adapter does that has a fault."""

from __future__ import annotations

import numpy as np

from harness.backends.channels import over_channels
from harness.worker.entry import Settings
from tests.fakes.honest import declared, start

__all__ = ["ENTRY_POINTS", "NAME", "start"]
NAME = "broken"


def call(x: np.ndarray, w: np.ndarray, s: Settings) -> np.ndarray:
    return over_channels(np.convolve, None, w, s.groups)  # type: ignore[no-any-return]


ENTRY_POINTS = (declared(NAME)(call),)
