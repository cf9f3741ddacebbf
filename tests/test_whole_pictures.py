"""Pictures of bytes: how they were prepared, and a border that was not computed, are told beside rounding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.canonical.reference import direct
from harness.canonical.window import Linear, Window
from harness.case.read import Case
from harness.explanation.diagnosis import Answer, diagnose
from harness.judge.verdict import Judge, Observation
from harness.operations import convolution
from harness.operations.stated import Given
from harness.operations.transforms.arrays import ReverseKernel
from harness.operations.transforms.preparing import Offset
from harness.operations.transforms.transform import applied
from harness.operations.transforms.values import Scale

RNG = np.random.default_rng(1)
X = RNG.integers(0, 256, (2, 1, 9, 10)).astype(np.float32)
W = (np.abs(RNG.normal(size=(1, 1, 3, 3))) / 7).round(2).astype(np.float32)
SAME = ((1, 1), (1, 1))


def form_of(padding: tuple[tuple[int, int], ...] = SAME) -> Linear:
    return Linear(X, W, None, Window((1, 1), (1, 1), padding, (False, False)))


def explained(y: np.ndarray, dtype: str = "uint8") -> Answer:
    window = form_of().window
    settings = {
        "means": "cross-correlation",
        "stride": window.stride,
        "dilation": window.dilation,
        "padding": window.padding,
        "groups": 1,
        "boundary": "zero",
        "fits": True,
    }
    arrays = {"input": Given(X, "NCHW"), "kernel": Given(W, "OIHW")}
    judge = Judge(Case(id="c", path=Path("c.yaml"), operation=convolution, arrays=arrays, settings=settings))
    return diagnose(judge, Observation(y.astype(dtype), dtype, "any", np.ones(y.shape, bool), np.zeros(y.shape)))


def ids(answer: Answer) -> set[str]:
    return {each.id for each in answer.explanations[0].changes}


def whole(y: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(y), 0, 255)


REVERSED = (ReverseKernel((0, 1)),)


@pytest.mark.parametrize("before", [(), REVERSED], ids=["alone", "reversed"])
def test_a_mean_that_was_subtracted_is_told_beside_rounding(before: tuple[ReverseKernel, ...]) -> None:
    answer = explained(whole(direct(applied(form_of(), (*before, Offset((-20.0,)))))))
    assert ids(answer) == {"offset", "output_rounding", *(each.id for each in before)} and not answer.ambiguous
    assert "added -20 to" in answer.explanations[0].words


def test_a_range_is_told_beside_rounding_and_limits() -> None:
    changes = (Scale("1 / 127.5", (100 / 127.5,), "input"), Offset((-100.0,)))
    answer = explained(whole(direct(applied(form_of(), changes))))
    assert {"scale", "offset", "output_rounding"} <= ids(answer)


def copied(inside: np.ndarray) -> np.ndarray:
    y = X.astype(np.float64)
    y[:, :, 1:-1, 1:-1] = inside
    return y


def zeros(inside: np.ndarray) -> np.ndarray:
    return np.pad(inside, ((0, 0), (0, 0), *SAME))


@pytest.mark.parametrize("before", [(), REVERSED], ids=["alone", "reversed"])
@pytest.mark.parametrize("border", [copied, zeros])
def test_a_border_that_was_not_computed_is_told_beside_rounding_and_limits(
    border: Callable[[np.ndarray], np.ndarray], before: tuple[ReverseKernel, ...]
) -> None:
    inside = whole(direct(applied(form_of(((0, 0), (0, 0))), (*before, Scale("2", (2.0,))))))
    answer = explained(border(inside))
    assert {"output_border", "output_rounding", *(each.id for each in before)} <= ids(answer)
    assert not answer.ambiguous


def test_bytes_that_nothing_explains_are_not_said_to_be_prepared() -> None:
    answer = explained(RNG.integers(0, 256, X.shape).astype(np.float64))
    assert not answer.explanations or answer.ambiguous
