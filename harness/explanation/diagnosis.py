"""The full answer about one output: all explanations that fit, whether the data tell them apart, what else can be said.

Explanations that come to the same on fresh data are one explanation with several names.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.explanation import as_printed
from harness.explanation.confirmed import Explanation, confirmed
from harness.explanation.remarks import remarks
from harness.explanation.separation import Separation, separation
from harness.judge.verdict import Judge, Observation
from harness.operations.budget import Budget
from harness.operations.operation import Transforms
from harness.operations.transforms.transform import weight

TOO_LITTLE = "too little is known to be certain"
"""How a remark begins where an explanation fits and the values do not carry it."""
SHOWN = 24
"""Explanations that an answer holds; more are counted."""
RIVALS = 0.2
"""How likely all others together may be beside the first explanation, by how often each was the cause."""


@dataclass(frozen=True)
class Answer:
    """What is known of one output.

    explanations: best first; empty when nothing fits. ambiguous: the first one is not certain, as others
    fit that do not come to the same, or as too little is known.
    more: explanations beyond those shown. known: elements the answer rests on. remarks: what can be said besides.
    """

    explanations: tuple[Explanation, ...]
    ambiguous: bool
    known: int
    seconds: float = 0.0
    more: int = 0
    separation: Separation | None = None
    remarks: tuple[str, ...] = ()


def diagnose(judge: Judge, seen: Observation) -> Answer:
    """The answer about `seen`, an output of the case that `judge` judges.

    Where only a crop explains it, it is taken for the first elements of the output; where no convention does, numbers
    that look printed are taken as printed, and zeros as what a ReLU leaves.
    """
    start, budget = time.perf_counter(), Budget()
    answer = _answer(judge, seen, budget)
    if not _by_conventions(answer) or _cropped(answer):
        answer = _as_corner(judge, seen, budget) or answer
    if not _by_conventions(answer):
        answer = _as_printed(judge, seen, budget) or _before_relu(judge, seen, answer, budget)
    return replace(answer, seconds=time.perf_counter() - start)


def _by_conventions(answer: Answer) -> bool:
    """Whether conventions explain it, and not merely other weights."""
    first = answer.explanations[:1]
    return bool(first) and not any(not each.is_convention for each in first[0].transforms)


def _cropped(answer: Answer) -> bool:
    """Whether the first explanation leaves out what is there, with which nobody computes."""
    return any(each.crops for each in answer.explanations[0].transforms)


def _as_corner(judge: Judge, seen: Observation, budget: Budget) -> Answer | None:
    """The answer about a recording that is smaller than the output meant, as its first elements; None for none."""
    whole, sizes = judge.intended.form.output_shape, seen.values.shape
    if seen.known is None or len(sizes) != len(whole) or sizes[:2] != whole[:2]:
        return None
    rest = [(0, meant - size) for size, meant in zip(sizes, whole)]
    if sizes == whole or min(high for _, high in rest) < 0:
        return None
    values = np.pad(seen.values.astype(np.float64), rest, constant_values=np.nan)
    slack = np.pad(np.broadcast_to(seen.slack, sizes), rest)
    answer = _answer(judge, replace(seen, values=values, known=np.pad(seen.known, rest), slack=slack), budget)
    remark = "taken for the first elements of a larger output; `null` in a case stands for elements that are not known"
    return replace(answer, remarks=(remark, *answer.remarks)) if _by_conventions(answer) else None


def _as_printed(judge: Judge, seen: Observation, budget: Budget) -> Answer | None:
    """The answer about a recording whose numbers are printed ones though it does not say so; None where it is none."""
    if seen.known is None:
        return None
    case, words = as_printed.taken(judge.case)
    if not np.any(seen.slack) and (found := as_printed.read("output", seen.values)):
        seen = replace(seen, slack=found[0])
        words.append(found[1])
    answer = _answer(Judge(case, base=judge.base), seen, budget) if words else None
    if answer is None or not _by_conventions(answer):
        return None
    doubt = f"exact numbers do not fit, printed ones do: {', '.join(words)}; say so in the case (`decimals`)"
    return replace(answer, remarks=(doubt, *answer.remarks))


def _before_relu(judge: Judge, seen: Observation, answer: Answer, budget: Budget) -> Answer:
    """`answer`, with a remark where what is seen is max(y, 0) of an output y that can be explained."""
    known = np.isfinite(seen.values) if seen.known is None else seen.known
    zero, negative = known & (seen.values == 0), known & (seen.values < 0)
    if negative.any() or not zero.any() or zero.sum() == known.sum():
        return answer
    kept = _answer(judge, replace(seen, known=known & ~zero), budget)
    if not _by_conventions(kept):
        return answer
    first = kept.explanations[0]
    reading = judge.reading((*first.settings, *first.transforms))
    gone = replace(seen, known=zero).placed(reading)
    if gone is None or (reading.y[gone.known] > judge.question(seen).slack).any():
        return answer
    meant = f"that differs so: {first.words}" if first.transforms else "as the case means it"
    remark = (
        f"negative values were set to zero: this is max(y, 0), a ReLU, of an output y {meant}; compare what is before"
    )
    return replace(answer, remarks=(remark,))


def _answer(judge: Judge, seen: Observation, budget: Budget) -> Answer:
    question = judge.question(seen)
    found = confirmed(judge, seen, question, budget)
    rivals = _rivals(found.explanations, question.form.rank)
    fewest = min((len(each.transforms) for each in found.explanations), default=0)
    alike = sum(len(each.transforms) == fewest for each in found.explanations) > 1
    marked = [
        replace(each, tied=(len(rivals) > 1 and each.group in rivals) or (alike and len(each.transforms) == fewest))
        for each in found.explanations
    ]
    ambiguous = len(rivals) > 1
    doubt = list(_doubt(judge, question.observed, found.explanations[:1]))
    said = remarks(judge, seen, question, found, ambiguous)
    return Answer(
        explanations=tuple(marked[:SHOWN]),
        ambiguous=ambiguous or bool(doubt),
        known=int(np.count_nonzero(np.isfinite(question.observed))),
        more=max(len(marked) - SHOWN, 0),
        separation=separation(judge, list(rivals.values())) if ambiguous else None,
        remarks=(*doubt, *said),
    )


def _rivals(explanations: Sequence[Explanation], rank: int) -> dict[int, Transforms]:
    """Group -> changes and settings, of the first explanation and of all that it cannot be told from.

    Those are as simple, or one change more and together not unlikely beside it.
    """
    best: dict[int, Explanation] = {}
    for each in explanations:
        best.setdefault(each.group, each)
    fewest = min((len(each.transforms) for each in explanations), default=0)
    simplest = {number: each for number, each in best.items() if len(each.transforms) == fewest}
    others = [each for each in best.values() if len(each.transforms) > fewest]
    likely = sum(2.0 ** (weight(explanations[0].transforms, rank) - weight(each.transforms, rank)) for each in others)
    chosen = best if likely > RIVALS else simplest
    return {number: (*each.transforms, *each.settings) for number, each in chosen.items()}


def _doubt(judge: Judge, observed: np.ndarray, first: Sequence[Explanation]) -> Iterator[str]:
    """What to do where the values do not carry the first explanation."""
    if not any(each.lacking for each in first):
        return
    known = observed[np.isfinite(observed)]
    if known.size > 1 and not np.ptp(known):
        yield f"{TOO_LITTLE}: all known values are equal, as many settings make them; use data that vary more"
    elif known.size < math.prod(judge.intended.form.output_shape):
        yield f"{TOO_LITTLE}, as so few values fit by chance, too; print more of the output, or more digits of it"
    else:
        yield f"{TOO_LITTLE}, as so few values fit by chance, too; run both systems on a larger input and print that"
