"""Shards of a run become the run again, to the byte, and what are no shards of one run is refused with a word."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from harness import cli
from harness.report import merged
from harness.report.results import ResultsError

Documents = dict[str, Any]
CASE = """\
title: integers on {rank} axes
input: {{layout: {layout}, integers: {{shape: {shape}, seed: 1, low: -9, high: 9}}}}
kernel: {{layout: {layout}, integers: {{shape: {shape}, seed: 2, low: -9, high: 9}}}}
padding: same
matrix: {{means: [cross-correlation, convolution]}}
"""
VARYING = re.compile(r'"seconds": [\d.e-]+|\d{4}-\d\d-\d\dT[\d:]+\+00:00')
"""Dates, and how long a call took."""
RUN = ["run", "cases", "--backend", "numpy", "--backend", "scipy"]


def settled(path: Path) -> str:
    return VARYING.sub("", path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run and its three shards, of four members."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "cases").mkdir()
    for rank, (layout, shape) in enumerate([("W", "[5]"), ("HW", "[3, 4]")], 1):
        (folder / "cases" / f"{rank}.yaml").write_text(CASE.format(rank=rank, layout=layout, shape=shape))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("GITHUB_STEP_SUMMARY", raising=False)
        assert cli.main([*RUN, "--json", "whole.json", "--out", "whole"]) == 0
        for number in (1, 2, 3):
            assert cli.main([*RUN, "--shard", f"{number}/3", "--json", f"{number}.json", "--out", str(number)]) == 0
    return folder


@pytest.fixture
def shards(folder: Path) -> Documents:
    return {f"{number}.json": json.loads((folder / f"{number}.json").read_text()) for number in (1, 2, 3)}


@pytest.mark.parametrize("order", [("1", "2", "3"), ("3", "1", "2")])
def test_merged_results_and_reports_are_those_of_the_whole_run(
    folder: Path, tmp_path: Path, order: tuple[str, ...], capsys: pytest.CaptureFixture[str]
):
    whole = tmp_path / "all.json"
    assert cli.main(["merge", *(str(folder / f"{number}.json") for number in order), "-o", str(whole)]) == 0
    assert "4 cases, " in capsys.readouterr().out
    assert settled(whole) == settled(folder / "whole.json")
    assert cli.main(["report", str(whole), "--out", str(tmp_path)]) == 0
    for name in ("comparison.md", "comparison.html"):
        assert settled(tmp_path / name) == settled(folder / "whole" / name)


def test_a_shard_says_which_members_it_has(folder: Path, shards: Documents):
    whole = [case["id"] for case in json.loads((folder / "whole.json").read_text())["cases"]]
    for number, document in enumerate(shards.values()):
        assert [case["id"] for case in document["cases"]] == whole[number::3]
        assert document["shard"] == {
            "number": number + 1,
            "of": 3,
            "members": 4,
            "cases": document["shard"]["cases"],
            "backends": ["numpy", "scipy"],
            "entry_points": [],
        }


def broken(shards: Documents, change: str) -> Documents:
    """The shards with something that keeps them from being one run."""
    second = shards["2.json"]
    if change == "no shard":
        del second["shard"]
    elif change == "interrupted":
        second["cases"].pop()
    elif change == "twice":
        shards["again.json"] = copy.deepcopy(second)
    elif change == "missing":
        del shards["2.json"]
    elif change == "version":
        second["harness"] = "0.0"
    elif change == "backend":
        second["environment"]["backends"]["scipy"]["version"] = "1.0"
    elif change == "gone":
        del second["environment"]["backends"]["scipy"]
    else:
        second["shard"][change] = {"of": 4, "cases": "others"}.get(change, ["torch"])
    return shards


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("no shard", "2.json: no shard of a run; expected what `harness run --shard I/N --json FILE` wrote"),
        ("interrupted", "2.json: the run was interrupted; run shard 2/3 again"),
        ("twice", "2.json and again.json are both shard 2/3; leave one out"),
        ("missing", "shard 2/3 is missing; give the results of all 3"),
        (
            "version",
            r"1.json and 2.json are of different versions: harness \d\S+ and 0.0; run all shards with the same",
        ),
        ("backend", r"are of different versions: scipy 1\.\S+ and 1.0"),
        ("gone", r"are of different versions: scipy 1\.\S+ and not there"),
        ("of", "1.json and 2.json are shards of different numbers of them"),
        ("cases", "1.json and 2.json are of different cases; run all shards on the same case files"),
        ("backends", "asked for different backends"),
        ("entry_points", "asked for different entry points"),
    ],
)
def test_what_is_not_one_run_is_refused(shards: Documents, change: str, message: str):
    with pytest.raises(ResultsError, match=message):
        merged.in_order(broken(shards, change))


def test_the_command_refuses_in_one_line_and_writes_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "all.json"
    assert cli.main(["merge", str(folder / "1.json"), str(folder / "3.json"), "-o", str(out)]) == 2
    assert capsys.readouterr().err == "harness: shard 2/3 is missing; give the results of all 3\n"
    assert not out.exists()


def test_who_answers_nothing_in_the_whole_run_is_not_as_expected(shards: Documents, tmp_path: Path, capsys):
    """A shard leaves that open: the cases that somebody answers may be in another one."""
    for name, document in shards.items():
        for result in document["results"]:
            if result["backend"] == "numpy":
                result.update(outcome="declined", reason="r", output=None)
        for case, classes in document["classes"].items():
            kept = {mode: [[e for e in some if not e.startswith("numpy")] for some in c] for mode, c in classes.items()}
            document["classes"][case] = {mode: [some for some in found if some] for mode, found in kept.items()}
        (tmp_path / name).write_text(json.dumps(document))
    assert cli.main(["merge", *(str(tmp_path / name) for name in shards), "-o", str(tmp_path / "all.json")]) == 1
    assert "numpy was asked for and answered none of" in capsys.readouterr().err


def test_machines_stand_side_by_side_where_they_differ(shards: Documents):
    shards["2.json"]["environment"].update(processor="another", features=["avx", "sse4_2"])
    for name in ("1.json", "3.json"):
        shards[name]["environment"].update(processor="this", features=["sse4_2"])
    environment = merged.header(list(shards.values()))["environment"]
    assert (environment["processor"], environment["features"]) == ("this / another", ["sse4_2"])
    assert environment["backends"] == shards["1.json"]["environment"]["backends"]


def test_cards_are_those_of_the_shard_that_has_them_and_the_time_is_the_last(shards: Documents):
    shards["2.json"].update(cards=[], created="2100-01-01T00:00:00+00:00")
    head = merged.header(list(shards.values()))
    assert (head["cards"], head["created"]) == ([], "2100-01-01T00:00:00+00:00")
