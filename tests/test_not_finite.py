"""One NaN or infinity in the data: what does not see it is explained, and nothing is by what sees it alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.canonical.reference import direct
from harness.canonical.window import Linear, Window
from harness.explanation import diagnosis
from harness.explanation.diagnosis import Answer, diagnose
from harness.judge.verdict import Judge, Observation
from harness.operations.budget import Budget
from harness.operations.transforms.arrays import ReverseKernel
from harness.operations.transforms.boundary import Boundary
from harness.operations.transforms.grouping import ChannelOrder
from harness.operations.transforms.settings import PaddingSplit, Stride
from harness.operations.transforms.transform import Transform
from harness.operations.transforms.values import Scale
from tests.declared import case_of

PADDING = ((1, 1), (1, 1))
CHANGES: tuple[Transform, ...] = (
    ReverseKernel((0, 1)),
    Stride((2, 2), PADDING),
    PaddingSplit(PADDING, ((0, 2), (0, 2))),
    Scale("2", (2.0, 2.0)),
    ChannelOrder("input", "reversed"),
    Boundary("reflect"),
)


def drawn(bad: float, role: str) -> Linear:
    rng = np.random.default_rng(0)
    arrays = {"x": rng.normal(size=(1, 2, 8, 9)), "w": rng.normal(size=(2, 2, 3, 3))}
    arrays[role][0, 1, 2, 1] = bad
    form = Linear(arrays["x"], arrays["w"], None, Window((1, 1), (1, 1), PADDING, (False, False)))
    return form.map(lambda each: each.astype(np.float32))


@np.errstate(all="ignore")
def ask(form: Linear, y: np.ndarray) -> Answer:
    known = np.ones(y.shape, bool)
    seen = Observation(y.astype(np.float32), "float32", "any", known, np.zeros(y.shape))
    return diagnose(Judge(case_of(form)), seen)


@pytest.mark.parametrize("role", ["x", "w"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.id)
def test_the_finite_part_is_explained(change, bad, role):
    form = drawn(bad, role)
    with np.errstate(all="ignore"):
        y = direct(change.differ(form)) if not isinstance(change, Scale) else 2 * direct(form)
    answer = ask(form, y)
    first = answer.explanations[0]
    assert not answer.ambiguous and len(first.transforms) == 1
    finite = replace(form, **{role: np.nan_to_num(getattr(form, role), posinf=1, neginf=1)})
    (found,) = first.transforms
    assert found.id == change.id or np.array_equal(direct(found.differ(finite)), direct(change.differ(finite)))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_garbage_beside_it_is_not_explained(bad, monkeypatch):
    monkeypatch.setattr(diagnosis, "Budget", lambda: Budget(10**9))
    form = drawn(bad, "x")
    with np.errstate(all="ignore"):
        there = np.isfinite(direct(form))
    garbage = np.random.default_rng(1).normal(size=there.shape)
    for y in (garbage, np.where(there, garbage, bad)):
        assert ask(form, y).explanations == ()
