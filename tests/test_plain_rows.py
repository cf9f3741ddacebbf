"""Rows of plain numbers read at once: the same as number by number, or left to it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.grammar import printouts
from harness.grammar.printouts import PrintoutError, lines, plain_rows, sheets
from harness.grammar.printouts.found import Found

DIGITS = st.text("0012345678999", max_size=9)
NUMBER = st.tuples(
    st.sampled_from(["", "", "-", "+"]),
    st.one_of(
        st.tuples(DIGITS.filter(bool), st.sampled_from(["", "."]), DIGITS).filter(
            lambda parts: parts[1] or not parts[2]
        ),
        st.tuples(st.just("."), DIGITS.filter(bool)),
    ).map("".join),
    st.sampled_from(["", "", "e5", "E-07", "e+300", "e-400", "e123456"]),
).map("".join)
TABLE = (
    st.integers(1, 4)
    .flatmap(
        lambda width: st.lists(st.lists(NUMBER, min_size=width, max_size=width).map("  ".join), min_size=1, max_size=5)
    )
    .map("\n".join)
)
ANY = st.text("0012345.eE+- \t\n", max_size=40)


def assert_same(one: Found, other: Found) -> None:
    for name in ("values", "marks", "places", "last", "first", "lines"):
        np.testing.assert_array_equal(getattr(one.numbers, name), getattr(other.numbers, name), name)
    np.testing.assert_array_equal(one.index, other.index)
    np.testing.assert_array_equal(np.concatenate(one.parts), np.concatenate(other.parts))
    rest = [(each.gaps, each.shape, each.dtype, each.program, each.line) for each in (one, other)]
    assert rest[0] == rest[1]


@settings(max_examples=400)
@given(st.one_of(TABLE, ANY), st.integers(1, 60))
def test_what_is_read_at_once_is_read_the_same_number_by_number(text: str, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_rows, "AT_ONCE", size)
        try:
            begun = lines.of(text)
        except PrintoutError:
            return
        if found := plain_rows.read(begun):
            assert_same(found, sheets.read(begun))


@given(TABLE)
def test_a_table_of_finite_numbers_is_read_at_once(text: str) -> None:
    if np.isfinite(np.array(text.split(), np.float64)).all():
        assert plain_rows.read(lines.of(text)) is not None


@pytest.mark.parametrize(
    "text",
    ["1 2\n3", "1 2\n\n3 4", "1 nan", "1, 2", "1 1e", "1 .", "1 1e5.", "1 1e2e3", "1 1.2.3", "1 1-2", "1 +", "1 --1"]
    + [
        "1 0x10",
        "1 2 # comment",
        "1 1e1234567",
        "1 1e999",
        "1 ...",
        "[1 2]",
        "x =\n\n1 2",
        "1 2\u00e9",
        "1 " + "1" * 401,
    ],
)
def test_anything_else_is_left_to_the_other_readers(text: str) -> None:
    assert plain_rows.read(lines.of(text)) is None


def test_large_tables_are_read_in_parts_and_no_larger_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(1).normal(size=(9000, 7))
    text = "weights:\n" + "\n".join(" ".join(f"{each:.6e}" for each in row) for row in values) + "\n\n"
    assert len(text) > 2 * plain_rows.AT_ONCE
    found = printouts.read(text)
    np.testing.assert_allclose(found.values, values, rtol=1e-6)
    assert found.lines[-1, 0] == 9001
    monkeypatch.setattr(plain_rows, "MOST_PRINTED", 62_999)
    with pytest.raises(PrintoutError, match="more than"):
        printouts.read(text)
