"""A factor and an offset of each output channel: what folded statistics leave, and what rounding never is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

ENOUGH = 16
"""Values of a channel from which on a factor and an offset are no accident."""


@dataclass(frozen=True, eq=False)
class Line:
    """y -> factor[c] y + offset[c]; each is (O,), None where it is 1, or 0."""

    factors: np.ndarray | None
    offsets: np.ndarray | None

    def of(self, y: np.ndarray) -> np.ndarray:
        """The line on an output (N, O, *spatial)."""
        scaled = y if self.factors is None else y * _column(self.factors, y)
        return scaled if self.offsets is None else scaled + _column(self.offsets, y)

    def left(self, x: np.ndarray, seen: np.ndarray) -> float:
        """What it leaves of rows, (O, rest), as a sum of squares."""
        factors = 1.0 if self.factors is None else self.factors[:, None]
        return float(np.square(seen - factors * x - (0.0 if self.offsets is None else self.offsets[:, None])).sum())

    def changes(self) -> Iterator[dict[str, Any]]:
        """The two as changes, as JSON has them."""
        if self.factors is not None:
            yield {"id": "scale", "factors": self.factors[: 1 if np.ptp(self.factors) == 0 else None].tolist()}
        if self.offsets is not None:
            yield {"id": "bias", "values": self.offsets.tolist()}


def line(y: np.ndarray, found: np.ndarray) -> Line | None:
    """The simplest line through `found` over `y`, both (N, O, *spatial), that leaves nothing of its kind.

    A factor for all channels, a factor or an offset for each (what fits better), both; by least squares.
    """
    x, seen = _by_channel(y), _by_channel(found.astype(np.float64))
    return next((one for one in _lines(x, seen) if not is_systematic(found, one.of(y))), None)


def _lines(x: np.ndarray, seen: np.ndarray) -> Iterator[Line]:
    """Lines of rows, as many as there are values for."""
    squares, common = np.square(x).sum(1), (x * seen).sum(1)
    if x.size >= ENOUGH and squares.any():
        yield Line(np.full(len(x), common.sum() / squares.sum()), None)
    if x.shape[1] < ENOUGH:
        return
    each = Line(np.divide(common, squares, out=np.ones(len(x)), where=squares > 0), None)
    slope, shift = _line(x, seen - x)
    yield from sorted((each, Line(None, (seen - x).mean(1))), key=lambda one: one.left(x, seen))
    yield Line(1 + slope, shift)


def is_systematic(found: np.ndarray, y: np.ndarray) -> bool:
    """Whether most of what an output is off is a factor and an offset of each channel, as rounding is not.

    Of all channels together where one has few values.
    """
    x, off = _by_channel(y), _by_channel(found.astype(np.float64) - y)
    if x.shape[1] < ENOUGH:
        x, off = x.reshape(1, -1), off.reshape(1, -1)
    if x.shape[1] < ENOUGH:
        return False
    slope, shift = _line(x, off)
    left = off - slope[:, None] * x - shift[:, None]
    return bool(np.square(left).sum() < np.square(off).sum() / 2)


def _line(x: np.ndarray, off: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slope and offset of each row, by least squares."""
    centred = x - x.mean(1, keepdims=True)
    squares = np.square(centred).sum(1)
    slope = np.divide((centred * off).sum(1), squares, out=np.zeros(len(x)), where=squares > 0)
    return slope, off.mean(1) - slope * x.mean(1)


def _by_channel(values: np.ndarray) -> np.ndarray:
    """(O, rest)."""
    return values.swapaxes(0, 1).reshape(values.shape[1], -1)


def _column(values: np.ndarray, y: np.ndarray) -> np.ndarray:
    return values.reshape(-1, *(1,) * (y.ndim - 2))
