"""Inputs that are read backwards, and biases in another order or subtracted, of operations beside convolution."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from harness.canonical.reference import direct
from harness.explanation.diagnosis import Answer, diagnose
from harness.held import Call
from harness.judge import fix
from harness.judge.verdict import Judge

RNG = np.random.default_rng(8)
X = RNG.normal(size=(2, 3, 6, 7)).astype(np.float32)
STATISTICS = {"mean": [0.5, -0.25, 0.75], "variance": [0.1, 0.2, 0.5]}
TURNED = {0: "reverse order", 2: "rows are mirrored", 3: "columns are mirrored"}
LAYERS = {
    "pooling": {"reduce": "max", "window": 2},
    "normalization": {"epsilon": 1e-5, **STATISTICS},
    "resize": {"size": [9, 11], "interpolation": "linear", "coordinates": "align_corners"},
}


def call(operation: str) -> Call:
    settings = dict(LAYERS[operation])
    vectors = {role: np.asarray(settings.pop(role), np.float32) for role in STATISTICS if role in settings}
    return Call.of(operation, [X], vectors, "NCHW,NCHW", settings).named([])


def explained(of: Call, y: np.ndarray) -> tuple[Judge, Answer]:
    case = of.case(y.astype(np.float32))
    judge = Judge(case)
    return judge, diagnose(judge, judge.observe(case.recorded[0]))


@pytest.mark.parametrize(("axis", "words"), TURNED.items())
@pytest.mark.parametrize("operation", LAYERS)
def test_what_is_read_backwards_is_told(operation: str, axis: int, words: str) -> None:
    form = call(operation).case(np.zeros((1, 1, 1, 1), np.float32)).meant()
    _, answer = explained(call(operation), direct(form.map(lambda x: np.flip(x, axis), "x")))
    assert {each.id for each in answer.explanations[0].transforms} == {"flip"} and not answer.ambiguous
    assert words in answer.explanations[0].words


def test_code_that_prepares_an_input_is_run_and_holds() -> None:
    judge, answer = explained(
        call("pooling"), direct(call("pooling").case(np.zeros((1,) * 4, np.float32)).meant()) / 255
    )
    changes = [each.changes for each in answer.explanations if "multiplied the input" in each.words]
    assert changes and list(fix.proofs(judge.case, changes[:1], ["numpy"]))


W, BIAS = RNG.normal(size=(5, 12)).astype(np.float32), np.array([0.5, -1.25, 2.0, 0.75, -0.3], np.float32)
BIASES: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "negated": (lambda bias: -bias, "the system subtracted the bias"),
    "permuted": (lambda bias: bias[[1, 2, 3, 4, 0]], "the bias of channels 1, 2, 3, 4, 0"),
}


@pytest.mark.parametrize("kind", BIASES)
@pytest.mark.usefixtures("kept")
def test_what_was_done_to_a_bias_is_said_of_it_and_not_as_numbers(kind: str) -> None:
    """Numbers that only fit these data would be another cause on others."""
    rows = RNG.normal(size=(6, 12)).astype(np.float32)
    dense = Call.of("dense", [rows, W], {"bias": BIAS}, "NC,OI,NC", {"flattened": "C"}).named([])
    changed, words = BIASES[kind]
    judge, answer = explained(dense, rows @ W.T + changed(BIAS))
    assert words in answer.explanations[0].words and not answer.ambiguous
    assert [each.system for each in fix.proofs(judge.case, [answer.explanations[0].changes], ["numpy"])] == ["numpy"]
