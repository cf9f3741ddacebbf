"""The family of activations: formulas, their parameters, and the values that systems give these by default.

Names and parameters are ONNX's, in snake case. Formulas are written as systems compute them, so that their bounds hold
for these; `np` is one of the arithmetics of `harness.canonical.arithmetic`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy


def relu(np: Any, x: Any) -> Any:
    return np.maximum(x, 0.0)


def relu6(np: Any, x: Any) -> Any:
    return np.minimum(np.maximum(x, 0.0), 6.0)


def clip(np: Any, x: Any, low: float, high: float) -> Any:
    return np.minimum(np.maximum(x, low), high)


def leaky_relu(np: Any, x: Any, slope: float) -> Any:
    return np.where(x >= 0, x, slope * x)


def prelu(np: Any, x: Any, slope: Any) -> Any:
    return np.where(x >= 0, x, slope.reshape((1, -1) + (1,) * (x.ndim - 2)) * x)


def elu(np: Any, x: Any, alpha: float) -> Any:
    return np.where(x >= 0, x, alpha * (np.exp(np.minimum(x, 0.0)) - 1))


def selu(np: Any, x: Any, alpha: float, gamma: float) -> Any:
    return gamma * np.where(x >= 0, x, alpha * (np.exp(np.minimum(x, 0.0)) - 1))


def celu(np: Any, x: Any, alpha: float) -> Any:
    return np.maximum(x, 0.0) + np.minimum(alpha * (np.exp(np.minimum(x, 0.0) / alpha) - 1), 0.0)


def gelu(np: Any, x: Any) -> Any:
    return 0.5 * x * (1 + np.erf(x / np.sqrt(2.0)))


def gelu_tanh(np: Any, x: Any) -> Any:
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def gelu_quick(np: Any, x: Any) -> Any:
    return x / (1 + np.exp(-1.702 * x))


def silu(np: Any, x: Any) -> Any:
    return x / (1 + np.exp(-x))


def mish(np: Any, x: Any) -> Any:
    return x * np.tanh(np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x))))


def hard_sigmoid(np: Any, x: Any, alpha: float, beta: float) -> Any:
    return np.minimum(np.maximum(alpha * x + beta, 0.0), 1.0)


def hard_swish(np: Any, x: Any) -> Any:
    return x * np.minimum(np.maximum(x + 3, 0.0), 6.0) / 6


def sigmoid(np: Any, x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def tanh(np: Any, x: Any) -> Any:
    return np.tanh(x)


def softplus(np: Any, x: Any, beta: float = 1.0) -> Any:
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(beta * x))) / beta


def softplus_threshold(np: Any, x: Any, beta: float, threshold: float) -> Any:
    smooth = np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(beta * x))) / beta
    return np.where(beta * x > threshold, x, smooth)


def softsign(np: Any, x: Any) -> Any:
    return x / (1 + np.abs(x))


def log_sigmoid(np: Any, x: Any) -> Any:
    return np.minimum(x, 0.0) - np.log1p(np.exp(-np.abs(x)))


def absolute(np: Any, x: Any) -> Any:
    return np.abs(x)


def threshold(np: Any, x: Any, theta: float) -> Any:
    return np.where(x > theta, x, 0.0)


def identity(np: Any, x: Any) -> Any:
    return 1.0 * x


FORMULAS: Mapping[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (
        *(relu, relu6, clip, leaky_relu, prelu, elu, selu, celu, gelu, silu, mish, hard_sigmoid, hard_swish, sigmoid),
        *(tanh, softplus, softsign, log_sigmoid, absolute, threshold, identity),
    )
}
GELUS = {"none": gelu, "tanh": gelu_tanh, "quick": gelu_quick}
INFINITE = float("inf")
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "clip": {"low": -INFINITE, "high": INFINITE},
    "leaky_relu": {"slope": 0.01},
    "elu": {"alpha": 1.0},
    "selu": {"alpha": 1.6732632423543772, "gamma": 1.0507009873554805},
    "celu": {"alpha": 1.0},
    "gelu": {"approximate": "none"},
    "hard_sigmoid": {"alpha": 0.2, "beta": 0.5},
    "softplus": {"beta": 1.0, "threshold": None},
    "threshold": {"theta": 1.0},
}
"""Function -> its parameters, and what they are where they are left out, as in ONNX; None: nothing."""


def no_parameter(function: str, key: str) -> str:
    """What is wrong where a function is given a parameter that it has not."""
    return f"{function} has no {key}; its parameters: {', '.join(DEFAULTS.get(function, {})) or 'none'}"


def empty_range(function: str, numbers: Mapping[str, Any]) -> str:
    """What is wrong where a function is given limits between which there is nothing; "" where they are in order."""
    low, high = (numbers.get(key) for key in ("low", "high"))
    if function != "clip" or low is None or high is None or low < high:
        return ""
    return f"clip needs a low below its high; found low {low:g}, high {high:g}"


EXACT = ("relu", "relu6", "clip", "absolute", "threshold", "identity")
"""Functions that choose among numbers and round none."""
USUAL_VALUES: Mapping[str, tuple[Any, ...]] = {
    "slope": (0.01, 0.1, 0.2, 0.25, 0.3, 0.0),
    "alpha": (1.0, 0.2, 1 / 6),
    "approximate": tuple(GELUS),
    "threshold": (20.0,),
    "low": (0.0, -1.0),
    "high": (6.0, 1.0),
    "theta": (0.0, 1.0),
}
"""Values that systems have by default."""


def formula(np: Any, arrays: Mapping[str, Any], settings: Mapping[str, Any]) -> Any:
    """The function of the settings, of each element of x."""
    function = formula_of(settings)
    given = {**arrays, **{key: numpy.array(each) if type(each) is tuple else each for key, each in settings.items()}}
    return function(np, *(given[name] for name in parameters(function)))


def formula_of(settings: Mapping[str, Any]) -> Callable[..., Any]:
    """The formula of a function with these settings."""
    if settings["function"] == "gelu":
        return GELUS[settings["approximate"]]
    limited = settings["function"] == "softplus" and "threshold" in settings
    return softplus_threshold if limited else FORMULAS[settings["function"]]


@lru_cache
def parameters(function: Callable[..., Any]) -> list[str]:
    """Names of what a formula takes besides the arithmetic."""
    return list(inspect.signature(function).parameters)[1:]


def ways(settings: Mapping[str, Any]) -> Iterator[Callable[..., Any]]:
    """Other ways in which systems compute the function of the settings."""
    for function in WAYS.get(settings["function"], ()):
        yield lambda np, arrays, settings, function=function: function(
            np, arrays["x"], *(settings[name] for name in parameters(function)[1:])
        )


def _sigmoid_by_tanh(np: Any, x: Any) -> Any:
    return (1 + np.tanh(x / 2)) / 2


def _silu_by_tanh(np: Any, x: Any) -> Any:
    return x * (1 + np.tanh(x / 2)) / 2


def _softplus_at_once(np: Any, x: Any, beta: float = 1.0) -> Any:
    """TensorFlow's: from 14 on, where float32 tells no difference, x itself."""
    return np.where(beta * x > 14, x, np.log1p(np.exp(np.minimum(beta * x, 14.0))) / beta)


def _log_sigmoid_at_once(np: Any, x: Any) -> Any:
    return -_softplus_at_once(np, -x)


def _hard_swish_by_sigmoid(np: Any, x: Any) -> Any:
    return x * np.minimum(np.maximum(x * (1 / 6) + 0.5, 0.0), 1.0)


def _hard_sigmoid_in_steps(np: Any, x: Any, alpha: float, beta: float) -> Any:
    return np.minimum(np.maximum(x + beta / alpha, 0.0), 1 / alpha) * alpha


WAYS: Mapping[str, tuple[Callable[..., Any], ...]] = {
    "sigmoid": (_sigmoid_by_tanh,),
    "silu": (_silu_by_tanh,),
    "softplus": (_softplus_at_once,),
    "log_sigmoid": (_log_sigmoid_at_once,),
    "hard_swish": (_hard_swish_by_sigmoid,),
    "hard_sigmoid": (_hard_sigmoid_in_steps,),
}


def output_shape(shapes: Mapping[str, tuple[int, ...]], settings: Mapping[str, Any]) -> tuple[int, ...]:
    """That of the input; no channels where there are slopes of more or fewer."""
    images, channels, *spatial = shapes["x"]
    fits = shapes.get("slope", (channels,)) == (channels,)
    return (images, channels if fits else 0, *spatial)


def rounds(settings: Mapping[str, Any]) -> bool:
    return settings["function"] not in EXACT
