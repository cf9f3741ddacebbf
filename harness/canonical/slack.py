"""Data that are rounded, as printed ones are: what that may do to the output."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch
from typing import Any

import numpy as np

from harness.canonical import gaps
from harness.canonical.reference import direct


@singledispatch
def slack_of(form: Any, wide: Any) -> np.ndarray:
    """How far outputs may lie from those of `form`, (N, O, *spatial): A_w dx + A_x dw + dx dw + db.

    `wide` is the same form of data that are as much larger as the true ones may be off; what is NaN in it is exact.
    Nothing is added for what is not finite: no digits of it are missing, and an output that sees it has no bound.
    """
    form, wide = gaps.filled(gaps.as_unknown(form)), gaps.as_unknown(wide)
    exact = replace(form.elementwise(np.abs), bias=None)
    largest = replace(exact, x=exact.x + _apart(wide.x, form.x), w=exact.w + _apart(wide.w, form.w))
    offsets = _apart(wide.offsets, form.offsets).reshape(-1, *(1,) * form.rank)
    return np.asarray(direct(largest) - direct(exact) + offsets)


def _apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Distances; 0 where an element is not known."""
    return np.asarray(np.nan_to_num(np.abs(a - b)))
