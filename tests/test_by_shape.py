"""What is computed otherwise at another size is no convention, and tells nothing of precision or padding."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import harness
from harness.operations.windowed.probes import by_shape

Function = Callable[[np.ndarray, np.ndarray], np.ndarray]


def summed(x: np.ndarray, k: np.ndarray) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(x.astype("float64"), k.shape)
    return np.einsum("hwab,ab->hw", windows, k.astype("float64"))


def odd(x: np.ndarray, k: np.ndarray) -> np.ndarray:
    return summed(x, k[::-1, ::-1] if k.shape[0] % 2 == 0 else k)


def large(x: np.ndarray, k: np.ndarray) -> np.ndarray:
    return summed(x, k[::-1, ::-1] if k.size > 9 else k)


def without_the_last(x: np.ndarray, k: np.ndarray) -> np.ndarray:
    y = summed(x, k)
    y[-1] = 0
    return y


def padded(x: np.ndarray, k: np.ndarray) -> np.ndarray:
    return summed(np.pad(x, 1), k)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (odd, f"{by_shape.DEPENDS}: kernel 2 x 2 is read backwards, 3 x 3 is read forwards"),
        (large, f"{by_shape.DEPENDS}: kernel 2 x 2 is read forwards, 4 x 4 is read backwards"),
        (without_the_last, by_shape.OTHERWISE),
    ],
)
def test_it_is_said_and_nothing_is_concluded(function: Function, words: str) -> None:
    card = harness.probe(function)
    assert words in [fault.words for fault in card.faults]
    assert card.alike == []
    assert card.precision == {}


@pytest.mark.parametrize("function", [summed, padded])
def test_what_is_the_same_at_every_size_is_not_blamed(function: Function) -> None:
    card = harness.probe(function)
    assert card.faults == []
    assert any("torch.nn.functional.conv2d" in each for each in card.alike)
    assert card.precision
