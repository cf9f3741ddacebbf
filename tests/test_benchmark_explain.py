"""The benchmark of the search works; how fast it is is nothing for a test."""

from __future__ import annotations

import pytest

from benchmarks import explain


@pytest.mark.parametrize("name", explain.NOTHING_FITS)
def test_the_benchmark_counts_what_it_tries(name):
    assert explain.core(explain.question(*explain.NOTHING_FITS[name]), seconds=0) > 0


def test_the_benchmark_asks_questions_of_all_kinds():
    found = explain.mixed(3)
    assert found["questions"] == 3 and found["per_second"] > 0
    assert found["slowest_in_evaluations"] >= found["median_in_evaluations"] > 0


def test_the_benchmark_searches_in_full():
    found = explain.search(explain.question(*explain.SIZES["3x3x3"]))
    assert found["hypotheses"] > 100_000
