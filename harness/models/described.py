"""`trace.json`: the description of a run, beside the arrays that it names.

    {"format": 1, "system": "torch 2.13.0", "source": "net.py:make", "mode": "inference", "remarks": [],
     "inputs": [{"array": "in/image", "layout": "NCHW"}], "outputs": [{"array": "out/fc"}],
     "layers": [{"name": ..., "operation": ..., "settings": {...}, "inputs": [...], "outputs": [...],
                 "parameters": {role: array}, "layouts": {role: letters}, "native": ...}]}

Layers stand in the order in which they ran. What is read is not trusted: all that it names must be there and fit.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.backends.tracing.layer_keys import KEYS, THEN
from harness.grammar import document, forms
from harness.grammar.document import CaseError, nearest
from harness.grammar.files import FileError
from harness.grammar.files.stored import DTYPES, Stored
from harness.models.traced import Layer, Tensor, Trace
from harness.operations import TABLE
from harness.worker.archive import DESCRIPTION

FORMAT = 1
MODES = ("inference", "training")
LETTERS = frozenset("NCOIDHW")
POSITION = re.compile(r":\d+:\d+(?=: )")
"""Line and column of a text that nobody sees, in a message."""
_TENSOR = {"array": str, "layout?": str}
_LAYER = {
    "name": str,
    "operation": (str, type(None)),
    "settings?": {"*": object},
    "inputs": [str],
    "outputs": forms.some(str),
    "parameters?": {"*": str},
    "layouts?": {"*": str},
    "native?": str,
}
_FORM = {
    "format": int,
    "system?": str,
    "source?": str,
    "mode?": str,
    "remarks?": [str],
    "inputs": forms.some(_TENSOR),
    "outputs": [_TENSOR],
    "layers": [_LAYER],
}


def trace(text: bytes, arrays: Mapping[str, Stored]) -> Trace:
    """The trace that `trace.json` describes. Raises FileError, which says where in it, for all that does not fit."""
    told = _loaded(text)
    try:
        forms.demand("", told, _FORM)
    except forms.FormError as problem:
        raise FileError(f"{DESCRIPTION}: {problem}") from None
    _demand_known(told)
    arrays = {name: stored for name, stored in arrays.items() if name != DESCRIPTION}
    said = {key: told.get(key, "") for key in ("system", "source", "mode")}
    layers, remarks = tuple(map(_layer, told["layers"])), tuple(told.get("remarks", ()))
    found = Trace(arrays, _tensors(told["inputs"]), _tensors(told["outputs"]), layers, remarks=remarks, **said)
    _demand_whole(found)
    return found


def _tensors(told: Sequence[Mapping[str, str]]) -> tuple[Tensor, ...]:
    return tuple(Tensor(each["array"], each.get("layout", "")) for each in told)


def _loaded(text: bytes) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except (UnicodeDecodeError, ValueError, RecursionError) as problem:
        raise FileError(f"{DESCRIPTION} is no JSON: {str(problem) or 'nested too deeply'}") from None


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(each for each in names if names.count(each) > 1)!r} stands twice")
    return found


def _demand_known(told: Mapping[str, Any]) -> None:
    """No key that is not of the form, and a format and a mode that are understood."""
    if told["format"] != FORMAT:
        raise FileError(f"{DESCRIPTION}: format {told['format']}; expected {FORMAT}, or a newer version of the harness")
    if told.get("mode", MODES[0]) not in MODES:
        raise FileError(f"{DESCRIPTION}: mode is {told['mode']!r}; expected {' or '.join(MODES)}")
    for place, found, form in _mappings(told):
        known = [key.removesuffix("?") for key in form]
        for key in found:
            if key not in known:
                raise FileError(f"{DESCRIPTION}: {place}{key}: unknown key; {nearest(key, known)}")


def _mappings(told: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    yield "", told, _FORM
    for key, form in (("inputs", _TENSOR), ("outputs", _TENSOR), ("layers", _LAYER)):
        for index, each in enumerate(told[key]):
            yield f"{key}[{index}].", each, form


def _layer(told: Mapping[str, Any]) -> Layer:
    name, operation, settings = told["name"], told["operation"], told.get("settings", {})
    place = f"{DESCRIPTION}: layer {name!r}"
    if operation is not None:
        _demand_settings(place, operation, settings)
    inputs, outputs = tuple(told["inputs"]), tuple(told["outputs"])
    parameters, layouts = told.get("parameters", {}), told.get("layouts", {})
    return Layer(name, operation, settings, inputs, outputs, parameters, layouts, told.get("native", ""))


def _demand_settings(place: str, operation: str, settings: Mapping[str, Any]) -> None:
    """Settings are keys of a case of the operation, with such values where the operation says what it takes."""
    known = {*KEYS, *TABLE}
    if operation not in known:
        raise FileError(f"{place}: unknown operation {operation!r}; {nearest(operation, sorted(known))}; or null")
    fields = {**TABLE[operation].FIELDS, **TABLE[operation].SETTINGS} if operation in TABLE else {}
    keys = {*fields, *KEYS.get(operation, ()), THEN}
    for key in settings:
        if key not in keys:
            raise FileError(f"{place}: settings.{key}: unknown key; {nearest(key, sorted(keys))}")
    try:
        items = document.parse(json.dumps({"settings": settings}), place).entries()["settings"].entries()
        for key in fields.keys() & items.keys():
            fields[key].kind.read(items[key])
    except CaseError as problem:
        raise FileError(POSITION.sub("", str(problem), count=1)) from None


def _demand_whole(found: Trace) -> None:
    """All arrays that are named are there and fit their layouts; layers stand in order, each array is made once."""
    for end in (*found.inputs, *found.outputs):
        _demand_array(found, DESCRIPTION, end.array, end.layout)
    made = Counter(name for layer in found.layers for name in layer.outputs)
    names = Counter(layer.name for layer in found.layers)
    later = {*made}
    for layer in found.layers:
        place = f"{DESCRIPTION}: layer {layer.name!r}"
        if names[layer.name] > 1:
            raise FileError(f"{place}: two layers have this name; expected a name of its own for each")
        for name in (*layer.inputs, *layer.outputs, *layer.parameters.values()):
            _demand_array(found, place, name)
        if again := [name for name in layer.outputs if made[name] > 1]:
            raise FileError(f"{place}: {again[0]!r} is made twice; expected an array of its own for each result")
        if early := later & {*layer.inputs}:
            raise FileError(f"{place}: it takes {min(early)!r}, which it or a later layer makes; put layers in order")
        later -= {*layer.outputs}
        for role, letters in layer.layouts.items():
            _demand_array(found, place, _of_role(layer, role, place), letters)


def _of_role(layer: Layer, role: str, place: str) -> str:
    """The array that a layout is about."""
    arrays = {"input": layer.inputs[:1], "output": layer.outputs[:1]}
    named = arrays.get(role) or (layer.parameters.get(role, ""),)
    if not named[0]:
        raise FileError(f"{place}: layouts.{role}: it has no such array; expected input, output or a parameter")
    return named[0]


def _demand_array(found: Trace, place: str, name: str, letters: str = "") -> None:
    if name not in found.arrays:
        raise FileError(f"{place}: no array {name!r} in the file; {nearest(name, list(found.arrays))}")
    stored = found.arrays[name]
    if stored.refused or stored.dtype not in DTYPES:
        raise FileError(f"{place}: {name!r}: {stored.refused or f'expected numbers, found dtype {stored.dtype}'}")
    if not letters:
        return
    if len({*letters}) < len(letters) or not {*letters} <= LETTERS:
        raise FileError(f"{place}: layout {letters!r}: expected letters of N C O I D H W, each once")
    if len(letters) != len(stored.shape):
        raise FileError(f"{place}: layout {letters!r} names {len(letters)} axes; {name!r} has shape {stored.shape}")
