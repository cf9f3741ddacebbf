"""What a case says is made of an output: `then: relu`, or `then: {function: clip, low: 0, high: 6}`."""

from __future__ import annotations

from typing import Any

from harness.grammar.document import Item
from harness.grammar.kinds import Field, Kind, either, number, record, word
from harness.operations.activation_family import DEFAULTS, FORMULAS, GELUS, empty_range, no_parameter
from harness.operations.activation_spoken import NUMBERS
from harness.operations.transforms.endings import Activation

NAMES = tuple(name for name in FORMULAS if name != "prelu")
"""Functions that need no array of their own."""
_FUNCTION = Field(word(*NAMES), "the function, by its name in ONNX", required=True)
_FIELDS = {
    "function": _FUNCTION,
    **{key: Field(number(), doc) for key, doc in NUMBERS.items()},
    "approximate": Field(word(*GELUS), "of gelu: none (erf), tanh or quick"),
}
_PLAIN, _RECORD = _FUNCTION.kind, record(_FIELDS)
PLAIN_SOFTPLUS = {"beta": 1.0, "threshold": None}


def _read(item: Item) -> Activation:
    if not item.is_mapping:
        return _activation(_PLAIN.read(item), {}, item)
    given = _RECORD.read(item)
    return _activation(given["function"], {key: given[key] for key in given.items if key != "function"}, item)


def _activation(function: str, given: dict[str, Any], item: Item) -> Activation:
    """The function with its parameters, those of ONNX where they are left out."""
    own = DEFAULTS.get(function, {})
    if unknown := [key for key in given if key not in own]:
        raise item.error(no_parameter(function, unknown[0]))
    numbers = {**own, **given}
    if wrong := empty_range(function, numbers):
        raise item.error(wrong)
    if function == "gelu":
        kind = numbers["approximate"]
        return Activation("gelu" if kind == "none" else f"gelu_{kind}", stated=True)
    if function == "softplus":
        if numbers != PLAIN_SOFTPLUS:
            raise item.error("softplus with a beta or a threshold cannot follow here; leave them out, or state a clip")
        return Activation(function, stated=True)
    return Activation(function, tuple((key, float(value)) for key, value in numbers.items()), stated=True)


_WORDS = either(
    (lambda item: item.is_mapping, _RECORD),
    (lambda item: True, _PLAIN),
    words="the name of a function, or a mapping with function and its parameters",
)
THEN = Field(Kind(_read, _WORDS.schema), "what is made of the output: relu, or {function: clip, low: 0, high: 6}")
