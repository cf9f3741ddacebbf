"""What a run comes to as a whole: how many results, and who was asked for and answered nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.backends.program_words import VERSION
from harness.report.said import Said
from harness.report.text import brief_line
from harness.report.view import Piece, Result
from harness.systems import selection

ALL_DECLINED = "no output: every entry point declined {count} of the cases, as {case}: {reason}"
NOT_CALLED = "nothing was called"


@dataclass
class _Answers:
    """How often somebody answered, and why not otherwise."""

    answered: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    without: dict[str, str] = field(default_factory=dict)
    """Cases in which it was called and did not answer, and why."""

    def add(self, case: str, results: Sequence[Result]) -> None:
        """What it gave in a case."""
        answered = [result for result in results if result["outcome"] == "answered"]
        why = [f"{each['outcome']}: {brief_line(each['reason'])}" for each in results if each not in answered]
        self.answered += len(answered)
        self.reasons.update(why)
        if not answered:
            self.without[case] = why[0] if why else NOT_CALLED

    def told(self) -> str:
        if not self.reasons:
            return "was called in no case"
        ((reason, _),) = self.reasons.most_common(1)
        calls = self.reasons.total()
        return f"answered none of {calls} call{'s' * (calls != 1)}; most often {reason}"

    def told_of_some(self) -> str:
        """Of those cases, where it answered in others."""
        case, why = next(iter(self.without.items()))
        return f"answered nothing in {len(self.without)} of the cases, as {case}: {why}"


class Tally:
    """Takes pieces of `harness.report.results` one by one.

    backends, globs: what was asked for by name, of backends and of entry points; each must answer at least once, and a
    program of the user's own in each case that it is called in, or that nobody is. environment: that of the run. said:
    what is told of few cases.
    """

    def __init__(self, backends: Sequence[str], globs: Sequence[str], environment: Mapping[str, Any]) -> None:
        self._environment = environment
        self.cases = self.results = self.unexpected = 0
        self._backends = {name: _Answers() for name in backends}
        self._globs = {glob: _Answers() for glob in globs}
        self._silent: dict[str, str] = {}
        self.said = Said()

    def add(self, piece: Piece) -> None:
        """Counts one case."""
        results = piece["results"]
        self.said.add(piece)
        self.cases += 1
        self.results += len(results)
        self.unexpected += len(piece["case"]["failures"])
        if all(result["outcome"] == "declined" for result in results):
            self._silent[piece["case"]["id"]] = results[0]["reason"] if results else NOT_CALLED
        for answers, given in self._asked(results):
            if given or not results:
                answers.add(piece["case"]["id"], given)

    def _asked(self, results: Sequence[Result]) -> Iterator[tuple[_Answers, list[Result]]]:
        """Who was asked for, and the results that it is held to."""
        for name, answers in self._backends.items():
            yield answers, [result for result in results if result["backend"] == name]
        called = [result for result in results if result["mode"] != "recorded"]
        for glob, answers in self._globs.items():
            yield answers, [result for result in called if selection.matches(result["entry_point"], glob)]

    def unanswered(self) -> list[str]:
        """A sentence for each that was asked for and answered nothing, or nothing in some cases."""
        return [f"{name} was asked for and {why}" for name, why in self._why()]

    def _why(self) -> Iterator[tuple[str, str]]:
        unavailable, backends = self._environment["unavailable"], self._environment["backends"]
        own = [name for name, about in backends.items() if about["version"] == VERSION]
        for name, each in {**self._backends, **self._globs}.items():
            if not each.answered:
                why = f"is not available: {unavailable[name]}" if name in unavailable else each.told()
                yield name, why + _of_version(backends.get(name, {}).get("version", ""))
            elif name in own and each.without:
                yield name, each.told_of_some()

    def silent(self) -> str:
        """A sentence on the cases that every entry point declined, "" where there is none."""
        for case, reason in self._silent.items():
            return ALL_DECLINED.format(count=len(self._silent), case=case, reason=reason)
        return ""


def _of_version(version: str) -> str:
    """Why what was recorded answers in place of a system, which its version says behind a semicolon (`parent.lane`)."""
    reason = version.partition("; ")[2]
    return f" ({brief_line(reason)})" if reason else ""
