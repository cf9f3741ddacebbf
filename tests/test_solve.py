"""The kernel that was applied, solved for: within bounds on the work, and held against every value."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.canonical.reference import direct
from harness.canonical.window import Linear, Window
from harness.operations.transforms.values import KernelValues
from harness.operations.windowed.search import solve
from harness.operations.windowed.search.question import Question
from tests.test_explain import convolution

ENOUGH = solve.ENOUGH * 12 * 12**2
"""Work for just enough equations, of those that all output channels have in common."""


def asked(groups: int = 1) -> Question:
    """A question about an output of another kernel, of 60 values for each of 12 unknowns or fewer."""
    conv = convolution(2, groups=groups)
    other = np.random.default_rng(3).normal(size=conv.w.shape)
    return Question(conv, direct(replace(conv, w=other)), 1e-9)


@pytest.mark.parametrize("work", [solve.WORK, ENOUGH])
def test_the_kernel_is_solved_for_by_as_many_equations_as_there_is_work_for(monkeypatch, work):
    monkeypatch.setattr(solve, "WORK", work)
    question = asked()
    found = solve.solve(question)
    assert found is not None and found.fits
    assert (found.rank, found.terms) == (12, 12)
    np.testing.assert_allclose(direct(replace(question.form, w=found.kernel)), question.observed, atol=1e-9)


def test_too_many_unknowns_are_not_solved_for(monkeypatch):
    monkeypatch.setattr(solve, "WORK", ENOUGH - 144)
    assert solve.solve(asked()) is None


@pytest.mark.parametrize("place", range(0, 60, 7))
def test_what_is_found_is_held_against_all_values(monkeypatch, place):
    """Also against those whose equations were not solved."""
    monkeypatch.setattr(solve, "WORK", ENOUGH)
    question = asked()
    question.observed[0, 1].flat[place % question.observed[0, 1].size] += 1.0
    assert not solve.solve(question).fits


def test_the_table_of_all_groups_counts(monkeypatch):
    question = asked(groups=2)
    size = question.observed.size * question.form.terms // 2
    monkeypatch.setattr(solve, "LARGEST", size)
    assert solve.solve(question) is not None
    monkeypatch.setattr(solve, "LARGEST", size - 1)
    assert solve.solve(question) is None


def test_the_intended_kernel_is_not_called_another_one():
    rng = np.random.default_rng(0)
    w = rng.normal(size=(1, 1, 2, 2))
    for share, words in ((1e-6, "is the intended one"), (1e-2, "another one")):
        solution = solve.Solution(w * (1 + share), 4, 4, 9, True, None, share)
        assert any(words in remark for remark in solution.remarks())


@pytest.mark.parametrize(("decimals", "shown"), [(2, "0.25 "), (12, "0.249785")])
def test_a_kernel_is_shown_to_the_digits_that_the_data_tell(decimals, shown):
    rng = np.random.default_rng(0)
    x, w, applied = (rng.normal(size=size) for size in ((1, 1, 9, 9), (1, 1, 3, 3), (1, 1, 3, 3)))
    applied[0, 0, 1, 1] = 0.2497853
    form = Linear(x, w, None, Window((1, 1), (1, 1), ((0, 0), (0, 0)), (False, False)))
    y = np.round(direct(replace(form, w=applied)), decimals)
    (remark,) = (each for each in solve.solve(Question(form, y, 10.0**-decimals)).remarks() if "one kernel" in each)
    assert shown in remark


def test_a_tap_is_said_to_the_digits_that_the_data_tell():
    assert KernelValues((((0, 0), 0.123456789),), 3e-4).words().endswith("(w[0, 0] was 0.1235)")
    assert KernelValues((((0, 0), 0.123456789),)).words().endswith("(w[0, 0] was 0.123456789)")
