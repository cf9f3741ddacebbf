"""Winograd's minimal filtering F(m, r): m outputs of an r-tap filter by m + r - 1 products along an axis.

    y = AT ((G w) * (BT x))        nested once per axis in 2-D and 3-D

Lavin & Gray 2016, arXiv:1509.09308; the matrices are those of Toom and Cook for the points 0, 1, -1, 2, -2, 1/2, -1/2
and infinity, which is what libraries use for tiles of up to eight.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from typing import NamedTuple

import numpy as np

POINTS = tuple(Fraction(point) for point in ("0", "1", "-1", "2", "-2", "1/2", "-1/2"))


class Matrices(NamedTuple):
    """AT is (m, n), G is (n, r), BT is (n, n), with n = m + r - 1; float64."""

    AT: np.ndarray
    G: np.ndarray
    BT: np.ndarray


@cache
def matrices(m: int, r: int) -> Matrices:
    """The matrices of F(m, r), for m + r of at most 9; each entry is rounded once."""
    n = m + r - 1
    points = POINTS[: n - 1]
    if len(points) < n - 1:
        raise ValueError(f"F({m},{r}) takes tiles of {n}; points for tiles of up to {len(POINTS) + 1} are known")
    outputs = [[point**i for point in points] + [Fraction(i == m - 1)] for i in range(m)]
    taps = [[point**j / _apart(point, points) for j in range(r)] for point in points]
    taps.append([Fraction(j == r - 1) for j in range(r)])
    tile = [_polynomial([other for other in points if other != point], n) for point in points]
    tile.append(_polynomial(list(points), n))
    return Matrices(*(np.array(rows, dtype=np.float64) for rows in (outputs, taps, tile)))


@cache
def amplification(m: int, r: int) -> float:
    """How much larger than a term the intermediate results of F(m, r) are, along one axis, in root mean square.

    sqrt of the largest over outputs i of sum_k AT[i,k]^2 |G[k]|^2 |BT[k]|^2 / r: the error constants of Barabasz,
    Anderson, Soodhalter & Gregg 2020, ACM Transactions on Mathematical Software 46 (theorem 1), for independent
    roundings instead of worst ones. It does not depend on how the factors are spread over the matrices.
    """
    squares = [np.square(matrix) for matrix in matrices(m, r)]
    return math.sqrt((squares[0] @ (squares[1].mean(axis=1) * squares[2].sum(axis=1))).max())


def _apart(point: Fraction, points: tuple[Fraction, ...]) -> Fraction:
    return math.prod((point - other for other in points if other != point), start=Fraction(1))


def _polynomial(roots: list[Fraction], length: int) -> list[Fraction]:
    """Coefficients of the polynomial with these roots, constant first, filled up with zeros to `length`."""
    coefficients = [Fraction(1)]
    for root in roots:
        coefficients = [
            a - root * b for a, b in zip([Fraction(0), *coefficients], [*coefficients, Fraction(0)], strict=True)
        ]
    return coefficients + [Fraction(0)] * (length - len(coefficients))
