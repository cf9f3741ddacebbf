"""Cases of files and settings that a command line names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.case.of_files import case_of_files


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-3", 1e-3), ("1E-3", 1e-3), ("1.5e-3", 1.5e-3), ("2e+0", 2.0), (".5e-2", 5e-3), ("0.01", 0.01)],
)
def test_a_number_is_read_as_in_a_case_file(tmp_path: Path, text: str, value: float) -> None:
    x = np.arange(12, dtype="float32").reshape(1, 3, 4)
    files = {}
    for role in ("input", "output"):
        files[role] = str(tmp_path / f"{role}.npy")
        np.save(files[role], x)
    settings = {"over": "W", "epsilon": text}
    case = case_of_files("normalization", files, {"input": "CHW", "output": "CHW"}, settings)
    assert case.settings["epsilon"] == value
