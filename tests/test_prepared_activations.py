"""Activations of an input that was prepared, with other parameters than meant."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from harness.explanation.diagnosis import Answer, diagnose
from harness.held import Call
from harness.judge.verdict import Judge

RNG = np.random.default_rng(21)
X = (RNG.normal(size=(2, 3, 6, 7)) * 2).astype(np.float32)
EACH = np.reshape([4.25, 4.5, 3.75], (1, 3, 1, 1))
FUNCTIONS: dict[str, tuple[dict[str, object], Callable[[np.ndarray], np.ndarray], str]] = {
    "elu": (
        {"function": "elu"},
        lambda x: np.where(x > 0, x, 0.5 * np.expm1(x)),
        "set alpha to 1; the system set it to 0.5",
    ),
    "leaky_relu": ({"function": "leaky_relu", "slope": 0.01}, lambda x: np.where(x > 0, x, 0.07 * x), "to 0.07"),
    "gelu": (
        {"function": "gelu"},
        lambda x: x * (1 + np.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x**3))) / 2,
        "computed it by a tanh",
    ),
}


def explained(settings: dict[str, object], y: np.ndarray) -> Answer:
    case = Call.of("activation", [X], {}, "NCHW,NCHW", settings).named([]).case(y.astype(np.float32))
    judge = Judge(case)
    return diagnose(judge, judge.observe(case.recorded[0]))


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(("factor", "offset"), [(2.0, -1.0), (EACH, -EACH / 2)], ids=["one", "each"])
def test_a_parameter_is_told_beside_how_the_input_was_prepared(
    name: str, factor: float | np.ndarray, offset: float | np.ndarray
) -> None:
    settings, function, words = FUNCTIONS[name]
    answer = explained(settings, function(factor * X.astype(np.float64) + offset))
    first = answer.explanations[0]
    assert not answer.ambiguous and words in first.words
    assert {each.id for each in first.transforms} >= {"scale", "offset"} and len(first.transforms) == 3


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nothing_is_told_of_noise(name: str) -> None:
    answer = explained(FUNCTIONS[name][0], RNG.normal(size=X.shape))
    assert answer.ambiguous or not answer.explanations
