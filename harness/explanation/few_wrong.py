"""Outputs of which a few elements are wrong, as numbers are that somebody mistyped: the changes that give all others.

A search gives up what one element contradicts. So parts of the output are searched that share no element, of which one
has none that is wrong; what explains a part is held against the whole, and leaves the fewest elements unexplained.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from harness.explanation.confirmed import LARGE, Explanation
from harness.explanation.diagnosis import Answer
from harness.judge.verdict import Judge, Observation
from harness.operations.budget import OUTPUT, Budget
from harness.operations.followed import searching
from harness.operations.operation import Transforms
from harness.operations.transforms import in_order
from harness.operations.transforms.transform import located
from harness.rounding.compare import distance

FEW = 3
"""Elements that may be wrong."""
OTHERS = 8
"""Known elements for each of them, at least."""
PARTS = FEW + 1
DEEPEST = 2
"""Changes that are looked for."""

Found = tuple[Transforms, np.ndarray]
"""Changes, and a mask of the elements that they do not give."""


def with_few_wrong(judge: Judge, seen: Observation, answer: Answer) -> Answer:
    """An answer that explains nothing, or the changes that leave the fewest elements of a recording unexplained.

    They are never certain. Nothing is said where what is meant itself leaves as few.
    """
    most = min(FEW, answer.known // OTHERS)
    if seen.known is None or not most or seen.values.size > LARGE:
        return answer
    if answer.explanations:
        return _beside_simpler(judge, seen, answer, most)
    intended = _wrong(judge, seen, ())
    if intended is not None and np.count_nonzero(intended) <= most:
        return answer
    found = min(_found(judge, seen, most), key=_assumed, default=None)
    if found is None:
        return answer
    first = _explanation(judge, seen, *found)
    what = "it" if first.transforms else "what is meant"
    remark = _words(what, judge, seen, answer, *found)
    wrong = int(np.count_nonzero(found[1]))
    return replace(answer, explanations=(first,), ambiguous=True, doubted=True, remarks=(remark,), wrong=wrong)


def _beside_simpler(judge: Judge, seen: Observation, answer: Answer, most: int) -> Answer:
    """An answer, not certain where it has numbers that were fitted to what fewer changes and a slip explain."""
    first = answer.explanations[0]
    if not any(each.fitted for each in first.transforms):
        return answer
    subsets = [
        each for count in range(len(first.transforms)) for each in itertools.combinations(first.transforms, count)
    ]
    tried = [(in_order((*first.settings, *each)), each) for each in subsets]
    found = [(changes, wrong) for changes, each in tried if (wrong := _wrong(judge, seen, changes)) is not None]
    few = [each for each in found if np.count_nonzero(each[1]) <= most and _assumed(each) < len(first.changes)]
    if not few:
        return answer
    simpler = min(few, key=_assumed)
    explanation = _explanation(judge, seen, *simpler)
    remark = _words(f"{explanation.words}: that alone", judge, seen, answer, *simpler)
    every = (explanation, *answer.explanations) if explanation.transforms else answer.explanations
    return replace(answer, explanations=every, ambiguous=True, doubted=True, remarks=(remark, *answer.remarks))


def _assumed(found: Found) -> int:
    """Changes and slips that are assumed."""
    return len(found[0]) + int(np.count_nonzero(found[1]))


def _found(judge: Judge, seen: Observation, most: int) -> Iterator[Found]:
    """What explains a part of the output and leaves no more than `most` elements of the whole."""
    for part in range(PARTS):
        mask = (np.arange(seen.values.size) % PARTS == part).reshape(seen.values.shape)
        question = judge.question(replace(seen, known=seen.known & mask))
        room, held = searching(judge.case), list[Found]()

        def holds(transforms: Transforms, held: list[Found] = held) -> bool:
            wrong = _wrong(judge, seen, transforms) if transforms else None
            if wrong is None or not 0 < np.count_nonzero(wrong) <= most:
                return False
            fit, _ = judge.fit(replace(seen, known=seen.known & ~wrong), judge.reading(transforms))
            if fit is None or fit.finding:
                return False
            held.append((transforms, wrong))
            return True

        for _ in room.explanations(room.Search(question, DEEPEST, budget=Budget(OUTPUT).for_search()), holds):
            break
        yield from held


def _wrong(judge: Judge, seen: Observation, transforms: Transforms) -> np.ndarray | None:
    """The known elements that are further off than they may be, in the shape of what is seen; None for other shapes."""
    reading = judge.reading(transforms)
    placed = seen.placed(reading)
    if placed is None:
        return None
    known = placed.comparable(reading)
    apart = (
        distance(placed.values, reading.y, known) > reading.ladder(seen.dtype).room + placed.slack + reading.input_slack
    )
    differ = apart if known is None else apart & known
    return located(differ, reading.transforms, seen.values.shape)


def _explanation(judge: Judge, seen: Observation, transforms: Transforms, wrong: np.ndarray) -> Explanation:
    """The changes as an explanation of all other elements."""
    question = judge.question(seen)
    fit, largest = judge.fit(replace(seen, known=seen.known & ~wrong), judge.reading(transforms))
    free = tuple(each for each in transforms if question.is_free(each))
    return Explanation(
        tuple(each for each in transforms if each not in free), free, largest, fit.rung if fit else "", -1
    )


def _words(
    what: str, judge: Judge, seen: Observation, answer: Answer, transforms: Transforms, wrong: np.ndarray
) -> str:
    """Which elements `what` does not give."""
    reading = judge.reading(transforms)
    due = located(reading.y, reading.transforms, seen.values.shape)
    places = [tuple(map(int, each)) for each in np.argwhere(wrong)]
    elements = [f"{_place(each, wrong.shape)} is {seen.values[each]:.7g} and not {due[each]:.7g}" for each in places]
    return (
        f"{what} gives all known elements but {len(elements)} of {answer.known}: {'; '.join(elements)}; look at these, "
        "as they may be mistyped, or wrong in the system"
    )


def _place(index: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """Where an element stands, along the axes that have several."""
    return str([place for place, size in zip(index, shape) if size > 1])
