"""`.txt`: what a system printed, its shape before it is read, and where it is broken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.grammar import files
from harness.grammar.files import FileError, printed

JULIA = "\ufeff2×2 Array{Float32,2}:\n 1.5  2.0\n 3.0  4.0\n"


def test_a_text_file_is_a_printout(tmp_path: Path) -> None:
    path = tmp_path / "a.TXT"
    path.write_text(JULIA, encoding="utf-8")
    assert files.read(path).tolist() == [[1.5, 2], [3, 4]]
    assert files.shape(path) == (2, 2)
    assert files.read_printed(path).dtype == "float32"
    kept, values = files.bring(str(path), tmp_path / "kept", 2)
    assert (kept.name, values.shape, kept.read_bytes()) == ("kept.TXT", (2, 2), path.read_bytes())


def test_elements_that_are_left_out_are_nan(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("array([1., ..., 3.], shape=(4,))")
    np.testing.assert_array_equal(files.read(tmp_path / "a.txt"), [1, np.nan, np.nan, 3])
    (tmp_path / "a.txt").write_text("[1. ... 3.]")
    np.testing.assert_array_equal(files.read_printed(tmp_path / "a.txt", (3,)).values, [1, np.nan, 3])


def test_faults_name_the_file_and_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("1 2\n3 x\n")
    with pytest.raises(FileError, match=r"^a.txt: line 2, column 3: expected a number, found 'x'$"):
        files.read(path)
    path.write_bytes(b"1 \xff")
    with pytest.raises(FileError, match=r"^a.txt cannot be read: .*utf-8"):
        files.read(path)
    monkeypatch.setattr(printed, "LARGEST_TEXT", 2)
    with pytest.raises(FileError, match="a.txt: 3 bytes of text; at most 2 are read"):
        files.read(path)
