"""The full answer about one output: all explanations that fit, whether the data tell them apart, what else can be said.

Explanations that come to the same on fresh data are one explanation with several names.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from harness.explanation import as_printed
from harness.explanation.confirmed import Explanation, confirmed
from harness.explanation.corner import PART, with_corner
from harness.explanation.doubts import doubt, rivals, tied
from harness.explanation.remarks import remarks
from harness.explanation.separation import Separation, coincide, separation
from harness.judge.verdict import Judge, Observation
from harness.operations.budget import Budget
from harness.rounding.compare import distance
from harness.rounding.rungs import WIDE

SAY_SO = "if they are, say so in the case (`decimals` or `digits`)"
"""What to do where numbers look printed."""
OTHER_SIZE = "no data of this size tell them apart: run both systems on an input of another size"
"""What to do where ties come to the same here, and to something else at other sizes."""
SHOWN = 24
"""Explanations that an answer holds; more are counted."""


@dataclass(frozen=True)
class Answer:
    """What is known of one output.

    explanations: best first; empty when nothing fits. ambiguous: the first one is not certain, as others
    fit that do not come to the same, or as too little is known.
    doubted: it is not certain though it were the only one.
    wrong: known elements that the first one does not give.
    more: explanations beyond those shown. known: elements the answer rests on. remarks: what can be said besides.
    """

    explanations: tuple[Explanation, ...]
    ambiguous: bool
    known: int
    doubted: bool = False
    seconds: float = 0.0
    more: int = 0
    separation: Separation | None = None
    remarks: tuple[str, ...] = ()
    wrong: int = 0


def diagnose(judge: Judge, seen: Observation) -> Answer:
    """The answer about `seen`, an output of the case that `judge` judges.

    What is smaller than the output meant may be a part of it. Where no convention explains it, nor other weights for
    certain, numbers that look printed are taken as printed.
    """
    start, budget = time.perf_counter(), Budget()
    answer = _answer(judge, seen, budget)
    if not _by_conventions(answer) and (answer.ambiguous or not answer.explanations):
        answer = _as_printed(judge, seen, budget) or answer
    return replace(answer, seconds=time.perf_counter() - start)


def _by_conventions(answer: Answer) -> bool:
    """Whether conventions explain it, and not merely other weights."""
    return any(each.by_conventions for each in answer.explanations[:1])


def _as_printed(judge: Judge, seen: Observation, budget: Budget) -> Answer | None:
    """The answer about a recording whose numbers look printed and do not say it, never certain; None where none is."""
    if seen.known is None:
        return None
    found = []
    for case, half, words in as_printed.taken(judge.case, seen.values, not np.any(seen.slack)):
        by, looked = Judge(case, base=judge.base), replace(seen, slack=half) if np.any(half) else seen
        answer = _answer(by, looked, budget)
        if _by_conventions(answer) and _rounded(by, looked, answer.explanations[0]):
            looks = f"exact numbers do not fit, printed ones do: {', '.join(words)}; {SAY_SO}"
            found.append(replace(answer, ambiguous=True, doubted=True, remarks=(looks, *answer.remarks)))
    return min(found, key=lambda each: each.explanations[0].size, default=None)


def _rounded(judge: Judge, seen: Observation, first: Explanation) -> bool:
    """Whether it is the digits that leave room, and the errors are those of rounding to them."""
    if first.rung in WIDE:
        return False
    reading = judge.reading(first.changes)
    placed = seen.placed(reading)
    if placed is None or (known := placed.comparable(reading)) is None:
        return True
    slack = np.broadcast_to(placed.slack + reading.input_slack, known.shape)
    return as_printed.rounded(distance(placed.values, reading.y)[known], slack[known])


def _answer(judge: Judge, seen: Observation, budget: Budget) -> Answer:
    question = judge.question(seen)
    found = with_corner(judge, seen, confirmed(judge, seen, question, budget), budget)
    alike = rivals(found.explanations, question.form.rank)
    doubts = list(doubt(judge, question.observed, found.explanations[:1]))
    ambiguous = len(alike) > 1
    said = remarks(judge, seen, question, found, ambiguous)
    part = [PART] if found.explanations and found.explanations[0].part else []
    apart = separation(judge, list(alike.values())) if ambiguous else None
    elsewhere = [OTHER_SIZE] if ambiguous and apart is None and coincide(judge, list(alike.values())) else []
    return Answer(
        explanations=tuple(tied(found.explanations, alike)[:SHOWN]),
        ambiguous=ambiguous or bool(doubts),
        doubted=bool(doubts),
        known=int(np.count_nonzero(np.isfinite(question.observed))),
        more=max(len(found.explanations) - SHOWN, 0),
        separation=apart,
        remarks=(*part, *doubts, *said, *elsewhere),
    )
