"""The command line: `python -m harness run | list | check | new | report`.

Exit codes: 0 everything came out as expected; 1 something did not; 2 the command or a case file is wrong; 3 a backend
that was asked for is missing. 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from harness import __version__, selection
from harness.backends import TABLE
from harness.case import Case, CaseError, find, load
from harness.case_template import TEMPLATE
from harness.pool import Limits, Pool
from harness.power import power
from harness.progress import Progress
from harness.report import results
from harness.report.markdown import Markdown
from harness.run import Entries, run

EXPECTED, UNEXPECTED, USAGE, MISSING, INTERRUPTED = 0, 1, 2, 3, 130
DEFAULT_CASES = "cases"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except (CaseError, selection.SelectionError, results.ResultsError) as error:
        print(f"harness: {error}", file=sys.stderr)
        return USAGE
    except selection.MissingBackend as error:
        print(f"harness: {error}", file=sys.stderr)
        return MISSING
    except OSError as error:
        print(f"harness: {error.filename or ''}: {error.strerror or error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("harness: interrupted; no worker is left running", file=sys.stderr)
        return INTERRUPTED


def run_command(options: argparse.Namespace) -> int:
    """Runs cases and writes the reports."""
    files = _files(options.cases)
    limits = Limits(call=options.time_limit)
    with Pool(selection.backends(options.backend), limits, options.jobs) as pool:
        total = sum(1 for _ in _cases(files))  # reads every file while the frameworks start: a typo is told at once
        selection.demand(options.backend, pool.unavailable)
        offered = pool.entry_points()
        entries = selection.entry_points(options.entry, offered)
        for case in _cases(files):
            selection.check_names(case, offered)
        return _run(pool, entries, files, total, options)


def _run(pool: Pool, entries: Entries, files: Sequence[Path], total: int, options: argparse.Namespace) -> int:
    header = results.header(pool.hellos, pool.unavailable)
    markdown, unexpected, count = Markdown(header), 0, 0
    with results.JsonWriter(options.json, header) as json, Progress(total) as progress:
        for report in run(_cases(files), pool, entries):
            piece = results.piece(report)
            markdown.add(piece)
            json.add(piece)
            progress.advance(report.info["id"])
            count += len(report.results)
            for failure in report.failures:
                unexpected += 1
                progress.say(f"NOT AS EXPECTED  {report.info['id']}: {failure}")
    path = Path(options.out) / "comparison.md"
    markdown.write(path)
    _summary(pool, total, count, unexpected, path)
    return UNEXPECTED if unexpected else EXPECTED


def _summary(pool: Pool, cases: int, count: int, unexpected: int, path: Path) -> None:
    versions = ", ".join(f"{name} {hello.version}" for name, hello in pool.hellos.items())
    print(f"{cases} cases, {count} results on {versions}")
    for name, reason in pool.unavailable.items():
        print(f"not available: {name}: {reason}")
    print("everything came out as expected" if not unexpected else f"{unexpected} not as expected")
    print(f"report: {path}")


def list_command(options: argparse.Namespace) -> int:
    """Lists backends, versions and entry points, and why a backend is not available."""
    with Pool(TABLE.values()) as pool:
        for name in TABLE:
            if name in pool.unavailable:
                print(f"{name}: not available: {pool.unavailable[name]}")
                continue
            hello = pool.hellos[name]
            print(f"{name} {hello.version} (Python {hello.environment.get('python', '?')})")
            for entry in hello.entry_points:
                ranks = ", ".join(f"{rank}-D" for rank in entry.ranks)
                print(f"    {entry.name}  {ranks}")
    return EXPECTED


def check_command(options: argparse.Namespace) -> int:
    """Checks case files without running them, and says what their data cannot tell apart."""
    count = 0
    for case in _cases(_files(options.cases)):
        count += 1
        blind = power(case.convolution()).blind
        if blind:
            print(f"{case.id}: the data cannot tell what the case means from: {'; '.join(blind)}")
    print(f"{count} cases are well formed")
    return EXPECTED


def new_command(options: argparse.Namespace) -> int:
    """Writes a case file to start from."""
    path = Path(options.name).with_suffix(".yaml")
    if len(path.parts) == 1:
        path = Path(DEFAULT_CASES) / path
    if path.exists():
        raise selection.SelectionError(f"{path} exists already; choose another name or remove it")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TEMPLATE, encoding="utf-8")
    print(f"{path} written; run it with: harness run {path}")
    return EXPECTED


def report_command(options: argparse.Namespace) -> int:
    """Writes the markdown report of a saved run again."""
    document = results.load(Path(options.results))
    markdown = Markdown(document)
    for piece in results.pieces(document):
        markdown.add(piece)
    path = Path(options.out) / "comparison.md"
    markdown.write(path)
    print(f"report: {path}")
    return EXPECTED


def _files(paths: Sequence[str]) -> list[Path]:
    files = find(paths or [DEFAULT_CASES])
    if not files:
        raise CaseError(f"{', '.join(paths or [DEFAULT_CASES])}: no case file (*.yaml) in there")
    return files


def _cases(files: Iterable[Path]) -> Iterator[Case]:
    for path in files:
        yield from load(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="harness", description="Which convolutions agree, and which convention explains it when they do not."
    )
    parser.add_argument("--version", action="version", version=f"harness {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[argparse.Namespace], int], example: str) -> argparse.ArgumentParser:
        described = (command.__doc__ or "").strip()
        sub = commands.add_parser(name, help=described, description=described, epilog=f"example: {example}")
        sub.set_defaults(command=command)
        return sub

    runs = add("run", run_command, "harness run cases/seeds/apple-data.yaml --backend torch --backend scipy")
    runs.add_argument("cases", nargs="*", metavar="CASE", help="case files or folders of them (default: cases)")
    runs.add_argument(
        "--backend", action="append", default=[], metavar="NAME", help="run this backend; it must be there"
    )
    runs.add_argument(
        "--entry", action="append", default=[], metavar="GLOB", help="only entry points that match, as 'torch.*'"
    )
    runs.add_argument("--out", default="reports", metavar="DIR", help="folder for comparison.md (default: reports)")
    runs.add_argument("--json", metavar="FILE", type=Path, help="write the results as JSON, too")
    runs.add_argument("--jobs", type=_positive, metavar="N", help="backends that work at a time (default: all)")
    runs.add_argument(
        "--time-limit", type=float, default=Limits().call, metavar="SECONDS", help="for one call (default: %(default)g)"
    )
    add("list", list_command, "harness list")
    checks = add("check", check_command, "harness check cases/conventions")
    checks.add_argument("cases", nargs="*", metavar="CASE", help="case files or folders of them (default: cases)")
    news = add("new", new_command, "harness new my-first-layer")
    news.add_argument("name", metavar="NAME", help="name of the case; cases/NAME.yaml is written")
    reports = add("report", report_command, "harness report results.json")
    reports.add_argument("results", metavar="FILE", help="what `run --json` wrote")
    reports.add_argument("--out", default="reports", metavar="DIR", help="folder for comparison.md (default: reports)")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a number of at least 1, found {text}")
    return number
