"""The measurement of the ladder, on a few sizes: the same aims as for all of them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks import ladder


@pytest.fixture(scope="module")
def rows():
    return ladder.measure(channels=(1, 16), kernels=(1, 3), seeds=2)


def test_correct_arithmetic_is_on_its_own_rung_and_faults_are_flagged(rows):
    assert {row["name"]: row["right"] for row in rows} == {row["name"]: 1.0 for row in rows}
    assert len(rows) == len(ladder.ENTRIES)


def test_the_rows_are_json_and_markdown(rows):
    assert json.loads(json.dumps(rows)) is not None
    lines = ladder.table(rows).splitlines()
    assert len(lines) == len(rows) + 2
    assert "| TF32 inputs | 8 | TF32 inputs 8 | 100.0 % |" in lines


@pytest.mark.parametrize(
    "name", ["float32, one after another", "float32, fused multiply-add", "FFT, float32", "Winograd F(4,3)"]
)
def test_every_arithmetic_computes_the_same(name):
    entry = next(entry for entry in ladder.ENTRIES if entry.name == name)
    (problem,) = ladder.problems(3, 3, 1)
    np.testing.assert_allclose(entry.compute(problem), problem.ladder.y, rtol=1e-4, atol=1e-4)


def test_what_is_not_right_is_counted():
    wrong = ladder.Entry("a fault that is none", ladder.pairwise, None)
    (problem,) = ladder.problems(3, 3, 1)
    assert not ladder.is_right(wrong, ladder.judge(wrong, problem))
