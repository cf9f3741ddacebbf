"""Data that tell explanations apart are those that were tried, whatever the layouts of the case."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.canonical.reference import direct
from harness.case.read import Case, load
from harness.explanation import separation
from harness.judge.verdict import Judge
from harness.operations.transforms.arrays import InputAxes, OutputAxes, ReverseKernel
from harness.operations.transforms.boundary import Boundary
from harness.operations.transforms.settings import PaddingSplit

CASE: dict[str, Any] = {
    "title": "One",
    "means": "cross-correlation",
    "input": {"layout": "WNHC", "dtype": "float64", "arange": {"shape": [4, 1, 5, 2]}},
    "kernel": {"layout": "WIHO", "values": [[[[1.0], [2.0]], [[3.0], [4.0]]], [[[1.0], [2.0]], [[3.0], [4.0]]]]},
}
ALONG_W, ALONG_BOTH = (ReverseKernel((1,)),), (ReverseKernel((0, 1)),)


def case(folder: Path, text: dict) -> Case:
    path = folder / "one.yaml"
    path.write_text(json.dumps(text), encoding="utf-8")
    return next(load(path))


@pytest.mark.parametrize("rivals", [((), ALONG_BOTH), ((), ALONG_W)])
def test_the_data_that_were_tried_are_those_of_a_case_that_draws_them(tmp_path, monkeypatch, rivals):
    one = case(tmp_path, CASE)
    tried = []
    monkeypatch.setattr(separation, "direct", lambda form: tried.append(form) or direct(form))
    found = separation.separation(Judge(one), rivals)
    assert found is not None
    drawn = {role: {**CASE[role], **keys} for role, keys in found.as_json().items()}
    for role, given in drawn.items():
        given.pop("values" if role == "kernel" else "arange", None)
    fresh = case(tmp_path, {**CASE, **drawn}).meant()
    np.testing.assert_array_equal(tried[-2].x, fresh.x)
    np.testing.assert_array_equal(tried[-2].w, fresh.w)


def test_the_weights_are_drawn_where_other_inputs_tell_nothing_apart(tmp_path):
    judge = Judge(case(tmp_path, CASE))
    assert set(separation.separation(judge, ((), ALONG_BOTH)).shapes) == {"input"}
    assert set(separation.separation(judge, ((), ALONG_W)).shapes) == {"input", "kernel"}
    assert separation.separation(judge, (ALONG_W, ALONG_W)) is None


PADDED = {**CASE, "padding": 1, "input": {**CASE["input"], "arange": {"shape": [9, 2, 8, 2]}}}
ALIKE = [
    ((ReverseKernel((0, 1)),), (ReverseKernel((0,)), ReverseKernel((1,)))),
    ((Boundary("edge"),), (Boundary("symmetric"),)),
    ((PaddingSplit(((1, 1), (1, 1)), ((1, 1), (1, 1))),), ()),
]
APART = [
    ((ReverseKernel((1,)),), ()),
    ((Boundary("edge"),), ()),
    ((Boundary("edge"),), (Boundary("wrap"),)),
    ((OutputAxes((0, 1, 3, 2)),), ()),
    ((InputAxes((0, 1, 3, 2)),), ()),
]


@pytest.mark.parametrize("all_of_it", [True, False])
@pytest.mark.parametrize(("one", "other"), [*ALIKE, *APART])
def test_changes_have_one_signature_where_they_come_to_the_same(tmp_path, monkeypatch, one, other, all_of_it):
    """A boundary shows at the ends only, which are looked at however large an output is."""
    monkeypatch.setattr(separation, "ALL", 10**9 if all_of_it else 0)
    monkeypatch.setattr(separation, "ANYWHERE", 4)
    signature = separation.signatures(case(tmp_path, PADDED).meant())
    assert (signature(one) == signature(other)) == ((one, other) in ALIKE)


def test_a_part_of_a_large_output_tells_as_much(tmp_path, monkeypatch):
    judge = Judge(case(tmp_path, PADDED))
    rivals = [(), (Boundary("edge"),), (Boundary("wrap"),), ALONG_W, ALONG_BOTH]
    whole = separation.separation(judge, rivals)
    monkeypatch.setattr(separation, "ALL", 0)
    assert separation.separation(judge, rivals) == whole
    assert separation.separation(judge, [(), *APART[0]]) is None
