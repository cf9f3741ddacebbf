"""Tables with names of rows and columns: the names go, the numbers stay, and none of them is taken for a name."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

from harness.grammar import printouts
from harness.grammar.printouts import PrintoutError

A = [[1.5, 2.5], [3.5, 4.5]]
FOUR = [[1.5, 2.5, 5.5, 6.5], [3.5, 4.5, 7.5, 8.5]]
PAGES = [[[1.5, 5.5], [2.5, 6.5]], [[3.5, 7.5], [4.5, 8.5]]]


@pytest.mark.parametrize(
    ("printed", "values"),
    [
        ("    h1  h2\nr1 1.5 2.5\nr2 3.5 4.5\n", A),
        ("> w\n    h1  h2\nr1 1.5 2.5\nr2 3.5 4.5\n> ", A),
        ("$w\n    h1  h2\nr1 1.5 2.5\nr2 3.5 4.5\n\n", A),
        ("      h1  h2\n[1,] 1.5 2.5\n[2,] 3.5 4.5\n", A),
        ("   [,1] [,2]\nr1  1.5  2.5\nr2  3.5  4.5\n", A),
        ("    col\nrow   w1  w2\n  h1 1.5 2.5\n  h2 3.5 4.5\n", A),
        ("   V1  V2\n1 1.5 2.5\n2 3.5 4.5\n", A),
        ("  2016 2017\n1  1.5  2.5\n2  3.5  4.5\n", A),
        ("     0    1\n0  1.5  2.5\n1  3.5  4.5\n", A),
        ("     a    b\n0  1.5  2.5\n1  3.5  4.5\n\n[2 rows x 2 columns]\n", A),
        ("     a\n0  1.5\n1  2.5\n", [[1.5], [2.5]]),
        ("    a   b\nx 1.5 2.5\ny 3.5 4.5\n    c   d\nx 5.5 6.5\ny 7.5 8.5\n", FOUR),
        (", , c1\n\n    w1  w2\nh1 1.5 2.5\nh2 3.5 4.5\n\n, , c2\n\n    w1  w2\nh1 5.5 6.5\nh2 7.5 8.5\n\n", PAGES),
        (
            ", , k = c1\n\n    col\nrow   w1  w2\n  h1 1.5 2.5\n  h2 3.5 4.5\n\n"
            ", , k = c2\n\n    col\nrow   w1  w2\n  h1 5.5 6.5\n  h2 7.5 8.5\n\n",
            PAGES,
        ),
    ],
)
def test_names_are_left_out(printed: str, values: object) -> None:
    np.testing.assert_array_equal(printouts.read(printed).values, values)


def test_a_series_is_a_vector_of_its_dtype() -> None:
    found = printouts.read("0    1.5\n1    2.5\n2    3.5\nName: y, dtype: float32\n")
    assert (found.values.tolist(), found.dtype) == ([1.5, 2.5, 3.5], "float32")


def test_pages_stand_in_the_order_of_their_names_along_each_axis() -> None:
    pages = [
        f", , {one}, {other}\n\n  w\nh {number}\n\n" for number, (other, one) in enumerate(["ab", "ac", "db", "dc"])
    ]
    assert printouts.read("".join(pages)).values.tolist() == [[[[0, 2], [1, 3]]]]


@pytest.mark.parametrize(
    ("printed", "values"),
    [
        ("1 2\n3 4\n", [[1, 2], [3, 4]]),
        ("0 1.5\n1 2.5\n2 3.5\n", [[0, 1.5], [1, 2.5], [2, 3.5]]),
        ("     [,1] [,2]\n[1,]  1.5  2.5\n[2,]  3.5  4.5\n", A),
        (", , 1\n\n     [,1]\n[1,]  1.5\n\n, , 2\n\n     [,1]\n[1,]  2.5\n", [[[1.5, 2.5]]]),
    ],
)
def test_tables_without_names_are_read_as_they_are(printed: str, values: object) -> None:
    np.testing.assert_array_equal(printouts.read(printed).values, values)


@pytest.mark.parametrize(
    "printed",
    [
        " 2 3\n1 2 3\n",
        "   3   9\n1 1.5 2.5\n2 3.5 4.5\n",
        "     0    1\n4  1.5  2.5\n9  3.5  4.5\n",
        "  a   b\n1 1.5 2.5\n3 3.5 4.5\n",
        "x   y\n 1 2.5\n 2 3.5\n",
        "a b\n0 1.5 2.5\n1 3.5 4.5\n",
        "    h1  h2\nr1 1.5 2.5\nr2 3.5\n",
        "     a    b\n0  1.5  2.5\n1  3.5  4.5\n\n[3 rows x 2 columns]\n",
        "    h1  h2\nr1 1.5 2.5\nr2 3.5 4.5\nthe end\n",
        "0    1.5\n1    2.5\nName: y, dtype\n",
    ],
)
def test_numbers_that_may_be_no_names_are_not_dropped(printed: str) -> None:
    """Refused, or read with all numbers that are in it."""
    with contextlib.suppress(PrintoutError):
        assert printouts.read(printed).values.size == sum(char == "." for char in printed) + 2
