"""Commands on saved results: `harness report` and `harness diff`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.commands import EXPECTED, UNEXPECTED, Add, above_zero
from harness.report import diff, results
from harness.report.markdown import Markdown
from harness.report.page import Html


def register(add: Add) -> None:
    """Adds these commands to the command line."""
    reports = add("report", report_command, "harness report out.json --out reports")
    reports.add_argument("results", metavar="FILE", help="what `run --json` wrote")
    reports.add_argument("--out", default="reports", metavar="DIR", help="folder of the reports (default: reports)")
    diffs = add(
        "diff", diff_command, "harness diff before.json after.json", "harness diff before.json after.json --slower 5"
    )
    diffs.add_argument("old", metavar="OLD", help="what `run --json` wrote")
    diffs.add_argument("new", metavar="NEW", help="what a later run wrote")
    diffs.add_argument(
        "--slower",
        type=above_zero,
        default=2.0,
        metavar="RATIO",
        help="call a call slower from this ratio of times on (default: 2)",
    )


def report_command(options: argparse.Namespace) -> int:
    """Writes the reports of a saved run again."""
    document = results.load(Path(options.results))
    pages = pages_of(document)
    for piece in results.pieces(document):
        for page in pages.values():
            page.add(piece)
    write(pages, options.out)
    return EXPECTED


def diff_command(options: argparse.Namespace) -> int:
    """Compares two saved runs, as markdown: verdicts, numbers, versions, speed. Exit code 1 when a verdict changed."""
    old, new = (results.load(Path(name)) for name in (options.old, options.new))
    found = diff.differences(old, new, options.slower)
    print(diff.markdown(found), end="")
    return UNEXPECTED if found.verdicts else EXPECTED


def pages_of(header: Mapping[str, Any]) -> dict[str, Markdown | Html]:
    """File name -> the report that is written there."""
    return {"comparison.md": Markdown(header), "comparison.html": Html(header)}


def write(pages: Mapping[str, Markdown | Html], folder: str) -> None:
    """Writes the reports and says where they are."""
    for name, page in pages.items():
        page.write(Path(folder) / name)
        print(f"report: {Path(folder) / name}")
