"""Claims that depend on the machine: tried when a worker starts, and followed by the calls that are made of cases."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.backends import TABLE
from harness.case.read import find, load
from harness.operations.call import Unsupported
from harness.run import run
from harness.systems import selection
from harness.systems.lower import lower
from harness.systems.pool import Pool
from harness.systems.process import Limits
from harness.worker.entry import EntryPoint, from_json
from harness.worker.measured import TRIALS, measured
from tests.declared import case_of
from tests.fakes import FAKES, PATIENT, choosy, honest
from tests.test_lower import example

CASES = Path(__file__).parent.parent / "cases" / "conventions"


def test_what_is_refused_is_told_by_claim_and_dtype():
    (entry,) = map(measured, choosy.ENTRY_POINTS)
    assert entry.refused == {"uneven_strides": ("float32", "float64"), "dilation": ("float64",)}
    assert from_json(entry.as_json()).refused == entry.refused


def test_what_holds_is_not_told_and_what_is_not_to_be_measured_is_not_tried():
    (plain,) = honest.ENTRY_POINTS
    assert measured(plain).refused == {}
    (entry,) = choosy.ENTRY_POINTS
    untried = EntryPoint(**{**vars(entry), "measured": ()})
    assert measured(untried).refused == {}


def test_a_system_that_takes_no_call_at_all_refuses_no_claim():
    def nothing(x, w, s):
        raise RuntimeError("out of order")

    (entry,) = choosy.ENTRY_POINTS
    assert measured(EntryPoint(**{**vars(entry), "call": nothing})).refused == {}


def test_a_refused_claim_is_false_for_its_dtypes_only():
    entry = measured(choosy.ENTRY_POINTS[0])
    assert (entry.at("float32").takes.dilation, entry.at("float64").takes.dilation) == (True, False)
    assert not entry.at("float32").takes.uneven_strides
    assert entry.takes.uneven_strides


@pytest.mark.parametrize(
    ("dtype", "settings", "reason", "ids"),
    [
        ("float32", {"stride": (2, 1)}, "takes one stride for all axes here; the case has 2 x 1", ["subsample_output"]),
        ("float64", {"dilation": (2, 2)}, "has no dilation; the case has 2 x 2", ["dilate_kernel"]),
    ],
)
def test_the_normalized_call_does_by_hand_what_is_refused(dtype, settings, reason, ids):
    entry = measured(choosy.ENTRY_POINTS[0])
    case = example(dtype=dtype, **settings)
    with pytest.raises(Unsupported, match=reason):
        lower(case, entry, "as_written")
    assert [each.id for each in lower(case, entry, "normalized").transforms] == ids


def test_what_is_taken_is_called_as_written():
    entry = measured(choosy.ENTRY_POINTS[0])
    assert lower(example(stride=(2, 2)), entry, "as_written").transforms == ()
    assert lower(example(dtype="float32", dilation=(2, 2)), entry, "as_written").transforms == ()


def test_a_worker_tells_what_it_measured_and_what_computes():
    with Pool([FAKES["choosy"]], PATIENT) as pool:
        hello = pool.hellos["choosy"]
        assert hello.entry_points[0].refused["dilation"] == ("float64",)
        assert hello.environment["library"] == "of its own"
        case = case_of(example(dtype="float64", dilation=(2, 2)).meant())
        (report,) = run([case], pool, pool.entry_points())
        assert [result.verdict for result in report.results] == ["declined", "agrees"]


@pytest.mark.parametrize("claim", TRIALS)
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_a_trial_has_a_setting_for_each_axis(claim, rank):
    assert all(len(setting) == rank for setting in TRIALS[claim](rank).values())


@pytest.mark.parametrize("onednn", ["0", "1"])
def test_the_registry_holds_with_oneDNN_and_without(onednn):
    """A quick sample: the cases that TensorFlow takes as written only where oneDNN is at work."""
    if TABLE["tensorflow"].missing():
        pytest.skip("tensorflow is not installed")
    chosen = selection.backends([f"tensorflow[onednn={onednn}]"])
    names = ("depthwise.yaml", "volume.yaml", "dilation.yaml", "stride.yaml", "kernel-larger-valid.yaml")
    cases = [case for path in find([CASES]) if path.name in names for case in load(path)]
    with Pool(chosen, Limits(start=600.0, call=600.0)) as pool:
        reports = list(run(cases, pool, pool.entry_points()))
    answered = [result for report in reports for result in report.results if result.outcome == "answered"]
    assert len(answered) > len(cases)
    normalized = [result for result in answered if result.mode == "normalized"]
    assert {result.verdict for result in normalized} == {"agrees"}
    assert not [result for report in reports for result in report.results if result.outcome in ("raised", "died")]


def test_outputs_that_nobody_wrote_are_not_repeatable_whatever_the_process_holds():
    case = case_of(example().meant())
    with Pool([FAKES["unwritten"]], PATIENT) as pool:
        for _ in range(3):
            (report,) = run([case], pool, pool.entry_points())
            told = {result.reason for result in report.results if result.outcome == "answered"}
            rows = int(np.prod(case.meant().output_shape[:-1]))
            assert all(f"differ in {rows} of" in reason for reason in told), told
