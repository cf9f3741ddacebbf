"""What a transposed convolution of TensorFlow's graphs says of itself, held against the sum that it is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from harness.backends.tracing.tensorflow_operations import Given, meaning
from harness.worker.spans import reach


def said(padding: str, size: int, made: int, kernel: int, stride: int, explicit: Any = None, groups: int = 1) -> Any:
    attributes: dict[str, Any] = {
        "padding": padding.encode(),
        "strides": [1, stride, stride, 1],
        "data_format": b"NHWC",
        "dilations": [1, 1, 1, 1],
    }
    attributes |= {"explicit_paddings": explicit} if explicit else {}

    def get_attr(name: str) -> Any:
        if name not in attributes:
            raise ValueError(name)
        return attributes[name]

    operation = SimpleNamespace(type="Conv2DBackpropInput", get_attr=get_attr)
    shapes = [(4,), (kernel, kernel, 6 // groups, 4), (1, size, size, 4)]
    return meaning(Given(operation, shapes, [None] * 3, (1, made, made, 6)))


@pytest.mark.parametrize(
    ("padding", "size", "made", "kernel", "stride", "explicit", "cut"),
    [
        ("VALID", 16, 33, 3, 2, None, [0, 0]),
        ("SAME", 16, 32, 3, 2, None, [0, 1]),
        ("SAME", 16, 31, 3, 2, None, [1, 1]),
        ("SAME", 8, 8, 5, 1, None, [2, 2]),
        ("VALID", 5, 12, 2, 2, None, [0, -2]),
        ("EXPLICIT", 16, 31, 4, 2, [0, 0, 2, 1, 2, 1, 0, 0], [2, 1]),
    ],
)
def test_what_is_cut_off_the_full_output_is_what_the_convolution_pads(
    padding: str, size: int, made: int, kernel: int, stride: int, explicit: Any, cut: list[int]
):
    found, roles = said(padding, size, made, kernel, stride, explicit)
    assert found.operation == "transposed_convolution"
    assert found.settings["padding"] == [cut, cut]
    assert reach(size, kernel, stride, 1) - sum(cut) == made
    assert (found.input, found.output, found.roles["kernel"]) == ("NHWC", "NHWC", "HWOI")
    assert roles == {0: "", 1: "kernel"}


def test_one_with_groups_stays_a_layer_of_no_case():
    assert said("SAME", 16, 32, 3, 2, groups=2)[0].operation is None
