"""What a run comes to as a whole: how many results, and who was asked for and answered nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from harness.report.said import Said
from harness.report.text import brief_line
from harness.report.view import Piece, Result
from harness.systems import selection

ALL_DECLINED = "no output: every entry point declined {count} of the cases, as {case}: {reason}"


@dataclass
class _Answers:
    """How often somebody answered, and why not otherwise."""

    answered: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, result: Result) -> None:
        if result["outcome"] == "answered":
            self.answered += 1
        else:
            self.reasons[f"{result['outcome']}: {brief_line(result['reason'])}"] += 1

    def told(self) -> str:
        if not self.reasons:
            return "was called in no case"
        ((reason, _),) = self.reasons.most_common(1)
        return f"answered none of {self.reasons.total()} calls; most often {reason}"


class Tally:
    """Takes pieces of `harness.report.results` one by one.

    backends, globs: what was asked for by name, of backends and of entry points; each must answer at least once. said:
    what is told of few cases.
    """

    def __init__(self, backends: Sequence[str], globs: Sequence[str]) -> None:
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
            self._silent[piece["case"]["id"]] = results[0]["reason"] if results else "nothing was called"
        for result in results:
            for answers in self._asked(result):
                answers.add(result)

    def _asked(self, result: Result) -> Iterator[_Answers]:
        """Who is held to it."""
        if result["backend"] in self._backends:
            yield self._backends[result["backend"]]
        for glob, answers in self._globs.items():
            if selection.matches(result["entry_point"], glob) and result["mode"] != "recorded":
                yield answers

    def unanswered(self, unavailable: Mapping[str, str]) -> list[str]:
        """A sentence for each that was asked for and answered nothing."""
        return [
            f"{name} was asked for and {f'is not available: {why}' if (why := unavailable.get(name)) else each.told()}"
            for name, each in {**self._backends, **self._globs}.items()
            if not each.answered
        ]

    def silent(self) -> str:
        """A sentence on the cases that every entry point declined, "" where there is none."""
        for case, reason in self._silent.items():
            return ALL_DECLINED.format(count=len(self._silent), case=case, reason=reason)
        return ""
