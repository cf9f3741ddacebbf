"""Faults that are smaller than wide bounds show by their mark, and rounding has none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.canonical.reference import direct
from harness.canonical.window import Linear, Window
from harness.explanation.diagnosis import Answer, diagnose
from harness.judge.verdict import Judge, Observation
from harness.operations.windowed.search import faint
from harness.operations.windowed.search.question import Question
from harness.worker.entry import Settings
from tests.declared import case_of
from tests.fakes import arithmetic

FAKES = {each.name.rpartition(".")[2]: each for each in arithmetic.ENTRY_POINTS}
SIZES = {1: ((40,), (5,)), 2: ((12, 12), (3, 3)), 3: ((6, 6, 6), (2, 3, 2))}


def drawn(seed: int, rank: int = 2, channels: int = 1, outputs: int = 1) -> Linear:
    rng = np.random.default_rng([seed, rank])
    sizes, taps = SIZES[rank]
    x = rng.normal(size=(1, channels, *sizes)).astype(np.float32)
    w = rng.normal(size=(outputs, channels, *taps)).astype(np.float32)
    return Linear(x, w, None, Window((1,) * rank, (1,) * rank, ((0, 0),) * rank, (False,) * rank))


def wrong(form: Linear, seed: int, share: float) -> tuple[tuple[int, ...], Linear]:
    """An index, and the form in which the tap there is off by a share of the largest one."""
    w = form.w.astype(np.float64)
    index = tuple(map(int, np.unravel_index(np.random.default_rng(seed).integers(w.size), w.shape)))
    w[index] += share * np.abs(w).max()
    return index, replace(form, w=w)


def recorded(form: Linear, y: np.ndarray) -> Answer:
    known = np.ones(y.shape, bool)
    return diagnose(Judge(case_of(form)), Observation(y, y.dtype.name, "any", known, np.zeros(y.shape)))


def sums(form: Linear) -> np.ndarray:
    return direct(form).astype(np.float32)


@pytest.mark.parametrize("rank", SIZES)
@pytest.mark.parametrize("share", [1e-5, 3e-6, 1e-6])
@pytest.mark.parametrize("seed", range(4))
def test_one_tap_that_is_off_by_little_is_named(rank, share, seed):
    form = drawn(seed, rank, channels=2, outputs=2)
    index, applied = wrong(form, seed, share)
    answer = recorded(form, sums(applied))
    (change,) = answer.explanations[0].transforms
    assert change.id == "kernel_values" and [at for at, _ in change.taps] == [index]
    assert change.taps[0][1] == pytest.approx(applied.w[index], abs=float(0.2 * share * np.abs(form.w).max()))
    assert not answer.ambiguous


@pytest.mark.parametrize("rank", SIZES)
@pytest.mark.parametrize("name", ["plain", "winograd_2", "winograd_4", "fourier"])
def test_the_rounding_of_no_arithmetic_bears_a_mark(rank, name):
    if rank != 2 and "winograd" in name:
        return
    for seed in range(10):
        form = drawn(seed, rank)
        found = FAKES[name].call(form.x, form.w, Settings((1,) * rank, (1,) * rank, form.window.padding))
        form = replace(form, x=form.x[(..., *(slice(n + k - 1) for n, k in zip(found.shape[2:], form.w.shape[2:])))])
        answer = recorded(form, found.astype(np.float32))
        assert [each.transforms for each in answer.explanations] == [()], answer.explanations[0].words
        assert not answer.ambiguous


def by_fft(form: Linear) -> np.ndarray:
    return np.asarray(arithmetic.transformed(form.x, form.w, Settings((1, 1), (1, 1), form.window.padding)))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("bright", [False, True])
def test_a_recording_may_be_of_an_fft(seed, bright):
    """One bright pixel spreads over outputs that do not see it; of whole numbers, too."""
    form = drawn(seed)
    form.x[0, 0, 5, 6] *= 1e4 if bright else 1
    for each in (form, form.map(np.rint)):
        answer = recorded(each, by_fft(each))
        assert [one.transforms for one in answer.explanations] == [()], answer.remarks


@pytest.mark.parametrize("algorithm", ["direct", "fft"])
def test_what_is_declared_direct_is_not_excused_by_wider_bounds(algorithm):
    form = drawn(0)
    form.x[0, 0, 5, 6] *= 1e4
    verdict = Judge(case_of(form)).live(by_fft(form), algorithm)
    assert (verdict.kind == "agrees") is (algorithm == "fft")


@pytest.mark.parametrize("more", [1e-5, 1e-4])
def test_another_kernel_and_offset_are_no_rounding_of_an_fft(more):
    """Every tap and a constant are off, by less than the bound for an FFT."""
    form = drawn(1)
    other = replace(form, w=form.w + more * np.random.default_rng(3).normal(size=form.w.shape), bias=np.array([more]))
    asked = Question(form, sums(other).astype(np.float64), 1.0, dtype="float32")
    assert faint.marks(asked) == ()
    assert not any(each.transforms == () and not each.lacking for each in recorded(form, sums(other)).explanations)


@pytest.mark.parametrize("rank", SIZES)
def test_the_limit_that_is_told_is_that_of_what_shows(rank):
    form = drawn(2, rank)
    y = sums(form).astype(np.float64)
    limit = faint.limit(Question(form, y, 1.0, dtype="float32"), 1e-5)
    assert 2e-7 < limit < 1e-5
    for seed in range(form.w.size):
        _, applied = wrong(form, seed, 2 * limit)
        assert faint.marks(Question(form, sums(applied).astype(np.float64), 1.0, dtype="float32"))
        _, applied = wrong(form, seed, 0.1 * limit)
        assert faint.marks(Question(form, sums(applied).astype(np.float64), 1.0, dtype="float32")) is None


def test_the_limit_stands_beside_what_agrees_and_is_not_exact():
    form = drawn(3)
    (remark,) = recorded(form, sums(form) + np.float32(1e-7)).remarks
    assert remark.startswith("these data would not show a kernel element that is off by ")
    assert recorded(form, sums(form)).remarks == ()


def test_what_shapes_do_not_tell_is_not_looked_at():
    form = drawn(4)
    asked = Question(form, np.zeros((1, 1, 2, 2)), 1.0)
    assert faint.marks(asked) is None and faint.limit(asked, 1.0) is None


def test_an_output_of_many_is_looked_at_in_part(monkeypatch):
    form = drawn(5, channels=2, outputs=8)
    _, applied = wrong(form.channels(slice(1)), 0, 1e-5)
    w = form.w.astype(np.float64)
    w[:1] = applied.w
    y = sums(replace(form, w=w)).astype(np.float64)
    monkeypatch.setattr(faint, "WORK", 100 * 18 * 6)
    assert faint.marks(Question(form, y, 1.0, dtype="float32"))
    monkeypatch.setattr(faint, "LARGE", 10)
    assert faint.marks(Question(form, y, 1.0, dtype="float32")) is None
