"""NumPy's own arithmetic, and the error function."""

from __future__ import annotations

from numpy import abs, asarray, exp, expm1, log, log1p, maximum, minimum, ndarray, pi, sin, sort, sqrt, tanh, where

__all__ = [
    "abs",
    "erf",
    "exact",
    "exp",
    "expm1",
    "log",
    "log1p",
    "maximum",
    "minimum",
    "pi",
    "sin",
    "sort",
    "sqrt",
    "tanh",
    "where",
]


def exact(x: ndarray) -> ndarray:
    """The same numbers, taken for exact."""
    return x


def erf(x: ndarray) -> ndarray:
    """That of SciPy, which is loaded when it is first needed."""
    from scipy import special

    return asarray(special.erf(x))
