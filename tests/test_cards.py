"""Cards as people read them, and the command that measures them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.ending import EXPECTED, MISSING, UNEXPECTED, USAGE
from harness.operations import TABLE
from harness.operations.card import Fault
from harness.probing import Card, session
from harness.report import cards
from tests.test_probe import by_fft, card_of, refusing, reversed_along
from tests.test_probe_backends import NAMES


def test_a_card_says_what_is_computed_and_by_which_rule() -> None:
    text = cards.text(card_of(refusing).as_json())
    assert text.startswith("planted  (fake 1)\n")
    assert "computes                cross-correlation\n" in text
    assert "padding same            same_upper = (T // 2, T - T // 2), T = max((ceil(n/s) - 1) s + e - n, 0)\n" in text
    assert "axes                    NCHW, OIHW, NCHW\n" in text
    assert "DECLARED OTHERWISE" not in text


def test_a_card_says_where_the_declaration_differs() -> None:
    text = cards.text(card_of(reversed_along(1)).as_json())
    assert "computes                reads the kernel backwards along W only\n" in text
    assert "DECLARED OTHERWISE      reversal: declared [False, False], measured [False, True]" in text


def test_a_card_that_cannot_be_read_says_why() -> None:
    text = cards.text(Card("a.b", "a", "1", unreadable="no order of axes explains it").as_json())
    assert text == "a.b  (a 1)\n  cannot be read: no order of axes explains it"


def test_the_table_has_a_row_for_each_card_and_lists_contradictions() -> None:
    fault = Fault("numbers are wrong | `x`", "x (1, 1)")
    honest, fft = card_of(refusing), card_of(by_fft)
    wrong = Card("wrong", "a", "1", honest.conventions, honest.precision, honest.algorithm, [fault])
    gone = Card("gone", "a", "1", unreadable="it declines")
    page = cards.markdown([each.as_json() for each in (honest, fft, wrong, gone)])
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert sum("cross-correlation" in row for row in rows) == 3
    assert any("| FFT, direct from " in row for row in rows)
    assert r"- `wrong`: numbers are wrong \| \`x\`; `x (1, 1)`" in page
    assert "- `gone`: it declines" in page
    assert "None was found" in cards.markdown([honest.as_json()])
    assert "Not measured" not in cards.markdown([honest.as_json()])


@pytest.mark.parametrize(
    ("calls", "told"),
    [
        (["over C", "over W"], "as declared: over C; over W"),
        (["over C", "over H", "over W"], "as declared: 3 calls; over C; ...; over W"),
    ],
)
def test_the_table_names_the_first_and_the_last_of_several_calls(calls: list[str], told: str) -> None:
    found = {"follows": {**dict.fromkeys(calls, "as declared"), "over N": "over C"}, "dtypes": {"float32": "float32"}}
    cells = TABLE["softmax"].shown().measured({"conventions": found, "differences": []})
    assert cells == [f"{told}\nover C: over N", "nothing", "float32 float32"]


def test_cards_survive_json() -> None:
    card = card_of(refusing).as_json()
    assert cards.text(json.loads(json.dumps(card))) == cards.text(card)


def test_the_command_prints_cards_and_writes_the_table(tmp_path: Path, capsys: Any) -> None:
    page = tmp_path / "cards.md"
    assert main(["probe", "numpy.*", "--markdown", str(page)]) == EXPECTED
    out = capsys.readouterr().out
    assert "numpy.convolve  (numpy " in out
    assert "numpy.correlate  (numpy " in out
    assert "scipy" not in out
    assert "| `numpy.correlate` | cross-correlation |" in page.read_text("utf-8")


def test_the_command_gives_json_and_faults_as_case_files(tmp_path: Path, capsys: Any, monkeypatch: Any) -> None:
    found = Card(
        "a.b", "a", "1", differences=["reversal: ..."], faults=[Fault("w", "c", "title: x\n"), Fault("w", "c")]
    )
    monkeypatch.setattr(session, "cards", lambda *_: [found])
    assert main(["probe", "numpy.convolve", "--json", "--faults", str(tmp_path / "faults")]) == UNEXPECTED
    captured = capsys.readouterr()
    assert json.loads(captured.out)[0]["entry_point"] == "a.b"
    assert [path.name for path in (tmp_path / "faults").iterdir()] == ["a.b-1.yaml"]
    assert "a.b-1.yaml" in captured.err


def test_faults_take_the_place_of_no_file_and_stay_in_their_folder(tmp_path: Path) -> None:
    (tmp_path / "a-b-1.yaml").write_text("mine")
    found = Card("../a/b", "a", "1", faults=[Fault("w", "c", "title: x\n")])
    for _ in range(2):
        paths = session.write_faults(tmp_path, [replace(found, entry_point="a/b"), found])
        assert [path.name for path in paths] == ["a-b-2.yaml", "..-a-b-1.yaml"]
    assert (tmp_path / "a-b-1.yaml").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 3


WRONG, RULED_OUT = Fault("wrong", "x"), Fault("wrong", "x", excluded=True)


@pytest.mark.parametrize(
    ("about", "by_name", "expected"),
    [
        ({}, False, []),
        ({"differences": ["reversal: ..."]}, False, ["reversal: ..."]),
        ({"faults": [WRONG]}, False, ["wrong: x"]),
        ({"faults": [RULED_OUT]}, False, []),
        ({"entry_point": "known", "faults": [WRONG]}, True, []),
        ({"entry_point": "known @ torch==1.0", "faults": [WRONG]}, True, []),
        ({"entry_point": "known", "differences": ["d"]}, False, ["d"]),
        ({"unreadable": "declines", "declined": True}, False, []),
        ({"unreadable": "declines", "declined": True}, True, ["cannot be read: declines"]),
        ({"unreadable": "noise"}, False, ["cannot be read: noise"]),
    ],
)
def test_what_is_declared_or_known_is_expected(about: dict[str, Any], by_name: bool, expected: list[str]) -> None:
    card = Card(**{"entry_point": "a.b", "backend": "a", "version": "1", **about})
    assert session.unexpected(card, {"known"}, by_name) == expected


def test_known_faults_are_what_the_cases_keep_apart(tmp_path: Path) -> None:
    known = session.known_faults(Path(__file__).parent.parent / "cases" / "known-faults")
    assert {"tensorflow.nn.conv3d", "onnxruntime.Conv", "tfjs.conv3d"} <= known
    assert "jax.lax.conv_general_dilated" not in known
    assert not session.known_faults(tmp_path / "nowhere")


def test_what_is_unexpected_is_said_and_is_exit_code_1(capsys: Any, monkeypatch: Any) -> None:
    recorded = Card("r", "a", "1", unreadable="declines every call", declined=True)
    monkeypatch.setattr(session, "cards", lambda *_: [recorded])
    assert main(["probe"]) == EXPECTED
    assert capsys.readouterr().err == ""
    assert main(["probe", "--backend", "numpy"]) == UNEXPECTED
    assert capsys.readouterr().err == "NOT AS EXPECTED  r: cannot be read: declines every call\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["numpy.convlve", "--backend", "numpy"], "nearest is numpy.convolve"),
        (["--command", "java Conv {input} {output}"], "has no {kernel}"),
        (["--python", "no_module"], "expected module:function"),
        (["--python", ""], "expected module:function"),
        (["--command", ""], "has no {input} {kernel} {output}"),
        (["--python", "a:b", "numpy.convolve"], "--python probes that program alone; leave out 'numpy.convolve'"),
        (["--python", "a:b", "--backend", "numpy"], "leave out 'numpy'"),
    ],
)
def test_a_probe_of_nothing_is_refused_in_words(arguments: list[str], message: str, capsys: Any) -> None:
    assert main(["probe", *arguments]) == USAGE
    assert message in capsys.readouterr().err


def test_a_module_that_cannot_be_imported_is_missing(capsys: Any) -> None:
    assert main(["probe", "--python", "no_such_module:conv"]) == MISSING
    assert "No module named 'no_such_module'" in capsys.readouterr().err


def test_the_committed_page_has_the_core_frameworks() -> None:
    page = (Path(__file__).parent.parent / "docs" / "cards.md").read_text("utf-8")
    for name in NAMES:
        assert f"| `{name}` |" in page, f"{name} is not in it: run `harness probe --markdown docs/cards.md`"
