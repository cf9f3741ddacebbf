"""Mutants through the harness, as JSON: `python -m benchmarks.fuzz reader 100000`; `run`, `explain`, `commands`.

An input works, or ends in one clear message; anything else is a fault, and so is a question of it, an output to explain
or a case to run, that takes more than SECONDS of processor time, that of the workers included. `run` and `explain` take
mutants that the reader takes. Everything follows from `--seed` and the number of a mutant: `--only NUMBER` shows one
and what comes of it, `--to FOLDER` keeps its files.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import io
import json
import os
import re
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks import mutants
from benchmarks.mutants import commands
from harness import cli
from harness.backends import TABLE
from harness.case.read import Case, CaseError, load
from harness.commands.reports import PAGES, Report
from harness.ending import USAGE
from harness.explanation import asked
from harness.grammar.gathered import MOST
from harness.parent.pool import Pool
from harness.parent.worker_limits import Limits
from harness.report import results
from harness.report.junit import Junit
from harness.report.summary import Summary
from harness.result import CaseReport
from harness.runner import run

SECONDS = 20.0
MEMORY = 8 << 30
"""Bytes of address space, so that what asks for more is seen here and not by the machine."""
MEMBERS = 20
"""Members of a mutant's matrix that are looked at."""
LONGEST = 1500
"""Characters of a clear message, of two lines at most."""
SYSTEMS = ("numpy", "scipy")
Way = Callable[[str, Path], Iterator[None]]
"""Makes the mutant of a seed in a folder and takes it through a part of the harness, question by question; raises what
that raises."""


class TooSlow(BaseException):
    """More than SECONDS."""


@dataclass(frozen=True)
class Outcome:
    """What came of one mutant: worked, refused or fault, with what was said, and the processor time of a question."""

    kind: str
    said: str
    seconds: float


# --- the ways --------------------------------------------------------------------------------------------------------


def through_reader(seed: str, folder: Path) -> Iterator[None]:
    """A case file and the files beside it."""
    for _ in cases_of(mutants.mutant(seed), folder):
        yield


@contextlib.contextmanager
def through_run() -> Iterator[Way]:
    """Through `run` and all reports."""
    with Pool([TABLE[name] for name in SYSTEMS], Limits(call=SECONDS)) as pool:
        WORKERS.extend(lane.worker.process.pid for name in pool.hellos if (lane := pool._lanes[name]).worker)
        header = results.header(pool.hellos, pool.unavailable)

        def way(seed: str, folder: Path) -> Iterator[None]:
            reports = []
            for report in run(_readable(seed, folder), pool, pool.entry_points(), coded=True):
                reports.append(report)
                yield
            _report(reports, header, folder)
            yield

        yield way


def _report(reports: Sequence[CaseReport], header: dict[str, Any], folder: Path) -> None:
    kinds: dict[str, type[Report]] = {**PAGES, "out.json": results.Json, "out.xml": Junit, "summary.md": Summary}
    writers = {name: kind(header) for name, kind in kinds.items()}
    for report in reports:
        for writer in writers.values():
            writer.add(results.piece(report))
    for name, writer in writers.items():
        writer.write(folder / name)
    json.loads((folder / "out.json").read_bytes(), parse_constant=_no_json)
    died = [each.reason for report in reports for each in report.results if each.outcome == "died"]
    if died:
        raise RuntimeError(f"a worker died: {died[0]}")


def _no_json(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def through_explain(seed: str, folder: Path) -> Iterator[None]:
    """Through the search, and both ways in which an answer is said."""
    for case in _readable(seed, folder):
        for each in asked.recordings(case) if case.recorded else ():
            str(each)
            json.dumps(each.as_json(), allow_nan=False)
            yield


@contextlib.contextmanager
def through_commands() -> Iterator[Way]:
    """A command line, in a folder of mutants."""
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "out.json"
        code, said = _commanded(
            ["run", str(mutants.SHIPPED[0]), "--cards", "--backend", "scipy", "--json", str(saved), "--out", folder]
        )
        if code:
            raise RuntimeError(said)
        saved_results = saved.read_text("utf-8")

    def way(seed: str, folder: Path) -> Iterator[None]:
        mutant, arguments = commands.mutant(seed, saved_results)
        _put(mutant, folder)
        with contextlib.chdir(folder):
            code, said = _commanded(arguments)
        if code == USAGE:
            raise CaseError(said)
        if code not in (0, 1, 3):
            raise RuntimeError(f"exit code {code}: {said}")
        yield

    yield way


def _commanded(arguments: Sequence[str]) -> tuple[int, str]:
    """The exit code, and the message on standard error without the usage that stands before it."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
        try:
            code = cli.main(arguments)
        except SystemExit as end:  # of the parser of arguments
            code = end.code if isinstance(end.code, int) else 0
    return code, re.split(r"^harness[\w ]*: ", said.getvalue().rstrip(), flags=re.MULTILINE)[-1]


def _readable(seed: str, folder: Path) -> list[Case]:
    """The cases of the first mutant of a seed that the reader takes."""
    number = 0
    while True:
        with contextlib.suppress(CaseError):
            return list(cases_of(mutants.slight(f"{seed}/{number}"), folder))[:MEMBERS]
        number += 1


def cases_of(mutant: mutants.Mutant, folder: Path) -> Iterator[Case]:
    _put(mutant, folder)
    return islice(load(folder / "case.yaml"), MEMBERS)


def _put(mutant: mutants.Mutant, folder: Path) -> None:
    for name, data in mutant.files.items():
        (folder / name).write_bytes(data)


WAYS: dict[str, Callable[[], contextlib.AbstractContextManager[Way]]] = {
    "reader": lambda: contextlib.nullcontext(through_reader),
    "run": through_run,
    "explain": lambda: contextlib.nullcontext(through_explain),
    "commands": through_commands,
}


# --- what comes of them ----------------------------------------------------------------------------------------------

WORKERS: list[int] = []
"""Process ids of the workers of a run; their time counts, too."""


def outcome(way: Way, seed: str, folder: Path, seconds: float = SECONDS) -> Outcome:
    """Takes one mutant through the harness, for so long at most with each question; 0 is no limit."""
    used, questions = 0.0, way(seed, folder)
    kind, said = "worked", ""
    try:
        while True:
            start = _processor_time()
            try:
                with _limited(seconds):
                    next(questions)
            finally:
                used = max(used, _processor_time() - start)
    except StopIteration:
        pass
    except CaseError as error:
        kind, said = _judged(str(error))
    except TooSlow:
        kind, said = "fault", f"more than {seconds:g} s of processor time"
    except Exception as error:
        kind, said = "fault", _where(error)
    if 0 < seconds < used:
        kind, said = "fault", f"{used:.1f} s of processor time"
    return Outcome(kind, said, used)


def _judged(message: str) -> tuple[str, str]:
    """A refusal is a sentence or two of each fault, a line for each."""
    lines = message.splitlines()
    clear = len(lines) <= MOST + 2 and all(10 < len(line) <= LONGEST for line in lines) and "Traceback" not in message
    return ("refused", message) if clear else ("fault", f"an unclear message: {message[:300]!r}")


def _where(error: Exception) -> str:
    """The error and the line of the harness that it came from, which tells faults apart."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "harness" in frame.filename]
    last = frames[-1] if frames else None
    at = f" at {Path(last.filename).name}:{last.lineno} {last.name}" if last else ""
    return f"{type(error).__name__}: {error}"[:300] + at


def _processor_time() -> float:
    return time.process_time() + sum(map(_of_process, WORKERS))


def _of_process(pid: int) -> float:
    """Seconds of the processor that another process has had; 0 for one that is gone."""
    with contextlib.suppress(OSError, ValueError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raises TooSlow in what takes more processor time than that."""

    def stop(*_: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def fuzzed(name: str, count: int, seed: str, first: int = 0, seconds: float = SECONDS) -> dict[str, Any]:
    """So many mutants through one of WAYS: how many worked and were refused, and the first of each kind of fault."""
    kinds: collections.Counter[str] = collections.Counter()
    faults: dict[str, list[int]] = {}
    slowest = (0.0, -1)
    with WAYS[name]() as way:
        for number in range(first, first + count):
            with tempfile.TemporaryDirectory() as folder:
                found = outcome(way, f"{seed}/{number}", Path(folder), seconds)
            kinds[found.kind] += 1
            slowest = max(slowest, (found.seconds, number))
            if found.kind == "fault":
                faults.setdefault(found.said, []).append(number)
    return {"way": name, "mutants": count, **kinds, "slowest": slowest, "faults": faults}


def _shown(name: str, seed: str, number: int, folder: Path) -> None:
    """One mutant and what comes of it, with the traceback."""
    with WAYS[name]() as way:
        print(outcome(way, f"{seed}/{number}", folder))
        for path in sorted(each for each in folder.iterdir() if each.is_file()):
            print(
                f"--- {path.name}\n{path.read_bytes()[:2000]!r}"
                if path.suffix != ".yaml"
                else path.read_text("utf-8", "replace")
            )
        for _ in way(f"{seed}/{number}", folder):
            pass


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", choices=list(WAYS))
    parser.add_argument("count", type=int, nargs="?", default=1000)
    parser.add_argument("--seed", default="0")
    parser.add_argument("--first", type=int, default=0, help="number of the first mutant")
    parser.add_argument("--only", type=int, help="this mutant, with its files and its traceback")
    parser.add_argument("--to", type=Path, help="folder that keeps the files of --only")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if options.only is not None:
        folder = options.to or Path(tempfile.mkdtemp())
        folder.mkdir(exist_ok=True)
        _shown(options.way, options.seed, options.only, folder)
        return 0
    found = fuzzed(options.way, options.count, options.seed, options.first)
    found["faults"] = {said: f"{len(numbers)} times: {numbers[:5]}" for said, numbers in found["faults"].items()}
    print(json.dumps(found, indent=1, ensure_ascii=False))
    return bool(found["faults"])


if __name__ == "__main__":
    sys.exit(main())
