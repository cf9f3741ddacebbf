"""What a function takes only, found by trying: square kernels, square inputs, one channel."""

from __future__ import annotations

import numpy as np
import pytest

import harness
from harness.operations.windowed.probes.subject import Limits


def correlate(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    view = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.einsum("ijab,ab->ij", view, kernel)


def square_kernels(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    if kernel.shape[0] != kernel.shape[1]:
        raise ValueError("square kernels only")
    return correlate(image, kernel)


def square_all(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Wrong without an error where the sides differ."""
    n, k = len(image), len(kernel)
    return correlate(image[:, :n], kernel[:, :k]) if min(image.shape[1] - n, kernel.shape[1] - k) >= 0 else image * 0


def single(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """NCHW and OIHW of one image and one channel."""
    if max(*image.shape[:2], *kernel.shape[:2]) > 1:
        raise NotImplementedError("one channel")
    return correlate(image[0, 0], kernel[0, 0])[None, None]


@pytest.mark.parametrize(
    ("function", "layout", "takes"),
    [
        (correlate, "HW,HW,HW", None),
        (square_kernels, "HW,HW,HW", "kernels with equal sides only; else it raises ValueError: square kernels only"),
        (square_all, "HW,HW,HW", "inputs and kernels with equal sides only; else it answers, with what no convention"),
        (single, "NCHW,OIHW,NCHW", "one channel only; else it raises NotImplementedError: one channel"),
    ],
)
def test_limits_are_found_by_trying_and_everything_else_is_measured_within_them(function, layout, takes):
    card = harness.probe(function, layout)
    assert (takes is None) == ("takes" not in card.conventions)
    assert takes is None or card.conventions["takes"].startswith(takes)
    assert not card.unreadable
    assert card.conventions["padding as it is"]["rule"] == "valid"
    assert not [fault for fault in card.faults if not fault.excluded]
    assert card.alike[-1].startswith("equals `torch.nn.functional.conv2d`")
    assert card.algorithm["algorithm"] == "direct"


def test_a_function_that_nothing_explains_stays_unreadable():
    card = harness.probe(lambda x, w: np.sin(correlate(x, w)))
    assert card.unreadable.startswith("no order of axes explains it")
    assert card.alike == []


def test_sides_are_made_equal_as_far_as_they_must_be():
    axes = ((7, 3), (8, 2))
    assert Limits().sided(axes) == axes
    assert Limits(kernels=True).sided(axes) == ((7, 3), (8, 3))
    assert Limits(inputs=True).sided(axes) == ((7, 3), (7, 2))


def images(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """NCHW and OIHW."""
    batch, _, _, _ = x.shape
    view = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    return np.stack([np.einsum("chwab,ocab->ohw", view[n], w) for n in range(batch)])


@pytest.mark.parametrize(
    ("function", "axes"),
    [
        (images, ("NCHW", "OIHW", "NCHW")),
        (lambda x, w: images(x.transpose(0, 3, 1, 2), w.transpose(3, 2, 0, 1)).transpose(0, 2, 3, 1), None),
        (lambda x, w: np.convolve(x, w, "valid"), ("W", "W", "W")),
    ],
)
def test_axes_that_nobody_said_are_found_among_the_usual_ones(function, axes):
    found = harness.probe(function).conventions
    shown = tuple(next(iter(found[role].values())) for role in ("input", "kernel", "output"))
    assert shown == (axes or ("NHWC", "HWIO", "NHWC"))
    assert "moved" not in found


def test_where_none_of_them_is_answered_it_is_said_how_to_say_them():
    def never(x: np.ndarray, w: np.ndarray) -> np.ndarray:
        raise ValueError("five axes, please")

    hint = "five axes, please; say its axes by a layout, as NHWC,HWIO,NHWC; what is no convolution is held against"
    assert hint in harness.probe(never).unreadable
    assert "say its axes" not in harness.probe(never, "HW,HW,HW").unreadable
