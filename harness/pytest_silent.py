"""Backends that were asked for in a session of pytest and answered nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

OUTCOME_OF = "harness outcome of "
"""Before the name of a backend: the property of a report that says what its call came to."""


class Silent:
    """Which backends that were asked for and called have answered nothing, in whatever process of the session."""

    def __init__(self, asked: Sequence[str]) -> None:
        self._asked = asked
        self._outcomes: dict[str, set[str]] = {}

    def names(self) -> list[str]:
        return [name for name in self._asked if "answered" not in self._outcomes.get(name, {"answered"})]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, value in report.user_properties if report.when == "call" else ():
            if name.startswith(OUTCOME_OF):
                self._outcomes.setdefault(name.removeprefix(OUTCOME_OF), set()).add(str(value))

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self.names() and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for name in self.names():
            terminalreporter.write_line(f"NOT AS EXPECTED  {name} was asked for and answered nothing", red=True)
