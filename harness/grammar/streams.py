"""Streams of random numbers that are the same bits on every machine and NumPy version.

PCG64 and Philox give their raw 64-bit stream, which NumPy keeps stable, and everything made from it here is exact
integer arithmetic followed by single correctly rounded operations; `RandomState` is NumPy's frozen legacy stream (its
normal numbers use the C library's log).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy import random  # here, since NumPy would import it at its first use, and Ctrl-C in the middle of that is lost


class Stream(Protocol):
    """Random numbers in order; `count` of them at each call."""

    def uniform(self, count: int) -> np.ndarray: ...
    def normal(self, count: int) -> np.ndarray: ...
    def integers(self, low: int, high: int, count: int) -> np.ndarray: ...


class RawStream:
    """Numbers made from the raw 64-bit stream of PCG64 or Philox."""

    def __init__(self, generator: str, seed: int) -> None:
        self._bits = getattr(random, generator)(seed)

    def _raw(self, count: int) -> np.ndarray:
        drawn: np.ndarray = self._bits.random_raw(count)
        return drawn

    def uniform(self, count: int) -> np.ndarray:
        """Multiples of 2**-53 in [0, 1)."""
        return (self._raw(count) >> np.uint64(11)) * 2.0**-53

    def normal(self, count: int) -> np.ndarray:
        """Nearly normal numbers: the sum of 12 uniforms less 6 (Irwin-Hall: mean 0, variance 1, within -6 and 6).

        Element i adds up draws i, count + i, 2 count + i ... in integers, so no C library has a say in the bits.
        """
        total = np.full(count, -6 * 2**53, np.int64)
        for _ in range(12):
            total += (self._raw(count) >> np.uint64(11)).astype(np.int64)
        return total * 2.0**-53

    def integers(self, low: int, high: int, count: int) -> np.ndarray:
        """Whole numbers in [low, high], unbiased: draws past the last multiple of the range's length are dropped."""
        choices = high - low + 1
        last = np.uint64(2**64 - 2**64 % choices - 1)
        drawn = self._raw(count)
        drawn = drawn[drawn <= last]
        while drawn.size < count:
            more = self._raw(count - drawn.size)
            drawn = np.concatenate([drawn, more[more <= last]])
        return (drawn % np.uint64(choices)).astype(np.int64) + low


class LegacyStream:
    """The stream of `numpy.random.RandomState`, through `randn`, `random_sample` and `randint`."""

    def __init__(self, generator: str, seed: int) -> None:
        self._state = random.RandomState(seed)

    def uniform(self, count: int) -> np.ndarray:
        return self._state.random_sample(count)

    def normal(self, count: int) -> np.ndarray:
        return self._state.randn(count)

    def integers(self, low: int, high: int, count: int) -> np.ndarray:
        return self._state.randint(low, high + 1, count, dtype=np.int64)


STREAMS: dict[str, Callable[[str, int], Stream]] = {
    "PCG64": RawStream,
    "Philox": RawStream,
    "RandomState": LegacyStream,
}
