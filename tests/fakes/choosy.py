"""A backend that refuses, as some machines do, what its declaration claims: unequal strides, dilation of float64."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.worker.entry import Settings
from tests.fakes.honest import correlate, declared

NAME = "choosy"


def start() -> str:
    return "1.0"


def about() -> dict[str, str]:
    return {"library": "of its own"}


@declared(NAME, measured=["uneven_strides", "dilation"])
def choosy(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    if len(set(s.stride)) > 1:
        raise NotImplementedError("only equal length strides")
    if x.dtype == np.float64 and max(s.dilation) > 1:
        raise NotImplementedError("only dilated rates of 1")
    return correlate(x, w, s)


ENTRY_POINTS = (choosy,)
