"""Pictures of the conventions that people meet first, for a page of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.operations.panels import Picture
from harness.operations.windowed.pictures import pictures

Found = Mapping[str, Any]


def examples() -> Iterator[tuple[str, Picture]]:
    """(name, picture) of each, on inputs of a few samples."""
    for name, titles, case, change in EXAMPLES:
        for caption, panels in pictures(case, [change]):
            named = [panel._replace(title=title) for panel, title in zip(panels, titles)]
            yield name, Picture(caption, named)


def _example(
    size: int, taps: int, stride: int = 1, rank: int = 1, ends: tuple[int, int] = (0, 0), channels: int = 1
) -> Found:
    ones = [1] * rank
    settings = {"stride": [stride] * rank, "dilation": ones, "padding_pairs": [ends] * rank, "boundary": "zero"}
    shapes = {
        "input": {"shape": [1, channels, *[size] * rank]},
        "kernel": {"shape": [channels, channels, *[taps] * rank]},
    }
    return {**shapes, "settings": settings}


EXAMPLES: Sequence[tuple[str, tuple[str, str], Found, Found]] = (
    (
        "kernel-reversed",
        ("cross-correlation", "convolution"),
        _example(5, 3, rank=2),
        {"id": "reverse_kernel", "axes": [0, 1]},
    ),
    (
        "same-odd-sample",
        ("odd sample on the high side", "odd sample on the low side"),
        _example(6, 3, 2),
        {"id": "padding_split", "intended": [[0, 1]], "actual": [[1, 0]]},
    ),
    (
        "centre-of-an-even-kernel",
        ("odd sample on the high side", "centre at k // 2"),
        _example(5, 4),
        {"id": "same_centre", "intended": [[1, 2]], "actual": [[2, 1]]},
    ),
    (
        "dilation",
        ("dilation 1", "dilation 2"),
        _example(7, 3),
        {"id": "dilation", "dilation": [2], "padding": [[0, 0]]},
    ),
    (
        "boundary",
        ("zero", "reflect"),
        _example(5, 3, ends=(1, 1)),
        {"id": "boundary", "boundary": "reflect", "constant": 0.0},
    ),
    (
        "axes-of-the-kernel",
        ("PyTorch, ONNX, Caffe", "TensorFlow, Keras"),
        _example(5, 3, rank=2),
        {"id": "kernel_axes", "order": [2, 3, 1, 0]},
    ),
    (
        "groups",
        ("one group", "two groups"),
        _example(5, 3, channels=4),
        {"id": "groups", "groups": 2, "kind": "block"},
    ),
)
"""Name, titles of both sides, case and change of each picture of the documents."""
