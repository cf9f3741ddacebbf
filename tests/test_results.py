"""Results as JSON: complete, streamed, written whole or not at all, and read again as they were."""

from __future__ import annotations

import copy
import json
import math
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import __version__
from harness.case.read import find, load
from harness.explanation.confirmed import Explanation
from harness.operations import TABLE
from harness.operations.card import Card
from harness.operations.transforms.arrays import ReverseKernel
from harness.parent.talk import Hello
from harness.report import results
from harness.result import CaseReport
from tests.pieces import HEADER, report, result, saved

KEYS = (
    "case entry_point backend mode outcome verdict transforms max_abs bound_share rung seconds expected reason words "
    "explanations own_edits ambiguous output remarks"
)


def written(path: Path, *reports: CaseReport) -> dict[str, Any]:
    saved(path, *reports)
    document: dict[str, Any] = json.loads(path.read_text())
    return document


class Clock(datetime):
    """Stands still."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Clock:
        return cls(2026, 1, 2, 3, 4, 5, 678901, tzinfo=tz)


def test_the_header_says_what_ran_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "datetime", Clock)
    hello = Hello("torch", "2.0", {"python": "3.8.1", "version": "a lie"}, ())
    head = results.header({"torch": hello}, {"jax": "not installed"})
    assert head["harness"] == __version__
    assert head["format"] == results.FORMAT
    assert head["created"] == "2026-01-02T03:04:05+00:00"
    environment = head["environment"]
    assert environment["backends"] == {"torch": {"version": "2.0", "python": "3.8.1"}}
    assert environment["unavailable"] == {"jax": "not installed"}
    assert all(environment[key] for key in ("python", "platform", "processor"))


def test_a_piece_has_the_public_keys_and_no_others() -> None:
    (found,) = results.piece(report(results=(result(transforms=("reverse_kernel",), words=("w",)),)))["results"]
    assert set(found) == set(KEYS.split())
    assert (found["case"], found["transforms"], found["words"]) == ("cases/a.yaml", ["reverse_kernel"], ["w"])


def test_code_is_that_of_the_first_explanation() -> None:
    both = tuple(Explanation(changes, (), 0.0, "exact", 0) for changes in ((ReverseKernel((0,)),), ()))
    differing = result(verdict="convention", explanations=both, code={"numpy": "y = 1"})
    (found,) = results.piece(report(results=(differing,)))["results"]
    assert [each["code"] for each in found["explanations"]] == [{"numpy": "y = 1"}, {}]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None])
def test_numbers_that_json_lacks_are_null(value: float | None) -> None:
    explained = (Explanation((), (), math.nan if value is None else value, "exact", 0),)
    (found,) = results.piece(report(results=(result(max_abs=value, explanations=explained),)))["results"]
    assert found["max_abs"] is None
    assert found["explanations"][0]["max_abs"] is None


def test_one_object_with_one_line_for_each_item(tmp_path: Path) -> None:
    document = written(tmp_path / "r.json", report("a"), report("b", failures=("sad",)))
    assert list(document) == ["harness", "created", "environment", "cases", "results", "classes", "outputs"]
    assert [(case["id"], case["failures"]) for case in document["cases"]] == [("a", []), ("b", ["sad"])]
    assert [(each["case"], each["mode"]) for each in document["results"]] == [
        (name, mode) for name in "ab" for mode in ("as_written", "normalized")
    ]
    assert document["classes"]["b"] == {"as_written": [["torch.conv2d"]], "normalized": [["torch.conv2d"]]}
    assert document["outputs"]["a"][0]["values"] == [[[[0, 1, 2], [3, 4, 5]]]]
    lines = (tmp_path / "r.json").read_text().splitlines()
    assert sum(line.startswith('{"case": ') for line in lines) == 4


def test_a_run_without_cases_is_written_too(tmp_path: Path) -> None:
    written(tmp_path / "r.json")
    assert list(results.pieces(results.load(tmp_path / "r.json"))) == []


def test_pieces_come_back_as_they_were(tmp_path: Path) -> None:
    strange = report("b", x=np.array([[[np.nan, np.inf, 0.1]]], "float32"), text="你好\n<b>\ud800")
    many = [report("a"), strange, report("c", x=np.ones((1, 1, 20, 20)))]
    written(tmp_path / "r.json", *many)
    document = results.load(tmp_path / "r.json")
    assert list(results.pieces(document)) == [results.piece(each) for each in many]
    assert {key: document[key] for key in HEADER} == HEADER


def test_after_an_exception_the_old_file_is_untouched_and_nothing_is_left(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text("old")
    with pytest.raises(TypeError):
        saved(path, report(), header={**HEADER, "cards": object()})
    with pytest.raises(TypeError):
        saved(path, report(title=object()))
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("r.json", "old")]


def test_the_folder_is_made(tmp_path: Path) -> None:
    assert written(tmp_path / "new" / "folder" / "r.json", report())["cases"]


def test_what_was_gathered_can_be_written_twice_and_between(tmp_path: Path) -> None:
    json = results.Json(HEADER)
    for count in (1, 2):
        json.add(results.piece(report(f"{count}.yaml")))
        json.write(tmp_path / "r.json")
        assert len(results.load(tmp_path / "r.json")["cases"]) == count


def test_what_did_not_come_out_of_the_run_is_kept(tmp_path: Path) -> None:
    saved(tmp_path / "r.json", report(), header={**HEADER, "failures": ["torch answered nothing"]})
    assert results.load(tmp_path / "r.json")["failures"] == ["torch answered nothing"]


def drop(*path: Any) -> Any:
    """A change of a document: the last key of `path` is removed."""

    def change(document: Any) -> None:
        for key in path[:-1]:
            document = document[key]
        del document[path[-1]]

    return change


def put(value: Any, *path: Any) -> Any:
    def change(document: Any) -> None:
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop("results"), "the key results is missing"),
        (drop("environment", "platform"), "the key environment.platform is missing"),
        (drop("cases", 0, "power", "blind"), r"the key cases\[0\].power.blind is missing"),
        (drop("cases", 0, "input", "shape"), r"the key cases\[0\].input.shape is missing"),
        (drop("results", 1, "verdict"), r"the key results\[1\].verdict is missing"),
        (put("x", "results", 0, "max_abs"), r"results\[0\].max_abs is str, not int or float"),
        (put([], "environment"), "environment is list, not dict"),
        (put(3, "cases", 0), r"cases\[0\] is int, not dict"),
        (put("other", "results", 0, "case"), "the case 'other', which is not among the cases"),
        (drop("classes", "cases/a.yaml"), r"classes\['cases/a.yaml'\] is NoneType, not dict"),
        (put({}, "outputs", "cases/a.yaml"), r"outputs\['cases/a.yaml'\] is dict, not list"),
        (put([3], "outputs", "cases/a.yaml"), r"outputs\['cases/a.yaml'\]\[0\] is int, not dict"),
        (put(None, "results", 0, "output"), "'torch.conv2d' is in a class of as_written and has no output there"),
        (put(1, "results", 0, "output"), "'torch.conv2d' has output 1 in as_written, of 1"),
        (put(-1, "results", 0, "output"), "'torch.conv2d' has output -1"),
        (put("2", "format"), "format is str, not int"),
        (put(results.FORMAT + 1, "format"), "format 3 was written by a later harness; this one reads up to 2"),
        (put([3], "cases", 0, "failures"), r"cases\[0\].failures\[0\] is int, not str"),
        (put("tennis", "cases", 0, "operation"), r"cases\[0\].operation is 'tennis', not one of convolution, "),
        (put([], "cases", 0, "settings", "stride"), r"cases\[0\].settings.stride is empty"),
        (put([[1]], "cases", 0, "settings", "padding_pairs"), r"padding_pairs\[0\] has 1 numbers, not low and high"),
        (put([2, 3, 4], "cases", 0, "input", "shape"), r"cases\[0\].input.values are not of the shape \[2, 3, 4\]"),
        (put([-1], "cases", 0, "input", "shape"), r"cases\[0\].input.values are not of the shape \[-1\]"),
        (drop("cases", 0, "input", "values"), r"cases\[0\].input.corner is not the corner of an array"),
        (put("float7", "cases", 0, "input", "dtype"), r"cases\[0\].input.dtype is float7, not one of float16, float32"),
        (put([{"shape": 1}], "cases", 0, "recorded"), r"cases\[0\].recorded\[0\].shape is int, not list"),
        (put([{"origin": 1}], "cases", 0, "recorded"), r"cases\[0\].recorded\[0\].origin is int, not str"),
        (put([{"words": 3}], "results", 0, "explanations"), r"results\[0\].explanations\[0\].words is int, not str"),
        (put(10**400, "results", 0, "seconds"), r"results\[0\].seconds is no number that float64 has"),
        (put(math.nan, "results", 0, "max_abs"), r"results\[0\].max_abs is no number that float64 has"),
        (put({"torch": {}}, "environment", "backends"), r"the key environment.backends\['torch'\].version is missing"),
        (drop("cases", 0, "settings", "padding"), r"the key cases\[0\].settings.padding is missing"),
        (put(None, "cases", 0, "input", "max"), r"cases\[0\].input.max is NoneType, not int or float"),
        (put([{}], "entry_points"), r"entry_points\[0\]: declaration of an entry point: "),
        (
            put([[]], "classes", "cases/a.yaml", "normalized"),
            r"\['cases/a.yaml'\]\['normalized'\]\[0\] is empty",
        ),
        (put([["ghost"]], "classes", "cases/a.yaml", "normalized"), "'ghost' is in a class of normalized"),
    ],
)
def test_what_is_not_ours_is_refused_with_the_place(tmp_path: Path, change: Any, message: str) -> None:
    path = tmp_path / "r.json"
    document = copy.deepcopy(written(path, report()))
    change(document)
    path.write_text(json.dumps(document))
    with pytest.raises(results.ResultsError, match=f"r.json: .*{message}.*; expected what `harness run --json` wrote"):
        results.load(path)


def with_conventions(**changes: Any) -> dict[str, Any]:
    """A card with conventions of one rank, and these."""
    found: dict[str, Any] = {key: {"1": "NCW"} for key in ("input", "kernel", "output")}
    found |= {key: {} for key in ("boundaries", "kernel larger", "overflow", "reversal")} | {"ranks": [1]}
    card = Card("a", "b", "1").as_json()
    return {**card, "conventions": {**found, "groups": "", "depthwise": "", **changes}}


@pytest.mark.parametrize(
    ("cards", "message"),
    [
        ({}, "cards is dict, not list"),
        ([3], r"cards\[0\] is int, not dict"),
        ([{"entry_point": "a"}], r"the key cards\[0\].backend is missing"),
        ([Card("a", "b", "1").as_json()], r"the key cards\[0\].conventions.input is missing"),
        ([with_conventions(ranks=[2])], r"the key cards\[0\].conventions.input.2 is missing"),
        ([with_conventions(reversal={"x": []})], r"cards\[0\].conventions.reversal: 'x' is no number of axes"),
        ([with_conventions(groups=3)], r"cards\[0\].conventions.groups is int, not str"),
        ([with_conventions(**{"padding same": {}})], r"the key cards\[0\].conventions.padding same.rule is missing"),
        ([{**Card("a", "b", "1", unreadable="x").as_json(), "faults": [1]}], r"cards\[0\].faults\[0\] is int"),
    ],
)
def test_cards_that_are_none_are_refused_with_the_place(tmp_path: Path, cards: Any, message: str) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps({**written(path, report()), "cards": cards}))
    with pytest.raises(results.ResultsError, match=message):
        results.load(path)


@pytest.mark.parametrize("data", [b"", b"# title", b"\xff\xfe", b'{"a": ', b"[" * 100_000])
def test_what_is_not_json_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(data)
    with pytest.raises(results.ResultsError, match=r"r.json: not JSON"):
        results.load(path)


@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_no_other_json_is_taken(tmp_path_factory: pytest.TempPathFactory, document: Any) -> None:
    path = tmp_path_factory.mktemp("json") / "r.json"
    path.write_text(json.dumps(document))
    with pytest.raises(results.ResultsError):
        results.load(path)


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes that are files here")
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_a_pipe_into_which_nobody_writes_is_not_waited_for(pipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "PATIENCE", 0.01)
    with pytest.raises(results.ResultsError, match="pipe: it is a pipe into which nobody writes, for 0.01 s"):
        results.load(pipe)


@pytest.mark.parametrize("open_before", [False, True])
def test_what_is_written_into_a_pipe_is_read_to_its_end(
    pipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_before: bool
) -> None:
    """Also where the writer takes longer than the reader's patience before it writes."""
    document = written(tmp_path / "r.json", report())
    monkeypatch.setattr(results, "PATIENCE", 0.0 if open_before else 60.0)
    held = os.open(pipe, os.O_RDWR) if open_before else None
    writer = threading.Thread(target=lambda: pipe.write_bytes((tmp_path / "r.json").read_bytes() + b" " * 2**20))
    writer.start()
    reader = ThreadPoolExecutor(1).submit(results.load, pipe)
    writer.join()
    if held is not None:
        os.close(held)
    assert reader.result() == document


@pytest.mark.parametrize("operation", TABLE)
def test_settings_read_the_same_of_a_run_and_of_its_file(operation):
    """Reports are made of the object alone, where tuples have become lists."""
    cases = [case for path in find(["shipped/conventions"]) for case in load(path) if operation == case.operation.NAME]
    assert cases
    for case in cases:
        told = {**case.operation.told(case), "dtype": case.dtype}
        shown = case.operation.shown().settings
        assert shown(json.loads(json.dumps(told))) == shown(told)
