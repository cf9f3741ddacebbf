"""A function that computes in fewer digits than its data have equals none that keeps them, and says so."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import harness
from harness.operations.windowed.probes.precision import _whole_only
from tests.test_limits import correlate


def cast(dtype: str, out: str = "") -> Any:
    def function(x: np.ndarray, k: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return correlate(x.astype(dtype), k.astype(dtype)).astype(out or x.dtype)

    return function


def inputs_only(x: np.ndarray, k: np.ndarray) -> np.ndarray:
    return correlate(x.astype(np.float16).astype(x.dtype), k.astype(np.float16).astype(x.dtype))


def by_fft(x: np.ndarray, k: np.ndarray) -> np.ndarray:
    found: np.ndarray = pytest.importorskip("scipy.signal").fftconvolve(x, k, "valid")
    return found


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
@pytest.mark.parametrize(
    ("function", "words"),
    [
        (cast("float16"), "keeps 10 bits of float64 data (TF32 or float16)"),
        (cast("float16", "float16"), "keeps 10 bits of float64 data (TF32 or float16)"),
        (inputs_only, "keeps 10 bits of float64 data (TF32 or float16)"),
        (cast("int8"), "takes whole numbers only, up to 127, of float64 data"),
        (cast("int32"), "takes whole numbers only, up to 2147483647, of float64 data"),
        (cast("float64", "int64"), "gives int64 of float64 data"),
        (lambda x, k: np.rint(correlate(x, k)), "rounds its sums of float64 data to whole numbers"),
    ],
)
def test_fewer_digits_are_said_last_and_nothing_is_equal(function, words):
    card = harness.probe(function)
    assert card.alike[-1] == f"{words}: on data that need more it differs; compute in float32 or float64 to match"
    assert "equal" not in " ".join(card.alike)


@pytest.mark.parametrize("out", ["", "float32"])
def test_what_computes_in_float32_equals_others_on_such_data(out):
    card = harness.probe(cast("float32", out))
    assert card.alike[-1].startswith("equals `torch.nn.functional.conv2d` on float32 data: it keeps 23 bits of float64")


@pytest.mark.parametrize("function", [correlate, by_fft])
def test_what_keeps_all_digits_equals_without_more(function):
    card = harness.probe(function)
    assert card.alike[-1].startswith("equals `")
    assert "data" not in card.alike[-1]


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
@pytest.mark.parametrize("function", [cast("float16"), cast("float16", "float16"), inputs_only, cast("int8")])
def test_a_function_of_fewer_digits_is_not_the_same(function):
    """On the whole numbers that are drawn first it is."""
    with pytest.raises(AssertionError, match="the outputs differ"):
        harness.assert_same(function, correlate)


@pytest.mark.parametrize("function", [correlate, cast("float32"), cast("float32", "float32")])
def test_rounding_to_float32_is_no_difference(function):
    harness.assert_same(function, correlate)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("dtype", "largest"), [("float16", 255), ("float32", 65535), ("float64", 2**31 - 1)])
def test_whole_numbers_are_asked_that_the_dtype_has(dtype, largest):
    asked = next(_whole_only(SimpleNamespace(rank=1, ask=lambda x, w: x.item()), dtype))
    assert max(asked) == largest
