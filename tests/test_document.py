"""YAML with positions: scalars, structure, arrays of numbers, and every refusal with its place."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harness.grammar import document
from harness.grammar.document import CaseError, nearest, parse, read
from harness.grammar.nested import numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("null", None), ("true", True), ("False", False), ("no", "no"),
        ("12", 12), ("-012", -12),
        ("1e-5", 1e-5), (".5", 0.5), ("1.", 1.0), ("+1E3", 1000.0), (".inf", math.inf),
        ("-.Inf", -math.inf), ("nan", "nan"),
        ("1_000", "1_000"), ("0x10", "0x10"), ("'12'", "12"), ('"true"', "true"),
        ("1:30", "1:30"), ("2020-01-01", "2020-01-01"),
    ],
)  # fmt: skip
def test_plain_scalars_follow_the_core_schema(text: str, value: object) -> None:
    scalar = parse(f"a: {text}", "f").entries()["a"].scalar
    assert scalar == value
    assert type(scalar) is type(value)


def test_nan_is_read() -> None:
    assert math.isnan(parse("a: .NaN", "f").entries()["a"].scalar)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f:1:1: the file is empty"),
        ("- 1", "f:1:1: expected a mapping of keys (title, input ...), found a list"),
        ("hello", "f:1:1: expected a mapping of keys (title, input ...), found the text 'hello'"),
        ("a: 1\na: 2", "f:2:1: a: this key stands twice, first in line 1; keep one"),
        ("? [1]\n: 2", "f:1:3: expected a word as key, found a list"),
        ("a: &x 1\nb: *x", "f:1:4: anchors and aliases (& and *) are not read"),
        ("a: [1, 2", "f:2:1: not YAML"),
        ("a: 1\n---\nb: 2", "f:2:1: not YAML"),
        ("a: \t- b:\n - c", "f:1:"),
        ("a: 1\nb: " + "[" * 100_000, "f:2:"),
        ("b:\n" + "- " * 100_000, "f:2:"),
        ("a: \x07", "f: not YAML"),
    ],
)
def test_what_is_refused_says_where(text: str, message: str) -> None:
    with pytest.raises(CaseError) as caught:
        parse(text, "f").entries()
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("text", ["a: !!python/object:os.system x", "a: !mine [1]", "!!map {a: 1}"])
def test_tags_are_refused(text: str) -> None:
    with pytest.raises(CaseError, match=r"^f:1:[14]: the tag .* is not read"):
        parse(text, "f")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"^x.yaml: no such file$"):
        read(tmp_path / "none.yaml", "x.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9")
    with pytest.raises(CaseError, match=r"^x.yaml: not UTF-8 text \(byte 3\)"):
        read(tmp_path / "latin.yaml", "x.yaml")


def test_key_paths_and_positions() -> None:
    item = parse("a:\n  b: [1, {c: x}]", "f").entries()["a"].entries()["b"].elements()[1].entries()["c"]
    assert str(item.expected("a number")) == "f:2:14: a.b[1].c: expected a number, found the text 'x'"
    assert str(item.key_error("wrong")) == "f:2:11: a.b[1].c: wrong"


def test_a_message_is_one_line_of_bounded_length_whatever_the_file_holds() -> None:
    """Escapes for what a terminal would obey, and for what no encoding has."""
    long, odd = "k" * 900, "a\nb\x1b[1m\u202e"
    keys = parse(f'{{{long}: {{{long}: 1}}, "{ascii(odd)[1:-1]}": 1}}', "f").entries()
    inner = keys[long].entries()[long]
    assert str(inner.expected("a word")) == f"f:1:1807: {long[:57]}....{long[:57]}...: expected a word, found 1"
    assert str(keys[odd].expected("a word")).endswith(r": a\nb\x1b[1m\u202e: expected a word, found 1")
    assert 1000 < len(str(inner.error(long * 9))) < 1100
    assert str(parse(f"a: {'9' * 390}", "f").entries()["a"].expected("a word")).endswith(f"found {'9' * 57}...")


def test_nearest_key() -> None:
    assert nearest("layuot", ["layout", "values"]) == "the nearest known one is 'layout'"
    assert nearest("qqq", ["layout", "values"]) == "known are: layout, values"


@pytest.mark.parametrize(
    ("values", "whole", "message"),
    [
        (
            "[[1, 2], [3]]",
            False,
            "f:1:13: v[1]: ragged: expected 2 elements as in the first list of this level, found 1",
        ),
        ("[[1, 2], 3]", False, "f:1:13: v[1]: expected a list of 2, found 3"),
        ("[[1, 2], [3, [4]]]", False, "f:1:17: v[1][1]: expected a number, found a list"),
        ("[1, 2]", False, "f:1:4: v: expected numbers in lists 2 deep"),
        (
            "[[[1]]]",
            False,
            "f:1:4: v: expected numbers in lists 2 deep, one level for each letter of the layout, found 3 deep",
        ),
        ("[[]]", False, "f:1:5: v[0]: an empty list; expected numbers"),
        ("7", False, "f:1:4: v: expected numbers in lists 2 deep"),
        ("[[1, '2']]", False, "f:1:9: v[0][1]: expected a number, found the text '2'"),
        ("[[1, 2-3]]", False, "f:1:9: v[0][1]: expected a number, found the text '2-3'"),
        ("[[1, true]]", False, "f:1:9: v[0][1]: expected a number, found true"),
        ("[[1, null]]", False, "f:1:9: v[0][1]: expected a number, found nothing"),
        ("[[1, 2.5]]", True, "f:1:9: v[0][1]: expected a whole number of at most 64 bits, found 2.5"),
        ("[[1, 9223372036854775808]]", True, "f:1:9: v[0][1]: expected a whole number of at most 64 bits"),
    ],
)
def test_arrays_that_do_not_fit_say_where(values: str, whole: bool, message: str) -> None:
    with pytest.raises(CaseError) as caught:
        numbers(parse(f"v: {values}", "f").entries()["v"], 2, whole)
    assert str(caught.value).startswith(message)


def test_unknown_elements() -> None:
    values, known = numbers(parse("v: [1, null, .nan]", "f").entries()["v"], 1, False, partial=True)
    assert known.tolist() == [True, False, True]
    assert values[0] == 1
    assert np.isnan(values[1:]).all()


@given(
    hnp.arrays(
        np.float64, hnp.array_shapes(max_dims=4, max_side=4), elements=st.floats(allow_nan=False, allow_infinity=False)
    )
)
def test_floats_round_trip(array: np.ndarray) -> None:
    values, known = numbers(parse(f"v: {array.tolist()}", "f").entries()["v"], array.ndim, False)
    assert known.all()
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, array)


@given(hnp.arrays(np.int64, hnp.array_shapes(max_dims=3, max_side=4)))
def test_integers_round_trip(array: np.ndarray) -> None:
    values, _ = numbers(parse(f"v: {array.tolist()}", "f").entries()["v"], array.ndim, True)
    assert values.dtype == np.int64
    np.testing.assert_array_equal(values, array)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["|", "|2", "|-", "|+  # as it stands"])
def test_a_place_in_a_block_of_text_is_a_place_in_the_file(mark: str, end: str) -> None:
    item = parse(end.join([f"a: {mark}", "  one", "", "   two", "b: 1"]), "f").entries()["a"]
    assert (item.block or "").strip("\n") == "one\n\n two"
    assert str(item.error_in_block(1, 2, "here")) == "f:2:4: a: here"
    assert str(item.error_in_block(3, 1, "here")) == "f:4:3: a: here"


def test_only_a_literal_block_is_one() -> None:
    entries = parse("a: |\n  x\nb: >\n  x\nc: x\nd: 'x'\ne: [x]\n", "f").entries()
    assert [item.block for item in entries.values()] == ["x\n", None, None, None, None]


def test_more_elements_than_memory_holds_are_not_read(monkeypatch):
    monkeypatch.setattr(document, "MOST_ELEMENTS", 3)
    assert document.parse("a: [1, 2]", "case.yaml").is_mapping
    with pytest.raises(CaseError, match=r"case.yaml: more than 3 elements; put large arrays into .npy files"):
        document.parse("a: [1, 2, 3, 4]", "case.yaml")
