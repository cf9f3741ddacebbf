"""`harness.canonical.running_error`: an error goes through a layer as large as it is, not larger."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.canonical.running_error import moved
from harness.models.graph import Graph
from harness.models.layer_case import case_of
from harness.models.meaning import Meaning, signs
from tests.traced import Net, drawn


def through(operation: str, x: np.ndarray, spread: np.ndarray, **settings: object) -> np.ndarray:
    net = Net()
    net.layer("one", operation, net.input(x), {}, settings)
    graph = Graph(net.trace("out/one"))
    case = case_of(graph, graph.trace.layers[0], graph.signal("in/x"))
    return moved(case.meant(), graph.signal("out/one").values.astype(np.float64), spread, signs())


X = np.abs(drawn(3, 1, 2, 4, 4)) + np.float32(1)
SPREAD = np.full(X.shape, 2.0**-10)


def test_a_function_of_one_element_hands_an_error_on_as_it_is():
    """Its signs are +1 and -1: a relu of positive values neither adds to it nor takes from it."""
    assert np.allclose(through("activation", X, SPREAD, function="relu"), SPREAD, rtol=1e-3)
    assert np.allclose(through("activation", X, SPREAD, function="leaky_relu", slope=0.5), SPREAD, rtol=1e-3)
    assert np.allclose(through("activation", -X, SPREAD, function="leaky_relu", slope=0.5), SPREAD / 2, rtol=1e-3)


@pytest.mark.parametrize("window", [2, 4])
def test_a_mean_makes_independent_errors_smaller(window: int):
    """That of n elements by the root of n; no more than n signs that are alike can make it."""
    settings = {"reduce": "average", "window": window, "stride": window, "padding": "valid"}
    found = through("pooling", X, SPREAD, **settings) / 2.0**-10
    assert (found <= 1 + 1e-3).all()
    assert 1 / window / 2 < np.sqrt(np.mean(found**2)) < 3.5 / window


def test_a_dense_layer_adds_the_squares_of_errors():
    """A matrix of ones, and 6 errors."""
    net, x = Net(layout="NC", weights="OI"), drawn(4, 3, 6)
    net.layer("one", "dense", net.input(x), {"kernel": np.ones((2, 6), np.float32)}, {})
    graph = Graph(net.trace("out/one"))
    taken = replace(graph.signal("in/x"), spread=np.full(x.shape, 0.5))
    found = Meaning(graph).of_layer(graph.trace.layers[0], [taken])
    assert found.error.shape == found.values.shape
    assert 0.4 < np.sqrt(np.mean(found.error**2)) / np.sqrt(6) < 1.5
