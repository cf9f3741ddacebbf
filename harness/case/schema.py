"""The grammar of case files, for the reader and for the JSON Schema alike.

It is what all cases have in common and what their operation adds: arrays by role, settings and other keys.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from harness.canonical.layout import SPATIAL, LayoutError, canonical, spatial_rank
from harness.grammar import sources
from harness.grammar.document import Item
from harness.grammar.kinds import NOTHING, TEXT, Field, Kind, either, list_of, number, record, word
from harness.operations import TABLE, USUAL
from harness.operations.operation import Operation
from harness.operations.spoken import Role
from harness.operations.then import THEN
from harness.output import replacing


def _layout(role: str, flattens: bool = False) -> Kind:
    if flattens:
        return _FLATTENED

    def read(item: Item) -> str:
        letters: str = TEXT.read(item)
        try:
            spatial_rank(letters, role)
        except LayoutError as problem:
            raise item.error(str(problem)) from problem
        return letters

    letters = canonical(role, max(SPATIAL))
    return Kind(read, {"type": "string", "pattern": f"^[{letters}]{{1,5}}$"})


def _read_flattened(item: Item) -> str:
    """The letter O before or behind I, or behind or before letters of the input."""
    letters: str = TEXT.read(item)
    known = "OI" if "I" in letters else "OC" + SPATIAL[max(SPATIAL)]
    if set(letters) - set(known) or len(set(letters)) < len(letters) or "O" in letters[1:-1]:
        raise item.error(f"layout {letters!r}: expected OI or IO, or O before or behind letters of the input but N")
    return letters


_FLATTENED = Kind(_read_flattened, {"type": "string", "pattern": "^[OICDHW]{1,5}$"})
DTYPE = word(*sources.DTYPES)
DTYPE_KEY = "input.dtype"
DECIDES = "of all arrays; that which a printed input says, if it is left out"
OPERATION = Field(word(*TABLE), "what is computed", default=USUAL)
_RECORDING = {
    "system": Field(TEXT, "what computed it: system, version and call", required=True),
    "origin": Field(TEXT, "where the numbers come from", required=True),
    "layout": Field(
        _layout("output"), "letters of the axes, such as NHWC; a letter that is missing has length 1", required=True
    ),
    "dtype": Field(
        DTYPE, "of the arithmetic that made it; if left out, that which a printout says, or that of the input"
    ),
    "values": sources.SOURCES["values"],
    "file": sources.SOURCES["file"],
    **sources.CORNER,
    **sources.PRINTED,
}
CLASSES = list_of(list_of(TEXT, shortest=1), shortest=1)
EXPECT = {
    "as_written": Field(CLASSES, "classes of agreement of the calls as one would first write them"),
    "normalized": Field(CLASSES, "classes of agreement of the calls that compute what the case means"),
}
TOLERANCE = {
    "rtol": Field(number(0), "relative to the reference", default=0.0),
    "atol": Field(number(0), "absolute", default=0.0),
    "why": Field(TEXT, "why the derived bounds do not do", required=True),
}


@cache
def grammar(operation: str) -> Kind:
    """The grammar of case files about an operation."""
    about = TABLE[operation]
    matrix = {**{key: field.kind for key, field in about.SETTINGS.items()}, DTYPE_KEY: DTYPE}
    return record(
        {
            "title": Field(TEXT, "one sentence: X does Y", required=True),
            "why": Field(TEXT, "what the case is good for", default=""),
            "text": Field(TEXT, "commentary: the author's own code, printed norms ...", default=""),
            "source": Field(TEXT, "where the question was asked, or the claim is documented", default=""),
            "operation": OPERATION,
            **about.SETTINGS,
            **{name: _role(about, name) for name in about.ROLES},
            **about.FIELDS,
            "then": THEN,
            "tolerance": Field(
                either(
                    (lambda item: item.is_mapping, record(TOLERANCE)),
                    (lambda item: not item.is_list, word("auto")),
                    words="auto, or a mapping with rtol, atol and why",
                ),
                "auto: bounds derived from the data",
                default="auto",
            ),
            "matrix": Field(
                record(
                    {
                        key: Field(list_of(kind, shortest=1), f"values of {key}, one member for each")
                        for key, kind in matrix.items()
                    }
                ),
                "settings to combine: one member for each combination",
            ),
            "recorded": Field(list_of(_recording(about)), "outputs obtained elsewhere", default=()),
            "expect": Field(record(EXPECT), "what must come out"),
        }
    )


def _recording(about: Operation) -> Kind:
    """An output obtained elsewhere, and which of the operation's conventions must explain it."""
    ids = list_of(word(*about.EXPLAINED_BY), distinct=True)
    expect = {"expect": Field(ids, "transforms that must explain it; [] as written")}
    return record({**_RECORDING, **expect}, ("values", "file"))


def _role(about: Operation, name: str) -> Field:
    """An array of an operation; one that is a setting, too, may be a single number or word."""
    role = about.ROLES[name]
    array = _vector(role) if role.vector else _array(about, name)
    if name not in about.SETTINGS:
        return array
    setting = about.SETTINGS[name]
    kind = either((is_setting, setting.kind), (lambda item: True, array.kind), words="a number, or a list of them")
    return Field(kind, f"{setting.doc}; {role.doc}")


def is_setting(item: Item) -> bool:
    """Whether a key that may be a setting or an array is the former: a plain number or word."""
    return not (item.is_null or item.is_list or item.is_mapping or item.block is not None)


def _array(about: Operation, name: str) -> Field:
    """An array that must be given; the input decides the dtype of all."""
    role = about.ROLES[name]
    letters = f"letters of the axes, such as {role.letters}; a letter that is missing has length 1"
    decides = name == "input"
    fields = {
        "layout": Field(_layout(name, bool(role.flattens)), letters, required=True),
        **{key: about.SETTINGS[key] for key in [role.flattens] if key},
        "dtype": Field(DTYPE, DECIDES, default="float32") if decides else Field(DTYPE, "that of the input"),
        **sources.SOURCES,
        **sources.CORNER,
        **sources.PRINTED,
        **(sources.WEIGHTS if role.weights else {}),
    }
    return Field(record(fields, _sources(role)), role.doc, required=True)


def _vector(role: Role) -> Field:
    """An array of one axis, which may be missing, a plain list or a block of text."""
    numbers = Kind(lambda item: item, {"type": "array", "items": {"type": ["number", "null"]}, "minItems": 1})
    fields = {
        "layout": Field(_layout("input") if role.wide else word(role.vector), "the axis", default=role.vector),
        **sources.SOURCES,
        **sources.CORNER,
        **sources.PRINTED,
        **(sources.WEIGHTS if role.weights else {}),
    }
    kind = either(
        (lambda item: item.is_null, NOTHING),
        (lambda item: item.is_list, numbers),
        (lambda item: item.block is not None, sources.BLOCK),
        (lambda item: item.is_mapping, record(fields, _sources(role))),
        words="null, a list of numbers, or a mapping with values, file or a generator, or a printout below `|`",
    )
    return Field(kind, role.doc)


def _sources(role: Role) -> tuple[str, ...]:
    return (*sources.SOURCES, *(("caffemodel",) if role.weights else ()))


def json_schema() -> dict[str, Any]:
    """The grammar of case files as JSON Schema (draft 2020-12), for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Case file of framework-agreement",
        "type": "object",
        "properties": {"operation": OPERATION.schema},
        "allOf": [_schema_of(operation) for operation in TABLE],
        "$defs": {"values": sources.VALUES_SCHEMA},
    }


def _schema_of(operation: str) -> dict[str, Any]:
    """What holds of files about an operation; about the usual one, where they name none."""
    named = {"properties": {"operation": {"const": operation}}, "required": [] if operation == USUAL else ["operation"]}
    return {"if": named, "then": grammar(operation).schema}


def write_schema(path: Path) -> None:
    """Write the JSON Schema to `path`."""
    with replacing(path) as file:
        file.write(json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n")
