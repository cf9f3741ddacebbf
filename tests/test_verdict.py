from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from harness.case.read import Case, load
from harness.explanation import answers
from harness.explanation.diagnosis import diagnose
from harness.judge.verdict import Judge, Observation

LETTERS = {1: "W", 2: "HW", 3: "DHW"}


def case(tmp_path: Path, text: str) -> Case:
    path = tmp_path / "one.yaml"
    path.write_text("title: One\nmeans: convolution\n" + text, encoding="utf-8")
    return next(load(path))


def written(shape, seed: int, unknown: bool = False) -> str:
    """Numbers with one decimal as YAML, the first of them unknown if that is said."""
    values = np.round(np.random.default_rng(seed).normal(size=shape), 1).astype(object)
    values.flat[0] = None if unknown else values.flat[0]
    return json.dumps(values.tolist())


def without_output(tmp_path: Path, rank: int, printed: str = "", unknown: str = "", more: str = "") -> Case:
    """A case whose kernel is larger than its input along the first axis, with a recording of two values."""
    letters, rest = LETTERS[rank], (2,) * (rank - 1)
    x, w = (written((size, *rest), size, name == unknown) for name, size in (("input", 2), ("kernel", 3)))
    b = f"bias: {{values: {written(1, 4, unknown == 'bias')}{printed}}}"
    y = f"{{system: S, origin: o, layout: {letters}, values: {written((2, *(1,) * (rank - 1)), 5)}{printed}}}"
    return case(
        tmp_path,
        f"input: {{layout: {letters}, values: {x}{printed}}}\nkernel: {{layout: {letters}, values: {w}{printed}}}\n"
        f"{b}\nfits: false\n{more}\nrecorded: [{y}]\n",
    )


PRINTED = ("", ", digits: 2", ", decimals: 1")
EMPTY = [
    *itertools.product(LETTERS, PRINTED, ("", "input", "kernel", "bias"), ("",)),
    *itertools.product(LETTERS, PRINTED, ("", "kernel"), ("tolerance: {rtol: 0.1, atol: 0.1, why: rough}",)),
]


@pytest.mark.parametrize(("rank", "printed", "unknown", "more"), EMPTY)
def test_an_empty_output_agrees_with_an_empty_one_and_with_no_other(rank, printed, unknown, more, tmp_path):
    one = without_output(tmp_path, rank, printed, unknown, more)
    shape = one.meant().output_shape
    assert 0 in shape
    judge = Judge(one)
    verdict = judge.live(np.zeros(shape, np.float32), "direct")
    assert (verdict.kind, verdict.fit.rung, verdict.max_abs) == ("agrees", "exact", 0.0)
    other = judge.live(np.zeros((1, 1, *(0,) * rank), np.float32), "fft")
    assert other.kind == ("agrees" if rank == 1 else "unexplained")
    assert judge.recorded(one.recorded[0]).kind != "agrees"


@pytest.mark.parametrize(("rank", "printed"), [(1, ""), (1, ", digits: 2"), (2, ", decimals: 1")])
def test_a_recording_of_what_should_be_empty_gets_an_answer(rank, printed, tmp_path):
    one = without_output(tmp_path, rank, printed)
    judge = Judge(one)
    answer = diagnose(judge, judge.observe(one.recorded[0]))
    assert answer.known == 2
    assert json.loads(json.dumps(answers.as_json("S", answer, (), {})))["known"] == 2
    assert answers.text("S", answer).startswith("S  (2 known values")


REAL = """
input: {layout: HW, dtype: float64, random: {shape: [12, 12], seed: 1, distribution: uniform}}
kernel: {layout: HW, random: {shape: [5, 5], seed: 2, distribution: uniform}}
"""


def test_a_float32_answer_to_float64_data_is_a_finding_and_no_agreement(tmp_path):
    judge = Judge(case(tmp_path, REAL))
    verdict = judge.live(judge.intended.y.astype(np.float32), "direct")
    assert (verdict.kind, verdict.fit.rung) == ("convention", "float32 arithmetic")
    assert judge.live(judge.intended.y, "direct").kind == "agrees"


@pytest.mark.parametrize(("times", "agree"), [(1.9, True), (2.1, False)])
def test_strangers_agree_within_two_bounds_as_each_may_be_off_by_one(times, agree, tmp_path, monkeypatch):
    monkeypatch.setattr(Judge, "_candidates", lambda judge, seen: iter(()))
    judge = Judge(case(tmp_path, REAL))
    steps = judge.intended.ladder("float64")
    bound = max(float(np.min(steps.bound(rung))) for rung in steps.rungs if "direct" in rung.algorithms)
    strange = np.random.default_rng(0).normal(size=judge.intended.y.shape)
    first, other = (judge.live(each, "direct") for each in (strange, strange + times * bound))
    assert first.kind == other.kind == "unexplained"
    assert (first.group == other.group) == agree


def test_the_tolerance_of_a_case_excuses_live_outputs_and_no_recording(tmp_path, monkeypatch):
    monkeypatch.setattr(Judge, "_candidates", lambda judge, seen: iter(()))
    judge = Judge(case(tmp_path, REAL + "tolerance: {rtol: 0.5, atol: 0, why: rough}\n"))
    off = judge.intended.y * 1.1
    assert judge.live(off, "direct").kind == "agrees"
    known = np.ones(off.shape, bool)
    assert judge._verdict(Observation(off, "float64", "direct", known, np.zeros(off.shape))).kind == "unexplained"


def test_the_search_starts_from_twice_what_printed_digits_leave(tmp_path):
    """Changes move the slack of the input about, which is that of what is meant only where nothing is changed."""
    uniform = "seed: 1, distribution: uniform}"
    judge = Judge(case(tmp_path, REAL.replace(uniform, f"{uniform}, decimals: 1")))
    y = judge.intended.y
    seen = Observation(y, "float64", "direct", np.ones(y.shape, bool), np.full(y.shape, 0.05))
    room = 0.05 + float(np.max(judge.intended.input_slack))
    assert judge.question(seen).slack >= 2 * room > 0.1
