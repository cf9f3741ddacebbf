"""Arrays as results hold them: in full when small, as a summary otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np

FULL_ELEMENTS = 100
CORNER = 5


def describe(array: np.ndarray) -> dict[str, Any]:
    """`shape`, `dtype`, and `values` in full, or `min`, `max`, `mean`, `norm` (2-norm) and the `corner` of a large array.

    Values are exact and what JSON can hold: NaN and infinities are the strings "nan", "inf" and "-inf".
    """
    shown: dict[str, Any] = {"shape": list(array.shape), "dtype": array.dtype.name}
    if array.size <= FULL_ELEMENTS:
        return {**shown, "values": _plain(array)}
    corner = array[(0,) * max(array.ndim - 2, 0)][(slice(CORNER),) * min(array.ndim, 2)]
    finite = array if np.isfinite(array).all() else array[np.isfinite(array)]
    if finite.size:
        flat = finite.astype(np.float64, copy=False).reshape(-1)
        shown |= {"min": float(flat.min()), "max": float(flat.max())}
        shown |= {"mean": float(flat.mean()), "norm": float(np.linalg.norm(flat))}
    return {**shown, "not_finite": array.size - finite.size, "corner": _plain(corner)}


def _plain(array: np.ndarray) -> Any:
    if np.isfinite(array).all():
        return array.tolist()
    if array.ndim:
        return [_plain(row) for row in array]
    return str(float(array))
