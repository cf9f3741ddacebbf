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

from dataclasses import replace

import numpy as np

from harness.canonical.product import Product
from harness.canonical.reference import direct
from harness.canonical.window import Linear
from harness.case.read import Case
from harness.grammar.streams import RawStream

SAMPLES = 8


def moved(case: Case, y: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """How far errors up to `spread` of the input of a case, in canonical axes, move its output `y`."""
    form = case.meant()
    if isinstance(form, Linear | Product):
        return np.asarray(np.sqrt(direct(_squared(form, spread))).reshape(y.shape))
    x, stream = case.arrays["input"].values, RawStream("PCG64", 0)
    signs = (2 * stream.integers(0, 1, x.size).reshape(x.shape) - 1 for _ in range(SAMPLES))
    outputs = (direct(case.given(input=x + sign * spread).meant()) for sign in signs)
    largest = np.zeros(y.shape)
    for output in outputs:
        np.maximum(largest, np.abs(output - y), out=largest)
    return largest


def _squared(form: Linear | Product, spread: np.ndarray) -> Linear:
    """The sums of the squares of all terms, `spread` in place of the input."""
    if isinstance(form, Product):
        form = replace(form, arrays={**form.arrays, "x": spread}, _kept={}).linear
    else:
        form = replace(form, x=spread)
    return replace(form.elementwise(lambda each: each.astype(np.float64) ** 2), bias=None)
