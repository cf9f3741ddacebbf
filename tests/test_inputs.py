"""How an input was prepared is told of each operation; what nothing prepared is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import harness

RNG = np.random.default_rng(4)
X = RNG.normal(size=(2, 3, 6, 7)).astype("float32")
W, B = RNG.normal(size=(5, 12)).astype("float32"), RNG.normal(size=5).astype("float32")
MEAN, DEVIATION = (np.reshape(each, (1, 3, 1, 1)) for each in ([0.5, 0.4, 0.3], [0.2, 0.25, 0.5]))


def maximum(x: np.ndarray) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(x, (2, 2), (2, 3))[:, :, ::2, ::2].max((-2, -1))


def softmax(x: np.ndarray) -> np.ndarray:
    made = np.exp(x - x.max(1, keepdims=True))
    return made / made.sum(1, keepdims=True)


OPERATIONS: dict[str, tuple[Any, dict[str, Any]]] = {
    "pooling": (maximum, {"reduce": "max", "window": 2}),
    "activation": (np.tanh, {"function": "tanh"}),
    "softmax": (softmax, {"over": "C"}),
}
PREPARED = {
    "scale": lambda x: x / 255,
    "offset": lambda x: x - np.float32(0.5),
    "scale, offset": lambda x: (x - MEAN) / DEVIATION,
    "channel_order": lambda x: x[:, [2, 0, 1]],
}


def explained(x: np.ndarray, y: np.ndarray, operation: str, settings: dict[str, Any]) -> harness.Explained:
    return harness.explain(x, y.astype("float32"), operation=operation, layout="NCHW,NCHW", **settings)


@pytest.mark.parametrize(
    ("operation", "names"),
    [("pooling", set(PREPARED)), ("activation", set(PREPARED)), ("softmax", {"scale", "channel_order"})],
)
def test_preparations_are_named(operation, names):
    """An offset does not show in a softmax over the channels that it is the same of."""
    made, settings = OPERATIONS[operation]
    for name in names:
        found = explained(X, made(PREPARED[name](X)), operation, settings)
        tied = {frozenset(change.id for change in each.transforms) for each in found.answer.explanations}
        assert frozenset(name.split(", ")) in tied, name
        assert not found.answer.ambiguous


@pytest.mark.parametrize(
    ("prepared", "names"),
    [
        (lambda x: x / 255, ("scale",)),
        (lambda x: x - 0.5, ("offset",)),
        (lambda x: (x - 0.5) / 0.25, ("scale", "offset")),
        (lambda x: x[:, [5, 0, 7, 1, 2, 11, 3, 4, 10, 6, 9, 8]], ("channel_order",)),
    ],
)
def test_preparations_of_a_dense_layer_are_solved_for(prepared, names):
    x = RNG.normal(size=(40, 12)).astype("float32")
    y = (prepared(x).astype("float64") @ W.T + B).astype("float32")
    found = harness.explain(x, W, y, bias=B, operation="dense", layout="NC,OI,NC", flattened="C")
    assert found.transforms == names and not found.answer.ambiguous


def test_an_order_of_many_channels_is_told_channel_by_channel():
    x = RNG.normal(size=(2, 7, 6, 4)).astype("float32")
    order = [3, 0, 6, 1, 5, 2, 4]
    found = explained(x, maximum(x[:, order]), "pooling", {"reduce": "max", "window": 2})
    assert found.transforms == ("channel_order",)
    assert found.answer.explanations[0].transforms[0].order == tuple(order)


def test_what_is_not_prepared_so_is_not_explained():
    y = maximum(X + RNG.normal(size=X.shape).astype("float32"))
    assert explained(X, y, "pooling", {"reduce": "max", "window": 2}).verdict == "unexplained"
