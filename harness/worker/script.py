"""Runs a program that the parent wrote: the code of a fix, before it is shown to anybody.

Such a program comes from `harness.judge.fix` and `harness.models` only; no text of a file is ever run.
"""

from __future__ import annotations

import os
import runpy
import tempfile
from typing import Any, Mapping

import numpy as np


def run(program: str, arrays: Mapping[str, Any], result: str = "y") -> np.ndarray:
    """The array called `result` that `program` makes of `arrays`, its global names. Raises what it raises."""
    handle, path = tempfile.mkstemp(suffix=".py", prefix="fix-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(program)
        return np.asarray(runpy.run_path(path, init_globals=dict(arrays))[result])
    finally:
        os.unlink(path)
