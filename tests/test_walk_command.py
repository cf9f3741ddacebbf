"""`harness walk`: what it prints and writes, and how it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from harness.case.read import load
from harness.cli import main
from tests.test_walk import REVERSED, A, B, X, chain

KEYS = {"input", "pairs", "faults", "unpaired", "first", "repaired"}
PAIR = {"a", "b", "operation", "layout", "verdict", "transforms", "rung", "share"}
FAULT = {"a", "b", "between", "operation", "transforms", "alternatives", "words", "code"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("traces")
    made = {
        "a": chain(A),
        "b": chain(B),
        "faulty": chain(B, {2: REVERSED}),
        "between": chain(B, {2: REVERSED}, untraced=(2,)),
        "input": chain(B, x=X * np.float32(2)),
    }
    return {name: net.write(folder / f"{name}.npz", end) for name, (net, end) in made.items()}


def asked(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main(["walk", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_json_has_the_keys_of_the_contract(files: dict[str, Path], capsys: pytest.CaptureFixture[str]):
    code, out, _ = asked(capsys, files["a"], files["faulty"], "--json")
    told = json.loads(out)
    assert code == 1
    assert set(told) == KEYS
    assert all(set(pair) == PAIR for pair in told["pairs"])
    (fault,) = told["faults"]
    assert set(fault) == FAULT
    assert (fault["a"], fault["b"], fault["between"]) == (["a2"], ["b2"], None)
    assert [change["id"] for change in fault["transforms"]] == ["reverse_kernel"]
    assert told["first"] == ["b2"]
    assert told["input"] == {"verdict": "agrees", "transforms": []}
    assert told["unpaired"] == {"a": [], "b": []}
    assert set(told["repaired"]) == {"verdict", "rung", "share"}
    assert told["repaired"]["verdict"] == "agrees"
    assert 0 < told["repaired"]["share"] < 1


@pytest.mark.parametrize(("b", "code"), [("b", 0), ("faulty", 1), ("between", 1), ("input", 1)])
def test_exit_codes(b: str, code: int, files: dict[str, Path], capsys: pytest.CaptureFixture[str]):
    assert asked(capsys, files["a"], files[b], "--json")[0] == code


def test_only_the_input_at_fault_is_no_first_layer(files: dict[str, Path], capsys: pytest.CaptureFixture[str]):
    told = json.loads(asked(capsys, files["a"], files["input"], "--json")[1])
    assert told["first"] is None
    assert [change["id"] for change in told["input"]["transforms"]] == ["scale"]


def test_people_read_what_differs_and_whether_a_tolerance_excuses_it(
    files: dict[str, Path], capsys: pytest.CaptureFixture[str]
):
    out = asked(capsys, files["a"], files["faulty"])[1]
    for said in (
        "1 of 5 pairs of layers differ",
        "b2 (convolution), in A a2",
        "rotate it by 180",
        "no tolerance excuses",
    ):
        assert said in out
    out = asked(capsys, files["a"], files["b"])[1]
    assert "All 5 pairs of layers agree." in out
    assert re.search(r"B is off by .* at its outputs: .* of what rounding may do through all layers", out)
    assert re.search(r"A's own outputs are off by .* of it", out)


def test_pages_are_written(files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    code, _, _ = asked(capsys, files["a"], files["faulty"], "--out", tmp_path / "out")
    assert code == 1
    page, text = ((tmp_path / "out" / name).read_text(encoding="utf-8") for name in ("walk.html", "walk.md"))
    assert page.count('<li class="rounding">') == 4
    assert '<li class="convention">' in page
    assert '<pre tabindex="0">' in page
    assert "default-src 'none'" in page
    assert "## 1. b2 (convolution), in A a2" in text
    assert "| b2 | a2 | convention: reverse_kernel |" in text
    asked(capsys, files["a"], files["b"], "--out", tmp_path / "out")  # it takes the place of what it wrote
    assert "All 5 pairs" in (tmp_path / "out" / "walk.md").read_text(encoding="utf-8")


def test_a_page_takes_the_place_of_no_other_file(
    files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "walk.md").write_text("mine", encoding="utf-8")
    code, _, err = asked(capsys, files["a"], files["b"], "--out", tmp_path)
    assert code == 2
    assert "walk.md" in err


def test_a_layer_becomes_a_case(files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    asked(capsys, files["a"], files["faulty"], "--case", "b2", "--out", tmp_path / "b2")
    (case,) = load(tmp_path / "b2" / "case.yaml")
    assert case.recorded[0].values.shape == case.meant().output_shape
    assert "traced behind b2" in case.recorded[0].origin
    assert main(["explain", str(tmp_path / "b2" / "case.yaml"), "--no-code"]) == 0
    assert "reverse_kernel" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--pair", "a0"), "expected A=B"),
        (("--pair", "a0=nothing"), "B has no layer 'nothing'"),
        (("--pair", "nothing=b0"), "A has no layer 'nothing'"),
        (("--case", "nothing"), "no layer of B"),
    ],
)
def test_wrong_use_is_one_message(
    arguments: tuple[str, str], said: str, files: dict[str, Path], capsys: pytest.CaptureFixture[str]
):
    code, out, err = asked(capsys, files["a"], files["b"], *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_file_that_is_no_trace_is_one_message(
    files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "x.npz").write_bytes(b"no archive")
    code, _, err = asked(capsys, files["a"], tmp_path / "x.npz")
    assert code == 2
    assert "x.npz" in err
    assert err.count("\n") == 1
