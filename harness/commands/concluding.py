"""The end of a run: what came out is said, and the reports are written."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from harness import terminal
from harness.commands.reports import Reports, write
from harness.ending import EXPECTED, UNEXPECTED
from harness.interrupts import Interrupted
from harness.report.tally import Tally


def conclude(header: Mapping[str, Any], tally: Tally, reports: Reports, ended: Interrupted | None = None) -> int:
    """Says what came out, writes the reports, and gives the exit code."""
    _say_outcome(header["environment"], tally)
    for failure in header["failures"]:
        print(f"NOT AS EXPECTED  {failure}", file=sys.stderr)
    unexpected = tally.unexpected + len(header["failures"])
    print(f"{unexpected} not as expected" if unexpected else "everything came out as expected")
    written = write(reports)
    return ended.code if ended else written or (UNEXPECTED if unexpected else EXPECTED)


def _say_outcome(environment: Mapping[str, Any], tally: Tally) -> None:
    for line in tally.said.lines(terminal.width()):
        print(line)
    versions = ", ".join(f"{name} {about['version']}" for name, about in environment["backends"].items())
    print(f"{tally.cases} case{'s' * (tally.cases != 1)}, {tally.results} results on {versions}")
    for name, reason in environment["unavailable"].items():
        print(f"not available: {name}: {reason}")
    if tally.silent():
        print(tally.silent())
