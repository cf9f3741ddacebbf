"""`harness.models.input_pictures`: pictures that were mirrored, cropped or scaled for one of two models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.models.preprocessing import Preparation
from harness.models.traced import Trace, of_tensors
from harness.models.walk import Walked, walk
from tests.test_walk import BIASES, KERNELS, MEANS, A, B
from tests.traced import Net, drawn, stored

SHAPE = (1, 3, 24, 20)


def picture(*size: int) -> np.ndarray:
    """Smooth shapes, as of a photograph, from 0 to 255."""
    h, w = (np.linspace(0, 1, each).reshape(shape) for each, shape in zip(size, ((-1, 1), (1, -1))))
    planes = [np.sin(7 * h + number) * np.cos(9 * w - number) + h * w for number in range(3)]
    return np.float32(np.stack(planes)[None] * 60 + 120)


def traced(side: Any, x: np.ndarray) -> Trace:
    net, prefix = Net(*side), "a" if side is A else "b"
    at = net.input(x)
    for number, kernel in enumerate((KERNELS[0][:, :3], KERNELS[1])):
        at = net.layer(f"{prefix}{number}", "convolution", at, {"kernel": kernel, "bias": BIASES[number]}, {**MEANS})
    return net.trace(at)


def resized(x: np.ndarray, way: dict[str, Any]) -> np.ndarray:
    net = Net(*A)
    return net.arrays[net.layer("resized", "resize", net.input(x), {}, {**way, "size": [24, 20]})]


def walked(a: np.ndarray, b: np.ndarray) -> Walked:
    return walk(traced(A, a), traced(B, b))


def of_inputs(a: np.ndarray, b: np.ndarray) -> Preparation:
    """What is said of two inputs alone."""
    tensors = (of_tensors(name, stored({"x": each, "y": each})) for name, each in (("a", a), ("b", b)))
    return walk(*tensors).preparation


def told(a: np.ndarray, b: np.ndarray) -> Preparation:
    found = walked(a, b)
    assert not found.faults
    return found.preparation


@pytest.mark.parametrize("axes", ["W", "H", "HW"])
def test_a_mirrored_picture_is_told_with_its_axes(axes: str):
    x = picture(24, 20)
    found = told(x, np.flip(x, tuple("NCHW".index(each) for each in axes)))
    assert found.transforms == ({"id": "mirror", "axes": list(axes)},)


@pytest.mark.parametrize("by", [(1, 0), (0, -2), (-1, 1), (2, 2)])
def test_a_picture_that_was_cropped_elsewhere_is_told_by_how_far(by: tuple[int, int]):
    whole = picture(40, 40)
    x = whole[:, :, 8:32, 8:28]
    found = told(x, whole[:, :, 8 + by[0] : 32 + by[0], 8 + by[1] : 28 + by[1]])
    assert found.transforms == ({"id": "shift", "by": {"H": by[0], "W": by[1]}},)
    assert found.verdict == "convention"


def test_a_range_besides_is_told_with_it():
    x = picture(24, 20)
    found = told(x, x[:, ::-1, :, ::-1] / np.float32(127.5) - np.float32(1))
    assert [each["id"] for each in found.transforms] == ["mirror", "channel_order", "scale", "offset"]


def test_a_crop_three_places_away_is_told_as_nearly_the_same_only():
    whole = picture(80, 80)
    found = told(whole[:, :, 8:72, 8:72], whole[:, :, 11:75, 8:72])
    assert found.verdict == "unexplained"
    assert not found.transforms
    assert "nearly" in found.words


LINEAR, AREA = {"interpolation": "linear", "coordinates": "half_pixel"}, {"interpolation": "area"}


def test_a_picture_of_another_size_is_said_to_be_one():
    found = told(picture(37, 31), picture(24, 20))
    assert found.verdict == "unexplained"
    assert "24 x 20" in found.words
    assert "37 x 31" in found.words


def test_two_ways_to_resize_a_third_picture_are_nearly_the_same_and_no_layer_is_accused():
    x = picture(61, 53)
    linear, area = (resized(x, way) for way in (LINEAR, AREA))
    found = walked(linear, area)
    assert found.preparation.verdict == "unexplained"
    assert "another function cropped it" in found.preparation.words
    assert not found.faults
    assert not found.agrees


@pytest.mark.parametrize("noise", [0.02, 3.0])
def test_what_is_nearly_the_same_is_measured(noise: float):
    """Thresholds from both sides: little noise is nearly the same, much is another picture."""
    x = picture(24, 20)
    found = told(x, x + np.float32(noise * 50) * drawn(3, *x.shape))
    assert ("nearly" in found.words) is (noise < 1)


def test_a_constant_picture_is_not_told_to_be_mirrored():
    x = np.full(SHAPE, np.float32(3))
    assert told(x, x).verdict == "agrees"
    assert told(x, drawn(5, *SHAPE)).verdict == "unexplained"


def test_tensors_without_a_plane_are_left_alone():
    found = of_inputs(drawn(1, 4, 5), drawn(3, 4, 5))
    assert found.verdict == "unexplained"
    assert "nearly" not in found.words
