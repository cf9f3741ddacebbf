from __future__ import annotations

import numpy as np
import pytest

from harness.canonical.window import Linear, Window
from harness.rounding.noise import Noise, kept_in


def _form() -> Linear:
    return Linear(np.ones((1, 1, 8)), np.ones((1, 1, 3)), None, Window((1,), (1,), ((0, 0),), (False,)))


@pytest.mark.filterwarnings("error")
def test_a_complex_output_is_as_large_as_its_magnitude() -> None:
    turned = np.full((1, 1, 6), 300j)
    assert Noise.of(_form(), turned, "complex128", "float32") == Noise.of(_form(), turned.imag, "complex128", "float32")


@pytest.mark.parametrize(
    ("values", "dtype", "formats"),
    [
        ([0.5, 0.25], "float32", ["float16", "bfloat16"]),
        ([0.1, 0.25], "float32", []),
        ([1.0, 2.0], "float32", []),
        ([1.0, 2.0], "float16", ["float16"]),
        ([np.nan, 0.5], "float64", ["float16", "bfloat16"]),
        ([0.5], "int32", []),
    ],
)
def test_narrower_formats_are_told_by_values_that_are_no_whole_numbers(
    values: list[float], dtype: str, formats: list[str]
) -> None:
    assert [each.name for each in kept_in(np.array(values), dtype)] == formats
