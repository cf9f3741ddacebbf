"""What systems have otherwise of an activation, what of it is read from an output, and its calls as code."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from harness.canonical.arithmetic import plain
from harness.canonical.settled import Settled
from harness.operations.activation_family import DEFAULTS, FORMULAS, USUAL_VALUES, celu, formula_of, softplus
from harness.operations.by_settings.inferring import constant, root, share
from harness.operations.by_settings.own_names import Changes
from harness.operations.by_settings.writing import called, source
from harness.operations.transforms.endings import Activation
from harness.operations.transforms.functions import FUNCTIONS
from harness.worker.entry import EntryPoint

STEEP = 4.0
"""How many times their usual error the values may be off that are told by what the function made of them."""

TURNING = ("gelu", "silu", "mish")
"""Functions that fall and rise and have the signs of their input."""
KEEPS_ABOVE = ("elu", "celu", "leaky_relu")
"""Functions with a parameter that leave alone what is above zero."""
LIMITING = ("clip", "relu6")
"""Functions that leave alone what lies inside their limits."""

# --- alternatives ----------------------------------------------------------------------------------------------------


def alternatives(form: Settled) -> Iterator[Changes]:
    """Usual values of its own parameters, then the other functions with theirs."""
    function = form.settings["function"]
    for key in DEFAULTS.get(function, {}):
        yield from ({key: each} for each in _values(function, key) if each != form.settings.get(key))
    for other in FORMULAS:
        if other not in (function, "prelu"):
            yield from (_changed(form, other, **each) for each in _usual(other))


def _values(function: str, key: str) -> tuple[Any, ...]:
    """A parameter's values in systems, none for one that may be left out among them."""
    default = DEFAULTS[function][key]
    usual = USUAL_VALUES.get(key, ())
    return tuple(dict.fromkeys([default, *usual])) if usual or default is None else (default,)


def _usual(function: str) -> Iterator[Mapping[str, Any]]:
    """No parameters other than by default, and each usual value of one of them."""
    yield {}
    for key, default in DEFAULTS.get(function, {}).items():
        yield from ({key: each} for each in _values(function, key) if each != default)


def _changed(form: Settled, function: str, **given: Any) -> Changes:
    """The settings of another function; those that it does not have are left out."""
    own = {**DEFAULTS.get(function, {}), **given}
    gone = {key: None for key in form.settings if key != "function" and key not in own}
    return {"function": function, **own, **gone}


# --- what is read from an output -------------------------------------------------------------------------------------


def fitted(form: Settled, seen: np.ndarray, room: np.ndarray) -> Iterator[Changes]:
    """Parameters of every function that has one, as far as the values tell them."""
    x = form.x.astype(np.float64)
    with np.errstate(all="ignore"):
        for function, parameters in read_off(x, seen, room):
            if function != form.settings["function"]:
                yield _changed(form, function, **parameters)
                continue
            changed = {key: value for key, value in parameters.items() if form.settings.get(key) != value}
            yield from [changed] if changed else []
        yield from _wider(form, x, seen, room)


def read_off(x: np.ndarray, seen: np.ndarray, room: np.ndarray) -> Iterator[tuple[str, dict[str, Any]]]:
    """Functions that have parameters, with those that `seen` tells of what they made of x."""
    below, above = x < 0, x > 0
    yield from _given("leaky_relu", slope=share(x, seen, room, below))
    yield from _given("prelu", slope=_slopes(x, seen, room))
    yield from _given("elu", alpha=share(np.expm1(x), seen, room, below))
    gamma, both = share(x, seen, room, above), share(np.expm1(x), seen, room, below)
    yield from _given("selu", alpha=both / gamma if both and gamma else None, gamma=gamma)
    value = partial(_with, lambda p, x: celu(plain, x, p))
    yield from _given("celu", alpha=root(value, np.where(below, x, np.nan), seen, room, (1e-3, 1e3)))
    value = partial(_with, lambda p, x: softplus(plain, x, p))
    yield from _given("softplus", beta=root(value, x, seen, room, (1e-3, 1e3)))
    yield from _hard_sigmoid(x, seen, room)
    yield from _clipped(x, seen, room)


def _with(function: Callable[..., Any], parameter: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.asarray(function(parameter, x))


def _given(function: str, **parameters: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The function where all of its parameters could be read."""
    if all(each is not None for each in parameters.values()):
        yield function, parameters


def _slopes(x: np.ndarray, seen: np.ndarray, room: np.ndarray) -> tuple[float, ...] | None:
    """A slope for each channel; None where one of them does not tell, or where all are one."""
    parts = [(x[:, each], seen[:, each], room[:, each]) for each in range(x.shape[1])]
    every = [share(*part, part[0] < 0) for part in parts]
    found = [each for each in every if each is not None]
    return tuple(found) if len(found) == x.shape[1] and len(set(found)) > 1 else None


def _hard_sigmoid(x: np.ndarray, seen: np.ndarray, room: np.ndarray) -> Iterator[tuple[str, dict[str, Any]]]:
    """The line between 0 and 1, by least squares, then its slope and offset as the values limit them.

    Values that are all one have no slope: any function may be flat there.
    """
    inner = np.isfinite(seen) & np.isfinite(x) & (seen > room) & (seen < 1 - room)
    if len(np.unique(x[inner])) < 5 or np.ptp(seen[inner]) <= 4 * room[inner].max():
        return
    line = np.polyfit(x[inner], seen[inner], 1)
    alpha = share(x, seen - line[1], room + 1e-7, inner & (np.abs(x) > 0.5)) or float(line[0])
    beta = constant(seen - alpha * x, room + 1e-7 * np.abs(x), inner, x)
    yield from _given("hard_sigmoid", alpha=alpha, beta=beta)


def _clipped(x: np.ndarray, seen: np.ndarray, room: np.ndarray) -> Iterator[tuple[str, dict[str, Any]]]:
    """Limits at which several elements stand that lie beyond them."""
    off = np.isfinite(seen) & (np.abs(seen - x) > room)
    low = constant(seen, room, off & (seen > x), x)
    high = constant(seen, room, off & (seen < x), x)
    for limits in ({"low": low, "high": high}, {"low": low}, {"high": high}):
        if all(each is not None for each in limits.values()) and len(set(limits.values())) == len(limits):
            yield "clip", limits


def _wider(form: Settled, x: np.ndarray, seen: np.ndarray, room: np.ndarray) -> Iterator[Changes]:
    """Limits beyond all data, in place of those that are meant: an output that is the input tells no others."""
    known = np.isfinite(seen) & np.isfinite(x)
    if form.settings["function"] not in LIMITING or not known.any() or (np.abs(seen - x) > room)[known].any():
        return
    far = float(f"{2 * np.abs(x[known]).max():.1g}")
    meant = form.settings.get("low", 0.0)
    yield _changed(form, "clip", low=-far if math.isfinite(meant) else meant, high=far)


def undone(form: Settled, seen: np.ndarray, room: np.ndarray) -> tuple[Settled, np.ndarray, np.ndarray] | None:
    """The form without its function, what that made `seen` of, and how far that may be off; NaN where it does not tell.

    None of a function that has no inverse here.
    """
    settings = dict(form.settings)
    name, kind = settings.pop("function"), settings.pop("approximate", "none")
    name = name if kind == "none" else f"gelu_{kind}"
    if name not in FUNCTIONS or set(form.arrays) != {"x"} or "threshold" in settings:
        return None
    made = Activation(name, tuple((key, float(value)) for key, value in settings.items() if name != "softplus"))
    return _bare(form), *made.sums(seen, room, STEEP)


def above(form: Settled, seen: np.ndarray, room: np.ndarray) -> tuple[Settled, np.ndarray, np.ndarray] | None:
    """The form without its function, and what that leaves alone: what was seen above zero. None of other functions."""
    if form.settings["function"] not in KEEPS_ABOVE or set(form.arrays) != {"x"}:
        return None
    return _bare(form), np.where(seen > room, seen, np.nan), room


def _bare(form: Settled) -> Settled:
    return form.with_settings(**{**dict.fromkeys(form.settings), "function": "identity"})


def keeps_signs(form: Settled) -> bool:
    """Whether outputs have the signs of what they are made of, of a function that has no inverse."""
    return form.settings["function"] in TURNING


# --- code and probes -------------------------------------------------------------------------------------------------


def _numpy(form: Settled) -> Sequence[str]:
    return source(formula_of(form.settings), form.settings)


def _native(system: str, form: Settled) -> Sequence[str]:
    """The call of a system's own function; no lines where it has none with these parameters."""
    settings = form.settings
    call = NATIVE[system].get(settings["function"], "")
    if settings["function"] == "gelu":
        call = GELU[system].get(settings["approximate"], "")
    return called(system, call.format(**settings)) if call else ()


NATIVE: Mapping[str, Mapping[str, str]] = {
    "torch": {
        "relu": "torch.nn.functional.relu(x)",
        "relu6": "torch.nn.functional.relu6(x)",
        "leaky_relu": "torch.nn.functional.leaky_relu(x, {slope!r})",
        "prelu": "torch.nn.functional.prelu(x, slope)",
        "elu": "torch.nn.functional.elu(x, {alpha!r})",
        "celu": "torch.nn.functional.celu(x, {alpha!r})",
        "silu": "torch.nn.functional.silu(x)",
        "mish": "torch.nn.functional.mish(x)",
        "hard_swish": "torch.nn.functional.hardswish(x)",
        "sigmoid": "torch.sigmoid(x)",
        "tanh": "torch.tanh(x)",
        "softsign": "torch.nn.functional.softsign(x)",
        "log_sigmoid": "torch.nn.functional.logsigmoid(x)",
        "absolute": "torch.abs(x)",
        "threshold": "torch.nn.functional.threshold(x, {theta!r}, 0.0)",
    },
    "tensorflow": {
        "relu": "tf.nn.relu(x)",
        "relu6": "tf.nn.relu6(x)",
        "leaky_relu": "tf.nn.leaky_relu(x, alpha={slope!r})",
        "silu": "tf.nn.silu(x)",
        "sigmoid": "tf.sigmoid(x)",
        "tanh": "tf.tanh(x)",
        "softsign": "tf.nn.softsign(x)",
        "log_sigmoid": "tf.math.log_sigmoid(x)",
        "absolute": "tf.abs(x)",
    },
    "jax": {
        "relu": "jax.nn.relu(x)",
        "relu6": "jax.nn.relu6(x)",
        "leaky_relu": "jax.nn.leaky_relu(x, {slope!r})",
        "elu": "jax.nn.elu(x, {alpha!r})",
        "celu": "jax.nn.celu(x, {alpha!r})",
        "silu": "jax.nn.silu(x)",
        "mish": "jax.nn.mish(x)",
        "hard_swish": "jax.nn.hard_swish(x)",
        "sigmoid": "jax.nn.sigmoid(x)",
        "tanh": "jax.numpy.tanh(x)",
        "softsign": "jax.nn.soft_sign(x)",
        "log_sigmoid": "jax.nn.log_sigmoid(x)",
        "absolute": "jax.numpy.abs(x)",
    },
}
GELU: Mapping[str, Mapping[str, str]] = {
    "torch": {
        "none": "torch.nn.functional.gelu(x)",
        "tanh": 'torch.nn.functional.gelu(x, approximate="tanh")',
        "quick": "x * torch.sigmoid(1.702 * x)",
    },
    "tensorflow": {
        "none": "tf.nn.gelu(x)",
        "tanh": "tf.nn.gelu(x, approximate=True)",
        "quick": "x * tf.sigmoid(1.702 * x)",
    },
    "jax": {
        "none": "jax.nn.gelu(x, approximate=False)",
        "tanh": "jax.nn.gelu(x, approximate=True)",
        "quick": "x * jax.nn.sigmoid(1.702 * x)",
    },
}
PROGRAMS: Mapping[str, Callable[[Settled], Sequence[str]]] = {
    "numpy": _numpy,
    **{system: partial(_native, system) for system in NATIVE},
}
TRIED: Mapping[str, Sequence[Any]] = {
    "slope": (0.01, 0.3),
    "alpha": (1.0, 0.4),
    "beta": (1.0, 0.5),
    "low": (-1.0, 0.0),
    "high": (6.0, 2.0),
    "threshold": (20.0, 3.0),
    "theta": (0.0, 1.0),
    "gamma": (1.0507009873554805,),
}


def coded(entry: EntryPoint, settings: Mapping[str, Any]) -> Mapping[str, np.ndarray]:
    """Numbers of both signs, dense where functions differ, and some beyond every threshold."""
    line = np.concatenate([np.linspace(-8, 8, 129), [-30.5, -20.5, 20.5, 30.5, 0.0, 0.125, -0.125]])
    x = line.reshape(1, 2, *(1,) * (max(entry.ranks) - 1), -1)
    slopes = {"slope": np.array([0.25, 0.5])} if settings["function"] == "prelu" else {}
    return {"input": x, **slopes}
