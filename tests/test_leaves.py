"""The files beside the index of a markdown report: names that are safe and single, nothing of others touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.report.leaves import ALIEN, Beside, Leaves


def names(*files: str) -> list[str]:
    leaves = Leaves(["matrix"])
    return [leaves.of(file, 0).name for file in files]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("cases/seeds/apple-data.yaml", "cases/seeds/apple-data"),
        ("cases/conventions/pooling/a.yaml", "cases/conventions/pooling/a"),
        ("/home/me/questions/deep/er/a.yaml", "deep/er/a"),
        ("../../a.yaml", "case/case/a"),
        ("matrix.yaml", "matrix-2"),
        ("a b;<x>.yaml", "a-b-x"),
        ("\u4f60\u597d.yaml", "\u4f60\u597d"),
        ("..", "case"),
    ],
)
def test_a_name_stays_in_the_folder(file: str, name: str) -> None:
    assert names(file) == [name]


def test_no_two_files_have_one_name_also_where_a_disk_takes_no_note_of_case() -> None:
    assert names("x/a.yaml", "x/A.yaml", "x/a.yml", "x/a.yaml") == ["x/a", "x/A-2", "x/a-3", "x/a-4"]


def test_cases_are_numbered_in_their_own_file() -> None:
    leaves = Leaves([])
    for file in ("a.yaml", "a.yaml", "b.yaml"):
        leaves.of(file, 0)
    assert [leaves.address(number) for number in (1, 2, 3)] == ["a.md#case-1", "a.md#case-2", "b.md#case-1"]


def test_a_folder_has_one_row_with_its_cases_and_what_is_not_as_expected() -> None:
    leaves = Leaves([])
    for file, failures in (("x/a.yaml", 0), ("x/b.yaml", 2), ("y/c.yaml", 0), ("x/d.yaml", 0)):
        leaves.of(file, failures)
    links = [f"[{name}.yaml](r/x/{name}.md)" for name in "abd"]
    assert list(leaves.rows("r")) == [
        ["x", "3", "2", ", ".join([links[0], f"{links[1]} \u2717", links[2]])],
        ["y", "1", "", "[c.yaml](r/y/c.md)"],
    ]


def test_what_an_earlier_report_left_goes_and_nothing_else(tmp_path: Path) -> None:
    def wrote(*kept: str) -> None:
        beside = Beside(tmp_path / "r.md")
        for name in kept:
            beside.write(name, ["text"])
        beside.clear()

    wrote("a", "deep/b")
    (tmp_path / "r" / "mine.md").write_text("mine")
    wrote("a")
    assert sorted(path.name for path in (tmp_path / "r").rglob("*.md")) == ["a.md", "mine.md"]
    assert (tmp_path / "r" / "a.md").read_text() == "[All cases of this report](../r.md)\n\ntext\n\n"


def test_a_file_of_others_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "r" / "a.md"
    path.parent.mkdir()
    path.write_text("mine")
    with pytest.raises(FileExistsError, match=ALIEN[:10]) as error:
        Beside(tmp_path / "r.md").write("a", ["text"])
    assert error.value.filename == str(path)
    assert path.read_text() == "mine"
