"""Operations: what a case may be about. One module or package each, with the names of `base.Operation`."""

from __future__ import annotations

from collections.abc import Mapping

from harness.operations import convolution
from harness.operations.operation import Operation

TABLE: Mapping[str, Operation] = {each.NAME: each for each in (convolution,)}
"""Every operation by its name in a case file; the first is meant where a file names none."""
USUAL = next(iter(TABLE))
