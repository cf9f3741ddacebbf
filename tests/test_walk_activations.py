"""Walks over networks with activations: as layers, untraced, done by the layer before them, left out, one too many."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.models.traced import Trace
from harness.models.walk import walk
from tests.test_walk import BIASES, KERNELS, MEANS, REVERSED, A, B, X, demand_clean, ids, told
from tests.traced import Net

FUNCTIONS: list[dict[str, Any]] = [
    {"function": "relu"},
    {"function": "leaky_relu", "slope": 0.1},
    {"function": "gelu"},
    {"function": "hard_sigmoid"},
    {"function": "elu"},
]


def traced(
    side: Any,
    faults: dict[Any, dict[str, Any]] | None = None,
    untraced: Collection[int] = (),
    at_once: Collection[int] = (),
    missing: Collection[int] = (),
) -> Trace:
    """Layers, each with an activation behind. faults: of layers by number, of activations by their function.

    untraced, missing: numbers of activations; at_once: of layers that do theirs at once, without a word.
    """
    net, prefix, faults = Net(*side), "a" if side is A else "b", faults or {}
    at = net.input(X)
    for number, settings in enumerate(FUNCTIONS):
        taken, name = at, f"{prefix}{number}"
        parameters = {"kernel": KERNELS[number], "bias": BIASES[number]}
        more = faults.get(number, {})
        at = net.layer(name, "convolution", at, parameters, {**MEANS, "padding": 1}, **more)
        if number not in missing:
            more = faults.get(settings["function"], {})
            stated = number not in (*untraced, *at_once)
            at = net.layer(f"{name}.{settings['function']}", "activation", at, {}, settings, stated=stated, **more)
        if number in at_once:
            net.layers[-1] = replace(net.layers[-1], inputs=(taken,), outputs=(at,))
    return net.trace(at)


def test_activations_are_layers():
    walked = walk(traced(A), traced(B))
    demand_clean(walked)
    assert {each.operation for each in walked.pairs} == {"convolution", "activation"}


@pytest.mark.parametrize("untraced", [(), (1, 2, 3)])
@pytest.mark.parametrize(
    ("function", "really", "named"),
    [
        ("leaky_relu", {"slope": 0.2}, "slope"),
        ("gelu", {"approximate": "tanh"}, "approximate"),
        ("hard_sigmoid", {"alpha": 1 / 6}, "alpha"),
    ],
)
def test_another_activation_is_named_traced_or_not(
    function: str, really: dict[str, Any], named: str, untraced: Collection[int]
):
    (fault,) = walk(traced(A), traced(B, {function: {"really": really}}, untraced)).faults
    assert ids(fault) == [named]
    number = [each["function"] for each in FUNCTIONS].index(function)
    assert fault.a == (f"a{number}.{function}",)
    assert fault.b == (() if untraced else (f"b{number}.{function}",))
    assert fault.between == ((f"b{number}", f"b{number + 1}") if untraced else ())


def test_activations_that_were_not_traced_are_cleared():
    demand_clean(walk(traced(A), traced(B, untraced=range(5))))


def test_a_layer_that_does_its_activation_at_once_is_paired_with_both():
    walked = walk(traced(A), traced(B, at_once=(0, 2)))
    demand_clean(walked)
    assert told(walked.pairs[0]) == (("a0", "a0.relu"), ("b0",), "agrees")


@pytest.mark.parametrize(("number", "function"), [(0, "relu"), (2, "gelu")])
def test_a_fault_before_an_activation_that_is_done_at_once_is_named(number: int, function: str):
    turned = {"values": {"kernel": KERNELS[number][:, :, ::-1, ::-1]}}
    (fault,) = walk(traced(A), traced(B, {number: turned}, at_once=(0, 2))).faults
    assert (fault.a, fault.b) == ((f"a{number}", f"a{number}.{function}"), (f"b{number}",))
    assert ids(fault) == ["reverse_kernel"]


def test_another_activation_that_is_done_at_once_is_named():
    faults = {"gelu": {"really": {"approximate": "tanh"}}}
    (fault,) = walk(traced(A), traced(B, faults, at_once=(0, 2))).faults
    assert (fault.b, ids(fault)) == (("b2",), ["approximate"])


def test_an_activation_that_a_does_at_once_and_b_as_a_layer_accuses_nobody():
    """A's trace does not say what it computes there."""
    walked = walk(traced(A, at_once=(0, 2)), traced(B))
    assert not walked.faults


@pytest.mark.parametrize(("number", "function"), [(0, "relu"), (2, "gelu")])
def test_an_activation_that_is_left_out_is_told(number: int, function: str):
    (fault,) = walk(traced(A), traced(B, {4: REVERSED} if number else None, missing=(number,))).faults[:1]
    assert (fault.a, fault.b) == ((f"a{number}.{function}",), ())
    assert fault.why.transforms == ({"id": "activation", "missing": f"a{number}.{function}"},)


def test_an_activation_that_only_b_has_is_told():
    (fault,) = walk(traced(A, missing=(1,)), traced(B)).faults
    assert (fault.a, fault.b) == ((), ("b1.leaky_relu",))
    assert fault.why.transforms == ({"id": "activation", "more": "b1.leaky_relu"},)


def test_an_activation_that_only_b_has_and_that_was_not_traced_is_found():
    (fault,) = walk(traced(A, missing=(1,)), traced(B, untraced=(1,))).faults
    assert fault.between == ("b1", "b2")
    assert ids(fault) == ["activation", "function"]
    assert "leaky_relu" in fault.why.words


def test_one_slope_for_all_channels_is_named_though_other_orders_of_the_axes_have_other_lengths():
    net, port = Net(*A), Net(*B)
    slopes = np.linspace(0.1, 0.5, X.shape[1])
    for each, values in ((net, slopes), (port, np.full(X.shape[1], 0.25))):
        at = each.layer("prelu", "activation", each.input(X), {"slope": values}, {"function": "prelu"})
    (fault,) = walk(net.trace("out/prelu"), port.trace(at)).faults
    assert ids(fault) in (["function"], ["slope"])


@pytest.mark.parametrize(("number", "function"), [(0, "relu"), (2, "gelu")])
def test_a_bias_that_is_left_out_before_an_activation_that_is_done_at_once_is_named(number: int, function: str):
    missing = {"values": {"bias": 0 * BIASES[number]}}
    (fault,) = walk(traced(A), traced(B, {number: missing}, at_once=[number])).faults
    assert (fault.a, ids(fault)) == ((f"a{number}", f"a{number}.{function}"), ["bias"])
