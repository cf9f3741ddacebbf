"""Operations: what a case may be about. One module or package each, with the names of `operation.Operation`.

What a command line says of them is there at once; an operation itself is imported when it is first asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, cast

from harness.operations import (
    activation_spoken,
    dense_spoken,
    local_response_normalization_spoken,
    normalization_spoken,
    padding_spoken,
    pooling_spoken,
    rearrange_spoken,
    resize_spoken,
    softmax_spoken,
)
from harness.operations.spoken import Spoken
from harness.operations.windowed import convolution_spoken, transposed_spoken

if TYPE_CHECKING:
    from harness.operations.operation import Operation

SPOKEN: Mapping[str, Spoken] = {
    "convolution": convolution_spoken,
    "transposed_convolution": transposed_spoken,
    "pooling": pooling_spoken,
    "resize": resize_spoken,
    "activation": activation_spoken,
    "softmax": softmax_spoken,
    "normalization": normalization_spoken,
    "dense": dense_spoken,
    "local_response_normalization": local_response_normalization_spoken,
    "rearrange": rearrange_spoken,
    "padding": padding_spoken,
}
"""What is said of each operation, by its name in a case file, which is that of its module here."""
USUAL = next(iter(SPOKEN))
"""The operation that is meant where a file names none."""


class _Table(Mapping[str, "Operation"]):
    def __getitem__(self, name: str) -> Operation:
        return _imported(name)

    def __iter__(self) -> Iterator[str]:
        return iter(SPOKEN)

    def __len__(self) -> int:
        return len(SPOKEN)


@cache
def _imported(name: str) -> Operation:
    if name not in SPOKEN:
        raise KeyError(name)
    return cast("Operation", importlib.import_module(f"{__name__}.{name}"))


TABLE: Mapping[str, Operation] = _Table()
"""Every operation by its name in a case file."""
