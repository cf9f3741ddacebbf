from __future__ import annotations

import numpy as np
import pytest

from harness.operations import budget
from harness.operations.budget import Budget
from harness.operations.transforms.arrays import ReverseKernel
from harness.operations.windowed import search
from harness.operations.windowed.search.question import Question
from tests.test_explain import convolution, planted


def test_a_budget_is_spent_and_never_given_back():
    left = Budget(100)
    left.take(60)
    assert not left.spent
    part = left.for_search()
    assert (part.left, left.left) == (24, 16)
    left.take(20)
    assert left.spent and left.left == -4
    assert left.for_search().left == 0 and left.left == -4


def test_all_searches_of_an_answer_together_stay_within_its_budget():
    whole = Budget()
    assert sum(whole.for_search().left for _ in range(9)) <= budget.ANSWER


def nothing_fits() -> Question:
    conv = convolution(2)
    return Question(conv, np.random.default_rng(1).normal(size=conv.output_shape), 1e-6)


def test_a_search_that_is_let_finish_leaves_nothing_out():
    searched = search.Search(nothing_fits(), 2)
    assert not list(search.explanations(searched))
    assert (searched.left_out, searched.whole) == (0, search.DEEPEST) and not searched.budget.spent


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_search_ends_with_its_budget_and_says_where(share):
    finished = search.Search(nothing_fits(), 2)
    start = finished.budget.left
    list(search.explanations(finished))
    work = start - finished.budget.left
    searched = search.Search(nothing_fits(), 2, budget=Budget(int(share * work)))
    list(search.explanations(searched))
    assert searched.budget.spent and searched.whole < search.DEEPEST
    assert searched.tested <= finished.tested
    assert -searched.budget.left < 0.05 * work  # of what was begun


def test_the_same_work_is_counted_again():
    counts = set()
    for _ in range(2):
        searched = search.Search(nothing_fits(), 1)
        list(search.explanations(searched))
        counts.add((searched.tested, searched.budget.left))
    assert len(counts) == 1


def test_likely_causes_are_found_before_the_budget_ends():
    conv = convolution(2)
    question = Question(conv, planted(conv, (ReverseKernel((0, 1)),)), 0.25)
    searched = search.Search(question, budget=Budget(10**8))
    assert next(search.explanations(searched)) == (ReverseKernel((0, 1)),)


def test_no_more_explanations_are_looked_for_than_anybody_reads(monkeypatch):
    """Zeros fit whatever is done to the kernel."""
    conv = convolution(2)
    question = Question(conv.map(np.zeros_like, "x"), np.zeros((2, 4, 6, 4)), 0.25)
    monkeypatch.setattr(search, "MANY", 5)
    searched = search.Search(question)
    assert len(list(search.explanations(searched))) == 5
    assert searched.left_out > 0 and searched.whole < 1
