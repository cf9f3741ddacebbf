"""Lines of numbers: separators by suffix, and a bound of what is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.grammar import files
from harness.grammar.files import FileError, table


@pytest.mark.parametrize(("name", "between"), [("a.csv", ","), ("a.tsv", "\t"), ("A.CSV", ",")])
def test_lines_of_numbers_have_two_axes(tmp_path: Path, name: str, between: str) -> None:
    path = tmp_path / name
    path.write_text("\ufeff0,1.5,-2\n3,4,5e1\n".replace(",", between), encoding="utf-8")
    assert files.read(path).tolist() == [[0, 1.5, -2], [3, 4, 50]]
    path.write_text("1,2\n".replace(",", between))
    assert files.read(path).tolist() == [[1, 2]]
    assert files.fitted(files.read(path), path, 1).tolist() == [1, 2]


@pytest.mark.parametrize(("name", "words"), [("a.csv", "commas"), ("a.tsv", "tabs")])
def test_what_is_no_table_says_what_is_expected(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / name).write_text("1;2\n3\n")
    with pytest.raises(FileError, match=f"{name} cannot be read: .*; expected lines of as many numbers, {words}"):
        files.read(tmp_path / name)


def test_text_that_is_too_long_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "LARGEST_TEXT", 4)
    (tmp_path / "a.csv").write_text("1,2\n")
    assert files.read(tmp_path / "a.csv").tolist() == [[1, 2]]
    (tmp_path / "a.csv").write_text("1,23\n")
    with pytest.raises(FileError, match="a.csv: 5 bytes of text; at most 4 are read; save large arrays as .npy"):
        files.read(tmp_path / "a.csv")


def test_a_line_that_is_too_long_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "LONGEST_LINE", 4)
    (tmp_path / "a.csv").write_text("1,2\n3,4\n")
    assert files.read(tmp_path / "a.csv").tolist() == [[1, 2], [3, 4]]
    (tmp_path / "a.csv").write_text("1,2\n3,45\n")
    with pytest.raises(FileError, match="a.csv: a line of more than 4 bytes; save large arrays as .npy"):
        files.read(tmp_path / "a.csv")
