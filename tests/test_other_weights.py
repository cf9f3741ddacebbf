"""Dense layers whose weights were rounded or are others, and whose outputs stand in another order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from harness.explanation.diagnosis import Answer, diagnose
from harness.held import Call
from harness.judge import fix
from harness.judge.verdict import Judge
from harness.operations.transforms.quantizing import QUANTIZERS

RNG = np.random.default_rng(12)
X = RNG.normal(size=(6, 3, 3, 4)).astype(np.float32)
W = (RNG.normal(size=(5, 36)) / 5).astype(np.float32)
BIAS = RNG.normal(size=5).astype(np.float32)
ORDER = [2, 0, 1, 4, 3]
PLACE, WRONG = (1, 4), 0.75


def dense(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return np.asarray(x.reshape(len(x), -1) @ w.astype(np.float64).T + BIAS)


def last(x: np.ndarray) -> np.ndarray:
    return x.transpose(0, 2, 3, 1)


def wrong() -> np.ndarray:
    w = W.copy()
    w[PLACE] = WRONG
    return w


def asked(y: np.ndarray, images: np.ndarray = X) -> tuple[Judge, Answer]:
    call = Call.of("dense", [images, W], {"bias": BIAS}, "NCHW,OI,NC", {"flattened": "CHW"}).named([])
    judge = Judge(call.case(y.astype(np.float32)))
    return judge, diagnose(judge, judge.observe(judge.case.recorded[0]))


STORED = ("float16", "bfloat16", "int8 (127)", "int8 (128) by channel", "uint8", "2 decimals")
PLANTS: dict[str, tuple[Callable[[], np.ndarray], set[str], str]] = {
    **{
        name: (lambda name=name: dense(X, QUANTIZERS[name].of(W.astype(np.float64))), {"precision"}, words)
        for name, words in ((each, QUANTIZERS[each].words) for each in STORED)
    },
    "int8 and another order": (
        lambda: dense(last(X), QUANTIZERS["int8 (127)"].of(W.astype(np.float64))),
        {"flattened", "precision"},
        "int8 with one scale",
    ),
    "int8 and ReLU": (
        lambda: np.maximum(dense(X, QUANTIZERS["int8 (127)"].of(W.astype(np.float64))), 0),
        {"precision", "activation"},
        "relu",
    ),
    "outputs permuted": (lambda: dense(X, W)[:, ORDER], {"channel_order"}, "the system has channels 2, 0, 1, 4, 3"),
    "permuted beside an order": (lambda: dense(last(X), W)[:, ORDER], {"flattened", "channel_order"}, "2, 0, 1, 4, 3"),
    "one weight": (lambda: dense(X, wrong()), {"kernel_values"}, "w[1, 4, 0, 0] was 0.75"),
}  # fmt: skip


@pytest.mark.parametrize("plant", PLANTS)
@pytest.mark.usefixtures("kept")
def test_what_became_of_the_weights_is_told_from_six_images(plant: str) -> None:
    made, ids, words = PLANTS[plant]
    judge, answer = asked(made())
    first = answer.explanations[0]
    assert not answer.ambiguous and {each.id for each in first.transforms} == ids and words in first.words
    assert [each.system for each in fix.proofs(judge.case, [first.changes], ["numpy"])] == ["numpy"]


@pytest.mark.parametrize(("images", "certain"), [(2, False), (6, True)])
def test_one_weight_takes_more_images_than_any_of_them_fits(images: int, certain: bool) -> None:
    _, answer = asked(dense(X[:images], wrong()), X[:images])
    assert (bool(answer.explanations) and not answer.ambiguous) is certain


@pytest.mark.parametrize("kind", ["noise", "one wrong", "other weights"])
def test_nothing_is_told_of_what_no_weights_explain(kind: str) -> None:
    y = dense(X, W)
    made = {
        "noise": RNG.normal(size=y.shape),
        "one wrong": np.where(np.arange(y.size).reshape(y.shape) == 7, y + 3, y),
        "other weights": dense(X, RNG.permutation(W.ravel()).reshape(W.shape)),
    }
    _, answer = asked(made[kind])
    assert answer.ambiguous or not answer.explanations


def test_weights_of_which_images_tell_all_are_solved_for() -> None:
    images = RNG.normal(size=(50, 3, 3, 4)).astype(np.float32)
    _, answer = asked(dense(images, RNG.permutation(W.ravel()).reshape(W.shape)), images)
    assert not answer.explanations
    assert any("one kernel gives these values, and it is another one" in each for each in answer.remarks)
