"""Tensors of two models that belong together, told by their order, their lengths and how their values are distributed.

Quantiles do not see the order of axes, and change little where a layer is only a little wrong. The two sequences are
aligned so that the sum of distances is least, with gaps for tensors that one side has only (Needleman & Wunsch 1970).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

QUANTILES = 33
GAP = 0.45
"""Cost of a tensor that has none on the other side; two of them cost more than most that belong together differ."""
OTHER_LENGTHS = 0.6
"""What other lengths of axes add to the distance, which is 1 for values that have nothing in common."""
MOST = 100_000
"""Values that quantiles are taken of, at even distances."""


@dataclass(frozen=True, eq=False)
class Sketch:
    """What is kept of a tensor. lengths: of its axes, sorted, without those of 1."""

    lengths: tuple[int, ...]
    quantiles: np.ndarray


def sketch(values: np.ndarray) -> Sketch:
    """The sketch of a tensor of any shape."""
    flat = values.reshape(-1)[:: max(values.size // MOST, 1)].astype(np.float64)
    flat = flat[np.isfinite(flat)]
    found = np.quantile(flat, np.linspace(0, 1, QUANTILES)) if flat.size else np.zeros(QUANTILES)
    return Sketch(tuple(sorted(size for size in values.shape if size != 1)), found)


def apart(a: Sketch, b: Sketch) -> float:
    """How unlike two tensors are: 0 for the same values, about 1 for values that have nothing in common."""
    size = np.linalg.norm(a.quantiles) + np.linalg.norm(b.quantiles)
    off = float(np.linalg.norm(a.quantiles - b.quantiles) / size) if size else 0.0
    return off + (0.0 if a.lengths == b.lengths else OTHER_LENGTHS)


def aligned(a: Sequence[Sketch], b: Sequence[Sketch]) -> list[tuple[int, int]]:
    """Numbers of tensors of A and of B that belong together, in order."""
    cost = np.zeros((len(a) + 1, len(b) + 1))
    cost[:, 0], cost[0, :] = GAP * np.arange(len(a) + 1), GAP * np.arange(len(b) + 1)
    for i, one in enumerate(a, 1):
        for j, other in enumerate(b, 1):
            gap = min(cost[i - 1, j], cost[i, j - 1]) + GAP
            cost[i, j] = min(cost[i - 1, j - 1] + apart(one, other), gap)
    return list(reversed(_path(cost)))


def _path(cost: np.ndarray) -> list[tuple[int, int]]:
    found, (i, j) = [], (len(cost) - 1, cost.shape[1] - 1)
    while i and j:
        if cost[i, j] == cost[i - 1, j] + GAP:
            i -= 1
        elif cost[i, j] == cost[i, j - 1] + GAP:
            j -= 1
        else:
            i, j = i - 1, j - 1
            found.append((i, j))
    return found
