"""The full answer about one output: all explanations that fit, whether the data tell them apart, what else can be said.

Every explanation is confirmed on all elements by the ladder of bounds. Explanations that come to the same on fresh data
are one explanation with several names.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.canonical import layout
from harness.canonical.reference import direct
from harness.canonical.window import Linear
from harness.explain import printed
from harness.grammar.streams import RawStream
from harness.judge.verdict import Judge, Observation
from harness.operations.operation import Question, Searching, Solution
from harness.operations.transforms.transform import Transform, applied, read
from harness.operations.transforms.values import Arithmetic
from harness.rounding.ladder import Fit

SHOWN = 24
"""Explanations that an answer holds; more are counted."""
LOW, HIGH = 1, 99
"""Range of the whole numbers of an input that tells explanations apart."""
SEEDS = 4
LARGE = 1_000_000
"""Elements of an output beyond which the bounds are worked out for a part of it; float64 then confirms the rest."""
LOOK = 4
"""Output channels of that part, which is of the first image."""

Held = tuple[tuple[Transform, ...], Fit, float]
"""Changes that hold, the rung on which they do, and the largest distance that they leave."""


@dataclass(frozen=True)
class Explanation:
    """Changes that give what was observed.

    transforms: the changes. settings: what unknown settings were. group: explanations of one group come to the same on
    every input of this shape. tied: as simple as the first one, and not the only one.
    """

    transforms: tuple[Transform, ...]
    settings: tuple[Transform, ...]
    max_abs: float
    rung: str
    group: int
    tied: bool = False

    @property
    def words(self) -> str:
        """The explanation as a sentence."""
        changes = "; ".join(each.words() for each in self.transforms) or "no difference"
        found = "; ".join(each.words() for each in self.settings)
        return changes + (f" (left open, and found: {found})" if found else "")


@dataclass(frozen=True)
class Separation:
    """Data of the case's shapes that tell explanations apart: whole numbers, drawn as a case draws them.

    shapes: of the arrays that must be drawn, by role; those after the first with `seed: input`.
    """

    seed: int
    shapes: Mapping[str, tuple[int, ...]]

    def as_json(self) -> dict[str, Any]:
        """The keys of a case file that hold these data."""
        drawn = {"low": LOW, "high": HIGH}
        seeds = itertools.chain([self.seed], itertools.repeat("input"))
        return {
            role: {"integers": {"shape": list(shape), "seed": seed, **drawn}}
            for (role, shape), seed in zip(self.shapes.items(), seeds)
        }


@dataclass(frozen=True)
class Answer:
    """What is known of one output.

    explanations: best first; empty when nothing fits. ambiguous: several of the simplest do not come to the same.
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
    start = time.perf_counter()
    answer = _answer(judge, seen)
    if not _by_conventions(answer) or _cropped(answer):
        answer = _as_corner(judge, seen) or answer
    if not _by_conventions(answer):
        answer = _as_printed(judge, seen) or _before_relu(judge, seen, answer)
    return replace(answer, seconds=time.perf_counter() - start)


def _by_conventions(answer: Answer) -> bool:
    """Whether conventions explain it, and not merely other numbers in the kernel."""
    first = answer.explanations[:1]
    return bool(first) and not any(not each.is_convention for each in first[0].transforms)


def _cropped(answer: Answer) -> bool:
    """Whether the first explanation is negative padding, with which nobody computes."""
    paddings = [vars(each).get("actual", ()) for each in answer.explanations[0].transforms]
    return any(min(pair) < 0 for pairs in paddings for pair in pairs)


def _as_corner(judge: Judge, seen: Observation) -> Answer | None:
    """The answer about a recording that is smaller than the output meant, as its first elements; None for none."""
    whole, sizes = judge.intended.conv.output_shape, seen.values.shape
    if seen.known is None or len(sizes) != len(whole) or sizes[:2] != whole[:2]:
        return None
    rest = [(0, meant - size) for size, meant in zip(sizes, whole)]
    if sizes == whole or min(high for _, high in rest) < 0:
        return None
    values = np.pad(seen.values.astype(np.float64), rest, constant_values=np.nan)
    slack = np.pad(np.broadcast_to(seen.slack, sizes), rest)
    answer = _answer(judge, replace(seen, values=values, known=np.pad(seen.known, rest), slack=slack))
    remark = "taken for the first elements of a larger output; `null` in a case stands for elements that are not known"
    return replace(answer, remarks=(remark, *answer.remarks)) if _by_conventions(answer) else None


def _as_printed(judge: Judge, seen: Observation) -> Answer | None:
    """The answer about a recording whose numbers are printed ones though it does not say so; None where it is none."""
    if seen.known is None:
        return None
    case, words = printed.taken(judge.case)
    if not np.any(seen.slack) and (found := printed.read("output", seen.values)):
        seen = replace(seen, slack=found[0])
        words.append(found[1])
    answer = _answer(Judge(case, base=judge.base), seen) if words else None
    if answer is None or not _by_conventions(answer):
        return None
    doubt = f"exact numbers do not fit, printed ones do: {', '.join(words)}; say so in the case (`decimals`)"
    return replace(answer, remarks=(doubt, *answer.remarks))


def _before_relu(judge: Judge, seen: Observation, answer: Answer) -> Answer:
    """`answer`, with a remark where what is seen is max(y, 0) of an output y that can be explained."""
    known = np.isfinite(seen.values) if seen.known is None else seen.known
    zero, negative = known & (seen.values == 0), known & (seen.values < 0)
    if negative.any() or not zero.any() or zero.sum() == known.sum():
        return answer
    kept = _answer(judge, replace(seen, known=known & ~zero))
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


def _answer(judge: Judge, seen: Observation) -> Answer:
    question = judge.question(seen)
    known = int(np.count_nonzero(np.isfinite(question.observed)))
    found, left_out, solution = _confirmed(judge, seen, question)
    fewest = min((len(each.transforms) for each in found), default=0)
    first = [each for each in found if len(each.transforms) == fewest]
    groups = {each.group for each in first}
    marked = [replace(each, tied=len(first) > 1 and len(each.transforms) == fewest) for each in found]
    ambiguous = len(groups) > 1
    return Answer(
        explanations=tuple(marked[:SHOWN]),
        ambiguous=ambiguous,
        known=known,
        more=max(len(marked) - SHOWN, 0),
        separation=_separation(judge, first) if ambiguous else None,
        remarks=(
            *_of_partial_data(judge, seen, question, known),
            *_of_open_settings(judge, question, found),
            *_remarks(judge.case.operation.search(), question, known, found, ambiguous, solution),
            *_of_the_rest(left_out),
        ),
    )


def _confirmed(judge: Judge, seen: Observation, question: Question) -> tuple[list[Explanation], int, Solution | None]:
    """The explanations that hold on every element, best first; how many candidates were not looked at; and, where no
    convention holds, the kernel that was applied."""
    if question.observed.ndim != question.conv.x.ndim or not np.isfinite(question.observed).any():
        return [], 0, None
    part = _part(judge, seen)
    intended, largest = judge.fit(seen, judge.intended) if _may_fit(part, ()) else (None, math.inf)
    if intended and not intended.finding and not question.unknown:
        return [Explanation((), (), largest, intended.rung, 0)], 0, None
    held: list[Held] = []

    def holds(transforms: tuple[Transform, ...]) -> bool:
        looked = part if part and _local(transforms) else (judge, seen)
        fit, largest = looked[0].fit(looked[1], looked[0].reading(transforms))
        if fit:
            held.append((transforms, fit, largest))
        return fit is not None

    if intended and intended.finding:
        holds(())
    room = judge.case.operation.search()
    searched = room.Search(question)
    for _ in room.explanations(searched, holds):
        pass
    solution = None if held else room.other_values(question, holds)
    alike = part[0].intended.conv if part and all(_local(transforms) for transforms, *_ in held) else question.conv
    return _explanations(question, held, alike), searched.left_out, solution


def _local(transforms: Sequence[Transform]) -> bool:
    """Whether what a part of the images and output channels shows holds for all of them."""
    return all(each.local for each in transforms)


def _explanations(question: Question, held: Sequence[Held], conv: Linear) -> list[Explanation]:
    """What holds, the fewest changes first, under all of its names; in one group what comes to the same in `conv`."""
    groups: dict[bytes, int] = {}
    found = []
    for transforms, fit, largest in held:
        group = groups.setdefault(_signature(conv, transforms), len(groups))
        for named in _names(transforms):
            changes = (*named, Arithmetic(fit.rung)) if fit.finding else named
            free = tuple(each for each in changes if question.is_free(each))
            own = tuple(each for each in changes if each not in free)
            found.append(Explanation(own, free, largest, fit.rung, group))
    return sorted(found, key=lambda each: len(each.transforms))  # a finding of precision is one change more


def _names(transforms: tuple[Transform, ...]) -> list[tuple[Transform, ...]]:
    """The changes, by every combination of their names."""
    named = [(each, *each.other_names) for each in transforms]
    return list(itertools.product(*named))


def _part(judge: Judge, seen: Observation) -> tuple[Judge, Observation] | None:
    """The first images and output channels of a large case; None for a small one, or where groups tie channels."""
    case, values = judge.case, seen.values
    shape = judge.intended.conv.output_shape
    if values.size <= LARGE or judge.base or values.shape[:2] != shape[:2]:
        return None
    arrays = case.operation.search().part(case, LOOK)
    if arrays is None:
        return None
    small = replace(case, arrays=arrays, recorded=())
    known = None if seen.known is None else seen.known[:1, :LOOK]
    slack = seen.slack[:1, :LOOK] if isinstance(seen.slack, np.ndarray) else seen.slack
    return Judge(small), replace(seen, values=values[:1, :LOOK], known=known, slack=slack)


def _may_fit(part: tuple[Judge, Observation] | None, transforms: tuple[Transform, ...]) -> bool:
    """False where already a part does not fit; so the whole need not be evaluated."""
    if part is None:
        return True
    judge, seen = part
    return judge.fit(seen, judge.reading(transforms))[0] is not None


def _drawn(conv: Linear, seed: int, weights: bool) -> Linear:
    """`conv` with whole numbers as its input, and as its weights if `weights` says so."""
    stream = RawStream("PCG64", seed)
    x = stream.integers(LOW, HIGH, conv.x.size).reshape(conv.x.shape)
    w = stream.integers(LOW, HIGH, conv.w.size).reshape(conv.w.shape) if weights else conv.w
    return replace(conv, x=x, w=w)


def _output(conv: Linear, transforms: Sequence[Transform]) -> np.ndarray:
    changed = applied(conv, transforms)
    return read(direct(changed), transforms, ())


def _signature(conv: Linear, transforms: Sequence[Transform]) -> bytes:
    """The output on fresh data, exact on whole numbers: equal for changes that always come to the same."""
    y = _output(_drawn(conv, 0, True), transforms)
    return repr(y.shape).encode() + np.round(y, 6).tobytes()


def _separation(judge: Judge, explanations: Sequence[Explanation]) -> Separation | None:
    """Data on which explanations of different groups differ by at least 1; None where none were found."""
    rivals = {each.group: (*each.transforms, *each.settings) for each in reversed(explanations)}
    form, case = judge.intended.conv, judge.case
    arrays = {role: given for role, given in case.arrays.items() if not case.operation.ROLES[role].vector}
    for roles, seed in itertools.product(([*arrays][:1], [*arrays]), range(SEEDS)):
        fresh = _drawn(form, seed, len(roles) > 1)
        outputs = [_output(fresh, transforms) for transforms in rivals.values()]
        if all(_apart(a, b) for i, a in enumerate(outputs) for b in outputs[:i]):
            own = {role: layout.from_canonical(arrays[role].values, arrays[role].layout, role).shape for role in roles}
            return Separation(seed, own)
    return None


def _apart(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape != b.shape or bool(np.abs(a - b).max(initial=0.0) > 1e-3 * max(float(np.abs(a).max(initial=0)), 1.0))


def _of_partial_data(judge: Judge, seen: Observation, question: Question, known: int) -> list[str]:
    """What can be said of a recording where input, kernel or bias are not known in full."""
    case, recorded = judge.case, judge.case.recorded
    number = next((number for number, each in enumerate(recorded) if each.values is seen.values), None)
    if not case.partial or number is None:
        return []
    total = np.count_nonzero(recorded[number].known)
    rest = f"{known} of {total} known values can be computed; not known in full: {', '.join(case.partial)}"
    return [
        *([rest] if known < total else []),
        *case.operation.search().of_recordings(question, recorded[number], recorded[:number], judge.coarse),
    ]


def _remarks(
    room: Searching,
    question: Question,
    known: int,
    found: Sequence[Explanation],
    ambiguous: bool,
    solution: Solution | None,
) -> list[str]:
    if not known:
        return []
    if ambiguous:
        return [f"the data ({known} known values) cannot tell the tied explanations apart"]
    if found:
        return [] if not any(not each.is_convention for each in found[0].transforms) else room.pattern(question)
    remarks = [f"no combination of up to {room.DEEPEST} changes gives these values"]
    remarks += list(solution.remarks()) if solution else []
    return remarks + room.pattern(question)


def _of_open_settings(judge: Judge, question: Question, found: Sequence[Explanation]) -> list[str]:
    """What the settings that are not known come to with the first explanation."""
    if not found:
        return []
    form = applied(question.conv, (*found[0].settings, *found[0].transforms))
    said = judge.case.operation.search().came_to(form)
    settings = [f"{name} {words}" for name, words in said.items() if name in question.unknown]
    return [f"left open, and found: {', '.join(settings)}"] if settings else []


def _of_the_rest(left_out: int) -> list[str]:
    if not left_out:
        return []
    return [
        f"{left_out} more combinations give those few values that are looked at first and were not tried on all of "
        "them, being less likely: more known values, or more digits of them, would rule them out"
    ]
