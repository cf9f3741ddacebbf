"""Data that are not known in full: NaN stands for what is not known, and outputs that see it are not known either."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.canonical.reference import direct
from harness.canonical.window import Linear


def computable(conv: Linear) -> np.ndarray:
    """Mask (N, O, *spatial) of the outputs all of whose terms are known.

    A term with a factor that is known to be zero is known, so that padding with zeros hides what it meets.
    """
    unknown_terms = _of(conv, np.isnan(conv.x), conv.w != 0), _of(conv, conv.x != 0, np.isnan(conv.w))
    unknown = sum(map(direct, unknown_terms))
    known: np.ndarray = np.asarray(unknown == 0)
    return np.asarray(known & ~np.isnan(conv.offsets).reshape(-1, *(1,) * conv.rank))


def output(conv: Linear) -> np.ndarray:
    """The output (N, O, *spatial) in plain float64 arithmetic, NaN where it is not known."""
    if not any(np.isnan(array).any() for array in conv.arrays.values()):
        return direct(conv)
    return np.where(computable(conv), direct(filled(conv)), np.nan)


def filled(conv: Linear) -> Linear:
    """`conv` with zeros for all that is not known."""
    return conv.map(_filled)


def as_unknown(conv: Linear) -> Linear:
    """`conv` in which what is not finite counts as not known: of outputs that see it nothing can be computed."""
    return conv.map(lambda each: each if np.isfinite(each).all() else np.where(np.isfinite(each), each, np.nan))


def _of(conv: Linear, x: np.ndarray, w: np.ndarray) -> Linear:
    return replace(conv, x=x.astype(np.float64), w=w.astype(np.float64), bias=None)


def _filled(values: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), values.dtype.type(0), values)
