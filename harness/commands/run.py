"""`harness run`: cases on backends, and the reports of what comes out."""

from __future__ import annotations

import argparse
import itertools
import os
from collections.abc import Sequence
from pathlib import Path

from harness import fix, selection
from harness.case import Case
from harness.commands import EXPECTED, UNEXPECTED, Add, case_files, cases_of
from harness.commands.reports import pages_of, write
from harness.pool import Limits, Pool
from harness.progress import Progress
from harness.report import results
from harness.report.junit import JunitWriter
from harness.report.summary import Summary
from harness.run import CaseReport, Entries, run

CODE_FOR = "numpy"
"""The system whose code the reports show; `harness explain` shows that of all."""


def register(add: Add) -> None:
    """Adds these commands to the command line."""
    runs = add("run", run_command, "harness run cases/seeds/apple-data.yaml --backend torch --backend scipy")
    runs.add_argument("cases", nargs="*", metavar="CASE", help="case files or folders of them (default: cases)")
    runs.add_argument(
        "--backend", action="append", default=[], metavar="NAME", help="run this backend; it must be there"
    )
    runs.add_argument(
        "--entry", action="append", default=[], metavar="GLOB", help="only entry points that match, as 'torch.*'"
    )
    runs.add_argument("--out", default="reports", metavar="DIR", help="folder of the reports (default: reports)")
    runs.add_argument("--json", metavar="FILE", type=Path, help="write the results as JSON, too")
    runs.add_argument("--junit", metavar="FILE", type=Path, help="write the results as JUnit XML, too")
    runs.add_argument("--jobs", type=_positive, metavar="N", help="backends that work at a time (default: all)")
    runs.add_argument(
        "--time-limit", type=float, default=Limits().call, metavar="SECONDS", help="for one call (default: %(default)g)"
    )
    runs.add_argument("--memory-limit", type=float, metavar="GIB", help="address space of each worker (Linux)")


def run_command(options: argparse.Namespace) -> int:
    """Runs cases and writes the reports."""
    files = case_files(options.cases)
    limits = Limits(call=options.time_limit, memory=options.memory_limit and int(options.memory_limit * 2**30))
    with Pool(selection.backends(options.backend), limits, options.jobs) as pool:
        total = sum(1 for _ in cases_of(files))  # reads every file while the frameworks start: a typo is told at once
        selection.demand(options.backend, pool.unavailable)
        offered = pool.entry_points()
        entries = selection.entry_points(options.entry, offered)
        for case in cases_of(files):
            selection.check_names(case, offered)
        return _run(pool, entries, files, total, options)


def _run(pool: Pool, entries: Entries, files: Sequence[Path], total: int, options: argparse.Namespace) -> int:
    header = results.header(pool.hellos, pool.unavailable)
    pages, summary, unexpected, count = pages_of(header), Summary(header), 0, 0
    with (
        results.JsonWriter(options.json, header) as written,
        JunitWriter(options.junit) as junit,
        Progress(total) as progress,
        fix.Prover([CODE_FOR]) as prover,
    ):
        queued, reported = itertools.tee(cases_of(files))
        for report, case in zip(run(queued, pool, entries), reported):
            piece = results.piece(report)
            _add_code(piece, report, case, prover)
            for writer in (*pages.values(), summary, written, junit):
                writer.add(piece)
            progress.advance(report.info["id"])
            count += len(report.results)
            for failure in report.failures:
                unexpected += 1
                progress.say(f"NOT AS EXPECTED  {report.info['id']}: {failure}")
    _say_outcome(pool, total, count, unexpected)
    write(pages, options.out)
    if os.environ.get("GITHUB_STEP_SUMMARY"):
        summary.append(Path(os.environ["GITHUB_STEP_SUMMARY"]))
    return UNEXPECTED if unexpected else EXPECTED


def _add_code(piece: results.Piece, report: CaseReport, case: Case, prover: fix.Prover) -> None:
    """Adds to the first explanation of each recording the code that gives its numbers."""
    for result, found in zip(report.results, piece["results"]):
        if result.mode == "recorded" and result.explanations and result.explanations[0].transforms:
            first = result.explanations[0]
            (found["explanations"][0]["code"],) = prover.proven(case, [(*first.settings, *first.transforms)])


def _say_outcome(pool: Pool, cases: int, count: int, unexpected: int) -> None:
    versions = ", ".join(f"{name} {hello.version}" for name, hello in pool.hellos.items())
    print(f"{cases} cases, {count} results on {versions}")
    for name, reason in pool.unavailable.items():
        print(f"not available: {name}: {reason}")
    print("everything came out as expected" if not unexpected else f"{unexpected} not as expected")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a number of at least 1, found {text}")
    return number
