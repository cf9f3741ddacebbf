"""Data that are not known in full: NaN stands for what is not known, and outputs that see it are not known either."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import singledispatch
from typing import Any, TypeVar

import numpy as np

from harness.canonical.instance import Form
from harness.canonical.reference import direct
from harness.canonical.window import Linear

Kind = TypeVar("Kind", bound=Form)


@singledispatch
def computable(conv: Any) -> np.ndarray:
    """Mask (N, O, *spatial) of the outputs all of whose terms are known.

    A term with a factor that is known to be zero is known, so that padding with zeros hides what it meets.
    """
    unknown_terms = _of(conv, np.isnan, _met(conv.w)), _of(conv, _met, np.isnan(conv.w))
    unknown = sum(map(direct, unknown_terms))
    known: np.ndarray = np.asarray(unknown == 0)
    return np.asarray(known & ~np.isnan(conv.offsets).reshape(-1, *(1,) * conv.rank))


def output(form: Form) -> np.ndarray:
    """The output (N, O, *spatial) in plain float64 arithmetic, NaN where it is not known."""
    if not any(np.isnan(array).any() for array in form.arrays.values()):
        return direct(form)
    return np.where(computable(form), direct(filled(form)), np.nan)


def filled(form: Kind) -> Kind:
    """`form` with zeros for all that is not known."""
    return form.map(_filled)


def as_unknown(form: Kind) -> Kind:
    """`form` in which what is not finite counts as not known: of outputs that see it nothing can be computed."""
    return form.map(lambda each: each if np.isfinite(each).all() else np.where(np.isfinite(each), each, np.nan))


def _of(conv: Linear, x: Callable[[np.ndarray], np.ndarray], w: np.ndarray) -> Linear:
    found = conv.elementwise(lambda each: x(each).astype(np.float64), "x")
    return replace(found, w=w.astype(np.float64), bias=None)


def _met(values: np.ndarray) -> np.ndarray:
    """Where a factor is not known to be zero."""
    return np.asarray(values != 0)


def _filled(values: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), values.dtype.type(0), values)
