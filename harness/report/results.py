"""Results as JSON: one piece per case, gathered as they come, written as one object, and read again.

    {"format": 2, "harness": version, "created": time, "environment": {...}, "entry_points": [declaration, ...],
     "cards": [card, ...], "cases": [...], "results": [...],
     "classes": {case id: {mode: [[entry point, ...], ...]}}, "outputs": {case id: [output, ...]}}

The outputs of a case are those that differ in any bit; `output` of a result is the number of its own, from 0. A piece
is the part of that object which is about one case: `case`, `results`, `classes` and `outputs`.
"""

from __future__ import annotations

import contextlib
import json
import platform
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from harness import __version__
from harness.array_json import finite
from harness.explain.answers import explanation_json
from harness.report import form
from harness.report.atomic import replacing
from harness.report.form import ResultsError as ResultsError
from harness.report.machine import machine
from harness.run import CaseReport, Result
from harness.systems.talk import Hello

Piece = dict[str, Any]
FORMAT = 2
"""Version of the form of results. In the first, which has no number, a declaration has all fields side by side."""
HEADER = ("format", "harness", "created", "environment", "entry_points", "cards")
"""Keys of what is not about one case; older results have no entry points, and only runs with `--cards` have cards."""


def header(hellos: Mapping[str, Hello], unavailable: Mapping[str, str]) -> dict[str, Any]:
    """What the results of a run say of the run itself: version, time (UTC), environment, declared entry points.

    `unavailable` says of each backend that could not be used why.
    """
    environment = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        **machine(),
        "backends": {name: {**hello.environment, "version": hello.version} for name, hello in hellos.items()},
        "unavailable": dict(unavailable),
    }
    return {
        "format": FORMAT,
        "harness": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "environment": environment,
        "entry_points": [
            {**entry.as_json(), "backend": name} for name, hello in hellos.items() for entry in hello.entry_points
        ],
    }


def piece(report: CaseReport) -> Piece:
    """The results of one case as JSON has them."""
    name = report.info["id"]
    return {
        "case": {**report.info, "failures": list(report.failures)},
        "results": [_result(name, result) for result in report.results],
        "classes": report.classes,
        "outputs": report.outputs,
    }


def _result(name: str, result: Result) -> dict[str, Any]:
    return {
        "case": name,
        "entry_point": result.entry_point,
        "backend": result.backend,
        "mode": result.mode,
        "outcome": result.outcome,
        "verdict": result.verdict,
        "transforms": list(result.transforms),
        "max_abs": finite(result.max_abs),
        "bound_share": finite(result.bound_share),
        "rung": result.rung,
        "seconds": finite(result.seconds),
        "expected": result.expected,
        "reason": result.reason,
        "words": list(result.words),
        "output": result.output,
        "explanations": [
            explanation_json(each, {} if number else result.code) for number, each in enumerate(result.explanations)
        ],
        "remarks": list(result.remarks),
    }


class JsonWriter:
    """Context manager: writes pieces as they come, and at the end moves the whole object to `path`.

    Pieces wait in temporary files, so memory does not grow with their number. After an exception nothing is left, and
    `path` is as it was. With None for `path` nothing is written.
    """

    def __init__(self, path: Path | None, header: Mapping[str, Any]) -> None:
        self._path = path
        self._header = {key: header[key] for key in HEADER if key in header}
        self._spools: dict[str, TextIO] = {}
        self._open_files = contextlib.ExitStack()

    def __enter__(self) -> JsonWriter:
        if self._path:
            with contextlib.ExitStack() as stack:
                self._file = stack.enter_context(replacing(self._path))
                for key in ("cases", "results", "classes", "outputs"):
                    self._spools[key] = stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))
                self._open_files = stack.pop_all()
        return self

    def add(self, piece: Piece) -> None:
        """Writes the results of one case."""
        if self._spools:
            name = _line(piece["case"]["id"])
            self._spool("cases", [_line(piece["case"])])
            self._spool("results", map(_line, piece["results"]))
            self._spool("classes", [f"{name}: {_line(piece['classes'])}"])
            self._spool("outputs", [f"{name}: {_line(piece['outputs'])}"])

    def __exit__(self, *raised: Any) -> None:
        if self._spools and raised[0] is None:
            with self._open_files:
                self._assemble()
        else:
            self._open_files.__exit__(*raised)

    def _spool(self, key: str, lines: Iterable[str]) -> None:
        spool = self._spools[key]
        for line in lines:
            spool.write(",\n" + line if spool.tell() else line)

    def _assemble(self) -> None:
        parts = [f"{_line(key)}: {_line(value)}" for key, value in self._header.items()]
        self._file.write("{\n" + ",\n".join(parts))
        for key, spool in self._spools.items():
            start, end = "[]" if key in ("cases", "results") else "{}"
            self._file.write(f',\n"{key}": {start}\n')
            spool.seek(0)
            shutil.copyfileobj(spool, self._file)
            self._file.write(f"\n{end}")
        self._file.write("\n}\n")


def _line(item: Any) -> str:
    return json.dumps(item, allow_nan=False)


# --- reading ---------------------------------------------------------------------------------------------------------


def load(path: Path) -> dict[str, Any]:
    """The results of a run that JsonWriter wrote. Raises ResultsError where the file is not that, OSError as `open`."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        _demand_format(document)
        form.demand(document)
    except ResultsError as problem:
        raise ResultsError(f"{path}: {problem}; expected what `harness run --json` wrote") from None
    except (ValueError, RecursionError) as problem:
        raise ResultsError(f"{path}: not JSON ({problem}); expected what `harness run --json` wrote") from None
    return document  # type: ignore[no-any-return]


def _demand_format(document: Any) -> None:
    """The results are of a form that is known here."""
    found = document.get("format", 1) if isinstance(document, dict) else 1
    if not isinstance(found, int):
        raise ResultsError(f"format is {type(found).__name__}, not int")
    if found > FORMAT:
        raise ResultsError(f"format {found} was written by a later harness; this one reads up to {FORMAT}")


def pieces(document: Mapping[str, Any]) -> Iterator[Piece]:
    """The pieces that a document was made of, in their order."""
    results: dict[str, list[dict[str, Any]]] = {case["id"]: [] for case in document["cases"]}
    for result in document["results"]:
        results[result["case"]].append(result)
    for case in document["cases"]:
        name = case["id"]
        yield {
            "case": case,
            "results": results[name],
            "classes": document["classes"][name],
            "outputs": document["outputs"][name],
        }
