"""Which operation it is that a system writes out in several calls: told by a tensor, and what comes of it.

Each operation that is often written out says so in a line of `WRITTEN`: of the numbers it makes likely settings, which
whoever asks holds against the values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.operations import activation_written, normalization_written
from harness.operations.padding_written import padded as padded

Vectors = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Written:
    """An operation that may give what was seen. roles: its arrays, of those that are given. letters: of the axes."""

    operation: str
    settings: Mapping[str, Any]
    roles: Mapping[str, str]
    letters: str


Likely = tuple[Mapping[str, Any], Mapping[str, str], str]
"""Settings, roles, and letters of the axes."""
WRITTEN: Mapping[str, Callable[[np.ndarray, np.ndarray, Vectors], Iterator[Likely]]] = {
    "activation": activation_written.likely,
    "normalization": normalization_written.likely,
}


def recognized(x: np.ndarray, y: np.ndarray, given: Vectors) -> Iterator[Written]:
    """What may give `y` of `x`, which has the same shape, with all of the arrays `given` that are no single numbers."""
    vectors = {name: each for name, each in given.items() if each.size > 1}
    if x.dtype.kind != "f" or y.dtype.kind != "f" or not np.isfinite(x).all() or not np.isfinite(y).all():
        return
    for name, likely in WRITTEN.items():
        yield from (Written(name, *each) for each in likely(x.astype(np.float64), y.astype(np.float64), vectors))
