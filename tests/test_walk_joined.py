"""Walks over what joins, moves and parts: padding and bias of their own, orders of inputs, what is left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.models.graph import Graph
from harness.models.joins import join_of
from harness.models.traced import Layer, Tensor, Trace
from harness.models.walk import walk
from tests.test_walk import BIASES, KERNELS, MEANS, A, B, X, demand_clean, ids, told, with_bias
from tests.traced import Net, drawn, stored


def padded(
    side: Any, faults: dict[int, dict[str, Any]] | None = None, by_itself: bool = False, missing: bool = False
) -> Trace:
    """Three layers with a function between them. by_itself: padding is a layer of its own, and so is a bias.

    missing: the function is left out before the second.
    """
    net, prefix = Net(*side), "a" if side is A else "b"
    at = net.input(X)
    for number in range(3):
        name, more = f"{prefix}{number}", (faults or {}).get(number, {})
        axes = [net.layout.index(each) for each in "HW"]
        parameters = {"kernel": KERNELS[number]} if by_itself else {"kernel": KERNELS[number], "bias": BIASES[number]}
        if by_itself:
            sides = [(1, 1) if axis in axes else (0, 0) for axis in range(4)]
            at = net.join(f"{name}.pad", [at], lambda x, sides=sides: np.pad(x, sides), "pad")
        settings = {**MEANS, "padding": "valid" if by_itself else 1}
        at = net.layer(name, "convolution", at, parameters, settings, **more)
        at = with_bias(net, f"{name}.bias", at, BIASES[number]) if by_itself else at
        if number < 2 and not (missing and number == 0):
            at = net.layer(f"{name}.relu", "activation", at, {}, {"function": "relu"})
    return net.trace(at)


def test_padding_and_bias_that_are_layers_of_their_own_are_a_part_of_the_layer():
    walked = walk(padded(A), padded(B, by_itself=True))
    demand_clean(walked)
    assert told(walked.pairs[0]) == (("a0",), ("b0.pad", "b0", "b0.bias"), "agrees")


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_fault_between_them_is_that_of_the_whole_and_accuses_none_by_itself(number: int):
    turned = {"values": {"kernel": KERNELS[number][:, :, ::-1, ::-1]}}
    (fault,) = walk(padded(A), padded(B, {number: turned}, by_itself=True)).faults
    assert (fault.a, ids(fault)) == ((f"a{number}",), ["reverse_kernel"])
    assert fault.b == (f"b{number}.pad", f"b{number}", f"b{number}.bias")


def test_a_function_that_is_left_out_before_them_is_told_and_they_are_cleared():
    (fault,) = walk(padded(A), padded(B, by_itself=True, missing=True)).faults
    assert (fault.a, fault.b) == (("a0.relu",), ())


def joined(side: Any, function: Callable[..., np.ndarray], order: tuple[int, int] = (0, 1)) -> Trace:
    net, prefix = Net(*side), "a" if side is A else "b"
    x = net.input(X)
    ends = [
        net.layer(f"{prefix}{number}", "convolution", x, {"kernel": KERNELS[number]}, {**MEANS, "padding": 1})
        for number in (0, 1)
    ]
    axis = net.layout.index("C")
    at = net.join(f"{prefix}.join", [ends[each] for each in order], lambda *each: function(each, axis), "torch.join")
    kernel = KERNELS[2] if net.arrays[at].shape[axis] == 6 else np.concatenate(KERNELS[2:4], axis=1)
    return net.trace(net.layer(f"{prefix}.last", "convolution", at, {"kernel": kernel}, MEANS))


def summed(arrays: Any, axis: int) -> np.ndarray:
    return np.asarray(arrays[0] + arrays[1])


def test_inputs_that_are_joined_in_another_order_are_named():
    a, b = joined(A, np.concatenate), joined(B, np.concatenate, (1, 0))
    (fault,) = walk(a, b).faults
    assert (fault.a, fault.b) == (("a.join",), ("b.join",))
    assert fault.why.transforms == ({"id": "input_order", "order": [1, 0]},)
    demand_clean(walk(joined(A, summed), joined(B, summed, (1, 0))))


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (lambda arrays, axis: np.maximum(*arrays), "maximum"),
        (lambda arrays, axis: np.minimum(*arrays), "minimum"),
        (lambda arrays, axis: summed(arrays, axis) / np.float32(2), "mean"),
        (lambda arrays, axis: arrays[0] * arrays[1], "product"),
    ],
)
def test_another_function_that_joins_is_named(other: Callable[..., np.ndarray], named: str):
    (fault,) = walk(joined(A, summed), joined(B, other)).faults
    assert fault.b == ("b.join",)
    assert fault.why.transforms == ({"id": "join", "a": "sum", "b": named},)


def pooled(side: Any, added: bool, reduce: str) -> Trace:
    """A sum of two branches, and a pooling behind it, whose padding is a layer of its own in B."""
    net, prefix = Net(*side), "a" if side is A else "b"
    x = net.input(X[:1])
    ends = [
        net.layer(f"{prefix}{number}", "convolution", x, {"kernel": KERNELS[number]}, {**MEANS, "padding": 1})
        for number in (0, 1)
    ]
    at = net.join(f"{prefix}.add", ends, np.add, "torch.add") if added else ends[1]
    settings = {"reduce": reduce, "window": 3, "stride": 2, "padding": 1, "divisor": "padded"}
    if side is B:
        sides = [(1, 1) if letter in "HW" else (0, 0) for letter in net.layout]
        at, settings = net.join("b.pad", [at], lambda x: np.pad(x, sides), "pad"), {**settings, "padding": "valid"}
    if reduce == "max":
        del settings["divisor"]
    at = net.layer(f"{prefix}.pool", "pooling", at, {}, settings)
    return net.trace(net.layer(f"{prefix}.last", "convolution", at, {"kernel": KERNELS[2]}, MEANS))


def test_a_join_that_is_left_out_before_another_fault_is_told_beside_it():
    (fault,) = walk(pooled(A, True, "average"), pooled(B, False, "max")).faults
    assert (fault.a, fault.b) == (("a.add", "a.pool"), ("b.pad", "b.pool"))
    assert ids(fault)[:2] == ["add", "reduce"]
    assert fault.why.transforms[0]["missing"] == "a.add"


def smoothed(side: Any, approximate: str) -> Trace:
    """A GELU before a pooling, whose padding is a layer of its own in B."""
    net, prefix = Net(*side), "a" if side is A else "b"
    at = net.layer(f"{prefix}0", "convolution", net.input(X[:1]), {"kernel": KERNELS[0]}, {**MEANS, "padding": 1})
    at = net.layer(f"{prefix}.gelu", "activation", at, {}, {"function": "gelu", "approximate": approximate})
    settings = {"reduce": "average", "window": 3, "stride": 2, "padding": 1, "divisor": "padded"}
    if side is B:
        at = net.layer("b.pad", "padding", at, {}, {"padding": {"H": [1, 1], "W": [1, 1]}})
        settings = {**settings, "padding": "valid"}
    return net.trace(net.layer(f"{prefix}.pool", "pooling", at, {}, settings))


def test_a_fault_before_a_padding_of_its_own_is_no_layer_left_out():
    (fault,) = walk(smoothed(A, "none"), smoothed(B, "tanh")).faults
    assert (fault.a, fault.b, ids(fault)) == (("a.gelu",), ("b.gelu",), ["approximate"])


def normalized(side: Any, moved: float) -> Trace:
    net, prefix = Net(*side), "a" if side is A else "b"
    held = {"scale": BIASES[0], "offset": BIASES[1], "mean": BIASES[2] + np.float32(moved)}
    held |= {"variance": np.abs(BIASES[3]) + 1}
    return net.trace(net.layer(f"{prefix}.norm", "normalization", net.input(X), held, {"epsilon": 1e-5}))


def test_statistics_that_were_not_moved_with_the_rest_are_named():
    demand_clean(walk(normalized(A, 0), normalized(B, 0)))
    (fault,) = walk(normalized(A, 0), normalized(B, 0.1)).faults
    assert fault.why.transforms == ({"id": "mean", "numbers": "other"},)


def test_a_join_that_is_left_out_is_told():
    net = Net(*B)
    x = net.input(X)
    ends = [
        net.layer(f"b{number}", "convolution", x, {"kernel": KERNELS[number]}, {**MEANS, "padding": 1})
        for number in (0, 1)
    ]
    b = net.trace(net.layer("b.last", "convolution", ends[1], {"kernel": KERNELS[2]}, MEANS))
    (fault,) = walk(joined(A, summed), b).faults
    assert (fault.a, fault.b) == (("a.join",), ())
    assert fault.why.transforms == ({"id": "join", "missing": "a.join"},)


# --- what joins are known --------------------------------------------------------------------------------------------

LEFT, RIGHT = drawn(1, 2, 3, 4, 5), drawn(2, 2, 3, 5, 6)


@pytest.mark.parametrize(
    ("arrays", "function", "words"),
    [
        ((LEFT, RIGHT), np.matmul, "matrix product"),
        ((100 * LEFT, 100 * LEFT), np.multiply, "product"),
        ((LEFT,), lambda x: x / np.float32(3), "product with a number"),
        ((LEFT,), lambda x: x.transpose(0, 3, 1, 2), "axes [0, 3, 1, 2]"),
        ((LEFT,), np.exp, None),
        ((LEFT, LEFT), lambda x, y: x + 2 * y, None),
    ],
)
def test_a_join_is_told_by_its_tensors(arrays: Any, function: Any, words: str | None):
    net = Net()
    names = [f"in/{at}" for at in range(len(arrays))]
    net.arrays.update(zip(names, arrays))
    net.arrays["out/y"] = np.asarray(function(*arrays), np.float32)
    net.layers.append(Layer("y", None, {}, tuple(names), ("out/y",), {}, {}))
    found = join_of(Graph(net.trace("out/y")), net.layers[0])
    assert (found.words if found else None) == words


# --- letters that only name places -----------------------------------------------------------------------------------


def attention(side: Any, over: str, function: str = "softmax", really: str = "", scale: float = 8**-0.5) -> Trace:
    """Scores of three tokens, of which one side says other letters for the same axes."""
    net, prefix = Net(*side), "a" if side is A else "b"
    letters = "NCHW" if side is A else "NHWC"
    q, k = drawn(5, 2, 3, 7, 8), drawn(6, 2, 3, 7, 8)
    net.arrays.update({"in/q": q, "in/k": k})
    scores = (q @ k.swapaxes(2, 3)).astype(np.float32)
    scaled = (scores * np.float32(scale)).astype(np.float32)
    axis = {"W": 3, "C": 3, "H": 2}[really or over]
    soft = np.exp(scaled - scaled.max(axis, keepdims=True))
    soft = (soft / soft.sum(axis, keepdims=True)).astype(np.float32)
    arrays = {"kT": k.swapaxes(2, 3), "scores": scores, "scaled": scaled, "soft": soft}
    arrays["mixed"] = (soft @ k).astype(np.float32)
    net.arrays.update({f"out/{prefix}.{name}": each for name, each in arrays.items()})

    def add(name: str, taken: tuple[str, ...], operation: str | None = None, **settings: Any) -> None:
        layouts = {"input": letters, "output": letters} if operation else {}
        out = (f"out/{prefix}.{name}",)
        net.layers.append(Layer(f"{prefix}.{name}", operation, settings, taken, out, {}, layouts, f"native.{name}"))

    add("kT", ("in/k",))
    add("scores", ("in/q", f"out/{prefix}.kT"))
    add("scaled", (f"out/{prefix}.scores",))
    add("soft", (f"out/{prefix}.scaled",), function, over=over)
    add("mixed", (f"out/{prefix}.soft", "in/k"))
    found = net.trace(f"out/{prefix}.mixed")
    return replace(found, inputs=(Tensor("in/q"), Tensor("in/k")), outputs=(Tensor(f"out/{prefix}.mixed"),))


def test_the_axes_of_an_output_are_not_those_that_a_place_is_named_by():
    layers = [
        Layer("fc", "dense", {}, ("in/x",), ("out/fc",), {}, {"input": "NWC", "output": "NWC"}),
        Layer("tanh", "convolution", {}, ("out/fc",), ("out/tanh",), {}, {"input": "NWC", "output": "NWC"}),
        Layer("soft", "softmax", {"over": "W"}, ("out/tanh",), ("out/soft",), {}, {"input": "NCW", "output": "NCW"}),
    ]
    arrays = stored(dict.fromkeys(["in/x", "out/fc", "out/tanh", "out/soft"], drawn(1, 2, 5, 3)))
    graph = Graph(Trace(arrays, (Tensor("in/x", "NWC"),), (Tensor("out/soft", "NCW"),), tuple(layers)))
    assert graph.letters("out/soft") == "NWC"


def test_other_letters_of_the_same_places_agree():
    demand_clean(walk(attention(A, "W"), attention(B, "C")))


def test_another_axis_accuses_that_layer_and_none_behind_it():
    (fault,) = walk(attention(A, "W"), attention(B, "W", really="H")).faults
    assert (fault.b, ids(fault)) == (("b.soft",), ["over"])


def test_what_a_pair_was_asked_about_stands_before_its_own_padding_and_behind_its_own_bias():
    (first, *_) = walk(padded(A), padded(B, by_itself=True)).pairs
    assert first.asked is not None
    assert (first.asked[0].name, *first.asked[1:]) == ("a0", "in/x", "out/b0.bias")


def gated(side: Any, gate: bool) -> Trace:
    """A layer, and a gate of two behind it that its own values are multiplied by; or without the gate."""
    net, prefix = Net(*side), "a" if side is A else "b"
    ends = [net.layer(f"{prefix}.first", "convolution", net.input(X), {"kernel": KERNELS[0]}, {**MEANS, "padding": 1})]
    if gate:
        square = {"kernel": drawn(61, KERNELS[0].shape[0], KERNELS[0].shape[0], 1, 1)}
        inner = net.layer(f"{prefix}.gate", "convolution", ends[0], square, MEANS)
        ends.append(net.layer(f"{prefix}.sigmoid", "activation", inner, {}, {"function": "sigmoid"}))
        ends = [net.join(f"{prefix}.times", ends, np.multiply, "torch.mul")]
    return net.trace(net.layer(f"{prefix}.last", "convolution", ends[0], {"kernel": KERNELS[1]}, MEANS))


def test_a_gate_that_is_left_out_with_what_it_multiplies_is_told():
    demand_clean(walk(gated(A, True), gated(B, True)))
    (fault,) = walk(gated(A, True), gated(B, False)).faults
    assert (fault.a, fault.b, fault.between) == (("a.gate", "a.sigmoid", "a.times"), (), ("b.first", "b.last"))
    assert [change["missing"] for change in fault.why.transforms] == ["a.gate", "a.sigmoid", "a.times"]
