"""What the primitives of JAX compute, and the functions of `jax.nn`, in the words of cases."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from harness.backends.tracing.axis_words import SPATIAL, even, grouped, last, pairs, steps
from harness.worker.recording import Meaning
from harness.worker.spans import padding_pair

Shape = Tuple[int, ...]
Roles = Dict[int, str]
"""Place among the operands of an equation -> role of the array there."""
Said = Optional[Tuple[Meaning, Roles]]
Kept = Optional[Tuple[str, Mapping[str, Any]]]


def meaning(equation: Any, kept: Kept, shapes: Sequence[Shape], held: Sequence[bool]) -> Tuple[Meaning, Roles]:
    """What an equation computes. kept: the function of `jax.nn` that it is. held: which operands are parameters."""
    if kept:
        return _function(*kept, shape=shapes[0]), {}
    say = PRIMITIVES.get(equation.primitive.name)
    found = say(equation.params, shapes, held) if say else None
    return found if found else (Meaning(None), {})


def _letters(spec: Sequence[int], names: str) -> str:
    """The letters of an array in their order, of the places that a specification gives for each."""
    return "".join(letter for _, letter in sorted(zip(spec, names)))


def _convolution(params: Mapping[str, Any], shapes: Sequence[Shape], held: Sequence[bool]) -> Said:
    spec, rank = params["dimension_numbers"], len(shapes[0])
    if rank not in SPATIAL or params["batch_group_count"] != 1:
        return None
    axes, made = _letters(spec.lhs_spec, "NC" + SPATIAL[rank]), _letters(spec.out_spec, "NC" + SPATIAL[rank])
    kernel = _letters(spec.rhs_spec, "OI" + SPATIAL[rank])
    settings = steps(stride=params["window_strides"], dilation=params["rhs_dilation"])
    settings.update(padding=[list(each) for each in params["padding"]], **grouped(params["feature_group_count"]))
    if all(each == 1 for each in params["lhs_dilation"]):
        return Meaning("convolution", settings, axes, made, kernel=kernel), {1: "kernel"}
    sizes = [shapes[1][place] for place in spec.rhs_spec[2:]]
    return _transposed(params, settings, sizes, (axes, made, kernel))


def _transposed(
    params: Mapping[str, Any], settings: Dict[str, Any], sizes: Sequence[int], letters: Tuple[str, str, str]
) -> Said:
    """A convolution over an input with zeros between its values: each value stamps the kernel read backwards."""
    if any(each != 1 for each in params["window_strides"]) or params["feature_group_count"] != 1:
        return None
    ends = [padding_pair("full", 0, k, dilation=d) for k, d in zip(sizes, params["rhs_dilation"])]
    cut = pairs(*zip(*[np.subtract(*each) for each in zip(ends, params["padding"])]))
    settings.update(means="convolution", stride=even(params["lhs_dilation"]), padding=cut)
    axes, made, kernel = letters
    return Meaning("transposed_convolution", settings, axes, made, kernel=kernel), {1: "kernel"}


def _dense(params: Mapping[str, Any], shapes: Sequence[Shape], held: Sequence[bool]) -> Said:
    (taken, summed), batch = params["dimension_numbers"]
    rank = len(shapes[0])
    plain = not any(batch) and tuple(taken) == (rank - 1,) and len(shapes[1]) == 2 and len(summed) == 1
    if not plain or not held[1] or held[0] or not 2 <= rank <= 5:
        return None
    inner = "I" if rank == 2 else "C"
    kernel = inner + "O" if tuple(summed) == (0,) else "O" + inner
    return Meaning("dense", {}, last(rank), last(rank), kernel=kernel), {1: "kernel"}


def _largest(params: Mapping[str, Any], shapes: Sequence[Shape], held: Sequence[bool]) -> Said:
    """The largest of a window; which axes are channels shows where the window does not move."""
    window, rank = params["window_dimensions"], len(shapes[0])
    still = [at for at, size in enumerate(window) if size == 1 and params["window_strides"][at] == 1]
    if rank not in SPATIAL or any(each != 1 for each in params["base_dilation"]) or 0 not in still:
        return None
    axes = last(rank) if rank - 1 in still else "NC" + SPATIAL[rank] if 1 in still else ""
    if not axes:
        return None
    places = [axes.index(letter) for letter in SPATIAL[rank]]
    settings: Dict[str, Any] = {"reduce": "max", "window": even([window[at] for at in places])}
    moves = {key: [params[name][at] for at in places] for key, name in _MOVES.items()}
    settings.update(steps(**moves), padding=[list(params["padding"][at]) for at in places])
    return Meaning("pooling", settings, axes, axes), {}


_MOVES = {"stride": "window_strides", "dilation": "window_dilation"}


def _activation(name: str, **settings: Any) -> Callable[..., Said]:
    return lambda params, shapes, held: (Meaning("activation", {"function": name, **settings}), {})


def _function(name: str, given: Mapping[str, Any], shape: Shape) -> Meaning:
    """A function of `jax.nn` with its arguments."""
    if name in ("softmax", "log_softmax"):
        axis, axes = given.get("axis", -1), last(len(shape))
        places: List[int] = axis if isinstance(axis, list) else [axis]
        if not axes or given.get("where") is not None or any(type(each) is not int for each in places):
            return Meaning(None)
        settings: Dict[str, Any] = {"over": "".join(axes[each] for each in places)}
        return Meaning("softmax", {**settings, "log": True} if name == "log_softmax" else settings, axes, axes)
    function, keys = FUNCTIONS.get(name, ("", {}))
    if not function:
        return Meaning(None)
    said = {key: _said(key, given[each]) for key, each in keys.items()}
    return Meaning("activation", {"function": function, **said, **FIXED.get(name, {})})


def _said(key: str, value: Any) -> Any:
    return ("tanh" if value else "none") if key == "approximate" else float(value)


FUNCTIONS: Mapping[str, Tuple[str, Mapping[str, str]]] = {
    **{name: (name, {}) for name in ("relu", "relu6", "selu", "silu", "mish", "sigmoid", "softplus", "log_sigmoid")},
    "swish": ("silu", {}),
    "leaky_relu": ("leaky_relu", {"slope": "negative_slope"}),
    "elu": ("elu", {"alpha": "alpha"}),
    "celu": ("celu", {"alpha": "alpha"}),
    "gelu": ("gelu", {"approximate": "approximate"}),
    "hard_sigmoid": ("hard_sigmoid", {}),
    "hard_silu": ("hard_swish", {}),
    "hard_swish": ("hard_swish", {}),
    "soft_sign": ("softsign", {}),
}
"""Function of `jax.nn` -> function of cases, and keys of cases -> its arguments."""
FIXED: Mapping[str, Mapping[str, float]] = {"hard_sigmoid": {"alpha": 1 / 6, "beta": 0.5}}
PRIMITIVES: Mapping[str, Callable[..., Said]] = {
    "conv_general_dilated": _convolution,
    "dot_general": _dense,
    "reduce_window_max": _largest,
    "logistic": _activation("sigmoid"),
    "tanh": _activation("tanh"),
    "abs": _activation("absolute"),
}
"""Primitive -> what it says; all others are recorded as primitives of no case."""
