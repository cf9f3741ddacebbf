"""Results as JSON: one piece per case, gathered as they come, written as one object, and read again.

    {"format": 2, "harness": version, "created": time, "environment": {...}, "failures": [sentence, ...],
     "entry_points": [declaration, ...], "cards": [card, ...], "shard": {...}, "cases": [...], "results": [...],
     "classes": {case id: {mode: [[entry point, ...], ...]}}, "outputs": {case id: [output, ...]}}

The outputs of a case are those that differ in any bit; `output` of a result is the number of its own, from 0. A piece
is the part of that object which is about one case: `case`, `results`, `classes` and `outputs`.
"""

from __future__ import annotations

import json
import os
import platform
import re
import select
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness import __version__
from harness.array_json import finite
from harness.explanation.answers import explanation_json
from harness.output import Spool, replacing
from harness.parent.talk import Hello, left_out
from harness.report import form
from harness.report.form import ResultsError as ResultsError
from harness.report.machine import machine
from harness.result import CaseReport, Result

Piece = dict[str, Any]
FORMAT = 2
"""Version of the form of results. In the first, which has no number, a declaration has all fields side by side."""
HEADER = ("format", "harness", "created", "environment", "failures", "entry_points", "cards", "shard")
"""Keys of what is not about one case; older results have no entry points, and only runs with `--cards` have cards.

failures: what did not come out of the run as a whole, as sentences. shard: which part of a run this is, for `merge`.
"""

PATIENCE = 5.0
"""Seconds for which a pipe may have no writer."""


def header(hellos: Mapping[str, Hello], unavailable: Mapping[str, str]) -> dict[str, Any]:
    """What the results of a run say of the run itself: version, time (UTC), environment, declared entry points.

    `unavailable` says of each backend that could not be used why; an entry point that was left out is told beside them.
    """
    environment = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        **machine(),
        "backends": {name: {**hello.environment, "version": hello.version} for name, hello in hellos.items()},
        "unavailable": {**unavailable, **left_out(hellos)},
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
            explanation_json(each, *(({}, {}) if number else (result.code, result.edits)))
            for number, each in enumerate(result.explanations)
        ],
        "own_edits": result.own_edits,
        "ambiguous": result.ambiguous,
        "remarks": list(result.remarks),
    }


def document(header: Mapping[str, Any], pieces: Sequence[Piece]) -> dict[str, Any]:
    """The whole object, of pieces that are in memory."""
    return {
        **header,
        "cases": [piece["case"] for piece in pieces],
        "results": [result for piece in pieces for result in piece["results"]],
        "classes": {piece["case"]["id"]: piece["classes"] for piece in pieces},
        "outputs": {piece["case"]["id"]: piece["outputs"] for piece in pieces},
    }


class Json:
    """Takes pieces one by one and writes the whole object; `header` is that of the run.

    Pieces wait in temporary files, so memory does not grow with their number.
    """

    OURS = re.compile(rb'\{\s*"(format|harness)":')

    def __init__(self, header: Mapping[str, Any]) -> None:
        self._header = header
        self._parts = {key: Spool() for key in ("cases", "results", "classes", "outputs")}

    def add(self, piece: Piece) -> None:
        """Keeps the results of one case."""
        name = _line(piece["case"]["id"])
        self._keep("cases", [_line(piece["case"])])
        self._keep("results", map(_line, piece["results"]))
        self._keep("classes", [f"{name}: {_line(piece['classes'])}"])
        self._keep("outputs", [f"{name}: {_line(piece['outputs'])}"])

    def write(self, path: Path) -> None:
        """Writes all pieces so far; raises OSError."""
        head = [f"{_line(key)}: {_line(self._header[key])}" for key in HEADER if key in self._header]
        with replacing(path) as file:
            file.write("{\n" + ",\n".join(head))
            for key, part in self._parts.items():
                start, end = "[]" if key in ("cases", "results") else "{}"
                file.write(f',\n"{key}": {start}\n')
                file.writelines(part.lines())
                file.write(f"\n{end}")
            file.write("\n}\n")

    def _keep(self, key: str, lines: Iterable[str]) -> None:
        part = self._parts[key]
        for line in lines:
            part.add(["" if part.empty else ",\n", line])


def _line(item: Any) -> str:
    return json.dumps(item, allow_nan=False)


# --- reading ---------------------------------------------------------------------------------------------------------


def load(path: Path) -> dict[str, Any]:
    """The results of a run that Json wrote. Raises ResultsError where the file is not that, OSError as `open`."""
    try:
        document = json.loads(_bytes(path))
        _demand_format(document)
        form.demand(document)
    except ResultsError as problem:
        raise ResultsError(f"{path}: {problem}; expected what `harness run --json` wrote") from None
    except (ValueError, RecursionError) as problem:
        raise ResultsError(f"{path}: not JSON ({problem}); expected what `harness run --json` wrote") from None
    return document  # type: ignore[no-any-return]


def _bytes(path: Path) -> bytes:
    """The bytes of a file, or all that is written into a pipe, if somebody opens it within PATIENCE."""
    if not path.is_fifo():
        return path.read_bytes()
    pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with open(pipe, "rb", buffering=0) as file:
        select.select([pipe], [], [], PATIENCE)
        first = file.read(1)  # None where a writer has written nothing yet
        if first == b"":
            raise ResultsError(f"it is a pipe into which nobody writes, for {PATIENCE:g} s")
        os.set_blocking(pipe, True)
        return (first or b"") + file.readall()


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
