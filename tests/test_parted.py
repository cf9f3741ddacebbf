"""Parts and reductions of one tensor, told by their values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.models.graph import Graph
from harness.models.joins import join_of
from harness.models.traced import Tensor, Trace
from harness.models.walk import walk
from tests.test_walk import A, B, demand_clean
from tests.traced import Net, drawn

ROWS = drawn(95, 2, 5, 6)


def one(side: Any, function: Callable[[np.ndarray], np.ndarray]) -> Trace:
    net = Net(*side)
    net.arrays["in/x"] = ROWS.astype(np.float32)
    net.inputs.append(Tensor("in/x", "NWC"))
    return net.trace(net.join("layer", ["in/x"], function))


TOLD: list[tuple[Callable[[np.ndarray], np.ndarray], str]] = [
    (lambda x: x[:, 0], "place 0 of axis 1"),
    (lambda x: x[:, -1], "place 4 of axis 1"),
    (lambda x: x[:, 1:4], "the part from [0, 1, 0] to [2, 4, 6]"),
    (lambda x: x.mean(1), "mean over axis 1"),
    (lambda x: x.mean(1, keepdims=True), "mean over axis 1"),
    (lambda x: x.sum((1, 2)), "sum over axes 1, 2"),
    (lambda x: x.max(1), "the largest over axis 1"),
    (lambda x: x.min(2), "the smallest over axis 2"),
]


@pytest.mark.parametrize(("function", "words"), TOLD)
def test_what_a_layer_makes_of_one_tensor_is_told(function: Callable[[np.ndarray], np.ndarray], words: str):
    trace = one(A, function)
    join = join_of(Graph(trace), trace.layers[0])
    assert join is not None
    assert join.words == words
    demand_clean(walk(trace, one(B, function)))


def test_what_is_none_of_these_is_not_told():
    trace = one(A, lambda x: (x**3).mean(1))
    assert join_of(Graph(trace), trace.layers[0]) is None


def test_another_one_is_named():
    (fault,) = walk(one(A, lambda x: x.mean(1)), one(B, lambda x: x[:, 0])).faults
    assert fault.why.transforms == ({"id": "join", "a": "mean over axis 1", "b": "place 0 of axis 1"},)
