"""The command line as its users see it: exit codes, messages, files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness import backends, cli
from harness.backends import Backend

CASE = """
title: integers
means: cross-correlation
padding: same
input: {layout: HW, integers: {shape: [5, 6], seed: 1, low: -9, high: 9}}
kernel: {layout: HW, integers: {shape: [3, 2], seed: 2, low: -9, high: 9}}
"""
HONEST = Backend("honest", "tests.fakes.honest", "numpy")
FLIPPED = Backend("flipped", "tests.fakes.flipped", "numpy")
LYING = Backend("lying", "tests.fakes.lying", "numpy")
ABSENT = Backend("absent", "tests.fakes.absent", "no_such_package", "extra")


@pytest.fixture
def table(monkeypatch, tmp_path):
    """A table of fakes in place of the frameworks, and an empty folder to work in."""
    monkeypatch.setattr(backends, "TABLE", {each.name: each for each in (HONEST, FLIPPED, ABSENT)})
    for module in (cli, cli.selection):
        monkeypatch.setattr(module, "TABLE", backends.TABLE)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "case.yaml").write_text(CASE)
    return backends.TABLE


def test_run_writes_the_reports_and_is_content(table, capsys):
    assert cli.main(["run", "case.yaml", "--json", "out.json"]) == 0
    said = capsys.readouterr()
    assert "1 cases, 4 results on honest 1.0, flipped 1.0" in said.out
    assert "not available: absent: no_such_package is not installed" in said.out
    document = json.loads(Path("out.json").read_text())
    assert document["classes"] == {
        "case.yaml": {
            "as_written": [["fake.honest"], ["fake.flipped"]],
            "normalized": [["fake.honest", "fake.flipped"]],
        }
    }
    assert "fake.honest" in Path("reports/comparison.md").read_text()


def test_what_is_not_as_expected_is_exit_code_1(table, capsys):
    table["lying"] = LYING
    assert cli.main(["run", "case.yaml"]) == 1
    assert "NOT AS EXPECTED  case.yaml: normalized: fake.lying" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "nowhere.yaml"], "nowhere.yaml: no such file or folder"),
        (["run", "typo.yaml"], "typo.yaml:2:1: "),
        (["check", "typo.yaml"], "typo.yaml:2:1: "),
        (["run", "case.yaml", "--backend", "honst"], "nearest is honest"),
        (["run", "case.yaml", "--entry", "fake.onest"], "nearest is fake.honest"),
        (["run", "empty"], "empty: no case file"),
        (["report", "case.yaml"], "case.yaml"),
        (["report", "nowhere.json"], "nowhere.json"),
        (["run", "names.yaml"], "fake.hones is no entry point; nearest is fake.honest"),
    ],
)
def test_a_wrong_command_or_case_is_exit_code_2_and_one_message(table, capsys, arguments, message):
    Path("typo.yaml").write_text(CASE.replace("title", "titel"))
    Path("names.yaml").write_text(CASE + "expect: {as_written: [[fake.hones]]}\n")
    Path("empty").mkdir()
    assert cli.main(arguments) == 2
    said = capsys.readouterr().err
    assert said.count("harness: ") == 1
    assert message in said
    assert "Traceback" not in said


def test_a_missing_backend_that_was_asked_for_is_exit_code_3(table, capsys):
    assert cli.main(["run", "case.yaml", "--backend", "absent"]) == 3
    assert "pip install 'framework-agreement[extra]'" in capsys.readouterr().err


def test_only_the_backends_and_entry_points_asked_for_are_run(table, capsys):
    assert cli.main(["run", "case.yaml", "--backend", "honest", "--json", "out.json"]) == 0
    assert {each["backend"] for each in json.loads(Path("out.json").read_text())["results"]} == {"honest"}
    assert cli.main(["run", "case.yaml", "--entry", "*flip*", "--json", "out.json", "--jobs", "1"]) == 0
    assert {each["backend"] for each in json.loads(Path("out.json").read_text())["results"]} == {"flipped"}


def test_a_saved_run_is_reported_again(table):
    assert cli.main(["run", "case.yaml", "--json", "out.json"]) == 0
    assert cli.main(["report", "out.json", "--out", "again"]) == 0
    assert Path("again/comparison.md").read_bytes() == Path("reports/comparison.md").read_bytes()


def test_list_names_what_is_there_and_what_is_missing(table, capsys):
    assert cli.main(["list"]) == 0
    said = capsys.readouterr().out
    assert "honest 1.0" in said
    assert "    fake.honest  1-D, 2-D, 3-D" in said
    assert "absent: not available: no_such_package is not installed" in said


def test_new_writes_a_case_that_runs_and_overwrites_nothing(table, capsys):
    assert cli.main(["new", "mine"]) == 0
    assert cli.main(["run", "cases/mine.yaml"]) == 0
    assert cli.main(["new", "mine"]) == 2
    assert "exists already" in capsys.readouterr().err


def test_check_says_what_the_data_cannot_see(table, capsys):
    Path("blind.yaml").write_text(
        CASE.replace("integers: {shape: [3, 2], seed: 2, low: -9, high: 9}", "values: [[1, 1], [1, 1]]")
    )
    assert cli.main(["check", "blind.yaml", "case.yaml"]) == 0
    said = capsys.readouterr().out
    assert "blind.yaml: the data cannot tell" in said
    assert "kernel reversed along H W" in said
    assert "2 cases are well formed" in said


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at processes under /proc")
def test_ctrl_c_leaves_no_process_behind(tmp_path):
    """A run whose worker hangs is interrupted once the worker is at it."""
    script = f"""
import signal, sys
from harness import cli
from tests.fakes import FAKES
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs inherit that it is ignored
cli.TABLE.clear()
cli.TABLE["hanging"] = FAKES["hanging"]
sys.exit(cli.main(["run", {str(tmp_path / "case.yaml")!r}, "--out", {str(tmp_path)!r}]))
"""
    (tmp_path / "case.yaml").write_text(CASE)
    run = subprocess.Popen(
        [sys.executable, "-c", script], stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent
    )
    workers = wait_for(lambda: children(run.pid))
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=100)
    assert run.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in found for child in path.read_text().split()]


def wait_for(condition, seconds=60.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        os.sched_yield()
    raise AssertionError("it did not come to that")
