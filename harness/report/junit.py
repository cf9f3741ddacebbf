"""Results as JUnit XML, for CI systems that show tests: a suite for each case, a test for each result."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from harness.output import Spool, replacing
from harness.report import words
from harness.report.text import one_line
from harness.report.view import Piece, said

BEGINNING = '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="harness">\n'


class Junit:
    """Takes pieces of `harness.report.results` one by one; `header` is that of the run."""

    OURS = re.compile(re.escape(BEGINNING.encode()))

    def __init__(self, header: Mapping[str, Any]) -> None:
        self._header = header
        self._suites = Spool()

    def add(self, piece: Piece) -> None:
        """Writes the suite of one case."""
        self._suites.add(f"{line}\n" for line in _suite(piece))

    def write(self, path: Path) -> None:
        """Writes all suites so far, and one of the run as a whole where there is something to say; raises OSError."""
        with replacing(path) as file:
            file.write(BEGINNING)
            file.writelines(self._suites.lines())
            file.writelines(f"{line}\n" for line in _of_run(self._header.get("failures", ())))
            file.write("</testsuites>\n")


def _of_run(failures: Sequence[str]) -> Iterator[str]:
    if failures:
        yield f'<testsuite name="run" tests="{len(failures)}" failures="{len(failures)}" errors="0" skipped="0">'
        for failure in failures:
            yield from _test("run", failure, None, [_failure("not as expected", failure)])
        yield "</testsuite>"


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
