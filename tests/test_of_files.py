"""Cases of files and settings that a command line names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.case import of_files
from harness.case.of_files import case_of_files
from harness.case.read import CaseError
from harness.operations import TABLE


@pytest.mark.parametrize(
    ("role", "shape", "letters", "input_", "layout"),
    [
        ("scale", (3,), "NCHW", (2, 3, 4, 3), "C"),
        ("scale", (5,), "NCHW", (2, 3, 4, 5), "W"),
        ("scale", (1, 5), "NCHW", (2, 3, 4, 5), "W"),
        ("scale", (4, 5), "NCHW", (2, 3, 4, 5), "HW"),
        ("scale", (6,), "HW", (4, 6), "W"),
        ("scale", (1,), "HW", (4, 1), "C"),
        ("scale", (7,), "NCHW", (2, 3, 4, 5), "C"),  # which then does not fit
        ("bias", (5,), "NCHW", (2, 3, 4, 5), "O"),
    ],
)
def test_a_vector_is_of_the_last_axes_where_it_fits_only_these(
    role: str, shape: tuple[int, ...], letters: str, input_: tuple[int, ...], layout: str
) -> None:
    about = TABLE["normalization"].ROLES[role]
    assert of_files.layout_of_vector(about, shape, letters, input_) == layout


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


def test_files_settings_and_layouts_are_told_at_once(tmp_path: Path) -> None:
    arrays = {"input": (2, 9, 8, 3), "kernel": (3, 3, 3, 5), "output": (2, 9, 8, 5)}
    files = {role: str(tmp_path / f"{role}.npy") for role in arrays}
    for role, shape in arrays.items():
        np.save(files[role], np.ones(shape, "float32"))
    letters = {"input": "NCHW", "kernel": "OIHW", "output": "NCHW"}
    settings = {"padding": "[1", "stride": "q", "dilation": "0"}
    with pytest.raises(CaseError) as caught:
        case_of_files("convolution", files, letters, settings)
    named = [line.partition(":")[0] for line in str(caught.value).splitlines()]
    fits = "try the layout NHWC,HWIO,NHWC, which fits"
    assert named == ["padding", "stride", "dilation", "kernel (kernel.npy)", fits]
    gone = {**files, "input": "no.npy", "kernel": "none.npy"}
    with pytest.raises(CaseError) as caught:
        case_of_files("convolution", gone, letters, settings)
    named = [line.partition(":")[0] for line in str(caught.value).splitlines()]
    assert named == ["no.npy", "padding"]
    assert "; none.npy: no such file" in str(caught.value)
