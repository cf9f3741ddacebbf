"""Two saved runs compared: verdicts, numbers, versions, speed, and what only one of them has."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from harness import cli
from harness.report import results
from harness.report.diff import differences, markdown
from tests.pieces import both, report, result, saved
from tests.test_markdown import HOSTILE

Document = dict[str, Any]


@pytest.fixture
def old(tmp_path: Path) -> Document:
    found = both(result("f", seconds=0.1), result("g", seconds=1e-6))
    saved(tmp_path / "old.json", *(report(name, found) for name in ("a.yaml", "b.yaml")))
    return results.load(tmp_path / "old.json")


@pytest.fixture
def new(old: Document) -> Document:
    return copy.deepcopy(old)


def first(document: Document) -> dict[str, Any]:
    found: dict[str, Any] = document["results"][0]
    return found


def test_a_run_does_not_differ_from_itself(old: Document) -> None:
    found = differences(old, old, 1.01)
    assert not any(vars(found).values())
    assert markdown(found) == "# What changed between two runs\n\n**No verdict changed.**\n"


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"verdict": "unexplained", "rung": None}, "verdicts"),
        ({"verdict": "convention", "transforms": ["reverse_kernel"]}, "verdicts"),
        ({"verdict": "died", "outcome": "died"}, "verdicts"),
        ({"rung": "statistical", "bound_share": 0.1}, "numbers"),
        ({"max_abs": 1e-9}, "numbers"),
        ({"seconds": 0.3}, "slower"),
        ({"transforms": ["pad_input"]}, None),
        ({"seconds": 0.01}, None),
        ({"seconds": None}, None),
        ({"reason": "another"}, None),
    ],
)
def test_each_change_is_found_and_nothing_else(old: Document, new: Document, changes: Any, kind: str | None) -> None:
    first(new).update(changes)
    found = differences(old, new, 2.0)
    assert [name for name, value in vars(found).items() if value] == [kind] * bool(kind)
    if kind:
        (change,) = getattr(found, kind)
        assert change.key == ("a.yaml", "f", "as_written")


def test_another_explanation_is_another_verdict_in_whatever_order(old: Document, new: Document) -> None:
    for document, transforms in ((old, ["a", "b"]), (new, ["b", "a"])):
        first(document).update(verdict="convention", transforms=transforms)
    assert not differences(old, new, 2.0).verdicts
    first(new)["transforms"] = ["b"]
    assert len(differences(old, new, 2.0).verdicts) == 1


def test_short_calls_vary_and_are_not_slower(old: Document, new: Document) -> None:
    new["results"][1]["seconds"] = 0.03
    assert not differences(old, new, 2.0).slower


def test_results_of_one_run_only(old: Document, new: Document) -> None:
    gone = new["results"].pop(0)
    new["results"].append({**gone, "entry_point": "h"})
    found = differences(old, new, 2.0)
    assert (found.gone, found.added) == ((("a.yaml", "f", "as_written"),), (("a.yaml", "h", "as_written"),))
    assert not found.verdicts


def test_results_of_one_run_only_are_counted_by_entry_point(old: Document, new: Document) -> None:
    new["results"] = [each for each in new["results"] if each["entry_point"] != "f"]
    new["results"][:1] = []
    text = markdown(differences(old, new, 2.0))
    assert "| a.yaml and 1 more | `f` | as written |" in text
    assert "| a.yaml | `g` | as written |" in text


def test_versions_that_changed_came_or_went(old: Document, new: Document) -> None:
    backends = new["environment"]["backends"]
    backends["torch"]["version"] = "3.0"
    backends["numpy"] = {"version": "2.4"}
    new["environment"]["python"] = "3.12.0"
    told = {("python", "3.11.0", "3.12.0"), ("torch", "2.0", "3.0"), ("numpy", "not there", "2.4")}
    assert set(differences(old, new, 2.0).facts) == told


def test_what_computes_is_a_fact_as_well(old: Document, new: Document) -> None:
    new["environment"].update(features=["avx2"], settings={"OMP_NUM_THREADS": "1"})
    new["environment"]["backends"]["torch"]["instructions"] = "AVX2"
    told = {
        ("instructions", "", "avx2"),
        ("OMP_NUM_THREADS", "not there", "1"),
        ("torch computes with", "not there", "instructions: AVX2"),
    }
    assert set(differences(old, new, 2.0).facts) == told


def test_everything_is_said_in_markdown(old: Document, new: Document) -> None:
    first(new).update(verdict="convention", transforms=["reverse_kernel"], seconds=0.5)
    new["environment"]["backends"]["torch"]["version"] = "3.0"
    text = markdown(differences(old, new, 2.0))
    assert "**1 verdict changed.**" in text
    assert "| torch | 2.0 | 3.0 |" in text
    assert "| a.yaml | `f` | as written | agrees exactly | kernel reversed, exactly |" in text
    assert "| a.yaml | `f` | as written | 100 ms | 500 ms | 5.0 |" in text


def test_hostile_names_stay_text(old: Document, new: Document) -> None:
    new["environment"]["backends"][HOSTILE] = {"version": HOSTILE}
    first(old)["case"] = first(new)["case"] = HOSTILE
    first(new)["verdict"] = "died"
    text = markdown(differences(old, new, 2.0))
    assert "<script>" not in text
    assert "\x1b" not in text


def test_the_command_says_it_with_its_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, verdict in (("old", "agrees"), ("new", "unexplained")):
        saved(tmp_path / f"{name}.json", report("a.yaml", both(result("f", verdict=verdict))))
    old, new = str(tmp_path / "old.json"), str(tmp_path / "new.json")
    assert cli.main(["diff", old, old]) == 0
    assert cli.main(["diff", old, new]) == 1
    assert "1 verdict changed" in capsys.readouterr().out
    assert cli.main(["diff", old, str(tmp_path / "nowhere.json")]) == 2
