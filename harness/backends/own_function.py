"""A user's own Python function: which of its parameters is which setting, and what a call of it gives.

The first parameters are the input and the kernel. Others are understood by their usual names, and told in the form of
their defaults: a number, one for each axis, or a word. What has another name is left at its default, unless the name
looks like that of a setting: that is refused, as a setting which is not understood must not be ignored.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from harness.backends.program_words import AS_IT_IS
from harness.worker.entry import RECIPES, Settings, Word
from harness.worker.loop import Declined
from harness.worker.spans import padding_pair

NAMES: Mapping[str, Tuple[str, ...]] = {
    "stride": ("stride", "strides", "window_strides", "subsample", "step", "steps"),
    "dilation": ("dilation", "dilations", "dilation_rate", "filter_dilation", "rhs_dilation", "rate"),
    "padding": ("padding", "pad", "pads", "border_mode", "mode"),
    "groups": ("groups", "group", "num_groups", "feature_group_count"),
    "bias": ("bias", "b", "biases"),
}
"""Setting -> the usual names of a parameter for it, in NumPy, SciPy, TensorFlow, PyTorch, JAX, Caffe, Theano, ONNX."""
OTHERS: Mapping[str, Tuple[str, ...]] = {
    "window": ("window", "kernel_size", "pool_size", "ksize", "window_shape", "kernel_shape", "k"),
    "epsilon": ("epsilon", "eps"),
    "mean": ("mean", "running_mean", "moving_mean"),
    "variance": ("variance", "var", "running_var", "moving_variance"),
    "scale": ("scale", "gamma", "weight"),
    "offset": ("offset", "beta"),
    "slope": ("slope", "negative_slope"),
    "interpolation": ("interpolation", "mode", "method"),
}
"""The same of settings and arrays of operations besides convolution."""
EACH_AXIS = ("stride", "dilation", "padding")
"""Settings that may be other numbers on each axis."""
LIKE = re.compile("strid|dilat|pad|group|bias|border|bound|mode|layout|format", re.IGNORECASE)
"""In names of parameters that change what is computed."""
WORDS = {"valid": "valid", "same": "same_upper", "full": "full"}
"""Words for a padding that are tried of a function which takes one, and what they are taken for until measured."""
OF_WORDS = ("mode", "border_mode")
"""Names of a parameter that takes such words, whatever its default."""


OF_NUMBERS = ("pad", "pads")
"""Names of a parameter that takes numbers where it has no default."""


class NotUnderstood(TypeError):
    """A parameter of a function that must be told and cannot be; the text says which, and what to do."""


class NotTaken(NotUnderstood):
    """A setting that a parameter has no form for, with arrays of these sizes; the text says which."""


@dataclass(frozen=True)
class Parameters:
    """names: setting -> the parameter for it. defaults: parameter -> what it has when it is not told. rest: those that
    are left at their defaults."""

    names: Mapping[str, str]
    defaults: Mapping[str, Any]
    rest: Tuple[str, ...] = ()


def loaded(place: str) -> Callable[..., Any]:
    """The function `module:function`, or `path/to/file.py:function`."""
    module, _, name = place.rpartition(":")
    if module.endswith(".py"):
        spec = importlib.util.spec_from_file_location("own_program", module)
        if spec is None or spec.loader is None:
            raise ImportError("%s is no Python file" % module)
        found = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(found)
    else:
        found = importlib.import_module(module)
    function: Optional[Callable[..., Any]] = getattr(found, name, None)
    if function is None:
        has = ", ".join(each for each, value in vars(found).items() if inspect.isfunction(value)) or "no function"
        raise AttributeError("%s has no %r; it has %s" % (module, name, has))
    return function


def usual_names(keys: Iterable[str]) -> Mapping[str, Tuple[str, ...]]:
    """The usual names of a parameter for each of these settings and arrays of an operation, its own among them."""
    return {key: {**NAMES, **OTHERS}.get(key, (key,)) for key in keys}


def parameters(
    function: Callable[..., Any], arrays: int = 2, usual: Mapping[str, Tuple[str, ...]] = NAMES
) -> Parameters:
    """What a function can be told besides its first parameters, which are so many arrays. Raises NotUnderstood."""
    try:
        given = list(inspect.signature(function).parameters.values())
    except ValueError:  # compiled code says nothing of its parameters
        return Parameters({}, {})
    fixed = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY)
    named = [each for each in given[arrays:] if each.kind not in fixed]
    names: Dict[str, str] = {}
    rest: List[str] = []
    for each in named:
        setting = next((setting for setting, known in usual.items() if each.name.lower() in known), None)
        if setting in names:
            raise NotUnderstood(
                "the parameters %s and %s both look like the %s; keep one, or probe a function that fixes the other"
                % (names[str(setting)], each.name, setting)
            )
        if setting:
            names[setting] = each.name
        elif each.default is inspect.Parameter.empty or LIKE.search(each.name):
            raise NotUnderstood(_not_understood(each, usual))
        else:
            rest.append(each.name)
    defaults = {each.name: each.default for each in named if each.default is not inspect.Parameter.empty}
    return Parameters(names, defaults, tuple(rest))


def _not_understood(parameter: inspect.Parameter, usual: Mapping[str, Tuple[str, ...]]) -> str:
    needed = "needs" if parameter.default is inspect.Parameter.empty else "has"
    known = ", ".join(names[0] for names in usual.values())
    return (
        "the function %s the parameter %r, which is not understood; understood are %s, under their usual names: rename "
        "it, or name a function that fixes it" % (needed, parameter.name, known)
    )


def demand(taken: Parameters, about: Mapping[str, Any]) -> None:
    """Raises NotUnderstood where a declaration says that a function takes what it has no parameter for."""
    for setting, said in (("bias", about.get("bias") is True), ("groups", about.get("groups") == "any")):
        if said and setting not in taken.names:
            raise NotUnderstood(
                "%s is declared, and the function has no parameter for it; usual names are %s"
                % (setting, ", ".join(NAMES[setting]))
            )


def padding(taken: Parameters, declared: Mapping[str, Word]) -> Tuple[Mapping[str, Word], str]:
    """(words, by numbers: "no", "even" or "uneven") that a function is told; words that were declared are those."""
    name = taken.names.get("padding")
    if name is None or any(word.native is not None for word in declared.values()):
        return declared, "no"
    default = taken.defaults.get(name)
    own = {AS_IT_IS: Word(None, "valid")} if name in taken.defaults else {}
    if isinstance(default, str) or (default is None and name in OF_WORDS):
        upper = isinstance(default, str) and default.isupper()
        words = {word: Word(word.upper() if upper else word, recipe) for word, recipe in WORDS.items()}
        return dict(own, **words), "no"
    if not isinstance(default, (tuple, list)):
        return own, "one"
    return own, "uneven" if default and isinstance(default[0], (tuple, list)) else "even"


def told_otherwise(taken: Parameters) -> str:
    """In words, what a function does by itself that it was told not to do: a default stride or dilation above 1."""
    said = [(name, taken.defaults.get(taken.names.get(name, ""))) for name in ("stride", "dilation", "groups")]
    other = ["%s %s" % pair for pair in said if isinstance(pair[1], int) and pair[1] > 1]
    return (
        "; all this is measured with other settings told, where by itself it has %s" % ", ".join(other) if other else ""
    )


def each_axis(taken: Parameters, setting: str) -> bool:
    """Whether a setting may be told for each axis."""
    return isinstance(taken.defaults.get(taken.names.get(setting, "")), (tuple, list))


def call(
    function: Callable[..., Any],
    taken: Parameters,
    input_: str,
    x: np.ndarray,
    w: np.ndarray,
    s: Settings,
    kernel: str = "",
) -> Any:
    """What the function gives; `input_` and `kernel` are the letters of their axes.

    A bias that it needs is zero where none is asked for.
    """
    bias = taken.names.get("bias")
    if s.bias is None and bias is not None and bias not in taken.defaults:
        s = s._replace(bias=np.zeros(w.shape[kernel.index("O")] if "O" in kernel else 1, w.dtype))
    told = {
        parameter: _told(getattr(s, setting), taken.defaults.get(parameter), input_, setting)
        for setting, parameter in taken.names.items()
    }
    return function(x, w, **{name: value for name, value in told.items() if value is not None})


def stated(taken: Parameters, said: Mapping[str, Any], input_: str, sizes: Sequence[Tuple[int, ...]]) -> Dict[str, Any]:
    """Parameter -> setting, for those of `said`, in the words of a case, that a function has parameters for.

    `input_` are the letters of the input's axes; sizes: of each spatial axis in each array. Where a parameter takes
    numbers, a word for a padding is what it comes to. Raises NotTaken for what a parameter has no form for.
    """
    try:
        return {
            parameter: _stated(setting, parameter, taken.defaults.get(parameter), said, input_, sizes)
            for setting, parameter in taken.names.items()
            if setting in said
        }
    except Declined as declined:
        raise NotTaken("%s; say it in another way, or hand over a function that fixes it" % declined) from None


def _stated(
    setting: str, parameter: str, default: Any, said: Mapping[str, Any], input_: str, sizes: Sequence[Tuple[int, ...]]
) -> Any:
    """A setting in the form of the parameter's default; as a case says it, where there is none."""
    value = said[setting]
    by_word = setting == "padding" and isinstance(value, str) and value in RECIPES and {*map(len, sizes)} == {2}
    if by_word and (_of_numbers(default) or parameter.lower() in OF_NUMBERS):
        steps = [_each(said.get(name, 1), len(sizes)) for name in ("stride", "dilation")]
        value = [padding_pair(value, *each) for each in zip(*zip(*sizes), *steps)]
    elif isinstance(value, str) and isinstance(default, str) and default.isupper():
        return value.upper()
    elif setting not in EACH_AXIS or not _of_numbers(default) or not _of_numbers(value):
        return value
    axes = _each(value, len(sizes))
    pairs = [(each, each) if isinstance(each, int) else each for each in axes] if setting == "padding" else axes
    return _told(pairs, default, input_, setting)


def _of_numbers(given: Any) -> bool:
    """Whether this is a number, or some of them, and so what a parameter takes that has it for a default."""
    return isinstance(given, (int, tuple, list))


def _each(value: Any, rank: int) -> List[Any]:
    """A setting for each spatial axis."""
    return list(value) if isinstance(value, (tuple, list)) else [value] * rank


def _told(value: Any, default: Any, input_: str, setting: str) -> Any:
    """A setting in the form of the parameter's default; None where it is not told, as what is not said of a padding."""
    if value is None or isinstance(value, (str, np.ndarray)) or setting == "groups":
        return value
    pairs = [tuple(each) if isinstance(each, (tuple, list)) else None for each in value]
    numbers = [each if pair is None else pair[0] for each, pair in zip(value, pairs)]
    sided = isinstance(default, (tuple, list)) and default and isinstance(default[0], (tuple, list))
    if not sided and any(pair and pair[0] != pair[1] for pair in pairs):
        raise Declined("it takes one number for both sides of the padding, by its default; asked are %s" % pairs)
    if isinstance(default, (tuple, list)):
        return type(default)(_listed(default, pairs, numbers, input_))
    if len(set(numbers)) > 1:
        raise Declined("it takes one number for the %s, by its default; asked are %s" % (setting, numbers))
    return numbers[0]


def _listed(
    default: Sequence[Any], pairs: Sequence[Optional[Tuple[int, int]]], numbers: Sequence[int], input_: str
) -> List[Any]:
    """One entry for each spatial axis, as pairs where the default has them; one for each axis where it has so many."""
    if default and isinstance(default[0], (tuple, list)):
        return list(pairs)
    if len(default) == len(input_) != len(numbers):
        spatial = iter(numbers)
        return [next(spatial) if letter in "DHW" else 1 for letter in input_]
    return list(numbers)
