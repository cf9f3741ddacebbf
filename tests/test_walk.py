"""`harness.models.walk` on small networks: faithful ports agree, planted faults are found, nothing else is accused."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.models.inferred import with_layers
from harness.models.traced import Trace, of_tensors
from harness.models.walk import Judged, Walked, WalkError, walk
from harness.report.walk_page import PAGES
from tests.traced import Net, drawn, stored

MEANS = {"means": "cross-correlation"}
X = drawn(1, 2, 6, 9, 9)
KERNELS = [drawn(10 + number, 6, 6, 3, 3) / np.float32(7) for number in range(6)]
BIASES = [drawn(30 + number, 6) for number in range(6)]
A, B = ("numpy", "NCHW", "OIHW", 0), ("numpy", "NHWC", "HWIO", 1)
"""The two sides: other layouts, other names, other rounding."""

Faults = dict[int, dict[str, Any]]


def chain(
    side: Any,
    faults: Faults | None = None,
    x: np.ndarray = X,
    order: Any = range(5),
    untraced: Any = (),
    split: Any = (),
) -> tuple[Net, str]:
    """A chain of layers. untraced: numbers of those that were not; split: of those whose bias is a layer of its own."""
    net, prefix = Net(*side), "a" if side is A else "b"
    at = net.input(x)
    for number in order:
        name, parameters = f"{prefix}{number}", {"kernel": KERNELS[number], "bias": BIASES[number]}
        if number in split:
            del parameters["bias"]
        at = net.layer(
            name,
            "convolution",
            at,
            parameters,
            {**MEANS, "padding": 1},
            stated=number not in untraced,
            **(faults or {}).get(number, {}),
        )
        if number in split:
            at = with_bias(net, f"{name}.bias", at, BIASES[number])
    return net, at


def with_bias(net: Net, name: str, at: str, bias: np.ndarray) -> str:
    column = bias.reshape(-1, 1, 1) if net.layout == "NCHW" else bias
    at = net.join(name, [at], lambda values: values + column, "add")
    net.arrays[f"par/{name}"] = column
    net.layers[-1] = replace(net.layers[-1], parameters={"bias": f"par/{name}"})
    return at


def traced(side: Any, *args: Any, **kwargs: Any) -> Trace:
    net, end = chain(side, *args, **kwargs)
    return net.trace(end)


def told(each: Judged) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    return each.a, each.b, each.verdict


def ids(each: Judged) -> list[str]:
    return [change["id"] for change in each.why.transforms]


def demand_clean(walked: Walked) -> None:
    assert [told(each) for each in walked.pairs if each.verdict != "agrees"] == []
    assert walked.agrees
    assert walked.repaired is not None
    assert walked.repaired.verdict == "agrees"
    assert walked.unpaired == ((), ())


REVERSED = {"values": {"kernel": KERNELS[2][:, :, ::-1, ::-1]}}
SHIFTED = {"really": {"padding": [[2, 0], [2, 0]]}}
TRANSPOSED = {"values": {"kernel": KERNELS[3].swapaxes(2, 3)}}
NO_BIAS = {"values": {"bias": 0 * BIASES[4]}}


def test_a_faithful_port_in_other_layouts_and_names_agrees():
    walked = walk(traced(A), traced(B))
    demand_clean(walked)
    assert [told(each)[:2] for each in walked.pairs] == [((f"a{i}",), (f"b{i}",)) for i in range(5)]
    assert walked.preparation.verdict == "agrees"
    assert walked.pairs[0].layout == "NCHW > NHWC"


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ({2: REVERSED}, {"b2": "reverse_kernel"}),
        ({1: SHIFTED}, {"b1": "output_mode"}),
        ({3: TRANSPOSED}, {"b3": "transpose_kernel_spatial"}),
        ({4: NO_BIAS}, {"b4": "bias"}),
        ({0: SHIFTED, 2: REVERSED}, {"b0": "output_mode", "b2": "reverse_kernel"}),
        (
            {0: SHIFTED, 2: REVERSED, 3: TRANSPOSED, 4: NO_BIAS},
            {"b0": "output_mode", "b2": "reverse_kernel", "b3": "transpose_kernel_spatial", "b4": "bias"},
        ),
    ],
)
def test_planted_faults_are_found_in_one_run_and_no_innocent_layer_is_accused(faults: Faults, expected: dict[str, str]):
    walked = walk(traced(A), traced(B, faults))
    assert {each.b[0]: ids(each)[0] for each in walked.faults} == expected
    assert {each.verdict for each in walked.faults} == {"convention"}
    assert not walked.agrees
    assert walked.repaired is not None
    assert walked.repaired.verdict == "agrees"
    assert walked.ends is not None
    assert walked.ends.differ


def test_the_code_of_a_fault_was_run():
    (fault,) = walk(traced(A), traced(B, {2: REVERSED})).faults
    assert set(fault.why.code) == {"numpy"}


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"kernel": KERNELS[1] * np.float32(1 + 2e-5), "bias": BIASES[1] * np.float32(1 + 2e-5)}, "scale"),
        ({"bias": BIASES[1] + np.float32(1e-4)}, "bias"),
    ],
)
def test_the_smallest_faults_show(values: dict[str, np.ndarray], named: str):
    """1e-5 of the largest value of a layer, which is about 10."""
    (fault,) = walk(traced(A), traced(B, {1: {"values": values}})).faults
    assert (fault.b, ids(fault)) == (("b1",), [named])


def test_what_rounding_makes_is_no_fault():
    values = {"kernel": KERNELS[1] * np.float32(1 + 2.0**-23)}
    demand_clean(walk(traced(A), traced(B, {1: {"values": values}})))


# --- the input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (X[:, ::-1], ["channel_order"]),
        (X * np.float32(0.5), ["scale"]),
        (X + np.float32(3), ["offset"]),
        ((X[:, ::-1] - np.float32(0.25)) * np.float32(4), ["channel_order", "scale", "offset"]),
    ],
)
def test_the_input_is_compared_and_layers_are_judged_all_the_same(x: np.ndarray, expected: list[str]):
    walked = walk(traced(A), traced(B, {2: REVERSED}, x=x))
    assert [change["id"] for change in walked.preparation.transforms] == expected
    assert walked.preparation.verdict == "convention"
    assert [each.b for each in walked.faults] == [("b2",)]
    assert walked.repaired is not None
    assert walked.repaired.verdict == "agrees"


def test_a_channel_order_that_the_first_layer_undoes_is_no_fault():
    undone = {0: {"values": {"kernel": KERNELS[0][:, ::-1]}}}
    walked = walk(traced(A), traced(B, undone, x=X[:, ::-1]))
    demand_clean(walked)
    assert [change["id"] for change in walked.preparation.transforms] == ["channel_order"]


def test_another_input_altogether_is_unexplained():
    walked = walk(traced(A), traced(B, x=drawn(99, *X.shape)))
    assert walked.preparation.verdict == "unexplained"
    assert not walked.faults
    assert not walked.agrees


# --- many to many ----------------------------------------------------------------------------------------------------


def test_a_bias_that_is_a_layer_of_its_own_in_b_is_paired_with_it():
    walked = walk(traced(A), traced(B, split=(1, 3)))
    demand_clean(walked)
    assert told(walked.pairs[1]) == (("a1",), ("b1", "b1.bias"), "agrees")


def test_a_bias_that_is_a_layer_of_its_own_in_a_is_paired_with_it():
    walked = walk(traced(A, split=(1, 3)), traced(B))
    demand_clean(walked)
    assert told(walked.pairs[1]) == (("a1", "a1.bias"), ("b1",), "agrees")


def test_a_call_that_was_not_traced_in_b_is_cleared_by_the_tensors_around_it():
    walked = walk(traced(A), traced(B, untraced=(2,)))
    demand_clean(walked)


def test_a_fault_in_a_call_that_was_not_traced_lies_between_its_neighbours():
    walked = walk(traced(A), traced(B, {2: REVERSED}, untraced=(2,)))
    (fault,) = walked.faults
    assert (fault.a, fault.b, fault.between) == (("a2",), (), ("b1", "b3"))
    assert ids(fault) == ["reverse_kernel"]


def test_a_layer_that_b_leaves_out_is_told():
    (fault,) = walk(traced(A), traced(B, order=(0, 1, 3, 4))).faults
    assert (fault.a, fault.b, fault.between) == (("a2",), (), ("b1", "b3"))
    assert fault.why.transforms[0]["missing"] == "a2"


def test_a_layer_that_only_b_has_is_told():
    (fault,) = walk(traced(A, order=(0, 1, 3, 4)), traced(B)).faults
    assert (fault.a, fault.b) == ((), ("b2",))
    assert fault.why.transforms[0]["more"] == "b2"


def branched(side: Any, faults: dict[str, dict[str, Any]] | None = None, exchanged: bool = False) -> Trace:
    """Two branches that are added, joined with what they come from, and a layer behind. exchanged: the branches."""
    net, prefix, faults = Net(*side), "a" if side is A else "b", faults or {}
    at = net.input(X)
    stem = net.layer(f"{prefix}.stem", "convolution", at, {"kernel": KERNELS[0]}, {**MEANS, "padding": 1})
    names = ["left", "right"]
    ends = {}
    for name in reversed(names) if exchanged else names:
        parameters = {"kernel": KERNELS[names.index(name) + 1]}
        more = faults.get(name, {})
        ends[name] = net.layer(f"{prefix}.{name}", "convolution", stem, parameters, {**MEANS, "padding": 1}, **more)
    both = list(ends.values())
    sum_ = net.join(f"{prefix}.add", both, faults.get("add", np.add), "add")
    axis = net.layout.index("C")
    whole = net.join(f"{prefix}.cat", [sum_, stem], lambda *each: np.concatenate(each, axis), "cat")
    head = np.concatenate(KERNELS[3:5], axis=1)
    end = net.layer(f"{prefix}.head", "convolution", whole, {"kernel": head}, {**MEANS, "stride": 2})
    return net.trace(end)


@pytest.mark.parametrize("exchanged", [False, True])
def test_branches_are_followed(exchanged: bool):
    demand_clean(walk(branched(A), branched(B, exchanged=exchanged)))


def test_a_fault_in_a_branch_is_found_there():
    walked = walk(branched(A), branched(B, {"right": {"values": {"kernel": KERNELS[2][:, :, ::-1, ::-1]}}}))
    assert [each.b for each in walked.faults] == [("b.right",)]


def test_what_joins_branches_is_judged_too():
    walked = walk(branched(A), branched(B, {"add": np.maximum}))
    assert [each.b for each in walked.faults] == [("b.add",)]


def test_repeated_equal_layers_are_settled_by_their_neighbours():
    """Three layers with the same parameters: which is which follows from what they take."""

    def net(side: Any, faults: Faults | None = None) -> Trace:
        built, prefix = Net(*side), "a" if side is A else "b"
        at = built.input(X)
        for number in range(3):
            more = (faults or {}).get(number, {})
            at = built.layer(
                f"{prefix}{number}", "convolution", at, {"kernel": KERNELS[0]}, {**MEANS, "padding": 1}, **more
            )
        return built.trace(at)

    demand_clean(walk(net(A), net(B)))
    walked = walk(net(A), net(B, {1: SHIFTED}))
    assert [(each.a, each.b) for each in walked.faults] == [(("a1",), ("b1",))]


def test_names_do_not_outvote_values():
    """B's layers have the names of others of A."""
    a, b = chain(A), chain(B)
    renamed = dict(zip((f"b{i}" for i in range(5)), ("a3", "a0", "a4", "a1", "a2")))
    b[0].layers = [replace(layer, name=renamed[layer.name]) for layer in b[0].layers]
    walked = walk(a[0].trace(a[1]), b[0].trace(b[1]))
    demand_clean(walked)
    assert told(walked.pairs[0]) == (("a0",), ("a3",), "agrees")


def test_a_pair_that_the_user_names_is_one():
    other = {2: {"values": {"kernel": drawn(77, 6, 6, 3, 3)}}}
    walked = walk(traced(A), traced(B, other), {"b2": "a2"})
    assert [(each.a, each.b, each.verdict) for each in walked.faults] == [(("a2",), ("b2",), "unexplained")]
    with pytest.raises(WalkError, match="no layer 'nothing'"):
        walk(traced(A), traced(B), {"b2": "nothing"})


# --- layers on one side, or on none ----------------------------------------------------------------------------------


def bare(side: Any, faults: Faults | None = None) -> Trace:
    return chain(side, faults)[0].bare()


@pytest.mark.parametrize("faults", [{}, {2: REVERSED, 3: SHIFTED}])
def test_layers_of_a_suffice(faults: Faults):
    walked = walk(traced(A), bare(B, faults))
    assert [each.b for each in walked.faults] == [(f"out/b{number}",) for number in faults]
    assert {each.verdict for each in walked.pairs} == ({"agrees", "convention"} if faults else {"agrees"})


@pytest.mark.parametrize("faults", [{}, {2: REVERSED, 3: SHIFTED}])
def test_layers_of_b_suffice(faults: Faults):
    walked = walk(bare(A), traced(B, faults))
    assert [(each.a, each.b) for each in walked.faults] == [((f"out/a{number}",), (f"b{number}",)) for number in faults]
    assert walked.agrees is not bool(faults)


def test_without_layers_the_first_place_is_accused_and_no_more_is_judged():
    walked = walk(bare(A), bare(B, {2: REVERSED, 3: SHIFTED}))
    assert [each.verdict for each in walked.pairs] == ["agrees", "agrees", "unexplained", "not judged", "not judged"]
    assert walk(bare(A), bare(B)).agrees


def test_what_was_not_judged_has_no_difference_on_its_pages(tmp_path):
    walked = walk(bare(A), bare(B, {2: REVERSED, 3: SHIFTED}))
    unknown = tuple(replace(each, largest=math.inf) for each in walked.pairs if each.verdict == "not judged")
    for name, write in PAGES.items():
        write(replace(walked, pairs=unknown), ("A", "B"), tmp_path / name)
        page = (tmp_path / name).read_text("utf-8")
        assert "not known" in page
        assert not re.search(r"\binf\b|<dd></dd>", page)


def test_a_trace_that_does_not_compute_what_it_says_accuses_nobody():
    """A's layer is stated with another padding than it has: B, which has that of A's own tensors, is not at fault."""
    walked = walk(traced(A, {2: SHIFTED}), traced(B))
    assert [told(each) for each in walked.pairs if each.verdict != "agrees"] == [] or not walked.faults
    walked = walk(traced(A, {2: SHIFTED}), traced(B, {2: SHIFTED}))
    assert not walked.faults
    assert [each.verdict for each in walked.pairs][2] == "not judged"


def with_parameters(side: Any, faults: Faults | None = None) -> Trace:
    """Tensors and parameters by name, and nothing else."""
    net = chain(side, faults)[0]
    names = ["in/x"]
    for layer in net.layers:
        names += [*layer.parameters.values(), *layer.outputs]
    return of_tensors("bare", stored({name: net.arrays[name] for name in names}))


def test_layers_are_inferred_where_parameters_and_shapes_leave_one():
    layers = with_layers(with_parameters(B)).layers
    assert [layer.outputs for layer in layers] == [(f"out/b{number}",) for number in range(5)]
    assert [layer.layouts["kernel"] for layer in layers] == ["HWIO"] * 5
    assert layers[0].parameters == {"kernel": "par/b0.kernel", "bias": "par/b0.bias"}


@pytest.mark.parametrize("faults", [{}, {2: REVERSED, 3: SHIFTED}])
def test_inferred_layers_do(faults: Faults):
    walked = walk(with_parameters(A), bare(B, faults))
    assert [each.b for each in walked.faults] == [(f"out/b{number}",) for number in faults]
    assert walked.agrees is not bool(faults)


def test_what_cannot_be_inferred_is_compared_all_the_same():
    """Behind the last layer whose parameters are known stands a tensor that differs."""
    a, b = bare(A), with_parameters(B)
    names = [name for name in b.arrays if "b4" not in name or name.startswith("out")]
    part = {name: b.arrays[name] for name in names}
    other = stored({"out/b4": drawn(5, 2, 9, 9, 6)})
    assert walk(a, of_tensors("b", part)).agrees
    walked = walk(a, of_tensors("b", part | other))
    assert not walked.agrees
    assert [each.b for each in walked.faults] == [("out/b4",)]
