"""JUnit XML: a suite for each case, a test for each result, counts that are right, hostile text as text."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path

from harness.report import results
from harness.report.junit import Junit
from harness.result import CaseReport
from tests.pieces import both, report, result
from tests.test_markdown import HOSTILE


def suites(path: Path, *reports: CaseReport, failures: Sequence[str] = ()) -> list[ElementTree.Element]:
    junit = Junit({"failures": failures})
    for each in reports:
        junit.add(results.piece(each))
    junit.write(path)
    return list(ElementTree.parse(path).getroot())


def test_results_are_tests_that_pass_fail_or_are_skipped(tmp_path: Path) -> None:
    odd = result("g", verdict="unexplained", rung=None, expected=False, reason="3 of 6\ndiffer")
    given = (result("f"), odd, result("h", verdict="declined"), result("i", verdict="raised"), result("r", "recorded"))
    (suite,) = suites(tmp_path / "j.xml", report("a.yaml", given, failures=("as_written: g",)))
    assert suite.attrib == {"name": "a.yaml", "tests": "6", "failures": "2", "errors": "0", "skipped": "1"}
    tests = {each.attrib["name"]: [part.tag for part in each] for each in suite}
    assert tests == {
        "f as_written": [],
        "g as_written": ["failure"],
        "h as_written": ["skipped"],
        "i as_written": [],
        "r recorded": [],
        "what the case expects": ["failure"],
    }
    failure = suite[1][0]
    assert failure.attrib["message"] == "unexplained"
    assert failure.text == "3 of 6\ndiffer"
    assert suite[0].attrib["time"] == "0.000001"
    assert suite[5][0].text == "as_written: g"


def test_counts_are_those_of_the_suite(tmp_path: Path) -> None:
    declined = result("h", verdict="declined", expected=False)
    for suite in suites(tmp_path / "j.xml", report("a.yaml", both(declined)), report("b.yaml")):
        assert int(suite.attrib["tests"]) == len(suite)
        assert int(suite.attrib["failures"]) == len(suite.findall("*/failure"))
        assert int(suite.attrib["skipped"]) == len(suite.findall("*/skipped"))


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    hostile = result(f'"{HOSTILE}"', verdict="raised", reason=f"]]>{HOSTILE}\x00", expected=False)
    (suite,) = suites(tmp_path / "j.xml", report(f"{HOSTILE}.yaml", (hostile,), failures=(HOSTILE,)))
    assert "<script>" in str(suite[0][0].text)


def test_what_did_not_come_out_of_the_run_is_a_suite_of_its_own(tmp_path: Path) -> None:
    suite, run = suites(tmp_path / "j.xml", report("a.yaml"), failures=["<torch> answered nothing"])
    assert (suite.attrib["name"], run.attrib["name"], run.attrib["failures"]) == ("a.yaml", "run", "1")
    assert run[0][0].text == "<torch> answered nothing"
