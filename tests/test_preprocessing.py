"""`harness.models.preprocessing`: ranges of inputs are told where the values could have refuted them."""

from __future__ import annotations

import numpy as np
import pytest

from harness.models.carried import Signal
from harness.models.preprocessing import compared
from tests.traced import drawn

F = np.float32


def ids(a: np.ndarray, b: np.ndarray, letters: str) -> list[str] | None:
    """The changes that are told; None for unexplained ones."""
    found = compared(*(Signal(each.astype(F), letters, "float32") for each in (a, b)))
    return None if found.verdict == "unexplained" else [each["id"] for each in found.transforms]


@pytest.mark.parametrize("shape", [(1, 2), (2, 5), (1, 784), (1, 3, 1, 1), (1, 2, 1, 2)])
def test_other_numbers_are_no_range_however_few_a_channel_has(shape: tuple[int, ...]):
    letters = "NCHW"[: len(shape)]
    assert ids(drawn(1, *shape), drawn(2, *shape), letters) is None


@pytest.mark.parametrize("shape", [(1, 784), (2, 5), (1, 3, 4, 4), (1, 5, 4, 4)])
@pytest.mark.parametrize(
    ("factor", "offset", "expected"), [(1 / 255, 0, ["scale"]), (1, -3, ["offset"]), (2, -1, ["scale", "offset"])]
)
def test_one_range_of_all_channels_is_told(shape: tuple[int, ...], factor: float, offset: float, expected: list[str]):
    x = drawn(1, *shape)
    assert ids(x, F(factor) * x + F(offset), "NCHW"[: len(shape)]) == expected


@pytest.mark.parametrize(("width", "expected"), [(1, None), (2, None), (3, ["scale", "offset"])])
def test_a_range_of_each_channel_takes_more_values_than_are_fitted(width: int, expected: list[str] | None):
    x = drawn(1, 1, 5, 1, width)
    factors, offsets = (drawn(seed, 5).reshape(1, 5, 1, 1) for seed in (2, 3))
    assert ids(x, factors * x + offsets, "NCHW") == expected


def test_one_other_value_refutes_a_range():
    x = drawn(1, 1, 3, 5, 5)
    y = x / F(255)
    y[0, 1, 2, 3] *= F(1.0001)
    assert ids(x, y, "NCHW") is None
