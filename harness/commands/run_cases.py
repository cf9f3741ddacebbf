"""`harness run`: cases on backends, and the reports of what comes out."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness import interrupts
from harness.backends import TABLE
from harness.case.chosen import case_files, cases_of
from harness.commands.reports import PAGES, Report, Reports, demanded, write
from harness.ending import EXPECTED, UNEXPECTED
from harness.interrupts import Interrupted
from harness.parent import unix
from harness.parent.pool import Pool
from harness.parent.worker_limits import Limits
from harness.probing import probe
from harness.progress import Progress
from harness.report import results
from harness.report.junit import Junit
from harness.report.summary import Summary
from harness.report.tally import Tally
from harness.result import CaseReport
from harness.runner import CODE_FOR, run
from harness.systems import own_programs, selection


def run_command(options: argparse.Namespace) -> int:
    """Runs cases and writes the reports."""
    kinds = demanded(_outputs(options))
    if options.memory_limit and not unix.LINUX:
        raise selection.SelectionError("--memory-limit: only Linux can limit the memory of a process; leave it out")
    files = case_files(options.cases)
    limits = Limits(call=options.time_limit, memory=options.memory_limit and int(options.memory_limit * 2**30))
    backends = {backend.name: backend for backend in selection.backends(options.backend, "--backend")}
    with Pool({CODE_FOR: TABLE[CODE_FOR], **backends}.values(), limits, options.jobs) as pool:
        # every file is read while the frameworks start: a typo is told at once
        expected = [(case.id, case.expect) for case in cases_of(files)]
        hellos = {name: hello for name, hello in pool.hellos.items() if name in backends}
        selection.demand(options.backend, hellos, pool.unavailable)
        offered = [(name, entry) for name, hello in hellos.items() for entry in hello.entry_points]
        entries = selection.entry_points(options.entry, offered, "--entry")
        for case_id, wanted in expected:
            selection.check_names(case_id, wanted, offered)
        header = results.header(hellos, pool.unavailable)
        if options.cards:
            with Progress() as progress:
                header["cards"] = [card.as_json() for card in probe(pool, entries, progress).values()]
        reports = {path: kind(header) for path, kind in kinds.items()}
        tally = Tally(options.backend or list(own_programs.declared()), options.entry)
        found = run(cases_of(files), pool, entries, coded=True)
        ended = _gather(found, [*reports.values(), tally], len(expected))
        ending = [_ending(ended, tally.cases, len(expected))] if ended else None
        header["failures"] = ending or tally.unanswered(pool.unavailable)
        return _conclude(header, tally, reports, ended)


def _outputs(options: argparse.Namespace) -> dict[tuple[str, Path], type[Report]]:
    """The kind of each file that is asked for, by option and path."""
    asked: list[tuple[str, Path | None, type[Report]]] = [
        *(("--out", options.out / name, kind) for name, kind in PAGES.items()),
        ("--json", options.json, results.Json),
        ("--junit", options.junit, Junit),
        ("GITHUB_STEP_SUMMARY", Path(text) if (text := os.environ.get("GITHUB_STEP_SUMMARY")) else None, Summary),
    ]
    return {(option, path): kind for option, path, kind in asked if path}


def _gather(found: Generator[CaseReport], takers: Sequence[Report | Tally], total: int) -> Interrupted | None:
    """Hands what comes of each case to all `takers`; the interrupt that ended it before the last case, None without.

    A case is in all of them or in none. An interrupt before the first goes on.
    """
    last = ""

    def take(report: CaseReport) -> None:
        nonlocal last
        if report.info["id"] == last:
            return
        with interrupts.held():
            piece = results.piece(report)
            for taker in takers:
                taker.add(piece)
            last = report.info["id"]
            progress.advance(last)
            for failure in report.failures:
                progress.say(f"NOT AS EXPECTED  {last}: {failure}")

    with Progress(total) as progress:
        try:
            for report in found:
                take(report)
            return None
        except Interrupted as interrupt:
            with contextlib.suppress(Interrupted, StopIteration):
                take(found.throw(interrupt))
                for report in found:
                    take(report)
            if not last:
                raise
            return interrupt


def _ending(interrupt: Interrupted, done: int, total: int) -> str:
    return f"{interrupt.name} ended the run after {done} of {total} cases; the others are not in the reports"


def _conclude(header: Mapping[str, Any], tally: Tally, reports: Reports, ended: Interrupted | None) -> int:
    """Says what came out, writes the reports, and gives the exit code."""
    _say_outcome(header["environment"], tally)
    for failure in header["failures"]:
        print(f"NOT AS EXPECTED  {failure}", file=sys.stderr)
    unexpected = tally.unexpected + len(header["failures"])
    print(f"{unexpected} not as expected" if unexpected else "everything came out as expected")
    written = write(reports)
    return ended.code if ended else written or (UNEXPECTED if unexpected else EXPECTED)


def _say_outcome(environment: Mapping[str, Any], tally: Tally) -> None:
    versions = ", ".join(f"{name} {about['version']}" for name, about in environment["backends"].items())
    print(f"{tally.cases} case{'s' * (tally.cases != 1)}, {tally.results} results on {versions}")
    for name, reason in environment["unavailable"].items():
        print(f"not available: {name}: {reason}")
    if tally.silent():
        print(tally.silent())
