"""Commands on saved results: `harness report` and `harness diff`."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from harness.ending import EXPECTED, UNEXPECTED, USAGE
from harness.output import BEGINNING, Output, demand
from harness.report import results
from harness.report.markdown import Markdown
from harness.report.page import Html


class Report(Protocol):
    """What takes the pieces of a run one by one, and writes them as a file whose beginning is `OURS`."""

    OURS: re.Pattern[bytes]

    def __init__(self, header: Mapping[str, Any]) -> None: ...

    def add(self, piece: results.Piece) -> None: ...

    def write(self, path: Path) -> None: ...


PAGES: Mapping[str, type[Report]] = {"comparison.md": Markdown, "comparison.html": Html}
FOLDER = Path("reports")
PART = FOLDER / "part"
"""Where reports stand that nobody named a folder for: of a whole run, and of some cases beside one."""
_CASES = re.compile(rb"^\*\*(\d+) cases?, ", re.MULTILINE)
Reports = Mapping[Path, Report]
"""By the file that each is written to."""


def report_command(options: argparse.Namespace) -> int:
    """Writes the reports of a saved run again."""
    kinds = demanded({("--out", options.out / name): kind for name, kind in PAGES.items()})
    document = results.load(Path(options.results))
    reports = {path: kind(document) for path, kind in kinds.items()}
    for piece in results.pieces(document):
        for report in reports.values():
            report.add(piece)
    return write(reports)


def diff_command(options: argparse.Namespace) -> int:
    """Compares two saved runs, as markdown: verdicts, numbers, versions, speed. Exit code 1 when a verdict changed."""
    from harness.report import diff

    old, new = (results.load(Path(name)) for name in (options.old, options.new))
    found = diff.differences(old, new, options.slower)
    print(diff.markdown(found), end="")
    return UNEXPECTED if found.verdicts else EXPECTED


def cases_reported() -> int:
    """How many cases the report is of that stands in the usual folder; 0 where none does."""
    try:
        with (FOLDER / "comparison.md").open("rb") as file:
            found = _CASES.search(file.read(BEGINNING))
    except OSError:
        return 0
    return int(found[1]) if found else 0


def demanded(asked: Mapping[tuple[str, Path], type[Report]]) -> dict[Path, type[Report]]:
    """Path -> kind of report, of (option, path) -> kind; raises OutputError where one cannot be written."""
    demand(Output(option, path, kind.OURS) for (option, path), kind in asked.items())
    return {path: kind for (_, path), kind in asked.items()}


def write(reports: Reports) -> int:
    """Writes the reports and says where the pages are; what cannot be written keeps no other one back."""
    code = EXPECTED
    for path, report in reports.items():
        try:
            report.write(path)
        except OSError as error:
            print(f"harness: {error.filename}: {error.strerror}", file=sys.stderr)
            code = USAGE
        else:
            print(f"report: {path}")
    return code
