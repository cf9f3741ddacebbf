"""Outputs written as steps: read back as the page's script reads them, they are the same to the last bit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from harness.array_json import describe
from harness.report import results, view
from harness.report.steps import steps, unshown
from tests.pieces import both, report, result

DTYPES = ["float16", "float32", "float64"]


def read(start: np.ndarray, exponent: int, text: str) -> list[float]:
    """What the script makes of steps: arithmetic in double precision."""
    values = [float(value) for value in start.ravel()]
    if not text:
        return values
    return [
        float(step[1:]) if step.startswith("=") else value + int(step) * math.ldexp(1.0, exponent)
        for value, step in zip(values, text.split(" "), strict=True)
    ]


@given(st.data(), st.sampled_from(DTYPES))
def test_steps_lead_back_to_the_output_whatever_it_is(data: Any, dtype: str) -> None:
    shape = data.draw(arrays.array_shapes(min_dims=1, max_dims=4, max_side=3))
    start, shown = (data.draw(arrays.arrays(dtype, shape)) for _ in range(2))
    found = np.array(read(start, *steps(describe(shown), describe(start)))).astype(dtype)
    np.testing.assert_array_equal(found, shown.ravel())


@pytest.mark.parametrize("dtype", DTYPES)
def test_steps_of_rounding_are_a_few_signs(dtype: str) -> None:
    start = np.random.default_rng(0).normal(size=(1, 1, 5, 5)).astype(dtype)
    shown = start + np.spacing(start) * np.random.default_rng(1).integers(-2, 3, start.shape).astype(dtype)
    exponent, text = steps(describe(shown), describe(start))
    assert "=" not in text
    assert len(text) < 4 * start.size
    np.testing.assert_array_equal(np.array(read(start, exponent, text)).astype(dtype), shown.ravel())


def test_the_same_numbers_take_no_step() -> None:
    shown = np.array([[[1.5, math.nan, -math.inf]]])
    assert steps(describe(shown), describe(shown)) == (0, "")


@pytest.mark.parametrize(
    ("shown", "start", "expected"),
    [
        ([3, 5], [1, 5], (0, "2 0")),
        ([1 + 2j], [1 + 3j], (0, "=(1+2j)")),
        ([math.nan, 1.0], [2.0, 0.5], (-1, "=nan 1")),
        ([1e300], [1e-300], (-1049, "=1e+300")),
        ([0.0, -3.0, 1.0], [1.0, -2.0, -1.0], (0, "-1 -1 2")),
        ([2.0**53 + 2], [1.0], (0, "=9007199254740994")),
    ],
)
def test_what_is_no_small_step_stands_in_full(shown: Any, start: Any, expected: tuple[int, str]) -> None:
    assert steps(describe(np.array([shown])), describe(np.array([start]))) == expected


def test_large_arrays_give_the_steps_of_their_corner() -> None:
    start = np.zeros((1, 1, 20, 20))
    assert steps(describe(start + 1), describe(start)) == (0, " ".join(["1"] * 25))


def piece_with(*outputs: list[float]) -> Any:
    """A case whose entry points a, b, c gave these outputs, as one class."""
    piece = results.piece(report(results=both(*map(result, "abc"[: len(outputs)]))))
    piece["outputs"] = [describe(np.array([[row]], "float32")) for row in outputs]
    piece["case"]["reference"] = describe(np.array([[[1.0, 2.0]]]))
    for each in piece["results"]:
        each["output"] = "abc".index(each["entry_point"])
    return piece


def test_every_output_that_is_not_shown_starts_from_that_of_its_class() -> None:
    piece = piece_with([1.0, 2.0], [1.0, 2.5], [0.5, 2.0])
    assert unshown(piece, view.classes(piece)) == {
        "1": (0, 24, -1, "0 1"),
        "2": (0, 24, -1, "-1 0"),
        "reference": (0, 53, 0, ""),
    }


def test_an_output_of_other_sizes_than_that_of_its_class_is_left_out() -> None:
    piece = piece_with([1.0, 2.0], [1.0])
    assert list(unshown(piece, view.classes(piece))) == ["reference"]


def test_where_nothing_agrees_the_page_shows_the_reference_itself() -> None:
    piece = results.piece(report(results=both(result("a", verdict="unexplained", rung=None))[:1]))
    assert unshown(piece, view.classes(piece)) == {}
