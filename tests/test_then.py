"""`then`: what a case says is made of an output, in the reader, in calls, in verdicts, in power, and in programs."""

from __future__ import annotations

import json

import numpy as np
import pytest

from harness import ending
from harness.backends import TABLE
from harness.case.read import CaseError, load
from harness.cli import main
from harness.judge.verdict import Judge
from harness.operations.transforms.endings import Activation, OutputRounding, concluded
from harness.operations.transforms.values import Bias
from harness.parent.pool import Pool
from harness.runner import run

CASE = """
title: t
means: cross-correlation
then: {then}
input: {{layout: NCW, values: [[[1, -2, 3, 1, -1, 2]]]}}
kernel: {{layout: OIW, values: [[[2, -1, 3]]]}}
"""
SUMS = np.array([13.0, -4.0, 2.0, 9.0])


def case(tmp_path, then: str, more: str = ""):
    path = tmp_path / "case.yaml"
    path.write_text(CASE.format(then=then) + more)
    (found,) = load(path)
    return found


@pytest.mark.parametrize(
    ("then", "made"),
    [
        ("relu", np.maximum(SUMS, 0)),
        ("{function: relu}", np.maximum(SUMS, 0)),
        ("{function: clip, low: 0, high: 6}", np.clip(SUMS, 0, 6)),
        ("{function: clip, high: 6}", np.minimum(SUMS, 6)),
        ("{function: leaky_relu, slope: 0.5}", np.where(SUMS < 0, SUMS / 2, SUMS)),
        ("leaky_relu", np.where(SUMS < 0, SUMS / 100, SUMS)),
        ("{function: threshold, theta: 2}", np.where(SUMS > 2, SUMS, 0)),
        ("{function: hard_sigmoid, alpha: 0.1, beta: 0.5}", np.clip(SUMS / 10 + 0.5, 0, 1)),
        ("identity", SUMS),
        ("absolute", np.abs(SUMS)),
    ],
)
def test_it_is_read_and_made_of_the_sums(then, made, tmp_path):
    assert Judge(case(tmp_path, then)).intended.y.ravel() == pytest.approx(made)


@pytest.mark.parametrize(("kind", "name"), [("none", "gelu"), ("tanh", "gelu_tanh"), ("quick", "gelu_quick")])
def test_gelu_is_of_three_kinds(kind, name, tmp_path):
    assert case(tmp_path, f"{{function: gelu, approximate: {kind}}}").then == Activation(name)


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("rellu", "unknown word 'rellu'; the nearest known one is 'relu'"),
        ("prelu", "unknown word 'prelu'"),
        ("{low: 0}", "the key 'function' is missing"),
        ("{function: relu, low: 0}", "relu has no low; its parameters: none"),
        ("{function: clip, lo: 0}", "unknown key; the nearest known one is 'low'"),
        ("{function: clip, low: x}", "expected a finite number"),
        ("{function: softplus, beta: 2}", "softplus with a beta or a threshold"),
        ("[relu]", "expected"),
        ("3", "expected"),
    ],
)
def test_what_is_wrong_with_it_is_said_where_it_stands(then, said, tmp_path):
    with pytest.raises(CaseError, match="then") as error:
        case(tmp_path, then)
    assert said in str(error.value)


def test_it_stands_before_rounding_and_another_function_takes_its_place():
    relu, rounded, tanh = Activation("relu"), OutputRounding("floor"), Activation("tanh")
    assert concluded((Bias("missing"), rounded), relu) == (Bias("missing"), relu, rounded)
    assert concluded((tanh,), relu) == (tanh,)
    assert concluded((rounded,), None) == (rounded,)


@pytest.mark.parametrize("then", ["relu", "tanh", "gelu"])
def test_calls_are_followed_by_it_and_agree(then, tmp_path):
    with Pool([TABLE["scipy"]]) as pool:
        (report,) = run([case(tmp_path, then)], pool, pool.entry_points())
    found = {each.verdict for each in report.results if each.mode == "normalized" and each.outcome == "answered"}
    assert found == {"agrees"}
    assert report.info["then"] == then


@pytest.mark.parametrize(
    ("then", "observed", "verdict", "ids"),
    [
        ("relu", np.maximum(SUMS, 0), "agrees", ()),
        ("relu", SUMS, "convention", ("activation",)),
        ("relu", [12.0, 0.0, 1.0, 9.0], "unexplained", ()),
        ("tanh", np.tanh(SUMS), "agrees", ()),
    ],
)
def test_a_verdict_is_on_what_is_made_of_the_sums(then, observed, verdict, ids, tmp_path):
    found = Judge(case(tmp_path, then)).live(np.array(observed, np.float32).reshape(1, 1, 4), "direct")
    assert (found.kind, tuple(each.id for each in found.transforms)) == (verdict, ids)


@pytest.mark.parametrize(("then", "blind"), [("relu", False), ("{function: clip, low: 100}", True)])
def test_data_see_nothing_of_what_is_cut_off(then, blind, tmp_path):
    found = case(tmp_path, then)
    power = found.operation.power().power(found.meant(), False, found.then)
    assert bool(power.blind) is blind


def test_a_tolerance_by_hand_holds_for_what_is_made(tmp_path):
    found = case(tmp_path, "relu", "tolerance: {atol: 0.5, why: t}\n")
    for off, verdict in ((0.4, "agrees"), (0.6, "unexplained")):
        seen = np.array([13.0 + off, 0.0, 2.0, 9.0], np.float32).reshape(1, 1, 4)
        assert Judge(found).live(seen, "direct").kind == verdict


@pytest.mark.parametrize("then", ["relu", "{function: clip, low: -2, high: 5}"])
def test_explain_takes_it_from_the_command_line_and_its_code_has_it(then, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=(12, 11)), rng.normal(size=(3, 3))
    sums = sum(w[i, j] * x[2 - i : 12 - i, 2 - j : 11 - j] for i in range(3) for j in range(3))
    low, high = (0, np.inf) if then == "relu" else (-2, 5)
    for name, values in (("x", x), ("w", w), ("y", np.clip(sums, low, high))):
        np.save(f"{name}.npy", values.astype(np.float32))
    files = ["--input", "x.npy", "--kernel", "w.npy", "--observed", "y.npy", "--layout", "HW,HW,HW"]
    assert main(["explain", *files, "--then", then, "--system", "numpy", "--json"]) == ending.EXPECTED
    (found,) = json.loads(capsys.readouterr().out)["recordings"]
    (first, *_) = found["explanations"]
    assert [each["id"] for each in first["transforms"]] == ["reverse_kernel"]
    assert "as the case says" in first["code"]["numpy"]
