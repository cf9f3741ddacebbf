"""What else gives an output of a run that a convention was found for, so that it is not named for certain by luck."""

from __future__ import annotations

from dataclasses import replace

from harness.explanation.confirmed import Explanation, confirmed
from harness.explanation.doubts import doubt
from harness.judge.verdict import Judge, Observation
from harness.operations.budget import OUTPUT, Budget
from harness.operations.operation import Transforms

TIES = 8
"""Explanations of one output that are kept."""


Weighed = tuple[tuple[Explanation, ...], tuple[str, ...]]
"""Explanations, and why the first is not certain."""


def weighed(judge: Judge, seen: Observation, found: Transforms) -> Weighed:
    """The explanations of `seen` that are no larger than `found`, which is one: it first, and of each other change that
    comes to something else on other data the likeliest; and why it is not certain, where it is not."""
    question = judge.question(seen)
    every = confirmed(judge, seen, question, Budget(OUTPUT), len(found)).explanations
    first = next((each for each in every if {*each.transforms, *each.settings} == {*found}), None)
    if first is None:
        return (), ()
    best = {each.group: each for each in reversed(every) if each.size <= first.size}
    others = [each for group, each in sorted(best.items()) if group != first.group][: TIES - 1]
    marked = [replace(each, tied=bool(others)) for each in (first, *others)]
    ties = ["the data cannot tell the tied explanations apart"] if others else []
    return tuple(marked), (*ties, *doubt(judge, question.observed, [first]))
