"""How rounding errors travel through layers: a running error analysis of first order.

    e(y) = sqrt( local^2 + sum over i of (dy/dx_i)^2 e(x_i)^2 )

`local` is the statistical bound of the layer's own arithmetic (`rounding.rungs`). Errors of different elements and of
different layers are taken for independent, as in the probabilistic error analysis of Higham & Mary (2019, SIAM J. Sci.
Comput. 41); running bounds of first order are those of Wilkinson (Higham 2002, "Accuracy and Stability of Numerical
Algorithms", section 3.3). Where a layer is linear, the sum is the same layer of squared weights on squared errors.
Elsewhere it is the largest of SAMPLES differences y(x + s e(x)) - y(x), the signs s being drawn: their root mean square
is the sum to first order, and more than half of it is reached by the largest of 8 but for one element in 10^3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import singledispatch
from typing import Any

import numpy as np

from harness.canonical.reference import direct

SAMPLES = 8
Signs = Callable[[int], np.ndarray]
"""Draws so many signs, 1 or -1."""


@singledispatch
def moved(form: Any, y: np.ndarray, spread: np.ndarray, signs: Signs) -> np.ndarray:
    """How far errors up to `spread` of the input of a form, in its shape, move its output `y`."""
    squares = replace(form, x=spread).elementwise(lambda each: each.astype(np.float64) ** 2)
    return np.asarray(np.sqrt(direct(replace(squares, bias=None))).reshape(y.shape))
