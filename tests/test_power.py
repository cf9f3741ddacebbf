from dataclasses import replace

import numpy as np
import pytest

from harness.power import power
from harness.window import Convolution, Window

WINDOW = Window((1, 1), (1, 1), ((1, 1), (1, 1)), (False, False))


def convolution(w, x=None):
    x = np.arange(30.0).reshape(1, 1, 5, 6) ** 2 if x is None else x
    return Convolution(x, np.asarray(w, float)[None, None], None, WINDOW)


def test_data_without_symmetry_see_everything():
    assert power(convolution([[1, 2, 3], [4, 5, 6], [7, 8, 10]])).blind == ()


@pytest.mark.parametrize(
    ("kernel", "blind"),
    [
        (
            [[1, 2, 1], [3, 4, 3], [1, 2, 1]],
            ["kernel reversed along H", "kernel reversed along W", "kernel reversed along H W"],
        ),
        ([[1, 2, 3], [4, 5, 4], [3, 2, 1]], ["kernel reversed along H W"]),
        ([[1, 2, 3], [4, 5, 6], [1, 2, 3]], ["kernel reversed along H"]),
    ],
)
def test_a_symmetric_kernel_does_not_see_its_reversal(kernel, blind):
    assert sorted(power(convolution(kernel)).blind) == sorted(blind)


def test_zeros_see_nothing():
    seen = power(convolution([[1, 2], [3, 4]], np.zeros((1, 1, 4, 4))))
    assert seen.sees == ()
    assert len(seen.blind) == 7


def test_what_only_a_later_image_sees_is_seen():
    x = np.zeros((5, 1, 4, 4))
    x[4] = np.arange(16.0).reshape(4, 4) ** 2
    conv = convolution([[1, 2], [3, 5]], x)
    assert power(conv).blind == ()
    assert power(replace(conv, x=x[:4])).sees == ()
