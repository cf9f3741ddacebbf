"""Case files as pytest sees them: every case x entry point x mode is a test, and so are the classes and each recording.

What the entry points of a case do not offer is one test, which says it of each of them in a line. The members of a case
file are run when the first of its tests is, all together; the workers live as long as the session.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.case.read import Case, CaseError, load
from harness.operations.call import MODES, Unsupported
from harness.parent.pool import Pool
from harness.parent.talk import left_out
from harness.pytest_silent import OUTCOME_OF
from harness.result import CaseReport, Result
from harness.runner import run
from harness.systems import own_programs, selection
from harness.systems.lower import lower
from harness.worker.entry import EntryPoint

Offered = Sequence[tuple[str, EntryPoint]]

_BENCH = pytest.StashKey["Bench"]()


class Bench:
    """The workers of a session, started when the first case file is collected, and the reports of the newest file."""

    def __init__(self, requested: Sequence[str]) -> None:
        self.requested = requested
        self.pool = Pool(selection.backends(requested))
        self.pool.__enter__()
        self._newest: tuple[Path, dict[str, CaseReport]] | None = None

    def offered(self, case: Case) -> list[tuple[str, EntryPoint]]:
        """(backend, entry point) of all that run and compute what the case is about.

        Raises MissingBackend for a backend that was asked for and does not run.
        """
        selection.demand(self.requested, self.pool.hellos, self.pool.unavailable)
        operation = case.operation.NAME
        return [(backend, entry) for backend, entry in self.pool.entry_points() if entry.operation == operation]

    def report(self, path: Path, case_id: str) -> CaseReport:
        """The report of one member of a case file; all members are run when the first is asked for."""
        if self._newest is None or self._newest[0] != path:
            entries = self.pool.entry_points()
            self._newest = path, {report.info["id"]: report for report in run(load(path), self.pool, entries)}
        return self._newest[1][case_id]


def _bench(config: pytest.Config) -> Bench:
    if _BENCH not in config.stash:
        bench = config.stash[_BENCH] = Bench(config.getoption("harness_backend"))
        config.add_cleanup(bench.pool.close)
    return config.stash[_BENCH]


class CaseFile(pytest.File):
    """A case file: its members, or, for a single case, directly the tests of it."""

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        wanted = self.config.getoption("harness_case")
        try:
            bench = _bench(self.config)
            for case in load(self.path):
                offered = bench.offered(case)
                selection.check_names([(case.id, case.expect)], bench.pool.entry_points(), left_out(bench.pool.hellos))
                if wanted and not any(fnmatch.fnmatchcase(case.id, glob) for glob in wanted):
                    continue
                label = case.id.removesuffix("]").partition(".yaml[")[2]
                if label:
                    yield Member.from_parent(self, name=label, case=case, bench=bench, offered=offered)
                else:
                    yield from _tests(self, case, bench, offered)
            for backend, reason in bench.pool.unavailable.items():
                yield SkippedBackend.from_parent(self, name=backend, reason=reason)
        except (CaseError, own_programs.OwnProgramError) as error:
            yield BrokenCase.from_parent(self, name="case", told=str(error))
        except (selection.SelectionError, selection.MissingBackend) as error:  # asked for by an option
            raise self.CollectError(str(error)) from None


class Member(pytest.Collector):
    """One member of a case file's matrix."""

    def __init__(self, *, case: Case, bench: Bench, offered: Offered, **more: Any) -> None:
        super().__init__(**more)
        self.tests = list(_tests(self, case, bench, offered))

    def collect(self) -> list[pytest.Item | pytest.Collector]:
        return self.tests


def _tests(
    parent: pytest.Collector, case: Case, bench: Bench, offered: Offered
) -> Iterator[pytest.Item | pytest.Collector]:
    """The tests of one case: each entry point in each mode, the classes of each mode, each recording."""
    common = {"bench": bench, "case_id": case.id}
    declined = [(entry.name, mode) for _, entry in offered for mode in MODES if _declined(case, entry, mode)]
    for _, entry in offered:
        modes = [mode for mode in MODES if (entry.name, mode) not in declined]
        if modes:
            yield Group.from_parent(parent, name=entry.name, kind=EntryPointTest, names=modes, common=common)
    if declined:
        yield DeclinedTest.from_parent(parent, name="declined", calls=declined, **common)
    yield Group.from_parent(parent, name="classes", kind=ClassesTest, names=MODES, common=common)
    systems = [recording.system.replace("::", ":") for recording in case.recorded]
    if systems:
        yield Group.from_parent(parent, name="recorded", kind=RecordingTest, names=systems, common=common)


def _declined(case: Case, entry: EntryPoint, mode: str) -> bool:
    """Whether the entry point does not offer the call, as its declaration tells."""
    try:
        lower(case, entry, mode)
    except Unsupported:
        return True
    return False


class Group(pytest.Collector):
    """The tests of one entry point, or of the classes, or of the recordings."""

    def __init__(self, *, kind: type[pytest.Item], names: Sequence[str], common: dict[str, Any], **more: Any) -> None:
        super().__init__(**more)
        self.tests = [kind.from_parent(self, name=name, **common) for name in names]

    def collect(self) -> list[pytest.Item]:
        return self.tests


class NotAsExpected(Exception):
    """Something came out otherwise than the case says; the text is for the reader, who needs no traceback."""


class CaseTest(pytest.Item):
    """A test that looks at the report of a case."""

    def __init__(self, *, bench: Bench, case_id: str, **more: Any) -> None:
        super().__init__(**more)
        self.bench, self.case_id = bench, case_id

    @property
    def report(self) -> CaseReport:
        return self.bench.report(self.path, self.case_id)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, NotAsExpected):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """What failures are headed by; of a name that a node id ends with, pytest would show other dots."""
        return self.path, None, f"case {self.nodeid}"


class EntryPointTest(CaseTest):
    """One entry point in one mode."""

    def runtest(self) -> None:
        assert self.parent
        result = _result(self.report, self.parent.name, self.name)
        self.user_properties.append((OUTCOME_OF + result.backend, result.outcome))
        if result.expected is False:
            raise NotAsExpected(_told(self.report, result))
        if result.outcome != "answered":
            pytest.skip(f"{result.outcome}: {result.reason}")


class DeclinedTest(CaseTest):
    """The calls that the entry points of a case do not offer, by name and mode: each is a line of what is said."""

    def __init__(self, *, calls: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(**more)
        self.calls = calls

    def runtest(self) -> None:
        results = [_result(self.report, *call) for call in self.calls]
        self.user_properties += {(OUTCOME_OF + result.backend, result.outcome) for result in results}
        said = [f"{result.entry_point} {result.mode}: {result.reason}" for result in results]
        self.add_report_section("call", "declined", "\n".join(said))
        failures = [_told(self.report, result) for result in results if result.expected is False]
        if failures:
            raise NotAsExpected("\n".join(failures))


class ClassesTest(CaseTest):
    """The agreement classes of one mode."""

    def runtest(self) -> None:
        failures = [failure for failure in self.report.failures if failure.startswith(f"{self.name}: ")]
        if failures:
            classes = [
                f"  class {number}: {', '.join(names)}"
                for number, names in enumerate(self.report.classes[self.name], 1)
            ]
            raise NotAsExpected("\n".join([*failures, "came out:", *classes]))


class RecordingTest(CaseTest):
    """One recording."""

    def runtest(self) -> None:
        result = _result(self.report, self.name, "recorded")
        if result.expected is False:
            raise NotAsExpected(_told(self.report, result))


class BrokenCase(pytest.Item):
    """A case file that cannot be used: it fails, and the others go on."""

    def __init__(self, *, told: str, **more: Any) -> None:
        super().__init__(**more)
        self.told = told

    def runtest(self) -> None:
        raise NotAsExpected(self.told)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"case {self.nodeid}"


class SkippedBackend(pytest.Item):
    """A backend that is not available and was not asked for."""

    def __init__(self, *, reason: str, **more: Any) -> None:
        super().__init__(**more)
        self.reason = reason

    def runtest(self) -> None:
        pytest.skip(self.reason)


def _result(report: CaseReport, name: str, mode: str) -> Result:
    return next(
        result for result in report.results if result.mode == mode and result.entry_point.replace("::", ":") == name
    )


def _told(report: CaseReport, result: Result) -> str:
    """All there is to say of a result that is not as expected."""
    lines = [failure for failure in report.failures if result.entry_point in failure and result.mode in failure]
    lines.append(f"verdict: {result.verdict} {', '.join(result.transforms)}".rstrip())
    how = "to match" if result.verdict == "convention" else "call"
    lines += [f"{how}: {words}" for words in result.words]
    return "\n".join([*lines, result.reason])
