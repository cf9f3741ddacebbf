"""The members of a run and of its shards: each once, in order, and told apart by what they are."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import pytest

from harness.case import members
from harness.case.members import Members
from harness.case.read import CaseError
from harness.options.taken import Shard, shard

CASE = """\
title: t{number}
means: convolution
input: {{layout: HW, integers: {{shape: [5, 6], seed: {number}, low: -9, high: 9}}}}
kernel: {{layout: HW, values: [[1, 2], [3, 4]]}}
matrix: {{stride: [1, 2, 3]}}
"""


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Three files of three members each."""
    paths = [tmp_path / f"{number}.yaml" for number in range(3)]
    for number, path in enumerate(paths):
        path.write_text(CASE.format(number=number))
    return paths


def ids(cases: Members) -> list[str]:
    return [case.id for case in cases]


@pytest.mark.parametrize("kept", [0, 1, members.KEPT_BYTES])
def test_members_are_given_in_order_whether_they_were_kept_or_are_read_again(
    files: list[Path], kept: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(members, "KEPT_BYTES", kept)
    whole = Members(files)
    assert ids(whole) == [name for name, _ in whole.expected]
    assert len(whole) == 9


def test_what_is_kept_is_read_once(files: list[Path], monkeypatch: pytest.MonkeyPatch):
    read: list[Path] = []
    load = members.load
    monkeypatch.setattr(members, "load", lambda path: (read.append(path), load(path))[1])
    assert len(ids(Members(files))) == 9
    assert read == files


def test_memory_is_bounded_by_files_that_are_read_again(files: list[Path], monkeypatch: pytest.MonkeyPatch):
    read: list[Path] = []
    load = members.load
    monkeypatch.setattr(members, "load", lambda path: (read.append(path), load(path))[1])
    monkeypatch.setattr(members, "KEPT_BYTES", 5 * members.CASE_BYTES)
    assert len(ids(Members(files))) == 9
    assert read == [*files, *files[1:]]


@pytest.mark.parametrize("of", [1, 2, 4, 9, 12])
def test_shards_have_every_member_once(files: list[Path], of: int):
    whole = ids(Members(files))
    shards = [Members(files, Shard(number, of)) for number in range(1, of + 1)]
    assert [ids(each) for each in shards] == [whole[number::of] for number in range(of)]
    assert [len(each) for each in shards] == [len(whole[number::of]) for number in range(of)]
    assert len({each.fingerprint for each in shards}) == 1


def test_a_fault_anywhere_is_told_to_every_shard(files: list[Path]):
    files[2].write_text("title: nothing\n")
    with pytest.raises(CaseError, match=r"2\.yaml"):
        Members(files, Shard(1, 9))


def test_a_fingerprint_is_of_the_cases_and_not_of_where_they_lie(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    here = [Path(path.name) for path in files]
    one = Members(here, Shard(1, 2)).fingerprint
    shutil.copytree(tmp_path, tmp_path / "other", dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path / "other")
    assert Members(here, Shard(2, 2)).fingerprint == one
    assert Members(here[:2], Shard(1, 2)).fingerprint != one


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("convolution", "cross-correlation"),
        ("seed: 1", "seed: 4"),
        ("[3, 4]", "[3, 5]"),
        ("stride: [1, 2, 3]", "stride: [1, 2, 4]"),
        ("title: t1", "title: other"),
        ("means", "expect: {as_written: [[numpy.convolve]]}\nmeans"),
        ("means", "recorded: [{system: s, origin: o, layout: HW, values: [[1]]}]\nmeans"),
        ("means", "tolerance: {rtol: 1, atol: 1, why: w}\nmeans"),
    ],
)
def test_a_fingerprint_tells_cases_apart_by_all_that_they_say(files: list[Path], old: str, new: str):
    one = Members(files, Shard(1, 2)).fingerprint
    text = files[1].read_text()
    assert old in text
    files[1].write_text(text.replace(old, new))
    assert Members(files, Shard(1, 2)).fingerprint != one


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "a/b", "1.0/2"])
def test_what_is_no_shard_is_refused(text: str):
    with pytest.raises(argparse.ArgumentTypeError, match="expected a part of so many, as 1/4"):
        shard(text)


def test_a_shard_is_a_number_of_so_many():
    assert shard("2/3") == Shard(2, 3)
