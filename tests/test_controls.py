"""Controls: nothing is named for certain of what nothing explains, and planted conventions on healthy data are."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from harness.canonical.reference import direct
from harness.canonical.window import Linear
from harness.case.read import Case
from harness.explanation import diagnosis
from harness.explanation.diagnosis import Answer, diagnose
from harness.judge.verdict import Judge, Observation
from harness.operations.budget import Budget
from harness.operations.transforms.arrays import KernelAxes, ReverseKernel, TransposeKernelSpatial
from harness.operations.transforms.boundary import Boundary
from harness.operations.transforms.grouping import ChannelOrder
from harness.operations.transforms.settings import Dilation, PaddingSplit, Stride
from harness.operations.transforms.transform import Transform, applied, read
from harness.operations.transforms.values import Scale
from tests.test_certainty import case

AXES = {1: "W", 2: "HW", 3: "DHW"}
SETTINGS = ("padding: valid", "padding: same", "padding: unknown", "padding: unknown\nstride: unknown")


@pytest.fixture(autouse=True)
def small_budget(monkeypatch) -> None:
    monkeypatch.setattr(diagnosis, "Budget", lambda: Budget(3 * 10**8))


def asked(folder, x: np.ndarray, w: np.ndarray, settings: str) -> Case:
    """A case of an input (C, *spatial) and a kernel (O, C, *spatial)."""
    axes = AXES[x.ndim - 1]
    return case(folder, x, w, np.zeros((1,) * (x.ndim - 1)), settings=settings, layouts=f"C{axes},OI{axes},{axes}")


def answer_to(one: Case, y: np.ndarray) -> Answer:
    known = np.ones(y.shape, bool)
    return diagnose(Judge(one), Observation(y, "float32", "direct", known, np.zeros(y.shape)))


def certain(answer: Answer) -> bool:
    return bool(answer.explanations) and not answer.ambiguous


def drawn(rng: np.random.Generator, shape: tuple[int, ...], whole: bool) -> np.ndarray:
    return rng.integers(-9, 10, shape).astype(float) if whole else rng.normal(size=shape).round(5)


def healthy(rng: np.random.Generator, rank: int, whole: bool) -> tuple[np.ndarray, np.ndarray]:
    sizes = {1: (12,), 2: (6, 7), 3: (4, 5, 6)}[rank]
    return drawn(rng, (2, *sizes), whole), drawn(rng, (2, 2, *(3,) * rank), whole)


@pytest.mark.parametrize("number", range(24))
def test_one_to_six_known_values_that_are_random_are_not_explained_for_certain(tmp_path, number):
    rng = np.random.default_rng([1, number])
    rank, small = 1 + number % 2, number % 3 == 0
    x, w = drawn(rng, (1, *(6,) * rank), True), drawn(rng, (1, 1, *(2 + number % 2,) * rank), True)
    shape = (1, 1, 1 + number // 4) if rank == 1 else (1, 1, *((1, 2), (2, 1), (2, 3))[number % 3])
    y = rng.integers(0, 5, shape) if small else rng.integers(-30, 30, shape)
    one = asked(tmp_path, np.abs(x) % 4 if small else x, np.abs(w) % 3 if small else w, SETTINGS[number % 4])
    assert not certain(answer_to(one, y.astype(float)))


GARBAGE = {
    "normal": lambda rng, y: rng.normal(size=y.shape) * y.std(),
    "whole": lambda rng, y: rng.integers(-50, 50, y.shape).astype(float),
    "sorted": lambda rng, y: np.sort(rng.normal(size=y.size)).reshape(y.shape),
    "zeros": lambda rng, y: np.zeros(y.shape),
    "constant": lambda rng, y: np.full(y.shape, 2.5),
    "shuffled": lambda rng, y: rng.permutation(y.ravel()).reshape(y.shape),
    "one wrong": lambda rng, y: np.where(np.arange(y.size).reshape(y.shape) == y.size // 3, y + 1.5, y),
}


@pytest.mark.parametrize(("kind", "rank"), list(itertools.product(GARBAGE, AXES)))
def test_garbage_is_not_explained_for_certain(tmp_path, kind, rank):
    rng = np.random.default_rng([2, rank])
    one = asked(tmp_path, *healthy(rng, rank, rank == 2), "padding: same")
    assert not certain(answer_to(one, GARBAGE[kind](rng, direct(one.meant()))))


@pytest.mark.parametrize("rank", AXES)
def test_another_kernel_is_no_convention(tmp_path, rank):
    rng = np.random.default_rng([3, rank])
    one = asked(tmp_path, *healthy(rng, rank, False), "padding: same")
    form = one.meant()
    answer = answer_to(one, direct(replace(form, w=drawn(rng, form.w.shape, False))))
    assert not certain(answer) or not answer.explanations[0].by_conventions


def planted(form: Linear) -> Iterator[Transform]:
    rank, padding = form.rank, form.window.padding
    yield ReverseKernel(tuple(range(rank)))
    yield from (Stride((2,) * rank, padding), Dilation((2,) * rank, padding))
    yield from (PaddingSplit(padding, (pair,) * rank) for pair in ((0, 0), (0, 2), (2, 2)) if (pair,) * rank != padding)
    yield from (Scale("2", (2.0, 2.0)), ChannelOrder("input", "reversed"), KernelAxes((1, 0, *range(2, rank + 2))))
    if rank > 1 and any(map(sum, padding)):
        yield from map(Boundary, ("edge", "reflect", "wrap"))
    if rank > 1:
        yield from (ReverseKernel((0,)), TransposeKernelSpatial((0, 1, *range(rank + 1, 1, -1))))


def comes_to_the_same(form: Linear, one: tuple[Transform, ...], other: tuple[Transform, ...]) -> bool:
    rng = np.random.default_rng(7)
    fresh = form.map(lambda each: rng.integers(1, 99, each.shape).astype(float), "x", "w")
    a, b = (read(direct(applied(fresh, each)), each, ()) for each in (one, other))
    return a.shape == b.shape and bool(np.allclose(a, b))


@pytest.mark.parametrize(("rank", "whole"), list(itertools.product(AXES, (True, False))))
def test_planted_conventions_on_healthy_data_are_named_for_certain(tmp_path, rank, whole):
    rng = np.random.default_rng([4, rank])
    one = asked(tmp_path, *healthy(rng, rank, whole), "padding: same")
    form = one.meant()
    for change in planted(form):
        answer = answer_to(one, direct(change.differ(form)))
        assert certain(answer), f"{change.words()}: {answer.remarks}"
        assert comes_to_the_same(form, (change,), answer.explanations[0].transforms), change.words()


PLAIN = {
    "ramp": np.add.outer(np.arange(7.0), np.arange(7.0)),
    "rows": np.tile(np.arange(7.0), (7, 1)),
    "ones": np.ones((7, 7)),
    "checks": np.indices((7, 7)).sum(0) % 2.0,
}
KERNELS = {
    "Sobel": np.array([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]]),
    "ones": np.ones((3, 3)),
    "identity": np.eye(1, 9, 4).reshape(3, 3),
    "shift": np.eye(1, 9, 0).reshape(3, 3),
}


@pytest.mark.parametrize(("x", "w"), list(itertools.product(PLAIN, KERNELS)))
def test_data_that_people_try_first_are_not_explained_wrongly_for_certain(tmp_path, x, w):
    one = asked(tmp_path, PLAIN[x][None], KERNELS[w][None, None], "padding: same")
    form = one.meant()
    changes = [*itertools.islice(planted(form), 6), Stride((2, 1), ((1, 1),) * 2)]
    for change in changes:
        y = direct(change.differ(form))
        if y.shape == form.output_shape and np.array_equal(y, direct(form)):
            continue  # these data cannot see it at all
        answer = answer_to(one, y)
        if certain(answer):
            first = answer.explanations[0]
            assert comes_to_the_same(form, (change,), first.transforms), f"{change.words()} for {first.words}"
