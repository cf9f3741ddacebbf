"""Results as JSON: one piece per case, gathered as they come, written as one object, and read again.

    {"harness": version, "created": time, "environment": {...}, "entry_points": [declaration, ...],
     "cases": [...], "results": [...],
     "classes": {case id: {mode: [[entry point, ...], ...]}}, "outputs": {case id: {mode: [output of each class, ...]}}}

A piece is the part of that object which is about one case: `case`, `results`, `classes` and `outputs`.
"""

from __future__ import annotations

import contextlib
import json
import math
import platform
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from harness import __version__
from harness.answers import explanation_json
from harness.pool import Hello
from harness.report.atomic import replacing
from harness.run import CaseReport, Result

Piece = dict[str, Any]
HEADER = ("harness", "created", "environment", "entry_points")
"""Keys of what is not about one case; older results have no entry points."""


class ResultsError(ValueError):
    """A file that does not hold the results of a run; the text says where and what was expected."""


def header(hellos: Mapping[str, Hello], unavailable: Mapping[str, str]) -> dict[str, Any]:
    """What the results of a run say of the run itself: version, time (UTC), environment, declared entry points.

    `unavailable` says of each backend that could not be used why.
    """
    environment = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": _processor(),
        "backends": {name: {**hello.environment, "version": hello.version} for name, hello in hellos.items()},
        "unavailable": dict(unavailable),
    }
    return {
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
        "max_abs": _finite(result.max_abs),
        "bound_share": _finite(result.bound_share),
        "rung": result.rung,
        "seconds": _finite(result.seconds),
        "expected": result.expected,
        "reason": result.reason,
        "words": list(result.words),
        "explanations": [explanation_json(each, {}) for each in result.explanations],
    }


def _finite(value: float | None) -> float | None:
    """The number as JSON can hold it."""
    return None if value is None or not math.isfinite(value) else float(value)


def _processor() -> str:
    """The model name of the processor."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


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

_ARRAY = {"shape": list, "dtype": str}
_CASE = {
    **dict.fromkeys(("id", "title", "why", "text", "source"), str),
    "failures": list,
    "power": {"sees": list, "blind": list},
    "settings": {
        **dict.fromkeys(("means", "dtype", "boundary"), str),
        **dict.fromkeys(("stride", "dilation", "padding_pairs"), list),
        "groups": int,
        "bias": bool,
    },
    **dict.fromkeys(("input", "kernel", "reference"), _ARRAY),
}
_RESULT = {
    **dict.fromkeys(("case", "entry_point", "backend", "mode", "outcome", "verdict", "reason"), str),
    **dict.fromkeys(("transforms", "words", "explanations"), list),
    **dict.fromkeys(("max_abs", "bound_share", "seconds"), (int, float, type(None))),
    "rung": (str, type(None)),
    "expected": (bool, type(None)),
}
_DOCUMENT = {
    "harness": str,
    "created": str,
    "environment": {**dict.fromkeys(("python", "platform", "processor"), str), "backends": dict, "unavailable": dict},
    **dict.fromkeys(("cases", "results"), list),
    **dict.fromkeys(("classes", "outputs"), dict),
}


def load(path: Path) -> dict[str, Any]:
    """The results of a run that JsonWriter wrote. Raises ResultsError where the file is not that, OSError as `open`."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        _demand("", document, _DOCUMENT)
        for index, case in enumerate(document["cases"]):
            _demand(f"cases[{index}]", case, _CASE)
        for index, result in enumerate(document["results"]):
            _demand(f"results[{index}]", result, _RESULT)
        _demand_classes(document)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise ResultsError(f"{path}: not JSON ({problem}); expected what `harness run --json` wrote") from None
    except ResultsError as problem:
        raise ResultsError(f"{path}: {problem}; expected what `harness run --json` wrote") from None
    return document  # type: ignore[no-any-return]


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


def _demand(place: str, found: Any, form: Any) -> None:
    """Raises ResultsError unless `found` has the keys and types of `form`: a type, some types, or key -> form."""
    if isinstance(form, dict):
        _demand_type(place, found, dict)
        for key, inner in form.items():
            inside = f"{place}.{key}".lstrip(".")
            if key not in found:
                raise ResultsError(f"the key {inside} is missing")
            _demand(inside, found[key], inner)
    else:
        _demand_type(place, found, form)


def _demand_type(place: str, found: Any, types: Any) -> None:
    if not isinstance(found, types):
        names = " or ".join(each.__name__ for each in (types if isinstance(types, tuple) else (types,)))
        raise ResultsError(f"{place or 'the document'} is {type(found).__name__}, not {names}")


def _demand_classes(document: Mapping[str, Any]) -> None:
    """Every case has classes, one output for each of them, and results of all their members."""
    names = {case["id"] for case in document["cases"]}
    known = {(result["case"], result["mode"], result["entry_point"]) for result in document["results"]}
    for stranger in {name for name, _, _ in known} - names:
        raise ResultsError(f"results name the case {stranger!r}, which is not among the cases")
    for name in names:
        for key in ("classes", "outputs"):
            _demand(f"{key}[{name!r}]", document[key].get(name), dict)
        for mode, classes in document["classes"][name].items():
            if len(classes) != len(document["outputs"][name].get(mode, ())):
                raise ResultsError(f"{name}: {mode} has not one output for each class")
            for member in (member for members in classes for member in members):
                if (name, mode, member) not in known:
                    raise ResultsError(f"{name}: {member!r} is in a class of {mode} and has no result there")
