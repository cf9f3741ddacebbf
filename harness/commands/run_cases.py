"""`harness run`: cases on backends, and the reports of what comes out."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from harness import interrupts
from harness.case.chosen import case_files
from harness.case.members import Members
from harness.commands.concluding import conclude
from harness.commands.reports import FOLDER, PAGES, PART, Report, cases_reported, demanded
from harness.interrupts import Interrupted
from harness.parent import unix
from harness.parent.pool import Pool
from harness.parent.talk import Hello, left_out, offered
from harness.parent.worker_limits import Limits
from harness.progress import Progress
from harness.report import results
from harness.report.summary import Summary
from harness.report.tally import Tally
from harness.runner import Entries, run
from harness.started import started
from harness.systems import own_programs, selection
from harness.worker.entry import EntryPoint

T = TypeVar("T")
Kinds = Mapping[Path, type[Report]]
"""The kind of each file that is to be written."""


def run_command(options: argparse.Namespace) -> int:
    """Runs cases and writes the reports."""
    limits = _limits(options)
    files = case_files(options.cases)
    options.out = options.out or _folder(options, files)
    kinds = demanded(_outputs(options))
    selection.backends(options.backend, "--backend")  # a name that nobody has is told before anything starts
    if options.on:
        return _run_on_cluster(options, Members(files, options.shard), limits, kinds)
    with started(options.backend, options.entry, limits, options.jobs, ("--backend", "--entry")) as on:
        members = Members(files, options.shard)  # while the frameworks start
        entries = _entries(options, members, on.hellos, on.pool.unavailable)
        header = results.header(on.hellos, on.pool.unavailable)
        if options.cards and _first(options):
            header["cards"] = _cards(on.pool, entries)
        return _reported(options, members, header, run(members, on.pool, entries, coded=True), results.piece, kinds)


def _limits(options: argparse.Namespace) -> Limits:
    """What a call may take, as far as this system can hold it."""
    if options.memory_limit and not unix.LINUX:
        raise selection.SelectionError("--memory-limit: only Linux can limit the memory of a process; leave it out")
    return Limits(call=options.time_limit, memory=options.memory_limit and int(options.memory_limit * 2**30))


def _cards(pool: Pool, entries: Entries) -> list[dict[str, Any]]:
    """The convention card of each entry point, measured."""
    from harness.probing import probe

    with Progress() as progress:
        return [card.as_json() for card in probe(pool, entries, progress).values()]


def _run_on_cluster(options: argparse.Namespace, members: Members, limits: Limits, kinds: Kinds) -> int:
    """Runs the members on a cluster of Dask, which is imported for it."""
    from harness.cluster.dask_cluster import Cluster, placed

    if options.cards:
        raise selection.SelectionError("--cards measures here, and --on runs elsewhere; leave one of them out")
    pool = {"backends": options.backend, "seconds": limits.call, "memory": limits.memory, "jobs": options.jobs}
    asked = {"pool": pool, "entries": options.entry}
    with Cluster(options.on) as cluster:
        header, hellos = cluster.about(asked)
        _entries(options, members, hellos, header["environment"]["unavailable"])
        versions = {name: hello.version for name, hello in hellos.items()}
        found = cluster.pieces(placed(members.part(members.places)), asked, versions)
        return _reported(options, members, header, found, lambda piece: piece, kinds)


def _reported(
    options: argparse.Namespace,
    members: Members,
    header: dict[str, Any],
    found: Generator[T],
    piece: Callable[[T], results.Piece],
    kinds: Kinds,
) -> int:
    """Hands what comes of each case to the reports, and says what came out; `piece` makes of it what they take."""
    header |= _parts(options, members)
    reports = {path: kind(header) for path, kind in kinds.items()}
    tally = Tally(_held(options), options.entry, header["environment"])
    ended = _gather(found, piece, [*reports.values(), tally], len(members))
    header["failures"] = [_ending(ended, tally.cases, len(members))] if ended else []
    if not ended and not options.shard:  # a part of the cases says nothing of who answers none
        header["failures"] = tally.unanswered()
    return conclude(header, tally, reports, ended)


def _entries(
    options: argparse.Namespace, members: Members, hellos: Mapping[str, Hello], unavailable: Mapping[str, str]
) -> list[tuple[str, EntryPoint]]:
    """The entry points that are to run; raises what says that one of those that are asked for or expected is none."""
    selection.demand(options.backend, hellos, unavailable)
    there, lacked = offered(hellos), left_out(hellos)
    selection.check_names(members.expected, there, lacked)
    return selection.entry_points(options.entry, there, "--entry", lacked)


def _held(options: argparse.Namespace) -> list[str]:
    """The backends that must answer."""
    return options.backend or list(own_programs.declared())


def _first(options: argparse.Namespace) -> bool:
    """Whether this is the part of the run that measures what all of them would."""
    return options.shard is None or options.shard.number == 1


def _parts(options: argparse.Namespace, members: Members) -> dict[str, Any]:
    """What the results say of the shard that they are, for `merge`."""
    if options.shard is None:
        return {}
    whole = {"members": len(members.expected), "cases": members.fingerprint}
    return {"shard": {**options.shard._asdict(), **whole, "backends": _held(options), "entry_points": options.entry}}


def _folder(options: argparse.Namespace, files: Sequence[Path]) -> Path:
    """Where the reports stand: those of a part of the cases take the place of no report of more."""
    standing = cases_reported() if options.cases else 0
    return PART if standing and len(Members(files)) < standing else FOLDER


def _outputs(options: argparse.Namespace) -> dict[tuple[str, Path], type[Report]]:
    """The kind of each file that is asked for, by option and path."""
    asked: list[tuple[str, Path | None, type[Report]]] = [
        *(("--out", options.out / name, kind) for name, kind in PAGES.items()),
        ("--json", options.json, results.Json),
        *((("--junit", options.junit, _junit()),) if options.junit else ()),
        ("GITHUB_STEP_SUMMARY", Path(text) if (text := os.environ.get("GITHUB_STEP_SUMMARY")) else None, Summary),
    ]
    return {(option, path): kind for option, path, kind in asked if path}


def _junit() -> type[Report]:
    """What only its option needs: `xml` brings what opens web addresses with it."""
    from harness.report.junit import Junit

    return Junit


def _gather(
    found: Generator[T], piece: Callable[[T], results.Piece], takers: Sequence[Report | Tally], total: int
) -> Interrupted | None:
    """Hands what comes of each case to all `takers`; the interrupt that ended it before the last case, None without.

    A case is in all of them or in none. An interrupt before the first goes on.
    """
    last = ""

    def take(report: T) -> None:
        nonlocal last
        made = piece(report)
        if made["case"]["id"] == last:
            return
        with interrupts.held():
            for taker in takers:
                taker.add(made)
            last = made["case"]["id"]
            progress.advance(last)
            for failure in made["case"]["failures"]:
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
