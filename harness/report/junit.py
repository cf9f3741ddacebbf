"""Results as JUnit XML, for CI systems that show tests: a suite for each case, a test for each result."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO
from xml.sax.saxutils import escape, quoteattr

from harness.report import words
from harness.report.atomic import replacing
from harness.report.text import one_line
from harness.report.view import Piece, said


class JunitWriter:
    """Context manager: writes pieces as they come; after an exception `path` is as it was. None writes nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: TextIO | None = None
        self._open_files = contextlib.ExitStack()

    def __enter__(self) -> JunitWriter:
        if self._path:
            self._file = self._open_files.enter_context(replacing(self._path))
            self._file.write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="harness">\n')
        return self

    def add(self, piece: Piece) -> None:
        """Writes the suite of one case."""
        if self._file:
            self._file.writelines(f"{line}\n" for line in _suite(piece))

    def __exit__(self, *raised: Any) -> None:
        if self._file and raised[0] is None:
            self._file.write("</testsuites>\n")
        self._open_files.__exit__(*raised)


def _suite(piece: Piece) -> Iterator[str]:
    case, results = piece["case"], piece["results"]
    failures = sum(result["expected"] is False for result in results) + bool(case["failures"])
    skipped = sum(_skipped(result) for result in results)
    name = _attribute(case["id"])
    yield f'<testsuite name={name} tests="{len(results) + 1}" failures="{failures}" errors="0" skipped="{skipped}">'
    for result in results:
        yield from _test(case["id"], f"{result['entry_point']} {result['mode']}", result["seconds"], _found(result))
    unmet = "\n".join(case["failures"])
    yield from _test(case["id"], "what the case expects", None, [_failure("not as expected", unmet)] if unmet else [])
    yield "</testsuite>"


def _test(case: str, name: str, seconds: float | None, found: list[str]) -> Iterator[str]:
    time = "" if seconds is None else f' time="{seconds:.6f}"'
    opening = f"<testcase classname={_attribute(case)} name={_attribute(name)}{time}"
    yield f"{opening}>{''.join(found)}</testcase>" if found else f"{opening}/>"


def _found(result: Mapping[str, Any]) -> list[str]:
    told = words.recording(result) if result["mode"] == "recorded" else said(result["mode"], result)
    if result["expected"] is False:
        return [_failure(told, result["reason"])]
    return [f"<skipped message={_attribute(result['reason'])}/>"] if _skipped(result) else []


def _skipped(result: Mapping[str, Any]) -> bool:
    return result["verdict"] == "declined" and result["expected"] is not False


def _failure(message: str, text: str) -> str:
    shown = "\n".join(map(one_line, text.splitlines()))
    return f"<failure message={_attribute(message)}>{escape(shown)}</failure>"


def _attribute(text: str) -> str:
    return quoteattr(one_line(text))
