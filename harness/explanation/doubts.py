"""Why the first explanation is not certain: others that the data cannot tell from it, or too little that is known."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from harness.explanation.confirmed import Explanation
from harness.judge.evidence import LARGER
from harness.judge.verdict import Judge
from harness.operations.operation import Transforms
from harness.operations.transforms import weight
from harness.operations.transforms.transform import NUMBER

TOO_LITTLE = "too little is known to be certain"
"""How a remark begins where an explanation fits and the values do not carry it."""
NOTHING = f"{TOO_LITTLE}: none of the values is a finite number"
ALIKE, FEW = 0.25, 12
"""Share of the values, and the number, below which those that differ are few: it is not the values that are."""
DIGITS = 5
"""Places after the point, of the largest value, to which values are compared."""
RIVALS = 0.2
"""How likely all others together may be beside the first explanation, by how often each was the cause."""


def rivals(explanations: Sequence[Explanation], rank: int) -> dict[int, Transforms]:
    """Group -> changes and settings, of the first explanation and of all that it cannot be told from.

    Those are as simple, with no more numbers that were fitted, or assume one thing more and are together not unlikely
    beside it.
    """
    best: dict[int, Explanation] = {}
    for each in explanations:
        best.setdefault(each.group, each)
    fewest = min((each.size for each in explanations), default=0)
    simplest = {number: each for number, each in best.items() if each.size == fewest}
    least = min((each.detail for each in simplest.values()), default=0.0)
    simplest = {number: each for number, each in simplest.items() if each.detail < least + NUMBER}
    others = [each for each in best.values() if each.size > fewest]
    likely = sum(2.0 ** (_rare(explanations[0], rank) - _rare(each, rank)) for each in others)
    chosen = best if likely > RIVALS else simplest
    return {number: each.changes for number, each in chosen.items()}


def tied(explanations: Sequence[Explanation], alike: Mapping[int, Transforms]) -> list[Explanation]:
    """The explanations, with those marked that the first one cannot be told from, or that have other names for it."""
    fewest = min((each.size for each in explanations), default=0)
    names = [each.group in alike and each.size == fewest for each in explanations]
    marks = [each.group in alike if len(alike) > 1 else named and sum(names) > 1
             for each, named in zip(explanations, names)]  # fmt: skip
    return [replace(each, tied=mark) for each, mark in zip(explanations, marks)]


def doubt(judge: Judge, observed: np.ndarray, first: Sequence[Explanation]) -> Iterator[str]:
    """What to do where the values do not carry the first explanation."""
    if not any(each.lacking for each in first):
        return
    known = observed[np.isfinite(observed)]
    if not known.size:
        yield from [NOTHING] if observed.size else []
    elif known.size > 1 and not np.ptp(known):
        yield f"{TOO_LITTLE}: all known values are equal, as many settings make them; use data that vary more"
    elif (different := _different(known)) < min(known.size * ALIKE, FEW):
        alike = f"the {known.size} known values are alike ({different} different numbers)"
        yield f"{TOO_LITTLE}: {alike}; use data that vary more"
    elif known.size < math.prod(judge.intended.form.output_shape):
        yield f"{TOO_LITTLE}: so few values may fit by chance; print more of the output, or more digits of it"
    else:
        yield f"{TOO_LITTLE}: so few values may fit by chance; run both systems on a larger input and print that"


def _different(known: np.ndarray) -> int:
    """How many of some values differ by more than rounding makes them."""
    scale = max(float(np.abs(known).max()), np.finfo(np.float64).tiny)
    return len(np.unique(np.round(known / scale, DIGITS)))


def _rare(explanation: Explanation, rank: int) -> float:
    """Bits of what is assumed: how rare the changes are, and the numbers that were fitted, as they are written."""
    return weight(explanation.transforms, rank) + LARGER * explanation.part + explanation.detail
