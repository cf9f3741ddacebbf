"""`harness hunt`: random calls, and the smallest cases of what no known convention explains."""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.case.chosen import known_faults
from harness.case.read import Case, find, load
from harness.ending import EXPECTED, UNEXPECTED
from harness.hunting import casefile
from harness.hunting.chase import Found, Hunt, Workers
from harness.operations import TABLE
from harness.options.of_hunt import CALLS
from harness.output import ANY, Output, demand, free_path, replacing
from harness.parent.worker_limits import Limits
from harness.progress import Progress
from harness.systems import selection


def hunt_command(options: argparse.Namespace) -> int:
    """Draws calls, makes them on all systems and writes what is found. Exit code 1 where something is."""
    demand([Output("--out", options.out / "a case", ANY)])
    operations = options.operation or list(TABLE)
    backends = selection.backends(options.backend, "--backend")
    known = list(_known(options.out, operations))
    with Workers(backends, Limits(call=options.time_limit)) as workers, Progress() as progress:
        hellos = workers.pool.hellos
        selection.demand(options.backend, hellos, workers.pool.unavailable)
        hunt = Hunt(workers, workers.pool.entry_points())
        hunt.known(known)
        many = _calls(options)
        progress.expect(len(many))
        finds = 0
        for found in hunt.found(operations, options.seed, _watched(many, options.minutes, progress)):
            finds += 1
            _say(found, _written(options, found, hellos[found.find.backend].version), options, progress)
    _conclude(hunt, finds, options)
    return UNEXPECTED if finds else EXPECTED


def _known(folder: Path, operations: list[str]) -> Iterator[Case]:
    """The cases of faults that are known, and of those that an earlier hunt found."""
    for path in find([*known_faults(), *([folder] if folder.is_dir() else [])]):
        for case in load(path):
            if case.operation.NAME in operations and not case.partial and not case.unknown:
                yield case


def _calls(options: argparse.Namespace) -> range:
    """The numbers of the calls that are to be drawn."""
    most = options.calls or (10**9 if options.minutes else CALLS)
    number, of = options.shard or (1, 1)
    return range(number - 1, most, of)


def _watched(numbers: range, minutes: float | None, progress: Progress) -> Iterator[int]:
    """The numbers, as long as there is time."""
    end = time.monotonic() + 60 * minutes if minutes else None
    for number in itertools.takewhile(lambda _: end is None or time.monotonic() < end, numbers):
        yield number
        progress.advance(f"call {number}")


def _written(options: argparse.Namespace, found: Found, version: str) -> Path:
    text = casefile.text(found, version, options.seed)
    path = free_path(options.out, found.find.function, text)
    with replacing(path) as file:
        file.write(text)
    return path


def _say(found: Found, path: Path, options: argparse.Namespace, progress: Progress) -> None:
    if options.json:
        print(json.dumps(_as_json(found, path)), flush=True)
    else:
        progress.say(f"FOUND  {found.find.function}: {casefile.in_words(found)}: {found.find.words}\n    {path}")


def _as_json(found: Found, path: Path) -> dict[str, Any]:
    find = found.find
    return {
        "operation": found.operation,
        "call": found.number,
        "entry_point": find.function,
        "backend": find.backend,
        "kind": find.kind,
        "mode": find.mode,
        "transforms": list(find.explained),
        "words": find.words,
        "matters": list(found.quarry.drawn.matters()),
        "case": str(path),
    }


def _conclude(hunt: Hunt, finds: int, options: argparse.Namespace) -> None:
    if not options.json:
        again = sum(hunt.repeats.values()) - finds
        print(f"{hunt.calls} calls drawn with seed {options.seed}: {finds} found, {again} known or found again")
