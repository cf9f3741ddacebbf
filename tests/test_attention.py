"""Attention as one call, told by its tensors, and what people make of it instead."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.models import attention
from harness.models.graph import Graph
from harness.models.joins import join_of
from harness.models.traced import Tensor, Trace
from harness.models.walk import walk
from tests.test_walk import demand_clean
from tests.traced import Net, drawn

Q, K, V = drawn(90, 2, 3, 5, 4), drawn(91, 2, 3, 5, 4), drawn(92, 2, 3, 5, 6)


def attended(q: Any, k: Any, v: Any, scale: float = 0.5, causal: bool = False, axis: int = -1) -> np.ndarray:
    """By its definition, in double precision."""
    s = np.einsum("bhqd,bhkd->bhqk", q.astype(float), k.astype(float)) * scale
    s = np.where(np.tri(5, dtype=bool), s, -np.inf) if causal else s
    weights = np.exp(s)
    return np.einsum("bhqk,bhkd->bhqd", weights / weights.sum(axis, keepdims=True), v.astype(float))


def called(parts: bool = False, **more: Any) -> Trace:
    """One call; parts: three products and a softmax."""
    net = Net()
    for name, values in zip("qkv", (Q, K, V)):
        net.arrays[f"in/{name}"] = values.astype(np.float32)
        net.inputs.append(Tensor(f"in/{name}"))
    if not parts:
        return net.trace(net.join("attention", ["in/q", "in/k", "in/v"], lambda *taken: attended(*taken, **more)))
    scale, axis = more.get("scale", 0.5), more.get("axis", -1)
    s = net.join("scores", ["in/q", "in/k"], lambda q, k: np.matmul(q, k.swapaxes(-1, -2)))
    s = net.join("scaled", [s], lambda s: s * np.float32(scale))
    p = net.join("softmax", [s], lambda s: np.exp(s) / np.exp(s).sum(axis, keepdims=True))
    net.layers[-1] = replace(net.layers[-1], operation="softmax", settings={"over": "C" if axis == -1 else "W"})
    return net.trace(net.join("product", [p, "in/v"], np.matmul))


WAYS: list[tuple[dict[str, Any], str]] = [
    ({}, "attention"),
    ({"causal": True}, "attention to the places before"),
    ({"scale": 1.0}, "attention without its factor"),
    ({"axis": -2}, "attention whose softmax is over the queries"),
]


@pytest.mark.parametrize(("more", "words"), WAYS)
def test_each_way_is_told_by_its_tensors(more: dict[str, Any], words: str):
    trace = called(**more)
    join = join_of(Graph(trace), trace.layers[0])
    assert join is not None
    assert join.words == words


@pytest.mark.parametrize(
    ("more", "words", "parts"), [(*each, False) for each in WAYS[1:]] + [(*each, True) for each in WAYS[2:]]
)
def test_another_way_is_named_also_where_b_does_it_in_parts(more: dict[str, Any], words: str, parts: bool):
    demand_clean(walk(called(), called(parts)))
    (fault,) = walk(called(), called(parts, **more)).faults
    assert fault.why.transforms == ({"id": "join", "a": "attention", "b": words},)


def test_errors_are_those_of_small_changes_of_what_is_taken():
    """Against differences, all elements changed one at a time; that scores share a query is left out of account."""
    way = attention.Attention(0.5)
    arrays = [each.astype(float)[:1, :1] for each in (Q, K, V)]
    step, found = 1e-6, np.zeros(way.values(arrays).shape)
    for place, array in enumerate(arrays):
        for index in np.ndindex(array.shape):
            moved = [each.copy() for each in arrays]
            moved[place][index] += step
            found += ((way.values(moved) - way.values(arrays)) / step) ** 2
    assert np.allclose(way.errors(arrays, [np.ones(each.shape) for each in arrays]), np.sqrt(found), rtol=0.1)


def test_other_shapes_are_no_attention():
    y = np.zeros((2, 3, 5, 6))
    assert list(attention.ways([Q, K, V], y))
    assert not list(attention.ways([Q, K, V[:, :, :4]], y))
    assert not list(attention.ways([Q, K, V], y[..., :5]))
