"""Two arrays, and how they differ. A difference is a value; whether it matters is decided elsewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

SHOWN = 5
"""Places that a difference names."""


@dataclass(frozen=True)
class Place:
    """One element that differs."""

    index: tuple[int, ...]
    found: Any
    expected: Any


@dataclass(frozen=True)
class Difference:
    """How `found` differs from `expected`; a NaN or an infinity equals its like."""

    shape: tuple[int, ...]
    expected_shape: tuple[int, ...]
    total: int
    """Elements compared; 0 when the shapes differ."""
    mismatched: int = 0
    """Elements that are not equal."""
    max_abs: float = 0.0
    """Largest |found - expected|; infinite where only one of the two is finite, NaN when the shapes differ."""
    max_rel: float = 0.0
    """Largest |found - expected| / |expected| where `expected` is not 0; NaN when the shapes differ."""
    at: tuple[int, ...] | None = None
    """Where `max_abs` is."""
    worst: tuple[Place, ...] = ()
    """The first few places that differ."""

    @property
    def same_shape(self) -> bool:
        return self.shape == self.expected_shape

    @property
    def equal(self) -> bool:
        return self.same_shape and not self.mismatched


def distance(found: np.ndarray, expected: np.ndarray, known: np.ndarray | None = None) -> np.ndarray:
    """|found - expected| per element, in float64; both of one shape.

    0 where both are the same NaN or infinity and where `known` is False; infinite where only one of them is finite, or
    where they are different infinities.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(np.subtract(found, expected, dtype=_wide(found, expected))).astype(np.float64, copy=False)
    if not np.isfinite(apart).all():
        alike = (found == expected) | ((found != found) & (expected != expected))
        apart = np.where(alike, 0.0, np.where(np.isnan(apart), np.inf, apart))
    return apart if known is None else np.where(known, apart, 0.0)


def difference(found: np.ndarray, expected: np.ndarray, known: np.ndarray | None = None) -> Difference:
    """How two arrays differ, at the elements that are `known` (a mask of their shape; all by default)."""
    total = expected.size if known is None else int(np.count_nonzero(known))
    if found.shape != expected.shape:
        return Difference(found.shape, expected.shape, total=0, max_abs=math.nan, max_rel=math.nan)
    if known is None and np.array_equal(found, expected):
        return Difference(found.shape, expected.shape, total)
    apart = distance(found, expected, known)
    flat = apart.ravel()
    differing = np.flatnonzero(flat)
    if not differing.size:
        return Difference(found.shape, expected.shape, total)
    size = np.abs(expected.ravel()[differing])
    return Difference(
        shape=found.shape,
        expected_shape=expected.shape,
        total=total,
        mismatched=differing.size,
        max_abs=float(flat.max()),
        max_rel=_largest_ratio(flat[differing], size),
        at=_index(flat.argmax(), found.shape),
        worst=tuple(_place(_index(i, found.shape), found, expected) for i in differing[:SHOWN]),
    )


def words(off: Difference) -> str:
    """A difference as people read it, in the manner of NumPy's `assert_allclose`; one fact a line."""
    if not off.same_shape:
        return f"found shape {off.shape}, expected {off.expected_shape}"
    if off.equal:
        return f"all {off.total} elements equal"
    lines = [
        f"{off.mismatched} of {off.total} elements differ ({100 * off.mismatched / off.total:.3g} %)",
        f"largest absolute difference {off.max_abs:.4g} at {off.at}",
        f"largest relative difference {off.max_rel:.4g}",
        "first places:",
    ]
    return "\n".join(
        lines + [f"  {place.index}: found {place.found}, expected {place.expected}" for place in off.worst]
    )


@lru_cache(maxsize=64)
def dtype_name(dtype: np.dtype[Any]) -> str:
    """`dtype.name`, which NumPy works out anew each time it is asked: as long as a comparison takes."""
    return str(dtype.name)


def _wide(found: np.ndarray, expected: np.ndarray) -> np.dtype[Any]:
    """float64, or complex128: wide enough to subtract without rounding twice or wrapping."""
    return np.result_type(found.dtype, expected.dtype, np.float64)


def _largest_ratio(apart: np.ndarray, size: np.ndarray) -> float:
    """Largest apart / size, where `size` is neither 0 nor NaN nor infinite."""
    usable = np.isfinite(size) & (size > 0)
    return float((apart[usable] / size[usable]).max(initial=0.0))


def _place(index: tuple[int, ...], found: np.ndarray, expected: np.ndarray) -> Place:
    return Place(index, found[index].item(), expected[index].item())


def _index(flat: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(map(int, np.unravel_index(flat, shape)))
