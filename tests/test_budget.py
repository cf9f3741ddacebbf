from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from harness.canonical import gaps
from harness.canonical.settled import Settled
from harness.canonical.window import Linear
from harness.case.read import load
from harness.judge.verdict import Judge
from harness.operations import budget, followed
from harness.operations.budget import Budget
from harness.operations.by_settings import distinct, inputs, searching
from harness.operations.by_settings.searching import Candidates
from harness.operations.transforms.arrays import InputAxes, ReverseKernel
from harness.operations.transforms.told import Setting
from harness.operations.windowed import search
from harness.operations.windowed.search import check
from harness.operations.windowed.search.outputs import OPEN
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


@pytest.fixture
def evaluated(monkeypatch) -> list[Linear]:
    """What was evaluated in full."""
    every: list[Linear] = []

    def output(conv: Linear) -> np.ndarray:
        every.append(conv)
        return whole(conv)

    whole = check.output
    monkeypatch.setattr(check, "output", output)
    return every


def products(conv: Linear) -> int:
    return math.prod(conv.output_shape) * conv.terms


IMAGES = InputAxes((2, 1, 0, 3), padding=((1, 6), (1, 1)))
"""Rows taken for images, of which there are six then."""


@pytest.mark.parametrize("ending", [(), (OPEN,)])
def test_of_images_that_nobody_saw_nothing_is_evaluated(evaluated, ending):
    conv = convolution(2)
    conv = replace(conv, x=conv.x[:1])
    seen = planted(conv, (IMAGES,))[:1]
    left = Budget()
    list(check.completions(Question(conv, seen, 1e-6), (IMAGES, *ending), left))
    assert evaluated and {len(each.x) for each in evaluated} == {1}
    assert budget.ANSWER - left.left >= sum(map(products, evaluated))


@pytest.mark.parametrize("ending", [(), (OPEN,)])
def test_what_cannot_be_seen_of_a_candidate_is_not_evaluated(evaluated, ending):
    conv = convolution(2)
    seen = np.zeros((2, 4, 60, 4))
    assert not list(check.completions(Question(conv, seen, 1e-6), ending, Budget()))
    assert not evaluated


def test_a_candidate_takes_the_work_of_its_own_output(evaluated):
    """However small the output is that was seen: its channels may be read from a larger one. A root keeps the order
    of the sums, so that what is made of them is looked for."""
    conv = convolution(2)
    searched = search.Search(Question(conv, np.cbrt(planted(conv, ())), 1e-6), 2)
    levels, level = [], searched.level

    def leveled(count: int, made: bool = False):
        before = searched.budget.left
        found = level(count, made)
        levels.append(before - searched.budget.left)
        return found

    searched.level = leveled
    start = searched.budget.left
    list(search.explanations(searched))
    assert start - searched.budget.left - sum(levels) >= sum(map(products, evaluated)) > 0


# --- a layer that is told by settings -------------------------------------------------------------------------------


@pytest.fixture
def elements(monkeypatch) -> list[int]:
    """Elements of each output that was evaluated."""
    every: list[int] = []

    def output(form: Settled) -> np.ndarray:
        y = gaps.output(form)
        every.append(y.size)
        return y

    for module in (distinct, searching, inputs):
        monkeypatch.setattr(module, "gaps", SimpleNamespace(output=output, filled=gaps.filled))
    return every


NORMALIZATION = """
title: noise
operation: normalization
over: C
groups: 2
input: {layout: NCHW, random: {shape: [2, 6, 5, 4], seed: 1}}
recorded: [{system: S, origin: o, layout: NCHW, file: y.npy}]
"""


def normalized(tmp_path, left: Budget, text: str = NORMALIZATION) -> Candidates:
    """The search for what explains noise, done."""
    (tmp_path / "case.yaml").write_text(text)
    np.save(tmp_path / "y.npy", np.random.default_rng(2).normal(size=(2, 6, 5, 4)))
    judge = Judge(next(load(tmp_path / "case.yaml")))
    question = judge.question(judge.observe(judge.case.recorded[0]))
    room = followed.searching(judge.case)
    search = room.Search(question, 2, budget=left)
    assert not list(room.explanations(search))
    return search


def test_all_that_a_search_of_settings_evaluates_is_taken_from_its_budget(tmp_path, elements):
    """What tells changes apart as well as what is held against the output."""
    searched = normalized(tmp_path, Budget(10**12))
    assert len(elements) > searched.tested > 0
    assert 10**12 - searched.budget.left > searching.TOLD[1] / 2 * sum(elements)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.8])
def test_a_search_of_settings_ends_with_its_budget_and_says_where(tmp_path, elements, share):
    work = 10**12 - normalized(tmp_path, Budget(10**12)).budget.left
    whole = sum(elements)
    searched = normalized(tmp_path, Budget(int(share * work)))
    assert searched.budget.spent and searched.whole < 2 and searched.left_out
    assert -searched.budget.left < 0.05 * work
    assert sum(elements) - whole < (share + 0.05) * whole * 2


def test_no_form_is_made_of_settings_that_are_not_looked_at(tmp_path, monkeypatch):
    """Each pair was made for each number of changes, and what that number is not was then left out."""
    made = []
    plain = Setting.differ
    monkeypatch.setattr(Setting, "differ", lambda self, form: [made.append(self), plain(self, form)][1])
    searched = normalized(tmp_path, Budget(10**12), NORMALIZATION.replace("over: C", "over: unknown\nepsilon: unknown"))
    assert searched.tested > 1000
    assert len(made) < 2.2 * searched.tested
