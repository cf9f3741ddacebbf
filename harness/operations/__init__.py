"""Operations: what a case may be about. One module or package each, with the names of `base.Operation`."""

from __future__ import annotations

from collections.abc import Mapping

from harness.operations import convolution, transposed_convolution
from harness.operations.operation import Operation

_ALL: tuple[Operation, ...] = (convolution, transposed_convolution)
TABLE: Mapping[str, Operation] = {each.NAME: each for each in _ALL}
"""Every operation by its name in a case file; the first is meant where a file names none."""
USUAL = next(iter(TABLE))
