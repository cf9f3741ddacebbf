"""What explains an output of which something is made: found among the sums, or the function is another, or left out."""

from __future__ import annotations

import numpy as np
import pytest

from harness.canonical.reference import evaluate
from harness.case.read import load
from harness.explanation.diagnosis import diagnose
from harness.judge.verdict import Judge, Observation
from harness.operations.transforms.functions import FUNCTIONS

CONVOLUTION = """
title: t
means: cross-correlation
padding: 1
then: {then}
input: {{layout: NCHW, random: {{shape: [1, 2, 7, 6], seed: 1, distribution: normal}}}}
kernel: {{layout: OIHW, random: {{shape: [2, 2, 3, 3], seed: 2, distribution: normal}}}}
bias: [0.5, -1]
"""
NORMALIZATION = """
title: t
operation: normalization
epsilon: 0.00001
then: {then}
input: {{layout: NCHW, random: {{shape: [2, 3, 6, 7], seed: 1, distribution: normal}}}}
mean: [0.5, -0.25, 0.75]
variance: [0.0625, 0.125, 0.5]
scale: [1, -2, 1.5]
offset: [0.5, 1, -1]
"""
NAMES = ("relu", "relu6", "gelu", "sigmoid")


def judge(tmp_path, text: str, then: str) -> Judge:
    path = tmp_path / "case.yaml"
    path.write_text(text.format(then=then))
    (case,) = load(path)
    return Judge(case)


def made(name: str, sums: np.ndarray) -> np.ndarray:
    numbers = {"slope": 0.01} if name == "leaky_relu" else FUNCTIONS[name].usual
    return np.asarray(FUNCTIONS[name].of(sums.astype(np.float32), **numbers))


def found(judge: Judge, values: np.ndarray) -> tuple[tuple[str, ...] | None, bool]:
    """Ids of the first explanation, None where there is none, and whether it is certain."""
    answer = diagnose(judge, Observation(values, "float32", "direct", np.ones(values.shape, bool)))
    if not answer.explanations:
        return None, False
    return tuple(each.id for each in answer.explanations[0].transforms), not answer.ambiguous


def changed_sums(judge: Judge, text: str) -> np.ndarray:
    """The sums with the kernel reversed, or with another epsilon."""
    form = judge.case.meant()
    changed = form.map(lambda w: w[..., ::-1, ::-1], "w") if text is CONVOLUTION else form.with_settings(epsilon=1e-3)
    return evaluate(changed)


CHANGE = {CONVOLUTION: "reverse_kernel", NORMALIZATION: "epsilon"}


@pytest.mark.parametrize("then", NAMES)
@pytest.mark.parametrize("text", [CONVOLUTION, NORMALIZATION], ids=["convolution", "normalization"])
def test_a_convention_is_found_beneath_the_function(text, then, tmp_path):
    by = judge(tmp_path, text, then)
    assert found(by, made(then, by.intended.sums)) == ((), True)
    assert found(by, made(then, changed_sums(by, text))) == ((CHANGE[text],), True)


@pytest.mark.parametrize(("then", "other"), [("relu", "gelu"), ("silu", "relu")])
@pytest.mark.parametrize("text", [CONVOLUTION, NORMALIZATION], ids=["convolution", "normalization"])
def test_another_function_is_named_alone_and_with_a_convention(text, then, other, tmp_path):
    by = judge(tmp_path, text, then)
    assert found(by, made(other, by.intended.sums)) == (("activation",), True)
    assert found(by, made(other, changed_sums(by, text)))[0] == (CHANGE[text], "activation")


@pytest.mark.parametrize("text", [CONVOLUTION, NORMALIZATION], ids=["convolution", "normalization"])
def test_a_function_that_was_left_out_is_named(text, tmp_path):
    by = judge(tmp_path, text, "relu")
    answer = diagnose(by, Observation(by.intended.sums.astype(np.float32), "float32", "direct", None))
    assert answer.explanations[0].words == "apply the activation; the system left the activation out"


@pytest.mark.parametrize(("kind", "then"), [("noise", "gelu"), ("one wrong", "relu"), ("constant", "relu")])
def test_nothing_is_certain_of_what_is_no_such_output(kind, then, tmp_path):
    by = judge(tmp_path, CONVOLUTION, then)
    values = made(then, np.random.default_rng(5).normal(size=by.intended.sums.shape))
    if kind == "one wrong":
        values = made(then, by.intended.sums)
        values[0, 0, values[0, 0].argmax() // 6, values[0, 0].argmax() % 6] *= np.float32(1.25)
    elif kind == "constant":
        values = np.full_like(values, 1.5)
    ids, certain = found(by, values)
    assert not certain or ids == ("kernel_values",)
