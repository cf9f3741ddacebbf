"""The map: cases go out to the workers, outcomes come back, and each case becomes one report when its last one is in.

Cases are taken from an iterator and reports given as an iterator, so memory does not grow with their number. Outputs
are judged as they arrive; what a report shows of them is kept until it is given.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from harness.array_json import describe
from harness.canonical.layout import LayoutError
from harness.case.read import Case
from harness.explanation.asked import named
from harness.explanation.diagnosis import diagnose
from harness.explanation.weighing import Weighed, weighed
from harness.judge import fix
from harness.judge.verdict import Judge, Observation, Verdict
from harness.operations.call import MODES, Call, RefusedHere, Unsupported
from harness.operations.spoken import SYSTEMS, main_roles
from harness.operations.transforms.values import Arithmetic
from harness.parent.outcome import Answered, Declined, Died, Outcome
from harness.parent.pool import Pool
from harness.result import (
    CaseReport,
    Result,
    answered,
    changes,
    classes,
    doubted,
    expectations,
    ids,
    judged,
    not_repeatable,
)
from harness.systems.lower import lower
from harness.worker.entry import EntryPoint

IN_FLIGHT_CASES = 512
IN_FLIGHT_BYTES = 64 << 20
CODE_FOR = "numpy"
"""The system whose code is shown of everything that differs."""
CODED_PRODUCTS = 300_000_000
"""Products in an output up to which the code of a call is tried; beyond, that takes a system half a second and more."""

Entries = Sequence[tuple[str, EntryPoint]]


def run(cases: Iterable[Case], pool: Pool, entries: Entries, coded: bool = False) -> Generator[CaseReport]:
    """Runs every case on every entry point, as written and normalized, and gives their reports in the cases' order.

    `coded`: whether the code of what differs is tried, too, for NumPy and for the system itself, where these are in
    the pool. It runs in the workers of the pool, among the calls. A KeyboardInterrupt, also one that is thrown into the
    generator, is raised when the reports of all cases that are done are given, the last one perhaps once more.
    """
    programmed = {name: hello.backend for name, hello in pool.hellos.items() if coded and hello.backend in SYSTEMS}
    waiting: deque[_OpenCase] = deque()
    fresh = 0
    try:
        for case in cases:
            opened = _OpenCase(case, entries, pool, programmed)
            opened.submit()
            waiting.append(opened)
            fresh += opened.bytes
            if len(waiting) >= IN_FLIGHT_CASES or fresh >= IN_FLIGHT_BYTES:
                # down to a half, so that the workers have something to do while new cases are read, in full batches
                yield from _reports(waiting, pool, len(waiting) // 2)
                fresh = 0
        yield from _reports(waiting, pool, 0)
    except KeyboardInterrupt:
        yield from (opened.report() for opened in waiting if opened.settled and not opened.missing)
        raise


def _reports(waiting: deque[_OpenCase], pool: Pool, leave: int) -> Iterator[CaseReport]:
    """Sends what is queued and gives the reports of the oldest cases until `leave` are left."""
    pool.flush()
    while len(waiting) > leave:
        while waiting[0].missing:
            take, outcome = pool.collect()
            take(outcome)
        yield waiting[0].report()
        waiting.popleft()  # not before: an interrupt could lose it on its way


class _OpenCase:
    """A case that is under way: what is out, and what has come back.

    `programmed` holds the backends that run the code of fixes, and whose.
    """

    def __init__(self, case: Case, entries: Entries, pool: Pool, programmed: Mapping[str, str]) -> None:
        self.case, self.judge = case, Judge(case)
        self.entries = [each for each in entries if each[1].operation == case.operation.NAME]
        self.pool, self.programmed = pool, programmed
        self._proofs: dict[str, fix.Proofs] = {}
        self._weights: dict[tuple[int, fix.Transforms], Weighed] = {}
        self.bytes = case.arrays["input"].values.nbytes + 8 * int(np.prod(self.judge.intended.form.output_shape))
        self.missing = 0
        self.settled = False
        self._calls: dict[tuple[int, str], Call] = {}
        self._results: dict[tuple[int, str], Result] = {}
        self._recordings: list[Result] = []
        self._refused: set[tuple[str, str]] = set()
        self._outputs: dict[tuple[Any, ...], tuple[int, dict[str, Any]]] = {}

    def submit(self) -> None:
        """Queues the calls of all entry points; where both modes come to the same call, it is made once."""
        for index, (backend, _) in enumerate(self.entries):
            calls = {mode: call for mode in MODES if (call := self._lowered(index, mode))}
            for modes in _shared(calls):
                self.missing += 1
                self.pool.submit(backend, partial(self._take, index, modes), calls[modes[0]])
        if not self.missing:
            self._settle()

    def _take(self, index: int, modes: Sequence[str], outcome: Outcome) -> None:
        """Judges what a call came to."""
        result = self._result(index, modes[0], outcome)
        for mode in modes:
            self._results[index, mode] = replace(result, mode=mode) if mode != modes[0] else result
        self.missing -= 1
        if not self.missing:
            self._settle()

    def _settle(self) -> None:
        """Every call has its outcome: judges the recordings, and has the code of what differs tried."""
        self._recordings = [self._recorded(number) for number in range(len(self.case.recorded))]
        for result in self._differing():
            workers, proofs = self._workers(result), self._proofs_of(result)
            for attempt in self._attempts(result, proofs, workers):
                self.missing += 1
                self.pool.submit(workers[attempt.system], partial(self._tried, proofs, attempt), attempt.program)
        self.settled = True

    def _attempts(self, result: Result, proofs: fix.Proofs, workers: Iterable[str]) -> Iterator[fix.Attempt]:
        """The runs of its programs and shortest edits, and of the edits that mend the call of a recording."""
        mended = [self._meant(result)] if result.mode == "recorded" and named(result.entry_point) else []
        for each in (changes(result), *mended):
            yield from proofs.attempts(each, workers)
            yield from proofs.attempts(each, workers, edited=True)

    def _meant(self, result: Result) -> fix.Transforms:
        """What the call that is meant differs by: settings that the case leaves open are those of the answer."""
        return tuple(result.explanations[0].settings)

    def _tried(self, proofs: fix.Proofs, attempt: fix.Attempt, outcome: Outcome) -> None:
        proofs.take(attempt, outcome)
        self.missing -= 1

    def _proofs_of(self, result: Result) -> fix.Proofs:
        """The programs whose outputs have the axes of a recording, or of a call's output, which is canonical."""
        own = (each.layout for each in self.case.recorded if each.system == result.entry_point)
        letters = next(own, "") if result.mode == "recorded" else ""
        return self._proofs.setdefault(letters, fix.Proofs(self.case, letters))

    def _differing(self) -> Iterator[Result]:
        """The results that come with code: recordings, and the first as written of each class, both where they differ.

        No program shows an arithmetic, and large cases would keep the others waiting.
        """
        form = self.judge.intended.form
        firsts: dict[int, Result] = {}
        if form.terms * int(np.prod(form.output_shape)) <= CODED_PRODUCTS:
            for (_, mode), result in sorted(self._results.items()):
                if mode == "as_written" and result.group is not None:
                    firsts.setdefault(result.group, result)
        for result in (*firsts.values(), *self._recordings):
            if result.explanations and result.transforms and not isinstance(changes(result)[-1], Arithmetic):
                yield result

    def _workers(self, result: Result) -> dict[str, str]:
        """System -> the backend that runs the code for it: NumPy, and the system of the result itself; for a recording,
        those that the recordings are said to be of."""
        said = {system for each in self.case.recorded for system in named(each.system)}
        beside = [name for name, system in self.programmed.items() if system in said and result.mode == "recorded"]
        return {self.programmed[name]: name for name in (*beside, result.backend, CODE_FOR) if name in self.programmed}

    def report(self) -> CaseReport:
        """The report; every outcome must be in."""
        results = [self._results[index, mode] for index in range(len(self.entries)) for mode in MODES]
        results += self._recordings
        for result in self._differing():
            proofs, workers = self._proofs_of(result), list(self._workers(result))
            result.code = proofs.code(changes(result), workers)
            edits, recorded = proofs.edits(changes(result), workers), result.mode == "recorded"
            result.edits = {system: line for system, line in edits.items() if recorded or system in workers}
            own = proofs.edits(self._meant(result), workers) if recorded else {}
            result.own_edits = {system: own[system] for system in named(result.entry_point) if system in own}
        demanded = [result for result in results if (result.mode, result.entry_point) not in self._refused]
        failures = expectations(self.case, demanded)
        return CaseReport(self._info(), tuple(results), classes(results), self._numbered(results), tuple(failures))

    def _lowered(self, index: int, mode: str) -> Call | None:
        try:
            call = self._calls[index, mode] = lower(self.case, self.entries[index][1], mode)
        except Unsupported as unsupported:
            if isinstance(unsupported, RefusedHere):
                self._refused.add((mode, self.entries[index][1].name))
            self._results[index, mode] = self._result(index, mode, Declined(str(unsupported)))
            return None
        return call

    def _result(self, index: int, mode: str, outcome: Outcome) -> Result:
        backend, entry = self.entries[index]
        kind = type(outcome).__name__.lower()
        if not isinstance(outcome, Answered):
            stderr = outcome.stderr if isinstance(outcome, Died) else ""
            return Result(
                entry.name, backend, mode, kind, kind, reason="\n".join(filter(None, [outcome.reason, stderr]))
            )
        if outcome.not_repeatable:
            return not_repeatable(Result(entry.name, backend, mode, kind, "unexplained"), outcome)
        call = self._calls[index, mode]
        try:
            output = call.canonical(outcome.array)
        except LayoutError as error:
            return Result(entry.name, backend, mode, kind, "unexplained", seconds=outcome.seconds, reason=str(error))
        verdict = self.judge.live(output, entry.algorithm)
        used = verdict.transforms if verdict.kind == "convention" else call.transforms
        result = Result(entry.name, backend, mode, kind, verdict.kind, seconds=outcome.seconds)
        result.output = self._remember(output)
        judged(result, verdict, used)
        if verdict.fit:
            doubted(result, *self._weighed(verdict, self.judge.seen(output, entry.algorithm)))
        return result

    def _weighed(self, verdict: Verdict, seen: Observation) -> Weighed:
        """What else gives the outputs of a class: the members are the same but for rounding."""
        key = verdict.group, verdict.transforms
        if key not in self._weights:
            self._weights[key] = weighed(self.judge, seen, verdict)
        return self._weights[key]

    def _recorded(self, number: int) -> Result:
        recording = self.case.recorded[number]
        verdict = self.judge.recorded(recording)
        answer = diagnose(self.judge, self.judge.observe(recording))
        blank = Result(recording.system, "recorded", "recorded", "answered", verdict.kind)
        return answered(judged(blank, verdict, verdict.transforms), answer, recording.expect)

    def _remember(self, output: np.ndarray) -> int:
        """Keeps an output for the report unless one has come that is the same to the last bit; its number."""
        key = (output.shape, output.dtype.str, hashlib.blake2b(output.tobytes(), digest_size=16).digest())
        if key not in self._outputs:
            self._outputs[key] = len(self._outputs), describe(output)
        return self._outputs[key][0]

    def _numbered(self, results: Iterable[Result]) -> list[dict[str, Any]]:
        """The outputs in the order of the results, not in that of their arrival; numbers the results so."""
        arrived = [shown for _, shown in self._outputs.values()]
        order: dict[int, int] = {}
        for result in results:
            if result.output is not None:
                result.output = order.setdefault(result.output, len(order))
        return [arrived[number] for number in order]

    def _info(self) -> dict[str, Any]:
        case = self.case
        seen = case.operation.power().power(self.judge.intended.stated, bool(case.partial), case.then)
        return {
            "id": case.id,
            "title": case.title,
            "why": case.why,
            "text": case.text,
            "source": case.source,
            "power": {"sees": list(seen.sees), "blind": list(seen.blind)},
            "operation": case.operation.NAME,
            "settings": case.operation.told(case),
            **({} if case.then is None else {"then": case.then.named}),
            **{
                role: {**describe(given.values, given.known), "layout": given.layout}
                for role, given in case.arrays.items()
                if role in main_roles(case.operation)
            },
            "reference": describe(self.judge.intended.y, self.judge.intended.computable),
            "recorded": [
                {"system": each.system, "origin": each.origin, **describe(each.values, each.known)}
                for each in case.recorded
            ],
        }


def _shared(calls: dict[str, Call]) -> list[tuple[str, ...]]:
    """The modes that each call to make serves: one call for both where they come to the same."""
    both = list(calls.values())
    if len(both) == 2 and both[0].settings == both[1].settings and ids(both[0].transforms) == ids(both[1].transforms):
        return [tuple(calls)]
    return [(mode,) for mode in calls]
