"""What counts as a find among the results of a case, and when two of them are the same one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.case.read import Case
from harness.explanation.diagnosis import diagnose
from harness.judge.verdict import Judge, Observation
from harness.operations.call import MODES
from harness.operations.transforms.values import Arithmetic, NotRepeatable
from harness.parent.outcome import NOT_CALLED
from harness.result import CaseReport, Result
from harness.worker.entry import Algorithm, function_of

LOUD = ("died", "raised", "broken")
"""Outcomes that are finds whatever was asked: the call is one that the entry point is declared to take."""
DIFFERS = "differs"
Signature = tuple[Any, ...]


@dataclass(frozen=True)
class Find:
    """Something that an entry point does and no known convention explains.

    function: as its users know it, without the environment that it was asked for in. kind: an outcome of LOUD, or
    DIFFERS. mode: of the call. explained: what would explain it, where it is of a call that computes what is meant.
    words: what it does. output: its number among those of the case.
    """

    function: str
    backend: str
    kind: str
    mode: str
    explained: tuple[str, ...]
    words: str
    output: int | None = None

    def alike(self, other: Find) -> bool:
        """Whether another find is of the same kind, so that one may be shrunk to the other."""
        return (self.function, self.kind, self.mode) == (other.function, other.kind, other.mode)

    def signature(self, matters: tuple[str, ...]) -> Signature:
        """What duplicates share: who, what, how it is explained, and the settings that matter."""
        said = re.sub(r"[\d.]+", "#", self.words) if self.kind in LOUD else ""
        return self.function, self.kind, self.explained, said, matters


def finds(report: CaseReport) -> Iterator[Find]:
    """What may be finds of a case, one for each entry point at most: normalized results first, which must agree."""
    seen: set[str] = set()
    for mode in reversed(MODES):
        for result in report.results:
            if result.mode == mode and result.entry_point not in seen and _is_find(result):
                seen.add(result.entry_point)
                yield _find(result)


def _is_find(result: Result) -> bool:
    if result.outcome in LOUD:
        return not result.reason.startswith(NOT_CALLED)
    if result.outcome != "answered" or result.verdict == "agrees":
        return False
    return result.verdict == "unexplained" or (result.mode == "normalized" and result.transforms != (Arithmetic.id,))


def _find(result: Result) -> Find:
    told = result.reason.splitlines()[0] if result.reason else ""
    loud = result.outcome in LOUD
    words = told if loud else "; ".join(filter(None, [*result.words, told]))
    explained = result.transforms if result.verdict == "convention" or result.transforms == (NotRepeatable.id,) else ()
    kind = result.outcome if loud else DIFFERS
    return Find(function_of(result.entry_point), result.backend, kind, result.mode, explained, words, result.output)


def is_convention(case: Case, report: CaseReport, find: Find, algorithm: Algorithm) -> bool:
    """Whether the whole search knows a convention for an output as written that the quick one knows none for.

    An output without elements has no numbers that could tell one.
    """
    if find.mode != "as_written" or find.kind != DIFFERS or find.output is None:
        return False
    shown: Mapping[str, Any] = report.outputs[find.output]
    if 0 in shown["shape"]:
        return True
    if "values" not in shown or shown["dtype"].startswith("complex"):
        return False
    values = np.array(shown["values"], np.float64).astype(shown["dtype"])
    answer = diagnose(Judge(case), Observation(values, shown["dtype"], algorithm))
    return any(all(change.is_convention for change in each.transforms) for each in answer.explanations)
