"""Normalizations that a system writes out in sums, quotients and roots.

Of statistics that are given, y = k x + c in each channel, with k = scale / sqrt(variance + epsilon) and
c = offset - k mean. Where they are computed, (y - offset) / scale is proportional to x less its mean, and the factor
is 1 / sqrt(variance + epsilon).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from harness.canonical.layout import SPATIAL

Vectors = Mapping[str, np.ndarray]
Likely = tuple[Mapping[str, Any], Mapping[str, str], str]
NEAR = 1e-3
"""Of the largest value: further off is no such normalization."""
GIVEN = ("variance", "mean", "scale", "offset")
LAST = {2: "NC", 3: "NWC", 4: "NHWC", 5: "NDHWC"}
SECOND = {2: "NC", 3: "NCW", 4: "NCHW", 5: "NCDHW"}
DIGITS = (1, 2, 3)


def likely(x: np.ndarray, y: np.ndarray, vectors: Vectors) -> Iterator[Likely]:
    """Normalizations that take all of the vectors and give `y` of `x`, for those who hold them against the values."""
    if x.ndim not in LAST or len(vectors) > len(GIVEN):
        return
    axes = {_channel_axis(each.shape, x.shape) for each in vectors.values()} or {x.ndim - 1}
    (axis,) = axes if len(axes) == 1 else (None,)
    if axis not in (1, x.ndim - 1):
        return
    letters = (LAST if axis == x.ndim - 1 else SECOND)[x.ndim]
    x, y = (np.moveaxis(each, letters.index("C"), -1) for each in (x, y))
    named = {name: each.reshape(-1).astype(np.float64) for name, each in vectors.items()}
    if len(named) > 1:
        yield from ((settings, roles, letters) for settings, roles in _given(x, y, named))
    if len(named) < 3:
        yield from ((settings, roles, letters) for settings, roles in _computed(x, y, named))


def _channel_axis(given: Sequence[int], shape: Sequence[int]) -> int | None:
    """The only axis along which an array has a number for each place."""
    whole = (1,) * (len(shape) - len(given)) + tuple(given)
    long = [axis for axis, size in enumerate(whole) if size != 1]
    return long[0] if len(long) == 1 and whole[long[0]] == shape[long[0]] else None


def _given(x: np.ndarray, y: np.ndarray, vectors: Vectors) -> Iterator[tuple[Mapping[str, Any], Mapping[str, str]]]:
    """With statistics that are given; channels are the last axis."""
    x, y = (each.reshape(-1, each.shape[-1]) for each in (x, y))
    spread = ((x - x.mean(0)) ** 2).sum(0)
    if not spread.all():
        return
    k = ((x - x.mean(0)) * (y - y.mean(0))).sum(0) / spread
    c = y.mean(0) - k * x.mean(0)
    if np.abs(k * x + c - y).max() > NEAR * np.abs(y).max():
        return
    for names in itertools.permutations(vectors):
        for roles in _chosen(names):
            yield from (({"epsilon": each}, roles) for each in _epsilons_given(k, c, roles, vectors))


def _chosen(names: Sequence[str]) -> Iterator[dict[str, str]]:
    """Roles of all of these, a variance among them."""
    for others in itertools.combinations(GIVEN[1:], len(names) - 1):
        yield dict(zip((GIVEN[0], *others), names))


def _epsilons_given(k: np.ndarray, c: np.ndarray, roles: Mapping[str, str], vectors: Vectors) -> Iterator[float]:
    """Values of epsilon with which these roles give y = k x + c."""
    held = {role: vectors[name] for role, name in roles.items()}
    variance, scale = held["variance"], held.get("scale", 1.0)
    meant = held.get("offset", 0.0) - k * held.get("mean", 0.0)
    if variance.min() < 0 or not k.all() or np.abs(meant - c).max() > NEAR * max(np.abs(c).max(), np.abs(k).max()):
        return
    of_each = (scale / k) ** 2 - variance
    if np.ptp(of_each) <= NEAR * np.median(variance + np.abs(of_each)):
        yield from _rounded(float(np.median(of_each)))


def _computed(x: np.ndarray, y: np.ndarray, vectors: Vectors) -> Iterator[tuple[Mapping[str, Any], Mapping[str, str]]]:
    """With statistics of the input itself; channels are the last axis."""
    space = SPATIAL.get(x.ndim - 2, "")
    overs = {"C": (x.ndim - 1,), **({space: tuple(range(1, x.ndim - 1))} if space else {})}
    overs |= {f"C{space}": tuple(range(1, x.ndim))} if space else {}
    for names in itertools.permutations(vectors):
        for slots in itertools.combinations(GIVEN[2:], len(names)):
            roles = dict(zip(slots, names))
            held = {role: vectors[name] for role, name in roles.items()}
            if np.all(held.get("scale", 1.0)):
                z = (y - held.get("offset", 0.0)) / held.get("scale", 1.0)
                for over, axes in overs.items():
                    yield from ((settings, roles) for settings in _over(x, z, over, axes))


def _over(x: np.ndarray, z: np.ndarray, over: str, axes: tuple[int, ...]) -> Iterator[Mapping[str, Any]]:
    """Settings with which `z` is `x` normalized over these axes."""
    for centred in (True, False):
        less = x - x.mean(axes, keepdims=True) if centred else x
        square = (less**2).mean(axes, keepdims=True)
        if not square.all():
            continue
        factor = (z * less).mean(axes, keepdims=True) / square
        if (factor > 0).all() and np.abs(factor * less - z).max() <= NEAR * np.abs(z).max():
            of_each = factor**-2.0 - square
            if np.abs(of_each).max() <= square.max():
                said = {"over": over, **({} if centred else {"statistic": "mean_square", "centre": False})}
                yield from ({**said, "epsilon": each} for each in _rounded(_told(of_each, square)))


def _told(of_each: np.ndarray, square: np.ndarray) -> float:
    """Epsilon, by the places where it is the most beside what it is added to, those of small variances."""
    small = square <= np.quantile(square, 0.25)
    return float(np.median(of_each[small]))


def _rounded(epsilon: float) -> Iterator[float]:
    """What people write that may be this number, the shortest first."""
    yield from dict.fromkeys(float(f"{max(epsilon, 0.0):.{digits - 1}e}") for digits in DIGITS)
    yield 0.0
