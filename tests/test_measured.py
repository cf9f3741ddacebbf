"""Claims that depend on the machine: tried when a worker starts, and followed by the calls that are made of cases."""

from __future__ import annotations

import importlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.backends import TABLE
from harness.canonical.window import pad
from harness.case.read import load
from harness.operations.call import Unsupported
from harness.parent.pool import Pool
from harness.runner import run
from harness.systems import selection
from harness.systems.lower import lower
from harness.worker.entry import LEAST, EntryPoint, Settings, from_json, function_of, windowed
from harness.worker.measured import TRIALS, measured
from tests.declared import case_of
from tests.fakes import FAKES, PATIENT, choosy, honest
from tests.test_backends_transposed import example as upsampled
from tests.test_lower import example

WITHOUT = "tensorflow[onednn=0]"
CASES = Path(__file__).parent.parent / "cases" / "conventions"


def here() -> EntryPoint:
    return measured(choosy.ENTRY_POINTS[0])


def test_what_is_refused_is_told_by_claim_rank_and_dtype():
    unequal = ("float16", "float32", "float64")
    assert here().refused == {
        "uneven_strides": tuple((rank, dtype) for rank in (2, 3) for dtype in unequal),
        "dilation": ((1, "float64"), (2, "float64"), (3, "float64")),
        "together": ((1, "float32"), (1, "float64"), (2, "float64"), (3, "float64")),
        "groups": ((3, "float16"), (3, "float32"), (3, "float64")),
        "float16": ((1, "float16"),),
    }


def test_what_is_refused_survives_the_journey():
    assert from_json(json.loads(json.dumps(here().as_json()))).refused == here().refused


def test_what_holds_is_not_told_and_what_is_not_to_be_measured_is_not_tried():
    (plain,) = honest.ENTRY_POINTS
    assert measured(plain).refused == {}
    assert measured(replace(plain, measured=("dilation", "groups", "uneven_strides", "together"))).refused == {}
    assert measured(replace(choosy.ENTRY_POINTS[0], measured=())).refused == {}


def out_of_order(x, w, s):
    raise RuntimeError("out of order")


def test_a_system_that_takes_no_call_at_all_refuses_no_claim():
    assert measured(replace(choosy.ENTRY_POINTS[0], call=out_of_order)).refused == {}


def test_a_call_that_the_adapter_declines_or_fails_in_refuses_no_claim():
    def adapted(x, w, s):
        if max(s.dilation) > 1:
            pad(x, None)  # a fault of the harness's own code
        return choosy.correlate(x, w, s)

    entry = replace(choosy.ENTRY_POINTS[0], call=adapted)
    with pytest.raises(TypeError):
        adapted(np.ones((1, 1, 3)), np.ones((1, 1, 1)), Settings((1,), (2,), "VALID"))
    assert measured(entry).refused == {}


def test_a_refused_claim_is_not_made_for_its_dtypes_and_ranks_and_is_for_others():
    entry = here()
    assert (entry.at("float32").takes.dilation, entry.at("float64").takes.dilation) == (True, False)
    assert (entry.at("float32", 1).takes.uneven_strides, entry.at("float32", 2).takes.uneven_strides) == (True, False)
    assert (entry.at("float32", 2).takes.groups, entry.at("float32", 3).takes.groups) == ("any", "one")
    assert ("float16" in entry.at("float32", 1).dtypes, "float16" in entry.at("float32", 2).dtypes) == (False, True)
    assert "float16" not in entry.at("float32").dtypes
    assert entry.takes.uneven_strides


DEPENDS = "; that depends on the machine: here such a call was tried when the worker started, and refused"
GROUPED = {"x": (1, 2, 5, 4, 3), "w": (2, 1, 2, 2, 2), "groups": 2}


@pytest.mark.parametrize(
    ("settings", "reason", "ids"),
    [
        ({"stride": (2, 1)}, "takes one stride for all axes; the case has 2 x 1", ["subsample_output"]),
        ({"dtype": "float64", "dilation": (2, 2)}, "has no dilation; the case has 2 x 2", ["dilate_kernel"]),
        (GROUPED, "has no groups; the case has 2", ["dense_groups"]),
        (
            {"x": (1, 1, 9), "w": (1, 1, 2), "stride": (2,), "dilation": (2,)},
            "does not take a stride together with a dilation",
            ["subsample_output"],
        ),
    ],
)
def test_the_normalized_call_does_by_hand_what_is_refused(settings, reason, ids):
    case = example(**settings)
    with pytest.raises(Unsupported) as refusal:
        lower(case, here(), "as_written")
    assert str(refusal.value) == f"fake.choosy {reason}{DEPENDS}"
    assert [each.id for each in lower(case, here(), "normalized").transforms] == ids


@pytest.mark.parametrize("mode", ["as_written", "normalized"])
def test_a_dtype_that_is_refused_is_declined_with_the_reason(mode):
    with pytest.raises(Unsupported, match="^fake.choosy does not take float16" + DEPENDS):
        lower(example((1, 1, 5), (1, 1, 2), dtype="float16"), here(), mode)
    assert lower(example(dtype="float16"), here(), mode).transforms == ()


def test_what_no_machine_takes_is_not_said_to_depend_on_it():
    entry = here()
    unstrided = replace(entry, takes=replace(entry.takes, stride=False))
    with pytest.raises(Unsupported, match="^fake.choosy has no stride; the case has 2 x 1$"):
        lower(example(stride=(2, 1)), unstrided, "as_written")


def test_what_is_taken_is_called_as_written():
    assert lower(example(stride=(2, 2)), here(), "as_written").transforms == ()
    assert lower(example(dtype="float32", dilation=(2, 2)), here(), "as_written").transforms == ()


def transposed(calls: list[Any]) -> EntryPoint:
    """A transposed convolution that keeps its calls, and takes no stride beside a dilation."""

    def call(x, w, s):
        calls.append((x.shape, w.shape, s))
        if max(s.stride) > 1 and max(s.dilation) > 1:
            raise NotImplementedError("one after another")
        return np.zeros((1, 1, *s.output_size), x.dtype)

    usual = {"operation": "transposed_convolution", "kernel": "OI*", "groups": "any", "explicit": "uneven"}
    return windowed("t", [2], call=call, measured=["together", "groups"], **usual)


def test_transposed_convolutions_are_tried_with_the_sizes_of_their_own():
    calls: list[Any] = []
    assert list(measured(transposed(calls)).refused) == ["together"]
    assert {(x, w, s.groups) for x, w, s in calls} == {
        ((1, 2, 6, 6), (2, 2, 2, 2), 1),
        ((1, 2, 6, 6), (1, 2, 2, 2), 2),
    }
    assert {tuple(s.output_size) for _, _, s in calls} == {(7, 7), (13, 13)}


def test_a_transposed_call_with_both_is_declined_and_the_kernel_dilated_by_hand():
    entry = measured(transposed([]))
    case = upsampled(2, 1, stride=(2, 2), dilation=(2, 2))
    with pytest.raises(Unsupported, match="^t does not take a stride together with a dilation" + DEPENDS):
        lower(case, entry, "as_written")
    assert "dilate_kernel" in [each.id for each in lower(case, entry, "normalized").transforms]


def test_a_worker_tells_what_it_measured_and_what_computes():
    with Pool([FAKES["choosy"]], PATIENT) as pool:
        hello = pool.hellos["choosy"]
        assert hello.entry_points[0].refused == here().refused
        assert hello.environment["library"] == "of its own"
        case = case_of(example(dtype="float64", dilation=(2, 2)).meant())
        (report,) = run([case], pool, pool.entry_points())
        assert [result.verdict for result in report.results] == ["declined", "agrees"]


@pytest.mark.parametrize("claim", TRIALS)
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_a_trial_has_a_setting_for_each_axis(claim, rank):
    assert all(value == 2 or len(value) == rank for value in TRIALS[claim](rank).values())


@pytest.mark.parametrize("name", TABLE)
def test_every_claim_that_is_to_be_measured_has_a_trial_and_something_to_fall_back_on(name):
    for entry in importlib.import_module(TABLE[name].module).ENTRY_POINTS:
        for claim in entry.measured:
            if claim not in entry.dtypes:
                assert claim in TRIALS
                assert claim in LEAST or getattr(entry.takes, claim) is True
        assert not entry.measured or set(entry.dtypes) - set(entry.measured)


SAMPLE = (
    *("volume-dilated.yaml", "same-stride-odd-kernel.yaml", "depthwise.yaml", "kernel-larger-valid.yaml"),
    *("transposed_convolution/dilation.yaml", "transposed_convolution/volume.yaml"),
)
"""Cases with calls that TensorFlow takes as written where oneDNN is at work, and only there."""


def test_the_registry_comes_out_as_expected_with_oneDNN_and_without():
    """A quick sample of it, on TensorFlow as it is here, and beside it as it is on machines without oneDNN."""
    if TABLE["tensorflow"].missing():
        pytest.skip("tensorflow is not installed")
    cases = [case for path in SAMPLE for case in load(CASES / path)]
    with Pool(selection.backends(["tensorflow", WITHOUT]), PATIENT) as pool:
        assert not pool.unavailable
        reports = list(run(cases, pool, pool.entry_points()))
        assert pool.hellos[WITHOUT].environment["oneDNN"] == "not used"
    assert not [failure for report in reports for failure in report.failures]
    results = [result for report in reports for result in report.results]
    assert {result.outcome for result in results} == {"answered", "declined"}
    assert {result.verdict for result in results if result.mode == "normalized"} == {"agrees", "declined"}
    told = {function_of(result.entry_point) for result in results if "depends on the machine" in result.reason}
    assert told >= {"tensorflow.nn.conv3d", "tensorflow.nn.depthwise_conv2d", "tensorflow.nn.conv2d_transpose"}


def test_outputs_that_nobody_wrote_are_not_repeatable_whatever_the_process_holds():
    case = case_of(example().meant())
    with Pool([FAKES["unwritten"]], PATIENT) as pool:
        for _ in range(3):
            (report,) = run([case], pool, pool.entry_points())
            told = {result.reason for result in report.results if result.outcome == "answered"}
            rows = int(np.prod(case.meant().output_shape[:-1]))
            assert all(f"differ in {rows} of" in reason for reason in told), told
