"""`harness.models.flattening`: a layer behind a flatten is judged with it, whichever side flattens where."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.models.traced import Layer, Tensor, Trace
from harness.models.walk import Walked, walk
from tests.traced import drawn, stored

X = drawn(1, 3, 2, 4, 5)
"""What is flattened, N C H W."""
W, BIAS = drawn(2, 7, 40), drawn(3, 7)
"""The kernel (O, I), whose I is flattened C H W."""
LAST = (0, 2, 3, 1)


def hwc(w: np.ndarray) -> np.ndarray:
    """The kernel, flattened H W C."""
    return np.ascontiguousarray(w.reshape(7, 2, 4, 5).transpose(LAST).reshape(7, 40))


def net(system: str, last: bool, w: np.ndarray, bias: np.ndarray, itself: bool = False) -> Trace:
    """A layer on images, channels `last` or first; `itself`: it makes axes one, and no other layer does."""
    images = np.ascontiguousarray(X.transpose(LAST) if last else X)
    flat = images.reshape(3, -1)
    letters = "NHWC" if last else "NCHW"
    arrays = {"x": images, "w": w if not last else w.T, "b": bias, "fc": flat @ w.T + bias}
    layouts = {"input": "NC", "kernel": "IO" if last else "OI", "bias": "O", "output": "NC"}
    if itself:
        arrays["w"] = w.reshape(7, *images.shape[1:])
        layouts |= {"input": letters, "kernel": "O" + letters[1:]}
    taken = "x" if itself else "flat"
    arrays |= {} if itself else {"flat": flat}
    layers = [] if itself else [Layer("flatten", None, {}, ("x",), ("flat",), {}, {}, "flatten")]
    layers.append(Layer("fc", "dense", {}, (taken,), ("fc",), {"kernel": "w", "bias": "b"}, layouts))
    ends = (Tensor("x", letters),), (Tensor("fc", "NC"),)
    return Trace(stored(arrays), *ends, tuple(layers), system, "", "inference")


def ids(walked: Walked) -> list[list[Any]]:
    return [[(each["id"], each.get("value")) for each in fault.why.transforms] for fault in walked.faults]


SIDES = [(False, False), (False, True), (True, False), (True, True)]
"""Whether the layer of A, and that of B, makes axes one itself."""


@pytest.mark.parametrize(("of_a", "of_b"), SIDES)
def test_a_kernel_that_was_reordered_agrees(of_a: bool, of_b: bool) -> None:
    walked = walk(net("numpy", False, W, BIAS, of_a), net("other", True, hwc(W), BIAS, of_b))
    assert walked.agrees and not walked.faults
    assert walked.repaired is not None and walked.repaired.verdict == "agrees"


@pytest.mark.parametrize(("of_a", "of_b"), SIDES)
def test_a_kernel_that_was_moved_as_it_is_is_the_fault_of_its_layer(of_a: bool, of_b: bool) -> None:
    walked = walk(net("numpy", False, W, BIAS, of_a), net("other", True, W, BIAS, of_b))
    (fault,) = walked.faults
    assert (fault.a, fault.b, fault.operation) == (("fc",), ("fc",), "dense")
    assert ids(walked) == [[("flattened", "HWC")]]
    assert fault.why.code
    assert walked.unpaired == ((), ())
    assert walked.repaired is not None and walked.repaired.verdict == "agrees"


@pytest.mark.parametrize(("of_a", "of_b"), SIDES)
def test_another_fault_of_that_layer_is_named(of_a: bool, of_b: bool) -> None:
    walked = walk(net("numpy", False, W, BIAS, of_a), net("other", True, hwc(W), 2 * BIAS, of_b))
    assert [[each for each, _ in found] for found in ids(walked)] == [["bias"]]
    assert walked.faults[0].b == ("fc",)


def test_both_at_once_are_named_together() -> None:
    walked = walk(net("numpy", False, W, BIAS), net("other", True, W, np.zeros_like(BIAS)))
    assert sorted(each for each, _ in ids(walked)[0]) == ["bias", "flattened"]


def test_a_layer_that_is_neither_is_not_accused_of_an_order() -> None:
    other = net("other", True, hwc(drawn(9, 7, 40)), BIAS)
    (fault,) = walk(net("numpy", False, W, BIAS), other, {"fc": "fc"}).faults
    assert fault.b == ("fc",) and fault.verdict == "unexplained"
