"""Functions that systems apply to each value of an output, by the names of ONNX, with their numbers' usual values."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from harness.canonical.arithmetic import bounded, plain
from harness.operations import activation_family

Values = Callable[..., np.ndarray]
ROOT = 0.7978845608028654
"""sqrt(2 / pi), of the approximation of GELU by a tanh (Hendrycks & Gimpel 2016)."""


@dataclass(frozen=True)
class Function:
    """A function of each value.

    text: it as NumPy text, in which {y} is the values and other braces its numbers; `usual` are those by name. inverse:
    where it is one to one, and its values lie between `low` and `high`. first: a line that the text needs before it.
    rises: from where on no two values are made the same, but for those that limits cut off.
    """

    text: str
    of: Values
    usual: Mapping[str, float] = field(default_factory=dict)
    low: float = -np.inf
    high: float = np.inf
    inverse: Values | None = None
    first: str = ""
    rises: float = -np.inf

    def code(self, **numbers: float) -> tuple[str, ...]:
        """The NumPy lines that apply it to y."""
        return tuple(filter(None, (self.first, f"y = {self.text.format(y='y', **numbers)}")))


def _sigmoid(y: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-y)))


def _softplus(y: np.ndarray) -> np.ndarray:
    return np.asarray(np.logaddexp(0, y))


def _elu(y: np.ndarray, alpha: float) -> np.ndarray:
    return np.where(y > 0, y, alpha * np.expm1(np.minimum(y, 0)))


def _elu_inverse(t: np.ndarray, alpha: float) -> np.ndarray:
    return np.where(t > 0, t, np.log1p(np.minimum(t, 0) / alpha))


def _erf(y: np.ndarray) -> np.ndarray:
    from scipy.special import erf  # a tenth of a second to import, for one function of many

    return np.asarray(erf(y))


_SELU = {"alpha": 1.6732632423543772, "gamma": 1.0507009873554805}

FUNCTIONS: dict[str, Function] = {
    "identity": Function("{y}", lambda y: y),
    "relu": Function("np.maximum({y}, 0)", lambda y: np.maximum(y, 0), low=0.0),
    "relu6": Function("np.clip({y}, 0, 6)", lambda y: np.clip(y, 0, 6), low=0.0, high=6.0),
    "clip": Function("np.clip({y}, {low}, {high})", lambda y, low, high: np.clip(y, low, high)),
    "leaky_relu": Function("np.where({y} < 0, {slope} * {y}, {y})", lambda y, slope: np.where(y < 0, slope * y, y)),
    "absolute": Function("abs({y})", lambda y: np.abs(y), low=0.0, rises=np.inf),
    "tanh": Function("np.tanh({y})", lambda y: np.tanh(y), low=-1.0, high=1.0, inverse=lambda t: np.arctanh(t)),
    "sigmoid": Function(
        "1 / (1 + np.exp(-{y}))", _sigmoid, low=0.0, high=1.0, inverse=lambda t: np.log(t) - np.log1p(-t)
    ),
    "softplus": Function("np.logaddexp(0, {y})", _softplus, low=0.0, inverse=lambda t: t + np.log(-np.expm1(-t))),
    "log_sigmoid": Function(
        "-np.logaddexp(0, -{y})", lambda y: -_softplus(-y), high=0.0, inverse=lambda t: t - np.log(-np.expm1(t))
    ),
    "softsign": Function(
        "{y} / (1 + abs({y}))", lambda y: y / (1 + np.abs(y)), low=-1.0, high=1.0, inverse=lambda t: t / (1 - np.abs(t))
    ),
    "elu": Function(
        "np.where({y} > 0, {y}, {alpha} * np.expm1(np.minimum({y}, 0)))",
        _elu,
        {"alpha": 1.0},
        low=-1.0,
        inverse=_elu_inverse,
    ),
    "selu": Function(
        "{gamma} * np.where({y} > 0, {y}, {alpha} * np.expm1(np.minimum({y}, 0)))",
        lambda y, alpha, gamma: gamma * _elu(y, alpha),
        _SELU,
        low=-_SELU["alpha"] * _SELU["gamma"],
        inverse=lambda t, alpha, gamma: _elu_inverse(t / gamma, alpha),
    ),
    "gelu": Function(
        "{y} * (1 + np.vectorize(erf)({y} / 2**0.5)) / 2",
        lambda y: y * (1 + _erf(y / math.sqrt(2))) / 2,
        low=-0.171,
        first="from math import erf",
        rises=0.0,
    ),
    "gelu_tanh": Function(
        f"{{y}} * (1 + np.tanh({ROOT} * ({{y}} + 0.044715 * {{y}}**3))) / 2",
        lambda y: y * (1 + np.tanh(ROOT * (y + 0.044715 * y**3))) / 2,
        low=-0.171,
        rises=0.0,
    ),
    "gelu_quick": Function(
        "{y} / (1 + np.exp(-1.702 * {y}))", lambda y: y * _sigmoid(1.702 * y), low=-0.171, rises=0.0
    ),
    "silu": Function("{y} / (1 + np.exp(-{y}))", lambda y: y * _sigmoid(y), low=-0.279, rises=0.0),
    "mish": Function("{y} * np.tanh(np.logaddexp(0, {y}))", lambda y: y * np.tanh(_softplus(y)), low=-0.309, rises=0.0),
    "celu": Function(
        "np.where({y} > 0, {y}, {alpha} * np.expm1(np.minimum({y}, 0) / {alpha}))",
        partial(activation_family.celu, plain),
    ),
    "hard_sigmoid": Function(
        "np.clip({alpha} * {y} + {beta}, 0, 1)",
        partial(activation_family.hard_sigmoid, plain),
        low=0.0,
        high=1.0,
    ),
    "threshold": Function("np.where({y} > {theta}, {y}, 0)", partial(activation_family.threshold, plain)),
    "hard_swish": Function(
        "{y} * np.clip({y} + 3, 0, 6) / 6", lambda y: y * np.clip(y + 3, 0, 6) / 6, low=-0.376, rises=0.0
    ),
}
"""Name -> function. What is not one to one has no inverse."""
TURNING = tuple(name for name, each in FUNCTIONS.items() if each.rises == 0)
"""Those that fall and rise."""


def errors(name: str, y: np.ndarray, **numbers: float) -> np.ndarray:
    """How far off computed values of the function of y may be, in units of the roundoff, by any way of systems."""
    ways = (getattr(activation_family, name), *activation_family.WAYS.get(name, ()))
    with np.errstate(all="ignore"):
        found = [way(bounded, bounded.Bounded(y), **numbers).error for way in ways]
    return np.asarray(np.nan_to_num(np.maximum.reduce(found), posinf=0.0))


STEPS = 64
"""Halvings by which a value is found that a function made into a given one."""
STEADY = 2.0**-20
"""Share of a value by which its neighbours lie beside it, which must not be made the same."""
TINY = 2.0**-100
"""How far they lie at least."""


def undone(name: str, made: np.ndarray, **numbers: float) -> np.ndarray:
    """What the function made `made` of, float64; NaN where that is not one value: at limits, and where it turns."""
    function = FUNCTIONS[name]

    def of(y: np.ndarray) -> np.ndarray:
        return np.asarray(function.of(y, **numbers), np.float64)

    with np.errstate(all="ignore"):
        if function.inverse:
            return np.asarray(function.inverse(made, **numbers), np.float64)
        found = np.array(made, np.float64)
        moved = ~((of(made) == made) & (made > function.rises))
        found[moved] = _between(of, function.rises, found[moved])
        aside = np.maximum(STEADY * np.abs(found), TINY)
        rising = (of(found - aside) < made) & (made < of(found + aside)) & (found > function.rises)
    return np.where(rising, found, np.nan)


def _between(of: Values, rises: float, made: np.ndarray) -> np.ndarray:
    """By halving intervals: where a function that rises from `rises` on reaches `made`."""
    largest = 2.0**10 * (1 + np.abs(made, where=np.isfinite(made), out=np.zeros(made.shape)))
    low, high = np.maximum(-largest, rises), largest
    for _ in range(STEPS):
        middle = (low + high) / 2
        below = of(middle) < made
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray(high)
