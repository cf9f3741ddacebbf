"""A backend of an old version: signals in 2-D only, float32 only, no dilation; strides it claims, and refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from harness.worker.entry import Settings
from tests.fakes.honest import correlate, declared

NAME = "older"


def start() -> str:
    return "1.0"


@declared(NAME, ranks=(2,), dtypes=("float32",), dilation=False)
def older(x: np.ndarray, w: np.ndarray, s: Settings) -> Any:
    """That of a version which does not do what it claims."""
    if max(s.stride) > 1:
        raise NotImplementedError("no strides")
    return correlate(x, w, s)


NEWER = declared(NAME, ranks=(1, 2), dtypes=("float32", "float64"))(correlate)

ENTRY_POINTS = (replace(older, elsewhere=NEWER),)
