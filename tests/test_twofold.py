"""Arithmetic in twice the precision: what is not finite, on the way or in the end, is as in float64."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.canonical.arithmetic import plain, twofold
from harness.canonical.reference import direct, evaluate
from harness.canonical.settled import Settled
from harness.operations import activation, softmax
from harness.operations.activation_family import DEFAULTS, FORMULAS

VALUES = [-np.inf, -1e300, -800.0, -1.5, -0.0, 0.0, 1e-310, 0.75, 800.0, 1e300, np.inf, np.nan]
PAIRS = np.array(list(itertools.product(VALUES, VALUES))).T


@pytest.mark.parametrize("step", [operator.add, operator.sub, operator.mul, operator.truediv])
def test_steps_are_as_in_float64(step: Callable[[Any, Any], Any]) -> None:
    with np.errstate(all="ignore"):
        found = step(*map(twofold.Twofold, PAIRS)).rounded
        np.testing.assert_allclose(found, step(*PAIRS), rtol=1e-15, atol=5e-324)


@pytest.mark.parametrize("name", ["abs", "exp", "expm1", "log", "log1p", "sqrt", "tanh", "erf"])
def test_functions_are_as_in_float64(name: str) -> None:
    with np.errstate(all="ignore"):
        found = getattr(twofold, name)(twofold.Twofold(np.array(VALUES))).rounded
        np.testing.assert_allclose(found, getattr(plain, name)(np.array(VALUES)), rtol=1e-14, atol=1e-300)


@pytest.mark.parametrize("function", [name for name in FORMULAS if name != "prelu"])
def test_references_far_from_0_and_at_infinities_are_those_of_float64(function: str) -> None:
    """The one of silu, x / (1 + exp(-x)), was NaN at -800 already."""
    settings = {key: each for key, each in DEFAULTS.get(function, {}).items() if each is not None}
    form = Settled({"x": np.array([[VALUES]])}, {"function": function, **settings}, activation)
    np.testing.assert_allclose(evaluate(form), direct(form), rtol=1e-12, atol=1e-300)


def test_a_softmax_leaves_out_what_is_masked() -> None:
    x = np.array([[[1.5], [-np.inf], [2.25]]])
    y = evaluate(Settled({"x": x}, {"over": "C", "log": False}, softmax))
    e = np.exp([1.5, -np.inf, 2.25])
    np.testing.assert_allclose(y.ravel(), e / e.sum(), rtol=1e-15)
