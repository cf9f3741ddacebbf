"""What can be said of an output besides its explanations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from harness.canonical import gaps
from harness.explanation.confirmed import Confirmed, Explanation, all_equal
from harness.judge.verdict import Judge, Observation
from harness.operations.followed import searching
from harness.operations.operation import Question, Searching
from harness.operations.transforms.transform import applied, ends

_TRIED = {0: "what is meant does not give", 1: "no single change gives"}
"""What was tried in full, by how many changes at once."""


def remarks(judge: Judge, seen: Observation, question: Question, found: Confirmed, ambiguous: bool) -> Iterator[str]:
    """Sentences about what is not known, what was left open, what the data cannot tell, and where it goes wrong."""
    known = int(np.count_nonzero(np.isfinite(question.observed)))
    yield from _of_partial_data(judge, seen, question, known)
    yield from _of_open_settings(judge, question, found.explanations[:1])
    if ambiguous:
        yield f"the data ({known} known values) cannot tell the tied explanations apart"
    elif known:
        yield from _of_rounding(judge, seen, question, found.explanations[:1])
        yield from _of_no_convention(searching(judge.case), question, found, judge.room(seen))
    if found.exact is not None:
        yield (
            f"{found.exact} elements were compared with exact values; the others, to save time, with those of float64 "
            "and room for their rounding"
        )
    yield from _of_the_rest(searching(judge.case), found)


def _of_partial_data(judge: Judge, seen: Observation, question: Question, known: int) -> Iterator[str]:
    """What can be said of a recording where the arrays of a case are not known in full."""
    case, recorded = judge.case, judge.case.recorded
    number = next((number for number, each in enumerate(recorded) if each.values is seen.values), None)
    if not case.partial or number is None:
        return
    total = np.count_nonzero(recorded[number].known)
    if known < total:
        yield f"{known} of {total} known values can be computed; not known in full: {', '.join(case.partial)}"
    search = searching(case)
    yield from search.of_recordings(question, recorded[number], recorded[:number], judge.coarse)


def _of_open_settings(judge: Judge, question: Question, first: Sequence[Explanation]) -> Iterator[str]:
    """What the settings that are not known come to with the first explanation."""
    for each in first:
        said = searching(judge.case).came_to(applied(question.form, each.changes))
        settings = [f"{name} {words}" for name, words in said.items() if name in question.unknown]
        if settings:
            yield f"left open, and found: {', '.join(settings)}"


def _of_rounding(judge: Judge, seen: Observation, question: Question, first: Sequence[Explanation]) -> Iterator[str]:
    """How small a fault the data would not show, where an explanation leaves a difference."""
    for each in first:
        changes = each.changes
        if each.rung != "exact" and not each.part and not ends(changes) and not any(change.reads for change in changes):
            reading = judge.reading(changes)
            form, room = gaps.as_unknown(reading.stated), seen.allowed(reading, each.rung)
            yield from searching(judge.case).hidden(question, form, room)


def _of_no_convention(
    search: Searching, question: Question, found: Confirmed, room: np.ndarray | float
) -> Iterator[str]:
    """Where it goes wrong, and what the weights are, where no convention explains it."""
    if not found.explanations:
        yield f"{_TRIED.get(found.whole, f'no combination of up to {found.whole} changes gives')} these values"
        yield from found.solution.remarks() if found.solution else ()
        if all_equal(question):
            yield f"{_equal(question)}; look whether the output was written at all, and use data that vary more"
            return
    elif all(each.is_convention for each in found.explanations[0].transforms):
        return
    yield from search.pattern(question, room)


def _equal(question: Question) -> str:
    known = question.observed[np.isfinite(question.observed)]
    return f"all {known.size} known values are {known[0]:.9g}, which says nothing of how they were computed"


def _combinations(changes: int) -> str:
    return f"combinations of {changes} changes" if changes > 1 else "single changes"


def _of_the_rest(search: Searching, found: Confirmed) -> Iterator[str]:
    if found.left_out:
        yield (
            f"{found.left_out} less likely combinations fit the first few values and were not tried on all; more known "
            "values, or more digits of them, would rule them out"
        )
    elif found.tested and found.whole < search.DEEPEST:
        yield (
            f"the search ended after {found.tested} hypotheses, before all {_combinations(found.whole + 1)} were "
            "tried; state more settings, or give a part of the data"
        )
