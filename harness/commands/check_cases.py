"""`harness check`: case files, without running them."""

from __future__ import annotations

import argparse

from harness.case.chosen import case_files, cases_of
from harness.ending import EXPECTED


def check_command(options: argparse.Namespace) -> int:
    """Checks case files without running them, and says what their data cannot tell apart."""
    count = 0
    for case in cases_of(case_files(options.cases)):
        count += 1
        blind = case.operation.power().power(case.meant(), bool(case.partial)).blind
        if blind:
            print(f"warning: {case.id}: the data cannot tell what the case means from: {'; '.join(blind)}")
            if options.strengthen:
                print(f"these data of the same shapes can:\n{case.operation.power().strengthened(case)}")
    print("1 case is well formed" if count == 1 else f"{count} cases are well formed")
    return EXPECTED
