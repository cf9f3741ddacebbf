"""What a system writes out in several layers: it is one, and a fault of it is named, whichever side writes it out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.models.gathering import gathered
from harness.models.traced import Trace
from harness.models.walk import walk
from tests.test_walk import KERNELS, MEANS, A, B, X, demand_clean, ids, with_bias
from tests.traced import Net, drawn

ROWS = drawn(70, 2, 5, 6)
WEIGHTS = [drawn(71, 6, 6), drawn(72, 6, 6)]
SCALE, OFFSET = np.abs(drawn(73, 6)) + 0.5, drawn(74, 6)
BIAS = drawn(75, 6)
VECTOR = {"input": "NWC", "output": "NWC", "scale": "C", "offset": "C"}


def parameter(net: Net, name: str, values: np.ndarray, role: str = "input_1") -> None:
    """Gives the last layer a parameter."""
    net.arrays[f"par/{name}"] = np.asarray(values, np.float32)
    net.layers[-1] = replace(net.layers[-1], parameters={**net.layers[-1].parameters, role: f"par/{name}"})


def of_rows(net: Net, name: str, at: str, weight: np.ndarray, bias: np.ndarray | None = None) -> str:
    """A dense layer at each place of (N, W, C)."""
    made = net.join(name, [at], lambda x: x @ weight + (0 if bias is None else bias))
    roles = {"kernel": weight} | ({} if bias is None else {"bias": bias})
    for role, values in roles.items():
        parameter(net, f"{name}.{role}", values, role)
    axes = "NWC" if net.arrays[at].ndim == 3 else "NC"
    layouts = {"input": axes, "output": axes, "kernel": "CO" if axes == "NWC" else "IO", "bias": "O"}
    net.layers[-1] = replace(net.layers[-1], operation="dense", layouts=layouts)
    return made


def layer_norm(net: Net, name: str, at: str, epsilon: float = 1e-5, statistic: str = "variance") -> str:
    """One layer."""

    def function(x: np.ndarray) -> np.ndarray:
        less = x.astype(float) - (x.mean(-1, keepdims=True) if statistic == "variance" else 0)
        return less / np.sqrt((less**2).mean(-1, keepdims=True) + epsilon) * SCALE + OFFSET

    made = net.join(name, [at], function)
    parameter(net, f"{name}.scale", SCALE, "scale")
    parameter(net, f"{name}.offset", OFFSET, "offset")
    settings: dict[str, Any] = {"over": "C", "epsilon": epsilon}
    if statistic != "variance":
        settings |= {"statistic": statistic, "centre": False}
    net.layers[-1] = replace(net.layers[-1], operation="normalization", settings=settings, layouts=VECTOR)
    return made


def written_norm(net: Net, name: str, at: str, epsilon: float = 1e-5, statistic: str = "variance") -> str:
    """The same in sums and quotients."""
    less = at
    if statistic == "variance":
        mean = net.join(f"{name}.mean", [at], lambda x: x.mean(-1, keepdims=True))
        less = net.join(f"{name}.sub", [at, mean], lambda x, m: x - m)
    square = net.join(f"{name}.square", [less], lambda x: x * x)
    deviation = net.join(f"{name}.var", [square], lambda x: x.mean(-1, keepdims=True))
    root = net.join(f"{name}.root", [deviation], lambda v: np.sqrt(v + np.float32(epsilon)))
    divided = net.join(f"{name}.div", [less, root], lambda x, r: x / r)
    scaled = net.join(f"{name}.mul", [divided], lambda x: x * SCALE.astype(np.float32))
    parameter(net, f"{name}.gamma", SCALE)
    made = net.join(f"{name}.add", [scaled], lambda x: x + OFFSET.astype(np.float32))
    parameter(net, f"{name}.beta", OFFSET.reshape(1, 1, -1))
    return made


def sequence(side: Any, norm: Any, **more: Any) -> Trace:
    net = Net(*side)
    net.arrays["in/x"] = ROWS.astype(np.float32)
    net.inputs.append(replace(Net().trace().inputs[0], layout="NWC") if net.inputs else tensor("in/x"))
    at = of_rows(net, "first", "in/x", WEIGHTS[0], BIAS)
    at = norm(net, "norm", at, **more)
    return net.trace(of_rows(net, "last", at, WEIGHTS[1]))


def tensor(name: str) -> Any:
    from harness.models.traced import Tensor

    return Tensor(name, "NWC")


@pytest.mark.parametrize("statistic", ["variance", "mean_square"])
@pytest.mark.parametrize(
    "sides", [(layer_norm, written_norm), (written_norm, layer_norm), (written_norm, written_norm)]
)
def test_a_norm_over_channels_that_is_written_out_is_one_layer_and_its_epsilon_is_told(sides: Any, statistic: str):
    a = sequence(A, sides[0], statistic=statistic)
    demand_clean(walk(a, sequence(B, sides[1], statistic=statistic)))
    (fault,) = walk(a, sequence(B, sides[1], statistic=statistic, epsilon=1e-3)).faults
    assert ids(fault) == ["epsilon"]
    assert all(name.startswith("norm") for name in (*fault.a, *fault.b))


def test_the_mended_network_has_what_a_writes_out():
    walked = walk(sequence(A, written_norm), sequence(B, layer_norm, epsilon=1e-3))
    assert walked.repaired is not None
    assert walked.repaired.verdict == "agrees"


def batch_norm(side: Any, written: bool, epsilon: float = 1e-3) -> Trace:
    """A layer, and a batch norm of statistics that are given; written: as x k + c, of constants that are computed."""
    net = Net(*side)
    at = net.layer("first", "convolution", net.input(X), {"kernel": KERNELS[0]}, {**MEANS, "padding": 1})
    count = KERNELS[0].shape[0]
    mean, variance = drawn(80, count), np.abs(drawn(81, count)) + 0.3
    scale, offset = np.abs(drawn(82, count)) + 0.5, drawn(83, count)
    held = {"mean": mean, "variance": variance, "scale": scale, "offset": offset}
    if not written:
        return net.trace(net.layer("norm", "normalization", at, held, {"epsilon": epsilon}))
    shape = (-1, 1, 1) if net.layout == "NCHW" else (-1,)
    held = {role: each.astype(np.float32).reshape(shape) for role, each in held.items()}
    k = net.join("norm.k", [], lambda: held["scale"] / np.sqrt(held["variance"] + np.float32(epsilon)))
    for role in ("variance", "scale"):
        parameter(net, role, held[role], role)
    c = net.join("norm.c", [k], lambda factor: held["offset"] - held["mean"] * factor)
    for role in ("mean", "offset"):
        parameter(net, role, held[role], role)
    times = net.join("norm.times", [at, k], lambda x, factor: x * factor)
    return net.trace(net.join("norm.plus", [times, c], lambda x, more: x + more))


@pytest.mark.parametrize("written", [(False, True), (True, False), (True, True)])
def test_a_batch_norm_of_constants_is_one_layer_and_its_epsilon_is_told(written: tuple[bool, bool]):
    a = batch_norm(A, written[0])
    demand_clean(walk(a, batch_norm(B, written[1])))
    (fault,) = walk(a, batch_norm(B, written[1], epsilon=1e-5)).faults
    assert (ids(fault), fault.b[-1].startswith("norm")) == (["epsilon"], True)


def activated(side: Any, written: bool) -> Trace:
    net = Net(*side)
    at = net.layer("first", "convolution", net.input(X), {"kernel": KERNELS[0]}, {**MEANS, "padding": 1})
    if not written:
        return net.trace(net.layer("silu", "activation", at, {}, {"function": "silu"}))
    gate = net.join("silu.gate", [at], lambda x: 1 / (1 + np.exp(-x)))
    return net.trace(net.join("silu.times", [at, gate], lambda x, g: x * g))


@pytest.mark.parametrize("written", [(False, True), (True, False)])
def test_a_function_that_is_written_out_is_one_layer(written: tuple[bool, bool]):
    demand_clean(walk(activated(A, written[0]), activated(B, written[1])))


@pytest.mark.parametrize("apart", [(False, True), (True, False), (True, True)])
def test_a_bias_that_is_added_by_itself_is_its_layers_whichever_side_adds_it(apart: tuple[bool, bool]):
    def dense(side: Any, by_itself: bool, bias: np.ndarray) -> Trace:
        net = Net(*side)
        net.arrays["in/x"] = ROWS.astype(np.float32)
        net.inputs.append(tensor("in/x"))
        at = of_rows(net, "first", "in/x", WEIGHTS[0], None if by_itself else bias)
        if by_itself:
            at = net.join("first.bias", [at], lambda x: x + bias.astype(np.float32))
            parameter(net, "first.bias", bias)
        return net.trace(of_rows(net, "last", at, WEIGHTS[1]))

    a = dense(A, apart[0], BIAS)
    demand_clean(walk(a, dense(B, apart[1], BIAS)))
    (fault,) = walk(a, dense(B, apart[1], 2 * BIAS)).faults
    assert (fault.a[0], fault.b[0], ids(fault)) == ("first", "first", ["bias"])
    assert len(fault.a) == 1 + apart[0]


def test_an_addition_that_others_take_part_in_stays_by_itself():
    net = Net(*A)
    x = net.input(X)
    at = net.layer("first", "convolution", x, {"kernel": KERNELS[0]}, {**MEANS, "padding": 1})
    with_bias(net, "bias", at, drawn(84, KERNELS[0].shape[0]))
    trace = net.trace(at, "out/bias")
    assert [layer.names for layer in gathered(trace).layers] == [("first",), ("bias",)]


def flattened(side: Any, turned: bool, wrong: bool = False) -> Trace:
    """A dense layer at each place; turned: with places first, on rows, as attention of PyTorch has it."""
    net = Net(*side)
    net.arrays["in/x"] = ROWS.astype(np.float32)
    net.inputs.append(tensor("in/x"))
    at = of_rows(net, "first", "in/x", WEIGHTS[0], BIAS)
    weight = WEIGHTS[1].T if wrong else WEIGHTS[1]
    if turned:
        at = net.join("turn", [at], lambda x: x.transpose(1, 0, 2))
        at = net.join("rows", [at], lambda x: x.reshape(-1, 6))
        at = of_rows(net, "second", at, weight)
        at = net.join("places", [at], lambda x: x.reshape(5, 2, 6))
        at = net.join("back", [at], lambda x: x.transpose(1, 0, 2))
    else:
        at = of_rows(net, "second", at, weight)
    return net.trace(net.join("sum", ["out/first", at], lambda x, y: x + y))


@pytest.mark.parametrize("turned", [(False, True), (True, False)])
def test_rows_of_more_axes_are_the_same_layer_at_each_place(turned: tuple[bool, bool]):
    demand_clean(walk(flattened(A, turned[0]), flattened(B, turned[1])))
    (fault,) = walk(flattened(A, turned[0]), flattened(B, turned[1], wrong=True)).faults
    assert "second" in fault.a
    assert ids(fault) == ["kernel_axes"]


def test_a_split_is_a_layer_for_each_of_its_tensors_and_goes_by_its_own_name():
    net = Net(*A)
    net.arrays["in/x"] = ROWS.astype(np.float32)
    net.inputs.append(tensor("in/x"))
    halves = np.split(net.arrays["in/x"], 2, axis=-1)
    net.arrays |= {"out/split.0": halves[0], "out/split.1": halves[1]}
    net.join("product", ["in/x"], lambda x: halves[0] * halves[1])
    split = replace(net.layers[0], name="split", inputs=("in/x",), outputs=("out/split.0", "out/split.1"))
    net.layers[:] = [split, replace(net.layers[0], inputs=("out/split.0", "out/split.1"))]
    trace = net.trace("out/product")
    assert [(layer.outputs, layer.names) for layer in gathered(trace).layers[:2]] == [
        (("out/split.0",), ("split",)),
        (("out/split.1",), ("split",)),
    ]
    demand_clean(walk(trace, trace))


def ring(side: Any, by_itself: bool, sides: tuple[int, int] = (1, 1), **more: Any) -> Trace:
    """A layer with zeros around what it takes. by_itself: these are a layer of their own, with settings `more`."""
    net = Net(*side)
    at, around = net.input(X), {"H": list(sides), "W": [1, 1]}
    settings = {**MEANS, "padding": "valid" if by_itself else [list(sides), [1, 1]]}
    if by_itself:
        at = net.layer("pad", "padding", at, {}, {"padding": around, **more})
    return net.trace(net.layer("first", "convolution", at, {"kernel": KERNELS[0]}, settings))


@pytest.mark.parametrize("by_itself", [(False, True), (True, False), (True, True)])
def test_zeros_that_are_a_layer_are_the_padding_of_the_next_whichever_side_has_them(by_itself: tuple[bool, bool]):
    a = ring(A, by_itself[0])
    demand_clean(walk(a, ring(B, by_itself[1])))
    (fault,) = walk(a, ring(B, by_itself[1], (0, 2))).faults
    (change,) = fault.why.transforms
    assert (change["intended"][0], change["actual"][0]) == ([1, 1], [0, 2])
    assert fault.a == (("pad", "first") if by_itself[0] else ("first",))


@pytest.mark.parametrize("more", [{"boundary": "reflect"}, {"boundary": "constant", "constant": 0.5}])
def test_a_padding_by_other_numbers_stays_a_layer(more: dict[str, Any]):
    assert [layer.names for layer in gathered(ring(A, True, **more)).layers] == [("pad",), ("first",)]
