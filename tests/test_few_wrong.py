"""A few numbers that were mistyped do not hide the convention: it is said, never as certain, and so are they."""

from __future__ import annotations

import numpy as np
import pytest

import harness
from tests.test_limits import correlate

RNG = np.random.default_rng(14)
X, W = RNG.integers(0, 10, (7, 7)).astype(float), np.array([[1.0, -3, 2], [4, 0, -2], [3, 1, -4]])
CONVENTIONS = {
    "reverse_kernel": correlate(X, W[::-1, ::-1]),
    "transpose_kernel_spatial": correlate(X, W.T),
    "column_major": correlate(X, W).T,  # or the axes of the output, which are as long as each other
}


def altered(y: np.ndarray, *places: tuple[int, int]) -> np.ndarray:
    y = y.copy()
    for place in places:
        y[place] += 1 if y[place] % 10 < 9 else -1
    return y


def explained(y: np.ndarray) -> harness.Explained:
    return harness.explain(X, W, y, layout="HW,HW,HW", means="cross-correlation", padding="valid")


@pytest.mark.parametrize("name", CONVENTIONS)
@pytest.mark.parametrize("places", [[(2, 3)], [(0, 0), (4, 1)], [(0, 0), (0, 1), (0, 2)]])
def test_the_convention_is_said_with_the_elements_that_it_does_not_give(name, places):
    found = explained(altered(CONVENTIONS[name], *places))
    assert found.transforms == (name,)
    assert (found.answer.ambiguous, found.answer.doubted) == (True, True)
    remark = found.answer.remarks[0]
    assert f" gives all known elements but {len(places)} of 25: " in remark
    for place in places:
        y = CONVENTIONS[name][place]
        assert f"{list(place)} is {altered(CONVENTIONS[name], place)[place]:g} and not {y:g}" in remark


def test_more_altered_numbers_than_a_few_are_no_slip():
    found = explained(altered(CONVENTIONS["reverse_kernel"], *[(each, each) for each in range(5)]))
    assert found.verdict == "unexplained"


def test_numbers_that_are_fitted_to_one_element_are_not_certain():
    """42 as 43: a factor of 1.0119 and rounding would do it, too."""
    found = explained(altered(CONVENTIONS["reverse_kernel"], (2, 3)))
    alone, fitted = found.answer.explanations[:2]
    assert [each.id for each in alone.transforms] == ["reverse_kernel"]
    assert [each.id for each in fitted.transforms] == ["reverse_kernel", "scale", "output_rounding"]
    assert found.answer.ambiguous


def test_an_element_beside_what_is_meant_is_said_as_before():
    found = explained(altered(correlate(X, W), (2, 3)))
    assert found.verdict == "unexplained"
    assert "24 of 25 known elements agree" in found.answer.remarks


def test_numbers_that_have_nothing_of_it_stay_unexplained():
    assert explained(RNG.integers(-50, 50, (5, 5)).astype(float)).verdict == "unexplained"


def test_what_is_not_altered_is_certain():
    found = explained(CONVENTIONS["reverse_kernel"])
    assert (found.transforms, found.answer.ambiguous) == (("reverse_kernel",), False)


def test_outputs_of_functions_are_told_so_too():
    with pytest.raises(AssertionError, match="reverse the kernel"):
        harness.assert_same(altered(CONVENTIONS["reverse_kernel"], (1, 1)), correlate(X, W), X, W, layout="HW,HW,HW")


def test_settings_that_were_left_open_and_an_element_that_is_wrong_are_no_agreement():
    """A kernel of a dense layer in an order of flattening that is open: no change, and still not the same."""
    x = RNG.integers(-9, 10, (16, 2, 5, 5)).astype(np.float32)
    w = RNG.integers(-3, 4, (4, 50)).astype(np.float32)
    y = x.transpose(0, 2, 3, 1).reshape(16, -1) @ w.T
    right = harness.explain(x, w, y, layout="NCHW,OI,NC", operation="dense")
    assert (right.verdict, right.transforms) == ("agrees", ())
    y[3, 2] += 1
    found = harness.explain(x, w, y, layout="NCHW,OI,NC", operation="dense")
    assert (found.verdict, found.transforms, found.answer.wrong) == ("unexplained", (), 1)
    assert "what is meant gives all known elements but 1 of 64: [3, 2] is" in found.words
