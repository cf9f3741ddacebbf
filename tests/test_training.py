"""`harness.models.training`: a side in training mode is told as such, with what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.models.traced import Trace
from harness.models.training import remarks
from harness.models.walk import Walked, walk
from harness.report.walked import as_json, text
from tests.test_walk import demand_clean, ids, told
from tests.traced import Net, drawn

CHANNELS = 6
HELD = {"scale": drawn(1, CHANNELS), "offset": drawn(2, CHANNELS)}
USED = {"mean": drawn(3, CHANNELS), "variance": np.abs(drawn(4, CHANNELS)) + 1}
SAID = "in training mode: norm; call module.eval() unless it is meant so"


def traced(trained: bool, drops: bool = False) -> Trace:
    net = Net("torch 2.0", seed=int(trained))
    at = net.input(drawn(5, 3, CHANNELS, 5, 5))
    settings: dict[str, Any] = {"epsilon": 1e-3, **({"over": "NHW"} if trained else {})}
    at = net.layer("norm", "normalization", at, HELD if trained else {**HELD, **USED}, settings)
    if drops:
        at = net.join("drop", [at], lambda x: np.where(np.arange(x.size).reshape(x.shape) % 3, 1.5 * x, 0), "f.dropout")
    at = net.layer("last", "activation", at, {}, {"function": "tanh"})
    found = net.trace(at)
    return replace(found, mode="training", remarks=(SAID,)) if trained or drops else found


def demand_told(walked: Walked, side: str, layers: list[str]) -> None:
    assert [(*each.a, *each.b)[0] for each in walked.faults] == layers
    for fault in walked.faults:
        assert fault.why.transforms[0] == {"id": "mode", **dict(zip("ab", ("inference", "training")))}
        assert f"{side}'s {fault.b[0]} was in training mode" in fault.why.words
        assert "Call .eval()" in fault.why.words


def test_a_port_in_training_mode_is_told_to_be_put_in_inference_mode():
    walked = walk(traced(False), traced(True, drops=True))
    demand_told(walked, "B", ["norm", "drop"])
    assert "mean and variance of this batch" in walked.faults[0].why.words
    assert "at random" in walked.faults[1].why.words
    assert ids(walked.faults[0]) == ["mode", "over"]
    assert f"B: {SAID}" in text(walked, ("a", "b"))
    assert as_json(walked)["remarks"] == {"a": [], "b": [SAID]}


def test_an_original_in_training_mode_is_the_fault_of_a():
    (norm, drop) = walk(traced(True, drops=True), traced(False)).faults
    assert norm.why.transforms == drop.why.transforms == ({"id": "mode", "a": "training", "b": "inference"},)
    assert "A's norm was in training mode" in norm.why.words
    assert (drop.a, drop.b) == (("drop",), ())


def test_two_sides_in_training_mode_agree_and_it_is_remarked():
    walked = walk(traced(True), traced(True))
    demand_clean(walked)
    assert walked.remarks == ((SAID,), (SAID,))


def test_two_sides_in_inference_mode_say_nothing():
    walked = walk(traced(False), traced(False))
    assert [told(each)[2] for each in walked.pairs] == ["agrees", "agrees"]
    assert "remarks" not in as_json(walked)


def test_a_softmax_over_images_is_no_training_mode():
    nets = [(net := Net(seed=seed), net.input(drawn(7, 3, 4, 5, 5))) for seed in (0, 1)]
    a, b = (net.trace(net.layer("soft", "softmax", at, {}, {"over": over})) for (net, at), over in zip(nets, "CN"))
    (fault,) = walk(a, b).faults
    assert ids(fault) == ["over"]


@pytest.mark.parametrize(("mode", "said"), [("training", 1), ("inference", 0)])
def test_a_trace_that_says_its_mode_only_is_remarked(mode: str, said: int):
    assert len(remarks(replace(traced(False), mode=mode))) == said
