"""Orders of axes that fit shapes."""

from __future__ import annotations

import pytest

from harness.operations import TABLE

CONVOLUTION, TRANSPOSED = (TABLE[name].new_cases() for name in ("convolution", "transposed_convolution"))


@pytest.mark.parametrize(
    ("shapes", "letters"),
    [
        ([(2, 9, 8, 3), (3, 3, 3, 5), (2, 5, 4, 5)], "NHWC,HWIO,NHWC"),
        ([(2, 3, 9, 8), (5, 3, 3, 3), (2, 5, 7, 6)], "NCHW,OIHW,NCHW"),
        ([(5, 5, 3), (3, 3, 3), (5, 5)], "HWC,HWI,HW"),
        ([(1, 10, 1), (3, 1, 1), (10,)], "NWC,WIO,W"),
        ([(6, 6), (3, 3), (4, 4)], "HW,HW,HW"),
        ([(2, 4, 8, 8), (8, 1, 3, 3), (2, 8, 8, 8)], "NCHW,OIHW,NCHW"),
        ([(1, 5, 6, 7, 2), (3, 3, 3, 2, 4), (1, 5, 6, 7, 4)], "NDHWC,DHWIO,NDHWC"),
        ([(2, 9, 8, 3), (3, 3, 3, 5)], "NHWC,HWIO"),
    ],
)
def test_the_likeliest_order_is_that_of_the_systems_that_have_such_shapes(shapes, letters):
    roles = ("input", "kernel", "output")
    best = CONVOLUTION.layouts(dict(zip(roles, shapes)))[0]
    assert ",".join(best[role] for role, _ in zip(roles, shapes)) == letters


def test_a_bias_has_as_many_numbers_as_there_are_output_channels():
    shapes = {"input": (2, 9, 8, 3), "kernel": (3, 3, 3, 5), "bias": (5,)}
    assert CONVOLUTION.layouts(shapes)[0] == {"input": "NHWC", "kernel": "HWIO", "bias": "O"}
    assert all("O" in each["kernel"] for each in CONVOLUTION.layouts(shapes))
    assert CONVOLUTION.layouts({**shapes, "bias": (7,)}) == []


@pytest.mark.parametrize(
    "shapes",
    [
        {"input": (2, 9, 8, 3), "kernel": (7, 4, 6, 5)},
        {"input": (4, 4), "kernel": (5, 5)},
        {"input": (6, 6), "kernel": (3, 3), "output": (9, 9)},
        {"input": (0, 2, 5, 5), "kernel": (3, 2, 3, 3), "output": (1, 3, 5, 5)},
        {"input": (3, 2, 5, 5), "kernel": (0, 2, 3, 3), "output": (1, 3, 5, 5)},
        {"input": (3, 2, 5, 5), "kernel": (3, 0, 3, 3), "output": (1, 3, 5, 5)},
    ],
)
def test_what_fits_no_order_has_none(shapes):
    assert CONVOLUTION.layouts(shapes) == []


def test_a_transposed_convolution_gives_more_than_it_is_given():
    shapes = {"input": (2, 9, 8, 3), "kernel": (3, 3, 5, 3), "output": (2, 18, 16, 5)}
    assert TRANSPOSED.layouts(shapes)[0] == {"input": "NHWC", "kernel": "HWOI", "output": "NHWC"}
    assert CONVOLUTION.layouts(shapes) == []
