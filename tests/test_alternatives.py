"""Settings that loops of users had, and that a search by settings has to try: found, and told with their value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.explanation.asked import Explained
from harness.library import explain

RNG = np.random.default_rng(11)
X = RNG.normal(size=(1, 4, 4, 8)).astype(np.float32) * 3
PICTURE = RNG.integers(0, 256, (12, 10, 3)).astype(np.uint8)


def asked(x: np.ndarray, y: np.ndarray, layout: str, **settings: Any) -> Explained:
    return explain(x, y.astype(np.float32), layout=f"{layout},{layout}", **settings)


def normalized(x: np.ndarray, size: int) -> np.ndarray:
    """Across the last axis, with windows of an odd size."""
    reach, last = size // 2, x.shape[-1]
    sums = [(x[..., max(0, at - reach) : at + reach + 1] ** 2).sum(-1) for at in range(last)]
    return x / (1 + 1e-2 / size * np.stack(sums, -1)) ** 0.75


@pytest.mark.parametrize("size", [3, 7, 9])
@pytest.mark.parametrize("said", [5, "unknown"])
def test_a_window_of_another_usual_size_is_found(size: int, said: Any):
    y = normalized(X.astype(np.float64), size)
    found = asked(X, y, "NHWC", operation="local_response_normalization", size=said, alpha=1e-2, beta=0.75, k=1)
    assert found.transforms == (() if said == "unknown" else ("size",))
    assert f"size to {size}" in found.words or f"set it to {size}" in found.words


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("said", ["average", "max"])
def test_a_pooling_by_a_norm_is_found(power: int, said: str):
    windows = np.lib.stride_tricks.sliding_window_view(np.abs(X.astype(np.float64)), (2, 2), axis=(1, 2))
    y = (windows**power).sum((-1, -2)) ** (1 / power)
    found = asked(X, y, "NHWC", operation="pooling", reduce=said, window=2, stride=1, padding=0)
    assert found.transforms == ("reduce",)
    assert f"the norm of it and set the power p to {power}" in found.words


@pytest.mark.parametrize("said", ["linear", "cubic", "unknown"])
def test_the_sample_at_the_index_rounded_down_is_found(said: str):
    """As loops have it, PyTorch's `nearest` and OpenCV's: no grid that another interpolation has."""
    rows, columns = (np.arange(m) * n // m for n, m in zip(PICTURE.shape, (7, 6)))
    found = asked(PICTURE, PICTURE[rows][:, columns], "HWC", operation="resize", size=[7, 6], interpolation=said)
    assert found.transforms == (() if said == "unknown" else ("interpolation",))
    assert "nearest, placed the outputs by asymmetric and rounded places to samples by floor" in found.words
