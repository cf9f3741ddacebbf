from __future__ import annotations

import json
from dataclasses import replace

import pytest

from harness.worker.entry import EntryPoint, Settings, Word, entry_point, from_json, windowed

PLAIN = windowed("f", (2,), "https://example.org")
RICH = windowed(
    name="g",
    ranks=(1, 2, 3),
    docs="https://example.org/g",
    input="N*C",
    kernel="*IO",
    output="N*C",
    reversal=True,
    words={"same": Word(None, "same_half"), "valid": Word("VALID", "valid", strided=False)},
    explicit="uneven",
    stride=True,
    dilation=True,
    together=False,
    groups="any",
    bias=True,
    boundaries={"zero": "fill", "wrap": "wrap"},
    dtypes=("float16", "int8"),
    algorithm="fft",
    note="a note",
)


def travelled(entry: EntryPoint) -> EntryPoint:
    return from_json(json.loads(json.dumps(entry.as_json())))


def test_a_declaration_survives_the_journey():
    assert travelled(RICH) == RICH


def test_what_a_declaration_leaves_out_becomes_explicit():
    found = travelled(PLAIN)
    assert found.takes.words == {}
    assert found.takes.boundaries == {"zero": "zero"}
    assert travelled(found) == found


def test_the_decorator_keeps_the_function_and_the_hello_leaves_it_out():
    @entry_point("f", [2], docs="https://example.org")
    def call(x, w, settings):
        return x + w

    assert call.ranks == (2,)
    assert call.call(1, 2, Settings((1,), (1,), None)) == 3
    assert "call" not in call.as_json()


def version_1(entry: EntryPoint) -> dict[str, object]:
    """The declaration as workers of protocol 1 send it: all fields side by side."""
    told = json.loads(json.dumps(entry.as_json()))
    takes, layouts = told.pop("takes"), told.pop("layouts")
    return {**told, **takes, **layouts}


def test_a_declaration_of_version_1_is_understood():
    assert from_json(version_1(RICH)) == RICH
    few = {key: value for key, value in version_1(PLAIN).items() if key in ("name", "ranks", "docs", "words", "dtypes")}
    assert from_json(few) == PLAIN


@pytest.mark.parametrize("field", ["name", "ranks", "docs", "words", "dtypes"])
@pytest.mark.parametrize("told", [EntryPoint.as_json, version_1])
def test_a_declaration_that_lacks_a_field_is_refused(field, told):
    declaration = told(RICH)
    del (declaration["takes"] if field == "words" and "takes" in declaration else declaration)[field]
    with pytest.raises(ValueError, match=f"declaration of an entry point.*{field}"):
        from_json(declaration)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", 5),
        ("ranks", 2),
        ("ranks", None),
        ("dtypes", "float32"),
        ("words", ["same"]),
        ("words", {"same": "SAME"}),
        ("words", {"same": ["SAME"]}),
        ("words", {"same": None}),
        ("boundaries", "zero"),
        ("boundaries", None),
        ("reversal", 1),
        ("stride", "yes"),
        ("input", ["N", "C"]),
    ],
)
def test_a_declaration_with_a_field_of_another_type_is_refused(field, value):
    declaration = json.loads(json.dumps({**version_1(RICH), field: value}))
    with pytest.raises(ValueError, match="declaration of an entry point"):
        from_json(declaration)


@pytest.mark.parametrize(
    "refused",
    [
        ["dilation"],
        {"words": [[1, "int8"]]},
        {"colour": [[1, "int8"]]},
        {"dilation": [["1", "int8"]]},
        {"dilation": [[1, 8]]},
        {"dilation": [[1]]},
        {"dilation": [1]},
        {"dilation": "no"},
    ],
)
def test_a_refusal_that_is_none_of_a_claim_at_a_rank_and_a_dtype_is_refused(refused):
    declaration = json.loads(json.dumps({**RICH.as_json(), "refused": refused}))
    with pytest.raises(ValueError, match="declaration of an entry point"):
        from_json(declaration)


def test_refusals_survive_the_journey():
    refused = {"groups": ((3, "int8"),), "dilation": ((1, "int8"), (2, "float16")), "float16": ((1, "float16"),)}
    entry = replace(RICH, measured=("groups", "dilation", "float16"), refused=refused)
    assert travelled(entry) == entry


def test_what_other_versions_take_survives_the_journey():
    entry = replace(PLAIN, elsewhere=RICH)
    assert travelled(entry) == entry
    nested = json.loads(json.dumps({**PLAIN.as_json(), "elsewhere": {**RICH.as_json(), "elsewhere": PLAIN.as_json()}}))
    assert from_json(nested) == entry  # it is not looked into further


@pytest.mark.parametrize("odd", ["newer", ["newer"], 5, {"name": "f"}])
def test_what_other_versions_take_is_a_declaration_itself(odd):
    with pytest.raises(ValueError, match="declaration of an entry point|dictionary"):
        from_json({**json.loads(json.dumps(PLAIN.as_json())), "elsewhere": odd})


def test_fields_of_a_later_version_are_left_alone():
    assert from_json({**json.loads(json.dumps(RICH.as_json())), "colour": "blue"}) == RICH
