"""The summary for GitHub: what came out, what failed, how often each verdict, appended to the file that is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.report import results
from harness.report.summary import MOST_FAILURES, Summary
from harness.result import CaseReport
from tests.pieces import HEADER, both, report, result
from tests.test_markdown import HOSTILE


def summary(path: Path, *reports: CaseReport) -> str:
    found = Summary(HEADER)
    for each in reports:
        found.add(results.piece(each))
    found.write(path)
    return path.read_text("utf-8")


def test_it_counts_verdicts_and_names_failures(tmp_path: Path) -> None:
    given = both(result("f"), result("g", verdict="died"), result("h", verdict="convention", transforms=("bias",)))
    text = summary(tmp_path / "s.md", report("cases/a.yaml", given, failures=("g died",)))
    assert "**1 case, 6 results: 1 not as expected.**" in text
    assert "- `a`: g died" in text
    assert "| = exact | 1 | 3 | 0 |" in text
    assert "| † died | 1 | 0 | 0 |" in text
    assert "R reversed" not in text
    assert "torch 2.0" in text


def test_it_is_appended_and_stays_short(tmp_path: Path) -> None:
    path = tmp_path / "s.md"
    path.write_text("what was there\n")
    text = summary(path, *(report(f"{n}.yaml", failures=(HOSTILE,)) for n in range(MOST_FAILURES + 5)))
    assert text.startswith("what was there\n")
    assert text.count("- `") == MOST_FAILURES
    assert "- and 5 more" in text
    assert "<script>" not in text


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="directory"):
        summary(tmp_path, report())
