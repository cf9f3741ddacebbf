"""`harness check`: case files and traces, without running anything."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from harness.case.chosen import case_files, cases_of
from harness.ending import EXPECTED
from harness.models import checked
from harness.models.traces import ARCHIVE


def check_command(options: argparse.Namespace) -> int:
    """Checks case files and traces without running them; says what the data of a case cannot tell apart."""
    traces = [name for name in options.cases if name.lower().endswith(ARCHIVE)]
    for name in traces:
        for line in checked.lines(Path(name)):
            print(line)
    paths = [name for name in options.cases if name not in traces]
    return _check_cases(case_files(paths), options.strengthen) if paths or not traces else EXPECTED


def _check_cases(paths: Sequence[Path], strengthen: bool) -> int:
    count = 0
    for case in cases_of(paths):
        count += 1
        blind = case.operation.power().power(case.meant(), bool(case.partial), case.then).blind
        if blind:
            print(f"warning: {case.id}: the data cannot tell what the case means from: {'; '.join(blind)}")
            if strengthen:
                print(f"these data of the same shapes can:\n{case.operation.power().strengthened(case)}")
    print("1 case is well formed" if count == 1 else f"{count} cases are well formed")
    return EXPECTED
