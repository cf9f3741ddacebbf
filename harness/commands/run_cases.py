"""`harness run`: cases on backends, and the reports of what comes out."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.backends import TABLE
from harness.commands import EXPECTED, UNEXPECTED, Add, above_zero, case_files, cases_of
from harness.commands.reports import pages_of, write
from harness.probe import probe
from harness.progress import Progress
from harness.report import results
from harness.report.junit import JunitWriter
from harness.report.summary import Summary
from harness.run import CODE_FOR, CaseReport, run
from harness.systems import selection
from harness.systems.pool import Pool
from harness.systems.process import Limits


def register(add: Add) -> None:
    """Adds these commands to the command line."""
    runs = add(
        "run",
        run_command,
        "harness run                                              # all cases under cases/, on all backends",
        "harness run cases/my-layer.yaml --backend torch --backend scipy",
        "harness run --entry 'torch.*' --json out.json            # to report again, or to compare with a later run",
        "harness run --junit out.xml                              # for CI",
    )
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
    runs.add_argument("--cards", action="store_true", help="measure what each entry point computes, for the reports")
    runs.add_argument("--jobs", type=_positive, metavar="N", help="backends that work at a time (default: all)")
    runs.add_argument(
        "--time-limit",
        type=above_zero,
        default=Limits().call,
        metavar="SECONDS",
        help="for one call (default: %(default)g)",
    )
    runs.add_argument("--memory-limit", type=above_zero, metavar="GIB", help="address space of each worker (Linux)")


def run_command(options: argparse.Namespace) -> int:
    """Runs cases and writes the reports."""
    files = case_files(options.cases)
    limits = Limits(call=options.time_limit, memory=options.memory_limit and int(options.memory_limit * 2**30))
    backends = {backend.name: backend for backend in selection.backends(options.backend, "--backend")}
    with Pool({CODE_FOR: TABLE[CODE_FOR], **backends}.values(), limits, options.jobs) as pool:
        # every file is read while the frameworks start: a typo is told at once
        expected = [(case.id, case.expect) for case in cases_of(files)]
        selection.demand(options.backend, pool.unavailable)
        hellos = {name: hello for name, hello in pool.hellos.items() if name in backends}
        offered = [(name, entry) for name, hello in hellos.items() for entry in hello.entry_points]
        entries = selection.entry_points(options.entry, offered, "--entry")
        for case_id, wanted in expected:
            selection.check_names(case_id, wanted, offered)
        header = results.header(hellos, pool.unavailable)
        if options.cards:
            header["cards"] = [card.as_json() for card in probe(pool, entries).values()]
        reports = run(cases_of(files), pool, entries, coded=True)
        return _write(reports, header, len(expected), options)


def _write(reports: Iterable[CaseReport], header: Mapping[str, Any], total: int, options: argparse.Namespace) -> int:
    pages, summary, unexpected, count = pages_of(header), Summary(header), 0, 0
    declined: dict[str, str] = {}
    with (
        results.JsonWriter(options.json, header) as written,
        JunitWriter(options.junit) as junit,
        Progress(total) as progress,
    ):
        for report in reports:
            piece = results.piece(report)
            for writer in (*pages.values(), summary, written, junit):
                writer.add(piece)
            progress.advance(report.info["id"])
            count += len(report.results)
            if all(result.outcome == "declined" for result in report.results):
                declined[report.info["id"]] = report.results[0].reason if report.results else "nothing was called"
            for failure in report.failures:
                unexpected += 1
                progress.say(f"NOT AS EXPECTED  {report.info['id']}: {failure}")
    _say_outcome(header["environment"], total, count)
    if declined:
        case_id, reason = next(iter(declined.items()))
        print(f"no output: every entry point declined {len(declined)} of the cases, as {case_id}: {reason}")
    print("everything came out as expected" if not unexpected else f"{unexpected} not as expected")
    write(pages, options.out)
    if os.environ.get("GITHUB_STEP_SUMMARY"):
        summary.append(Path(os.environ["GITHUB_STEP_SUMMARY"]))
    return UNEXPECTED if unexpected else EXPECTED


def _say_outcome(environment: Mapping[str, Any], cases: int, count: int) -> None:
    versions = ", ".join(f"{name} {about['version']}" for name, about in environment["backends"].items())
    print(f"{cases} case{'s' * (cases != 1)}, {count} results on {versions}")
    for name, reason in environment["unavailable"].items():
        print(f"not available: {name}: {reason}")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a number of at least 1, found {text}")
    return number
