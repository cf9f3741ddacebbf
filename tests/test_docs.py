"""What the documents show is run."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from harness.case.read import load
from harness.operations.transforms.arrays import ReverseKernel
from harness.operations.windowed import program
from harness.parent.pool import Pool
from harness.runner import run
from tests.fakes import FAKES

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("document", ["README.md"])
def test_cases_in_the_documents_run_and_are_explained(document, tmp_path):
    texts = re.findall(r"```yaml\n(.*?)```", (ROOT / document).read_text("utf-8"), re.DOTALL)
    assert texts
    for text in texts:
        path = tmp_path / "case.yaml"
        path.write_text(text, "utf-8")
        with Pool([FAKES["honest"]]) as pool:
            (report,) = run(load(path), pool, pool.entry_points())
        recorded = [result for result in report.results if result.mode == "recorded"]
        assert [result.transforms for result in recorded] == [("reverse_kernel",)]
        assert not report.failures


def test_the_code_in_the_document_is_what_the_harness_writes():
    shown = (ROOT / "docs" / "explain.md").read_text("utf-8")
    case = next(load(ROOT / "cases" / "seeds" / "apple-data.yaml"))
    changes, letters = (ReverseKernel((0, 1)),), case.recorded[0].layout
    text = program.programs(case, changes, letters)["tensorflow"]
    assert textwrap.indent(text, "    ") in shown
    assert program.edits(case, changes, letters)["tensorflow"].line in shown
    assert program.edits(case, (), letters)["Knet"].line in shown


def test_the_committed_report_is_of_this_registry():
    """Its numbers are those of the machine that made it; its cases and version must be the present ones."""
    report = (ROOT / "reports" / "comparison.md").read_text("utf-8")
    for path in sorted((ROOT / "cases").rglob("*.yaml")):
        leaf = path.relative_to(ROOT).with_suffix(".md").as_posix()
        assert f"](comparison/{leaf})" in report, f"{path} is not in it: run `harness run --cards`"
        assert (ROOT / "reports" / "comparison" / leaf).exists()
    assert report.count("\n") <= 400
    assert "all as expected" in report


DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/decisions/*.md")]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), target


def test_decisions_are_numbered_and_listed_with_a_reason_each():
    records = sorted(ROOT.glob("docs/decisions/0*.md"))
    for number, record in enumerate(records, 1):
        text = record.read_text("utf-8")
        assert record.name.startswith(f"{number:04}-")
        title = re.match(rf"# {number}\. (.+)\n\nStatus: (accepted|superseded by \d+)\n", text)
        assert title, record
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Why", "Decision", "What follows"]
        for index, folder in ((ROOT / "docs/decisions/README.md", ""), (ROOT / "docs/design.md", "decisions/")):
            assert f"{number}. [{title[1]}]({folder}{record.name})" in index.read_text("utf-8")
