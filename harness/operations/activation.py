"""Activations: one function of a family, applied to each element by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.grammar.kinds import Field, Record, number, or_unknown, word
from harness.operations.activation_family import DEFAULTS, FORMULAS, GELUS, empty_range, no_parameter
from harness.operations.activation_family import formula as formula
from harness.operations.activation_family import output_shape as output_shape
from harness.operations.activation_family import rounds as rounds
from harness.operations.activation_family import ways as ways
from harness.operations.activation_search import PROGRAMS as PROGRAMS
from harness.operations.activation_search import TRIED as TRIED
from harness.operations.activation_search import above as above
from harness.operations.activation_search import alternatives as alternatives
from harness.operations.activation_search import coded as coded
from harness.operations.activation_search import fitted as fitted
from harness.operations.activation_search import keeps_signs as keeps_signs
from harness.operations.activation_search import undone as undone
from harness.operations.activation_spoken import NUMBERS
from harness.operations.activation_spoken import ROLES as ROLES
from harness.operations.by_settings.of_layer import OF_ARRAYS, OfLayer, check_bias
from harness.operations.by_settings.of_layer import elsewhere as elsewhere
from harness.operations.by_settings.of_layer import meant as meant
from harness.operations.by_settings.of_layer import remedies as remedies
from harness.operations.by_settings.of_layer import told as told
from harness.operations.operation import Setting
from harness.operations.stated import Stated
from harness.operations.transforms.sayings import Saying, Sayings, parameters
from harness.operations.transforms.sayings import shown as value_shown

NAME = "activation"
_OWN = OfLayer(__name__)
lowering, search, program, power = _OWN.lowering, _OWN.search, _OWN.program, _OWN.power
probes, draws, new_cases, own_words, shown = _OWN.probes, _OWN.draws, _OWN.new_cases, _OWN.own_words, _OWN.shown

SETTINGS = {
    "function": Field(or_unknown(word(*FORMULAS)), "the function, by its name in ONNX; or unknown"),
    **{key: Field(or_unknown(number()), f"{doc}; or unknown") for key, doc in NUMBERS.items()},
    "approximate": Field(or_unknown(word(*GELUS)), "of gelu: none (erf), tanh or quick; or unknown"),
}
TAKEN_FOR_UNKNOWN: Mapping[str, Any] = {**dict.fromkeys(SETTINGS), "function": "relu"}
FIELDS: Mapping[str, Field] = {}
EXPLAINED_BY = (*OF_ARRAYS, *SETTINGS)
SAYINGS: Sayings = {
    "function": Saying("apply {}", "applied {}"),
    "approximate": Saying(
        "compute {it} by {}",
        "computed {it} by {}",
        "the GELU",
        {"none": "the error function", "tanh": "a tanh", "quick": "a sigmoid"},
    ),
    "low": Saying(it="the lower end"),
    "high": Saying(it="the upper end"),
    **parameters("alpha", "beta", "gamma", "theta"),
}
POINTWISE = True
NEW_CASE = """\
function: gelu                # or relu, leaky_relu, elu, hard_sigmoid, softplus, ...
approximate: none             # its parameters, by their names in ONNX; left out: ONNX's defaults
"""


def demand(top: Record) -> None:
    """Raises CaseError where nothing says which function is meant."""
    if "function" not in top and (top["matrix"] is None or "function" not in top["matrix"]):
        raise top.item.error(f"the key 'function' is missing: one of {', '.join(FORMULAS)}")


def settled(settings: Mapping[str, Setting], rank: int) -> dict[str, Any]:
    """The function and its own parameters, by default ONNX's."""
    function = settings["function"][0]
    own = DEFAULTS.get(function, {})
    for key, (value, item) in settings.items():
        if key not in ("function", *own) and value is not None:
            raise item.error(no_parameter(function, key))
    given = {key: settings[key][0] for key in own}
    numbers = {key: own[key] if each is None else each for key, each in given.items()}
    if wrong := empty_range(function, numbers):
        raise settings["low"][1].error(wrong)
    return {"function": function, **numbers}


def check(stated: Stated, top: Record, settings: Mapping[str, Setting]) -> None:
    """The slopes of prelu are there, one for each channel, and nobody else's."""
    channels, slopes = stated.arrays["input"].values.shape[1], stated.values("slope")
    if (stated.settings["function"] == "prelu") != (slopes is not None):
        raise top.at("slope").error("prelu, and no other function, has a list of slopes, one for each channel")
    if slopes is not None and len(slopes) != channels:
        raise top.at("slope").error(f"{len(slopes)} slopes; expected {channels}, one for each channel (axis C)")
    check_bias(stated, top)


def words(settings: Mapping[str, Any]) -> str:
    rest = (f"{key} {value_shown(value)}" for key, value in settings.items() if key not in ("function", "dtype"))
    return ", ".join([settings["function"], *rest])
