"""The whole way from case files through the zoo of fakes to reports."""

from __future__ import annotations

import textwrap
import tracemalloc

import numpy as np
import pytest

from harness.backends import TABLE
from harness.case.read import load
from harness.parent.pool import Pool
from harness.parent.talk import Program
from harness.parent.worker_limits import Limits
from harness.runner import run
from tests.fakes import ANSWERING, FAILING, FAKES, PATIENT, SCRIPTS, hurried

CASE = """
title: integers that tell every convention apart
means: cross-correlation
padding: same
input: {layout: NCHW, integers: {shape: [1, 2, 5, 6], seed: 1, low: -9, high: 9}}
kernel: {layout: OIHW, integers: {shape: [2, 2, 3, 2], seed: 2, low: -9, high: 9}}
"""

# fake -> (outcome, verdict, transforms) of its as-written call
FOUND = {
    "honest": ("answered", "agrees", ()),
    "printing": ("answered", "agrees", ()),
    "reading": ("answered", "agrees", ()),
    "flooding": ("answered", "agrees", ()),
    "warning": ("answered", "agrees", ()),
    "wrong": ("answered", "unexplained", None),
    "flipped": ("answered", "convention", ("reverse_kernel",)),
    "lying": ("answered", "convention", ("reverse_kernel",)),
    "shifted": ("answered", "convention", ("same_centre",)),
    "noisy": ("answered", "unexplained", None),
    "nan": ("answered", "unexplained", None),
    "complex_numbers": ("answered", "unexplained", None),
    "wrong_shape": ("answered", "convention", ("padding_split",)),
    "unsteady": ("answered", "unexplained", ("not_repeatable",)),
    "declining": ("declined", "declined", ()),
    "raising": ("raised", "raised", ()),
    "broken": ("broken", "broken", ()),
    "hanging": ("died", "died", ()),
    "aborting": ("died", "died", ()),
    "dying_once": ("answered", "agrees", ()),
    "half_reply": ("died", "died", ()),
    "garbage": ("died", "died", ()),
    "gigantic": ("died", "died", ()),
}


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    path = tmp_path_factory.mktemp("zoo") / "case.yaml"
    path.write_text(CASE)
    names = [name for name in ANSWERING + FAILING + SCRIPTS if name in FOUND]
    with hurried(Pool([FAKES[name] for name in names], PATIENT), "hanging", Limits(call=0.5)) as pool:
        (report,) = run(load(path), pool, pool.entry_points())
    return report


def result(report, backend, mode="as_written"):
    return next(each for each in report.results if each.backend == backend and each.mode == mode)


@pytest.mark.parametrize("name", FOUND)
def test_every_fake_gets_its_outcome_and_verdict(zoo, name):
    found = result(zoo, name)
    outcome, verdict, transforms = FOUND[name]
    assert (found.outcome, found.verdict) == (outcome, verdict)
    if transforms is not None:
        assert found.transforms == transforms
    if verdict != "agrees":
        assert found.reason


def test_fakes_that_keep_to_one_convention_are_one_class(zoo):
    first, *others = zoo.classes["as_written"]
    assert set(first) == {"fake." + name for name, (_, verdict, _) in FOUND.items() if verdict == "agrees"}
    assert ["fake.flipped", "fake.lying"] in [sorted(names) for names in others]
    assert all(len(names) == 1 for names in others if "fake.flipped" not in names)


def test_a_case_without_expectations_demands_that_normalized_results_agree(zoo):
    expected = {each.backend: each.expected for each in zoo.results if each.mode == "normalized"}
    for name, (outcome, verdict, _) in FOUND.items():
        agrees = verdict == "agrees" or name == "flipped"  # which declares its reversal, so that it can be undone
        assert expected[name] is (None if outcome == "declined" else agrees), name
    demanded = {each.backend: each.expected for each in zoo.results if each.mode == "as_written"}
    assert {name: held for name, held in demanded.items() if held is not None} == {"broken": False}
    assert any("as_written: fake.broken: a fault of the harness's own worker" in failure for failure in zoo.failures)
    assert any("fake.wrong" in failure for failure in zoo.failures)


def test_outputs_are_kept_once_in_the_order_of_the_results(zoo):
    numbers = [each.output for each in zoo.results if each.output is not None]
    assert list(dict.fromkeys(numbers)) == list(range(len(zoo.outputs)))
    assert zoo.outputs[result(zoo, "honest").output]["values"] == zoo.info["reference"]["values"]
    assert len({repr(each) for each in zoo.outputs}) == len(zoo.outputs)


def test_results_without_an_output_name_none(zoo):
    assert all((each.output is None) == (each.group is None) for each in zoo.results if each.mode != "recorded")


def test_members_of_one_class_that_differ_in_rounding_keep_their_own_outputs(tmp_path):
    path = tmp_path / "case.yaml"
    path.write_text("""
title: a sum over many terms
means: convolution
padding: valid
input: {layout: W, random: {shape: [99], seed: 1}}
kernel: {layout: W, random: {shape: [9], seed: 2}}
""")
    with Pool([TABLE["scipy"]]) as pool:
        (report,) = run(load(path), pool, pool.entry_points())
    direct, fft = (
        next(each for each in report.results if each.entry_point == name)
        for name in ("scipy.signal.convolve", "scipy.signal.fftconvolve")
    )
    assert direct.group == fft.group and direct.output != fft.output
    values = [np.array(report.outputs[each.output]["values"]) for each in (direct, fft)]
    assert 0 < abs(values[0] - values[1]).max() < 1e-5


def reports_of(tmp_path, text, names, limits=PATIENT):
    path = tmp_path / "case.yaml"
    path.write_text(textwrap.dedent(text))
    with Pool([FAKES[name] for name in names], limits) as pool:
        return list(run(load(path), pool, pool.entry_points()))


AGREE = "expect: {as_written: [[fake.honest, fake.flipped]]}"
DIFFER = "expect: {as_written: [[fake.honest], [fake.printing]]}"
RIGHT = "expect: {as_written: [[fake.honest, fake.printing], [fake.flipped]]}"


@pytest.mark.parametrize(
    ("expect", "blamed"),
    [(AGREE, "fake.flipped was expected to agree"), (DIFFER, "fake.printing was expected to differ"), (RIGHT, None)],
)
def test_expectations_fail_in_both_directions(tmp_path, expect, blamed):
    (report,) = reports_of(tmp_path, CASE + expect, ["honest", "printing", "flipped"])
    failures = [failure for failure in report.failures if failure.startswith("as_written")]
    assert [blamed in failure for failure in failures] == ([True] if blamed else [])
    marks = {each.entry_point: each.expected for each in report.results if each.mode == "as_written"}
    assert (False in marks.values()) is bool(blamed)


VOLUME = """
title: a dilated signal
means: cross-correlation
padding: valid
dilation: 2
input: {layout: W, dtype: float64, values: [1, 0, 2, 3, 0, 1, 1]}
kernel: {layout: W, values: [2, 1, 3]}
"""


@pytest.mark.parametrize("names", ["honest, fake.choosy", "honest], [fake.choosy"])
def test_what_a_machine_refuses_is_not_demanded_of_it(tmp_path, names):
    text = VOLUME + f"expect: {{as_written: [[fake.{names}]]}}"
    (report,) = reports_of(tmp_path, text, ["honest", "choosy"])
    assert not report.failures
    found = result(report, "choosy")
    assert (found.verdict, found.expected) == ("declined", None)
    assert "depends on the machine" in found.reason
    assert result(report, "honest").expected
    assert result(report, "choosy", "normalized").expected


def test_what_no_machine_takes_is_demanded(tmp_path):
    text = VOLUME.replace("float64", "int8") + "expect: {as_written: [[fake.honest, fake.choosy]]}"
    (report,) = reports_of(tmp_path, text, ["choosy"])
    assert report.failures == ("as_written: fake.choosy gave no output to compare",)


PICTURE = """
title: a picture
means: cross-correlation
padding: valid
dilation: {dilation}
stride: {stride}
input: {{layout: {layout}, dtype: {dtype}, integers: {{shape: {shape}, seed: 1, low: -3, high: 3}}}}
kernel: {{layout: {layout}, integers: {{shape: {shape}, seed: 2, low: -3, high: 3}}}}
expect: {{as_written: [[fake.honest, fake.older]]}}
"""


def picture(dtype="float32", rank=2, dilation=1, stride=1):
    """The text of a case of one sample at this rank."""
    about = {"layout": "DHW"[-rank:], "shape": [1] * rank, "dtype": dtype, "dilation": dilation, "stride": stride}
    return PICTURE.format(**about)


@pytest.mark.parametrize("lacked", [{"dilation": 2}, {"dtype": "float64"}, {"rank": 1}])
def test_what_only_other_versions_take_is_not_demanded_of_this_one(tmp_path, lacked):
    (report,) = reports_of(tmp_path, picture(**lacked), ["honest", "older"])
    assert not report.failures
    found = result(report, "older")
    assert (found.verdict, found.expected) == ("declined", None)
    assert "depends on the version" in found.reason
    assert result(report, "honest").expected


@pytest.mark.parametrize(
    ("asked", "verdict"), [({"stride": 2}, "raised"), ({"dtype": "int8"}, "declined"), ({"rank": 3}, "declined")]
)
def test_what_this_version_claims_and_what_no_version_takes_is_demanded(tmp_path, asked, verdict):
    (report,) = reports_of(tmp_path, picture(**asked), ["older"])
    assert report.failures[0] == "as_written: fake.older gave no output to compare"
    assert result(report, "older").verdict == verdict


RECORDED = """
title: a recording
means: cross-correlation
padding: valid
input: {layout: W, values: [1, 0, 2, 3, 0, 1, 1]}
kernel: {layout: W, values: [2, 1, 3]}
recorded:
  - {system: elsewhere, origin: made up, layout: W, values: %s, %s expect: [%s]}
"""


@pytest.mark.parametrize(
    ("values", "digits", "expect", "verdict", "expected"),
    [
        ("[8, 11, 7, 9, 4]", "", "", "agrees", True),
        ("[8, 11, 7, 9, 4]", "", "reverse_kernel", "agrees", False),
        ("[7, 8, 9, 11, 3]", "", "reverse_kernel", "convention", True),
        ("[7, 8, 9, 11, 3]", "", "", "convention", False),
        ("[8, 11, null, 9, null]", "", "", "agrees", True),
        ("[8.04, 10.96, 7, 9, 4]", "decimals: 1,", "", "agrees", True),
        ("[8.06, 10.96, 7, 9, 4]", "decimals: 1,", "", "unexplained", False),
        ("[1, 2, 3, 4, 5]", "", "", "unexplained", False),
    ],
)
def test_recordings_are_judged_with_their_digits(tmp_path, values, digits, expect, verdict, expected):
    (report,) = reports_of(tmp_path, RECORDED % (values, digits, expect), ["honest"])
    found = next(each for each in report.results if each.mode == "recorded")
    assert (found.verdict, found.expected) == (verdict, expected)
    assert bool([failure for failure in report.failures if failure.startswith("recorded")]) is not expected


def test_a_tolerance_set_by_hand_replaces_the_ladder(tmp_path):
    text = CASE + "tolerance: {rtol: 1.0e-2, atol: 1, why: a test}"
    (report,) = reports_of(tmp_path, text, ["noisy"])
    assert {(each.verdict, each.rung) for each in report.results} == {("agrees", "case tolerance")}


def test_modes_that_come_to_one_call_are_called_once(tmp_path):
    (report,) = reports_of(tmp_path, CASE, ["honest"])
    written, normalized = report.results
    assert written.seconds == normalized.seconds


MATRIX = """
title: many members
means: cross-correlation
input: {layout: HW, integers: {shape: [8, 8], seed: 0, low: -9, high: 9}}
kernel: {layout: HW, integers: {shape: [3, 3], seed: 1, low: -9, high: 9}}
matrix: {stride: %s, padding: %s}
"""


def test_reports_come_in_the_order_of_the_cases_and_a_death_costs_only_its_case(tmp_path):
    text = MATRIX % ([1, 2, 3, 4, 5, 6], ["same", "valid", 1, 2])
    reports = reports_of(tmp_path, text, ["honest", "aborting"])
    path = tmp_path / "case.yaml"
    assert [report.info["id"] for report in reports] == [case.id for case in load(path)]
    assert {result(report, "honest").verdict for report in reports} == {"agrees"}
    assert {result(report, "aborting").outcome for report in reports} == {"died"}


def test_memory_does_not_grow_with_the_number_of_cases(tmp_path, monkeypatch):
    path = tmp_path / "case.yaml"
    text = MATRIX % ([1, 2, 3, 4], [1, 2, 3])
    path.write_text(text.replace("[8, 8]", "[64, 64]"))  # so large that the interpreter's own free lists do not matter
    monkeypatch.setattr("harness.runner.IN_FLIGHT_CASES", 8)

    def cases(count):
        for _ in range(count):
            yield from load(path)

    with Pool([FAKES["honest"]]) as pool:
        entries = pool.entry_points()
        list(run(cases(3), pool, entries))
        peaks = []
        for count in (4, 40):
            tracemalloc.start()
            for _ in run(cases(count), pool, entries):
                pass
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


ROUNDED = """
title: random data
means: cross-correlation
padding: same
input: {layout: NCHW, random: {shape: [1, 3, 8, 8], seed: 1}}
kernel: {layout: OIHW, random: {shape: [2, 3, 3, 3], seed: 2}}
"""


def test_low_precision_is_told_and_is_no_agreement(tmp_path):
    (report,) = reports_of(tmp_path, ROUNDED, ["arithmetic"])
    found = {each.entry_point: each for each in report.results if each.mode == "normalized"}
    assert (found["fake.plain"].verdict, found["fake.plain"].expected) == ("agrees", True)
    tf32 = found["fake.tf32"]
    assert (tf32.verdict, tf32.transforms, tf32.rung) == ("convention", ("precision",), "TF32 inputs")
    assert tf32.expected is False
    assert "TF32 inputs" in tf32.words[0]
    classes = report.classes["normalized"]
    assert next(names for names in classes if "fake.tf32" in names) == ["fake.tf32"]


@pytest.fixture(scope="module")
def numerical():
    with Pool([TABLE["numpy"], TABLE["scipy"]], PATIENT) as pool:
        yield pool


CONVOLVED = """
title: a convolution
means: convolution
padding: same
input: {layout: HW, integers: {shape: [5, 6], seed: 1, low: -9, high: 9}}
kernel: {layout: HW, integers: {shape: [3, 2], seed: 2, low: -9, high: 9}}
"""


def coded(tmp_path, pool, text, **changes):
    path = tmp_path / "case.yaml"
    path.write_text(textwrap.dedent(text))
    case = next(load(path))
    (report,) = run([case], pool, pool.entry_points(), **{"coded": True, **changes})
    return case, report


def test_what_differs_as_written_comes_with_code_that_gives_its_numbers(tmp_path, numerical):
    case, report = coded(tmp_path, numerical, CONVOLVED)
    differing = {each.entry_point: each for each in report.results if each.explanations and each.mode == "as_written"}
    firsts = [members[0] for members in report.classes["as_written"] if members[0] in differing]
    assert firsts
    for name, each in differing.items():
        assert set(each.code) == ({"numpy", each.backend} if name in firsts else set())
    for name in firsts:
        given = {"x": case.values("input")[0, 0], "w": case.values("kernel")[0, 0]}
        exec(differing[name].code["numpy"], given)
        shown = report.outputs[differing[name].output]
        np.testing.assert_array_equal(given["y"], np.reshape(shown["values"], shown["shape"]))


def test_the_same_code_is_run_once_for_calls_and_recordings(tmp_path, numerical, monkeypatch):
    asked = []
    monkeypatch.setattr(numerical, "submit", lambda *call: (asked.append(call), Pool.submit(numerical, *call)))
    _, report = coded(tmp_path, numerical, RECORDED % ("[7, 8, 9, 11, 3]", "", "reverse_kernel"))
    programs = [call.text for _, _, call in asked if isinstance(call, Program)]
    recorded = report.results[-1]
    assert set(recorded.code) == {"numpy"}
    assert programs.count(recorded.code["numpy"]) == 2  # on the case and on fresh data
    assert len(programs) == 2 * len(set(programs))


def test_code_is_tried_where_it_is_asked_for(tmp_path, numerical):
    _, report = coded(tmp_path, numerical, CONVOLVED, coded=False)
    assert any(each.explanations for each in report.results)
    assert not any(each.code for each in report.results)


def test_large_cases_do_not_wait_for_their_code(tmp_path, numerical, monkeypatch):
    monkeypatch.setattr("harness.runner.CODED_PRODUCTS", 10)
    _, report = coded(tmp_path, numerical, CONVOLVED)
    assert any(each.explanations for each in report.results)
    assert not any(each.code for each in report.results)


def test_no_code_is_shown_of_an_arithmetic(tmp_path):
    with Pool([FAKES["arithmetic"], TABLE["numpy"]]) as pool:
        _, report = coded(tmp_path, pool, ROUNDED)
    found = {each.entry_point: each for each in report.results if each.mode == "as_written"}
    assert found["fake.tf32"].explanations
    assert not found["fake.tf32"].code


def test_what_is_not_repeatable_is_told_with_its_places(zoo):
    found = result(zoo, "unsteady")
    assert found.reason == "two identical calls differ in 1 of 60 outputs, first at (0, 1, 4, 5)"
    assert found.group is None


UNKNOWN = """
title: a recording
means: cross-correlation
padding: valid
input: {layout: W, values: [1, 0, 2, 3, 0, 1, %s]}
kernel: {layout: W, values: [2, 1, %s]}
recorded:
  - {system: one, origin: made up, layout: W, values: [8, 11, 7, 9, 4]}
  - {system: other, origin: made up, layout: W, values: [8, 11, 7, 9, 5]}
"""


def test_recordings_are_compared_where_the_kernel_is_not_known_in_full(tmp_path):
    (report,) = reports_of(tmp_path, UNKNOWN % ("1", "null"), ["honest"])
    live, (one, other) = report.results[:-2], report.results[-2:]
    assert all(each.verdict == "declined" and "kernel is not known in full" in each.reason for each in live)
    assert (one.verdict, other.verdict) == ("agrees", "unexplained")
    assert "only this choice fits: kernel[0, 0, 2] = 3" in one.remarks
    assert any("do not fit what the case means, whatever" in remark for remark in other.remarks)
    assert any("4 of 5 known elements agree: [0], [1], [2], [3]; not [4]" in remark for remark in other.remarks)
    assert report.info["kernel"]["values"] == [[[2.0, 1.0, None]]]
    assert report.info["reference"]["values"] == [[[None, None, 7.0, None, None]]]
    assert not report.failures


def test_recordings_of_which_nothing_can_be_computed_are_declined(tmp_path):
    (report,) = reports_of(tmp_path, UNKNOWN.replace("[2, 1, %s]", "[null, null, null]") % "1", ["honest"])
    for each in report.results[-2:]:
        assert (each.outcome, each.verdict, each.expected) == ("declined", "declined", None)
        assert each.remarks[0] == "0 of 5 known values can be computed; not known in full: kernel"


def test_recordings_are_compared_with_what_can_be_computed(tmp_path):
    (report,) = reports_of(tmp_path, UNKNOWN % ("null", "3"), ["honest"])
    assert [each.verdict for each in report.results[-2:]] == ["agrees", "agrees"]
    assert report.info["reference"]["values"] == [[[8.0, 11.0, 7.0, 9.0, None]]]


def three(tmp_path):
    """Cases of two calls each."""
    for name in "abc":
        (tmp_path / f"{name}.yaml").write_text(CASE)
    return (case for name in "abc" for case in load(tmp_path / f"{name}.yaml"))


def names(reports):
    return [report.info["id"][-len("a.yaml") :] for report in reports]


@pytest.mark.parametrize("outcomes", range(6))
def test_an_interrupt_while_outcomes_are_waited_for_loses_no_case_that_is_done(tmp_path, monkeypatch, outcomes):
    with Pool([FAKES["flipped"]], PATIENT) as pool:
        collect, left = pool.collect, iter(range(outcomes))

        def interrupted():
            if next(left, None) is None:
                raise KeyboardInterrupt
            return collect()

        monkeypatch.setattr(pool, "collect", interrupted)
        given = []
        with pytest.raises(KeyboardInterrupt):
            given.extend(run(three(tmp_path), pool, pool.entry_points()))
    assert names(given) == ["a.yaml", "b.yaml", "c.yaml"][: outcomes // 2]


def test_an_interrupt_when_a_report_was_given_loses_none_that_is_done(tmp_path):
    with Pool([FAKES["flipped"]], PATIENT) as pool:
        found = run(three(tmp_path), pool, pool.entry_points())
        given = [next(found), next(found), found.throw(KeyboardInterrupt())]
        with pytest.raises(KeyboardInterrupt):
            given.append(next(found))
    assert names(given) == ["a.yaml", "b.yaml", "b.yaml"]
