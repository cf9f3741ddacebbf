"""Arrays as results hold them: in full when small, as a summary otherwise."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from harness.rounding.compare import dtype_name

FULL_ELEMENTS = 100
CORNER = 5


def describe(array: np.ndarray, known: np.ndarray | None = None) -> dict[str, Any]:
    """`shape`, `dtype`, and `values` in full, or `min`, `max`, `mean`, `norm` (2-norm) and `corner` of a large array.

    Elements that are not known, by a mask of the array's shape, are None and counted as `unknown`.
    Values are exact and what JSON can hold: NaN and infinities are the strings "nan", "inf" and "-inf", complex numbers
    strings such as "(1+2j)"; the figures of a complex array are those of its absolute values.
    """
    shown: dict[str, Any] = {"shape": list(array.shape), "dtype": dtype_name(array.dtype)}
    if array.size <= FULL_ELEMENTS:
        return {**shown, "values": _values(array, known)}
    shown["corner"] = _values(_corner(array), None if known is None else _corner(known))
    if known is not None and not known.all():
        shown["unknown"] = int(known.size - np.count_nonzero(known))
        array = array[known]
    finite = array if np.isfinite(array).all() else array[np.isfinite(array)]
    if finite.size:
        real = np.abs(finite) if finite.dtype.kind == "c" else finite
        flat = real.astype(np.float64, copy=False).reshape(-1)
        with np.errstate(over="ignore"):
            figures = {"min": flat.min(), "max": flat.max(), "mean": flat.mean(), "norm": np.linalg.norm(flat)}
        shown |= {name: _plain(figure) for name, figure in figures.items()}
    return {**shown, "not_finite": array.size - finite.size}


def finite(figure: float | None) -> float | None:
    """A figure as JSON can hold it: None where it is infinite or NaN."""
    return None if figure is None or not math.isfinite(figure) else float(figure)


def _corner(array: np.ndarray) -> np.ndarray:
    corner: np.ndarray = array[(0,) * max(array.ndim - 2, 0)][(slice(CORNER),) * min(array.ndim, 2)]
    return corner


def _values(array: np.ndarray, known: np.ndarray | None) -> Any:
    if known is None or known.all():
        return _plain(array)
    return [_values(*pair) for pair in zip(array, known)] if array.ndim else None


def _plain(array: Any) -> Any:
    if array.dtype.kind != "c" and np.isfinite(array).all():
        return array.tolist()
    if array.ndim:
        return [_plain(row) for row in array]
    return str(array.item())
