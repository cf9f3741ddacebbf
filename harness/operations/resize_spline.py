"""A cubic spline through all samples, as `scipy.ndimage.zoom` has it of order 3: B-splines behind a prefilter.

    y(t) = sum over k of B(t - k) c[k],   (c[k - 1] + 4 c[k] + c[k + 1]) / 6 = x[k],   mirrored at both ends

The prefilter's inverse is a sum of powers of its pole z = sqrt(3) - 2 (Unser, Aldroubi and Eden 1993, "B-spline signal
processing", part II, section II-C), here over all images of a sample that the mirrors make.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy

from harness.operations.resize_grid import Line

BEYOND = {"mirror": 0, "edge": 12}
"""What SciPy's modes "constant" and "mirror", and its mode "nearest", put on both ends before the prefilter."""


def splined(np: Any, line: Line, places: Any, outside: str) -> tuple[numpy.ndarray, Any]:
    """(samples (m, n and more), those outside at the edge; their weights), of outputs that stand at `places` (m,)."""
    beyond = BEYOND[outside]
    n = line.n + 2 * beyond
    low = numpy.array([int(each // 1) for each in line.places]).reshape(-1, 1)
    knots = low + numpy.arange(-1, 3)
    basis = _basis(np, places.reshape((-1, 1)) - knots * 1.0, numpy.arange(-1, 3))
    coefficients = _inverse(np, n)[_mirrored(knots + beyond, n)]
    weights = (basis.reshape((*knots.shape, 1)) * coefficients).sum(axis=1)
    at = numpy.clip(numpy.arange(n) - beyond, 0, line.n - 1)
    return numpy.broadcast_to(at, (line.m, n)), weights


def _mirrored(places: numpy.ndarray, n: int) -> numpy.ndarray:
    """Places among n samples that are mirrored at the first and the last one, without end."""
    return numpy.asarray(n - 1 - abs(places % max(2 * n - 2, 1) - (n - 1)))


def _basis(np: Any, apart: Any, knots: numpy.ndarray) -> Any:
    """The cubic B-spline at places so far from the knots one before to two behind the sample below."""
    d = np.abs(apart)
    near = (knots == 0) | (knots == 1)
    rest = np.maximum(2.0 - d, 0.0)
    return np.where(near, (4.0 - 3 * d * d * rest) / 6, rest * rest * rest / 6)


def _inverse(np: Any, n: int) -> Any:
    """(n, n): what each sample adds to each coefficient."""
    if n == 1:
        return np.abs(numpy.ones((1, 1)))
    k, j, period = numpy.arange(n).reshape(-1, 1), numpy.arange(n), 2 * n - 2
    direct = _powers(np, abs(k - j)) + _powers(np, period - abs(k - j))
    mirrored = _powers(np, k + j) + _powers(np, period - k - j)
    whole = direct + np.where((j == 0) | (j == n - 1), 0.0, mirrored)
    return whole * np.sqrt(numpy.array([3.0])) / (1.0 - _powers(np, numpy.array([period])))


def _powers(np: Any, powers: numpy.ndarray) -> Any:
    """The pole raised to whole numbers."""
    size = 2.0 - np.sqrt(numpy.array([3.0]))
    return np.exp(powers * 1.0 * np.log(size)) * numpy.where(powers % 2, -1.0, 1.0)


def code(line: Line, outside: str, place: str) -> Iterator[str]:
    """The weights (m, n) as NumPy lines; `place` is where the outputs stand."""
    beyond = BEYOND[outside]
    n = line.n + 2 * beyond
    yield f"at, tap = {place}{f' + {beyond}' if beyond else ''}, np.arange(-2, {n + 2})"
    yield "spline = lambda d: np.where(d < 1, (4 - 3 * d**2 * (2 - d)) / 6, np.maximum(2 - d, 0) ** 3 / 6)"
    yield f"mirrored = ({n - 1} - abs(tap % {max(2 * n - 2, 1)} - {n - 1}))[:, None] == np.arange({n})"
    yield f"prefilter = spline(abs(np.arange({n})[:, None] - tap)) @ mirrored"
    yield "w = spline(abs(at[:, None] - tap)) @ mirrored @ np.linalg.inv(prefilter)"
    if beyond:
        yield f"w = w @ (np.clip(np.arange({n}) - {beyond}, 0, {line.n - 1})[:, None] == np.arange({line.n}))"
