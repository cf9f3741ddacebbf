"""A backend that refuses, as some machines do, what its declaration claims: each refusal stands for a claim."""

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


@declared(
    NAME,
    dtypes=["float16", "float32", "float64"],
    measured=["uneven_strides", "dilation", "together", "groups", "float16"],
)
def choosy(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    """Volumes have no groups; 1-D signals are no float16, and have no dilation beside a stride."""
    rank = len(s.stride)
    if len(set(s.stride)) > 1:
        raise NotImplementedError("only equal length strides")
    if x.dtype == np.float64 and max(s.dilation) > 1:
        raise NotImplementedError("only dilated rates of 1")
    if rank == 1 and max(s.stride) > 1 and max(s.dilation) > 1:
        raise NotImplementedError("one after another")
    if rank == 3 and s.groups > 1:
        raise NotImplementedError("only one group")
    if rank == 1 and x.dtype == np.float16:
        raise NotImplementedError("not implemented for Half")
    return correlate(x, w, s)


ENTRY_POINTS = (choosy,)
