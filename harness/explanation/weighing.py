"""What else gives an output of a run, so that what it says of it is no more certain than the full answer would be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.explanation.confirmed import Explanation, confirmed
from harness.explanation.doubts import NOTHING, doubt, rivals
from harness.judge.evidence import lacking
from harness.judge.verdict import Judge, Observation, Verdict
from harness.operations.budget import OUTPUT, Budget
from harness.operations.operation import Transforms

TIES = 8
"""Explanations of one output that are kept."""
TIED = "the data cannot tell the tied explanations apart"

Weighed = tuple[tuple[Explanation, ...], tuple[str, ...]]
"""Explanations, and why the first is not certain."""


def weighed(judge: Judge, seen: Observation, verdict: Verdict) -> Weighed:
    """The explanation that a verdict on `seen` names, then of each other change that comes to something else on other
    data the likeliest, as far as the full answer calls them tied; and why the first is not certain, where it is not.

    Of what agrees there is no other explanation: only whether the values could have refuted it.
    """
    if verdict.kind == "agrees":
        return (), _of_agreement(judge, seen, verdict)
    question = judge.question(seen)
    changes = verdict.transforms
    searched = changes[:-1] if verdict.fit and verdict.fit.finding else changes
    every = confirmed(judge, seen, question, Budget(OUTPUT), len(changes) + 1, searched).explanations
    first = next((each for each in every if {*each.changes} == {*changes}), None)
    if first is None:
        return (), (NOTHING,)
    others = _others(first, every, question.form.rank)
    marked = [replace(each, tied=bool(others)) for each in (first, *others)]
    return tuple(marked), (*([TIED] if others else []), *doubt(judge, question.observed, [first]))


def _of_agreement(judge: Judge, seen: Observation, verdict: Verdict) -> tuple[str, ...]:
    missing = lacking(judge.known(seen, judge.intended), (), (), judge.intended.form.rank)
    if not missing:
        return ()
    agrees = Explanation((), (), verdict.max_abs or 0.0, "", 0, missing)
    return tuple(doubt(judge, judge.question(seen).observed, [agrees]))


def _others(first: Explanation, every: Sequence[Explanation], rank: int) -> list[Explanation]:
    """Of each other group the best explanation that is no larger, or that the first cannot be told from."""
    alike: dict[int, Transforms] = rivals((first, *every), rank)
    best = {each.group: each for each in reversed(every) if each.size <= first.size or each.group in alike}
    return [each for group, each in sorted(best.items()) if group != first.group][: TIES - 1]
