"""Recordings that are smaller than the output meant: perhaps they are its first elements only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.canonical.axis import meets_one
from harness.explanation.confirmed import Confirmed, confirmed
from harness.explanation.separation import signatures
from harness.judge.evidence import LARGER
from harness.judge.verdict import SKIPPED, Judge, Observation
from harness.operations.budget import Budget

MANY = 2**18
"""Elements of an output that is explained beyond which it is taken for a part of what is meant, and nothing else."""
PART = "taken for the first elements of a larger output; `null` in a case stands for elements that are not known"
"""The remark where the first explanation says so."""


def with_corner(judge: Judge, seen: Observation, found: Confirmed, budget: Budget) -> Confirmed:
    """What was found of an output, and of it as the first elements of a larger one, as far as that is no less simple.

    A crop that comes to such a part is left out: it says the same of a call that nobody would make.
    """
    whole = _placed(judge, seen)
    first = found.explanations[:1]
    plain = [each for each in first if each.by_conventions and not each.crops]
    if whole is None or any(each.size == 0 for each in plain):
        return found
    deepest = min((each.size - 1 for each in plain), default=None)
    if plain and seen.values.size > MANY:  # so many that agree are hardly those of another call
        deepest = 0
    also = confirmed(judge, whole, judge.question(whole), budget, deepest)
    offset = 1 + max((each.group for each in found.explanations), default=0)
    parts = [
        replace(each, part=True, group=each.group + offset, lacking=each.lacking + (LARGER if each.lacking else 0))
        for each in also.explanations
        if each.by_conventions and (deepest is None or len(each.transforms) <= deepest)
    ]
    if not parts:
        return found
    signature = signatures(judge.intended.form, shape=seen.values.shape)
    same = {signature(each.changes) for each in parts}
    kept = [each for each in found.explanations if each.by_conventions]
    kept = [each for each in kept if not (each.crops and signature(each.changes) in same)]
    if any(each.transforms == SKIPPED for each in parts):  # which is simpler than what comes to the input by a number
        kept = [each for each in kept if not meets_one(judge.reading(each.changes).form)]
    return replace(found, explanations=tuple(sorted([*kept, *parts], key=lambda each: (each.size, each.crops))))


def _placed(judge: Judge, seen: Observation) -> Observation | None:
    """What is seen, as the first elements of the output that is meant; None where it cannot be."""
    whole, sizes = judge.intended.form.output_shape, seen.values.shape
    if seen.known is None or len(sizes) != len(whole) or sizes[:2] != whole[:2]:
        return None
    rest = [(0, meant - size) for size, meant in zip(sizes, whole)]
    if sizes == whole or min(high for _, high in rest) < 0:
        return None
    values = np.pad(seen.values.astype(np.float64), rest, constant_values=np.nan)
    slack = np.pad(np.broadcast_to(seen.slack, sizes), rest)
    return replace(seen, values=values, known=np.pad(seen.known, rest), slack=slack)
