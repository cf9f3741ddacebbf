"""What a run comes to: a result for each call and recording, a report of each case, held against what it expects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.case.read import Case
from harness.explanation.confirmed import Explanation
from harness.explanation.diagnosis import Answer
from harness.judge import expect
from harness.judge.verdict import Verdict
from harness.operations.call import MODES
from harness.operations.transforms.transform import Transform
from harness.operations.transforms.values import NotRepeatable
from harness.parent.outcome import Answered
from harness.rounding import compare


@dataclass(slots=True)
class Result:
    """One case x entry point x mode, as JSON has it, without the case's id.

    transforms: what explains the output where the verdict is a convention, what the call needed otherwise; words: the
    same, as sentences. group: number of the agreement class within the mode, None without an output. output: number of
    a call's output among those of the case, None without one. explanations: of an output that differs; all that fit for
    a recording; for a call the one that was found first, and those that are as simple. ambiguous: whether the first is
    not certain.
    remarks: what else can be said of a recording, as sentences.
    code, edits: system -> program and shortest call of the first explanation that were run and held, where they were
    asked for; calls have them as written and in the first member of an agreement class only, since those of the others
    are the same. own_edits: of a recording, the shortest call of its own system that gives what is meant.
    """

    entry_point: str
    backend: str
    mode: str
    outcome: str
    verdict: str
    transforms: tuple[str, ...] = ()
    max_abs: float | None = None
    bound_share: float | None = None
    rung: str | None = None
    seconds: float | None = None
    expected: bool | None = None
    reason: str = ""
    words: tuple[str, ...] = ()
    group: int | None = None
    output: int | None = None
    explanations: tuple[Explanation, ...] = ()
    ambiguous: bool = False
    code: dict[str, str] = field(default_factory=dict)
    edits: dict[str, str] = field(default_factory=dict)
    own_edits: dict[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class CaseReport:
    """All that came of one case.

    info: the case as JSON has it. results: in the order of the entry points, recordings last. classes: mode ->
    agreement classes. outputs: those that differ in any bit, in the order of the results, which name them by number.
    failures: what did not come out as the case says.
    """

    info: dict[str, Any]
    results: tuple[Result, ...]
    classes: dict[str, list[list[str]]]
    outputs: list[dict[str, Any]]
    failures: tuple[str, ...]


def not_repeatable(result: Result, outcome: Answered) -> Result:
    """`result`, filled in for a call that gives something else each time: there is nothing to judge."""
    found = NotRepeatable()
    result.transforms, result.words = (found.id,), (found.words(),)
    result.seconds, result.reason = outcome.seconds, outcome.not_repeatable
    return result


def judged(result: Result, verdict: Verdict, transforms: Sequence[Transform]) -> Result:
    """`result`, filled in with what the verdict says and the transforms that were used or that explain it."""
    result.transforms, result.words = ids(transforms), tuple(transform.words() for transform in transforms)
    result.max_abs, result.group = verdict.max_abs, verdict.group
    if verdict.fit:
        result.rung, result.bound_share = verdict.fit.rung, verdict.fit.share
    if verdict.kind == "convention" and verdict.fit:
        left = verdict.left or 0.0
        result.explanations = (Explanation(verdict.transforms, (), left, verdict.fit.rung, 0),)
    if verdict.difference:
        result.reason = compare.words(verdict.difference)
    return result


def doubted(result: Result, explanations: tuple[Explanation, ...], doubts: tuple[str, ...]) -> None:
    """Adds to the `result` of a call what else explains it, and why it is not certain, where it is not."""
    if doubts:
        result.explanations = explanations or result.explanations
        result.remarks, result.ambiguous = doubts, True


def answered(result: Result, answer: Answer, expect: Sequence[str] | None) -> Result:
    """`result` of a recording, filled in with the full answer about it.

    What is not certain is no verdict, unless the case named it before: that one was not searched for.
    """
    found = answer.explanations
    result.remarks, result.explanations, result.ambiguous = answer.remarks, found, answer.ambiguous
    if not answer.known:
        result.outcome = result.verdict = "declined"
        result.reason = "none of its elements can be computed from what is known"
    if found:
        result.verdict = "convention" if found[0].transforms else "agrees"
        result.transforms, result.words = ids(found[0].transforms), (found[0].words,)
    if expect is not None:
        tied = [set(ids(each.transforms)) for each in found if each.tied] or [set(result.transforms)]
        result.expected = result.verdict != "unexplained" and set(expect) in tied
    if found and not result.expected and _unsure(answer, found[0]):
        result.verdict, result.transforms = "unexplained", ()
    return result


def _unsure(answer: Answer, first: Explanation) -> bool:
    """Whether it would be too much to say that the first explanation is so; that outputs are equal is no guess."""
    guessed = first.transforms or first.settings or first.part
    return bool(guessed) and (answer.doubted or (first.part and answer.ambiguous))


def changes(result: Result) -> tuple[Transform, ...]:
    """What the first explanation of a result changes in the case's call."""
    first = result.explanations[0]
    return first.changes


def ids(transforms: Iterable[Transform]) -> tuple[str, ...]:
    """The names by which JSON has them."""
    return tuple(transform.id for transform in transforms)


def classes(results: Iterable[Result]) -> dict[str, list[list[str]]]:
    """Mode -> the entry points of each agreement class, classes and members in the order of the results."""
    groups: dict[str, dict[int, list[str]]] = {mode: {} for mode in MODES}
    for result in results:
        if result.group is not None and result.mode in groups:
            groups[result.mode].setdefault(result.group, []).append(result.entry_point)
    return {mode: list(found.values()) for mode, found in groups.items()}


def expectations(case: Case, results: Sequence[Result]) -> list[str]:
    """Marks the results that the case demands something of; a sentence for each that is not as the case says."""
    failures: list[str] = []
    for mode in MODES:
        ours = [result for result in results if result.mode == mode]
        held = _held(case.expect.classes.get(mode), mode, ours)
        failures += [f"{mode}: {sentence}" for sentence in held.values() if sentence]
        for result in ours:
            if result.entry_point in held:
                result.expected = not held[result.entry_point]
    recorded = [result for result in results if result.mode == "recorded"]
    failures += [
        f"recorded: {recording.system} was expected to need {_said(recording.expect)}; verdict: {result.verdict} "
        f"{', '.join(result.transforms)}".rstrip()
        for recording, result in zip(case.recorded, recorded)
        if result.expected is False
    ]
    return failures


def _said(names: Iterable[str] | None) -> str:
    return ", ".join(names or ()) or "no change"


def _held(classes: expect.Classes | None, mode: str, results: Sequence[Result]) -> dict[str, str]:
    """Entry point -> "" or what is not as expected; that the harness's own worker fails never is."""
    broken = {each.entry_point: f"{each.entry_point}: {each.reason}" for each in results if each.verdict == "broken"}
    return {**_demanded(classes, mode, results), **broken}


def _demanded(classes: expect.Classes | None, mode: str, results: Sequence[Result]) -> dict[str, str]:
    if classes is not None:
        return expect.classes_held(classes, {result.entry_point: result.group for result in results})
    if mode == "normalized":
        return expect.all_agree({result.entry_point: result.verdict for result in results})
    return {}
