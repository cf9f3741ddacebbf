"""`harness.models.written_out`: what one side does in one layer and the other writes out, both ways round."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.models.traced import Trace
from harness.models.walk import walk
from tests.test_walk import BIASES, KERNELS, MEANS, A, B, X, demand_clean, ids
from tests.traced import Net

SCALE, OFFSET = BIASES[0], BIASES[1]


def traced(side: Any, whole: bool, epsilon: float = 1e-5) -> Trace:
    """A normalization between two convolutions, in one layer or in eight, of which nobody says what they do."""
    net = Net(*side)
    at = net.layer("first", "convolution", net.input(X[:1]), {"kernel": KERNELS[0]}, MEANS)
    if whole:
        settings = {"over": "HW", "epsilon": epsilon}
        at = net.layer("norm", "normalization", at, {"scale": SCALE, "offset": OFFSET}, settings)
    else:
        at = written_out(net, at, epsilon)
    return net.trace(net.layer("last", "convolution", at, {"kernel": KERNELS[1]}, MEANS))


def written_out(net: Net, at: str, epsilon: float) -> str:
    axes = (2, 3) if net.layout == "NCHW" else (1, 2)
    mean = net.join("mean", [at], lambda x: x.mean(axes, keepdims=True, dtype=np.float64))
    off = net.join("sub", [at, mean], lambda x, m: x - m)
    square = net.join("square", [off], np.square)
    variance = net.join("mean2", [square], lambda x: x.mean(axes, keepdims=True, dtype=np.float64))
    root = net.join("root", [variance], lambda x: np.sqrt(x.astype(np.float64) + epsilon))
    at = net.join("div", [off, root], lambda x, r: x / r)
    at = with_vector(net, "mul", at, SCALE, np.multiply)
    return with_vector(net, "add", at, OFFSET, np.add)


def with_vector(net: Net, name: str, at: str, vector: np.ndarray, function: Any) -> str:
    column = vector.reshape(-1, 1, 1) if net.layout == "NCHW" else vector
    at = net.join(name, [at], lambda x: function(x, column), name)
    net.arrays[f"par/{name}"] = column
    net.layers[-1] = replace(net.layers[-1], parameters={"vector": f"par/{name}"})
    return at


@pytest.mark.parametrize("whole", [True, False])
def test_a_layer_and_the_same_written_out_are_a_pair(whole: bool):
    walked = walk(traced(A, whole), traced(B, not whole))
    demand_clean(walked)
    assert sorted(map(len, (walked.pairs[1].a, walked.pairs[1].b))) == [1, 8]


@pytest.mark.parametrize("whole", [True, False])
def test_a_setting_that_differs_is_named_by_both_values(whole: bool):
    (fault,) = walk(traced(A, whole, 1e-3), traced(B, not whole)).faults
    assert ids(fault) == ["epsilon"]
    assert sorted(map(len, (fault.a, fault.b))) == [1, 8]
    if not whole:
        assert fault.why.transforms == ({"id": "epsilon", "a": pytest.approx(1e-3, rel=1e-2), "b": 1e-5},)
        assert fault.why.words == "epsilon: A has 0.001, B has 1e-05"
