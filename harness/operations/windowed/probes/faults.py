"""Faults: calls whose answer is not what the entry point's own rules come to, shrunk to the smallest that shows it.

The rules are the measured ones, so this is no matter of convention: a combination of settings is answered otherwise
than each setting is. Data are whole numbers, and the expectation is the canonical form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from harness.canonical import layout
from harness.canonical.reference import direct
from harness.canonical.window import Linear, Window
from harness.operations.card import Fault
from harness.operations.windowed.keys import PADDING_WORDS
from harness.operations.windowed.probes.padding_rules import RULES
from harness.operations.windowed.probes.subject import Subject, in_words, whole
from harness.operations.windowed.trials import NUMBERS, Axis, Range, Sizes, drawn
from harness.parent.asking import Asking, Question
from harness.parent.outcome import NOT_CALLED, Answered, Broken, Died, Outcome
from harness.worker.spans import span

TRIALS, FEW_TRIALS, ROUNDS = 24, 6, 16
"""Trials for each rank, fewer for functions without a stride, which have hardly any settings; rounds of shrinking."""


FAR = (3, 4)
"""Strides far above a kernel of 1, where `same` has nothing to pad and some systems crop."""

OVER = (2, 17)
"""Samples of an input and a kernel that reaches over its borders, and over those of its mirror images."""

UNSTEADY = "the answer is not repeatable"
WIDE = ("float32", "float64", "int32", "int64")
"""Dtypes that hold every sum of a trial exactly."""


@dataclass(frozen=True)
class Trial(Sizes):
    """A call that is held against the rules of an entry point; a word of the padding is its own."""

    def form(self, subject: Subject, rules: Rules) -> Linear:
        """What it comes to by the rules of the words, on whole numbers."""
        shape = (self.batch, self.groups * self.inputs, *(axis.n for axis in self.axes))
        kernel = (self.groups * self.outputs, self.inputs, *(axis.k for axis in self.axes))
        pairs = self.padding
        if isinstance(pairs, str):
            rule, _ = RULES[rules.of[pairs]]
            pairs = tuple(rule(axis.n, axis.k, axis.stride, axis.dilation) for axis in self.axes)
        steps = tuple(axis.stride for axis in self.axes), tuple(axis.dilation for axis in self.axes)
        window = Window(*steps, pairs, subject.reversal, groups=self.groups).bounded(
            self.boundary, *self.filling.values()
        )
        w = subject.limits.taps(whole(kernel, 42, 5))
        return Linear(whole(shape, 41, 5).astype(self.dtype), w.astype(self.dtype), None, window)

    def question(self, subject: Subject, form: Linear) -> Question:
        """The call, in the words of the entry point."""
        win, boundaries = form.window, subject.entry.takes.boundaries
        settings = {"stride": win.stride, "dilation": win.dilation, "groups": win.groups}
        boundary = boundaries.get(self.boundary, "zero")
        return subject.ask(form.x, form.w, self.native(subject), boundary=boundary, **self.filling, **settings)

    def native(self, subject: Subject) -> Any:
        """The padding in the words of the entry point."""
        return subject.entry.takes.words[self.padding].native if isinstance(self.padding, str) else self.padding

    def case_text(self, subject: Subject, form: Linear, words: str) -> str:
        """The call as a case file."""
        win = form.window
        said = self.padding in PADDING_WORDS  # a word of its own that no case has is said by numbers
        settings = {
            "means": "convolution" if all(win.reversal) else "cross-correlation",
            "stride": list(win.stride),
            "dilation": list(win.dilation),
            "padding": self.padding if said else [list(pair) for pair in win.padding],
            "boundary": self.boundary,
            **self.filling,
            "groups": win.groups,
        }
        return case_text(subject, "convolution", {"input": form.x, "kernel": form.w}, settings, words)


@dataclass(frozen=True)
class Rules:
    """The measured rule of each padding word, the words that keep it where the kernel is larger than the input, and all
    other conventions that were measured."""

    of: Mapping[str, str]
    always: frozenset[str]
    measured: Mapping[str, Any]

    def cover(self, trial: Trial) -> bool:
        """Whether they say what a trial comes to."""
        fits = all(span(axis.k, axis.dilation) <= axis.n for axis in trial.axes)
        return fits or trial.padding in self.always or not isinstance(trial.padding, str)


Trials = Callable[[np.random.Generator, Subject, Rules, Sequence[str]], Iterator[Trial]]
"""What is tried of a subject, in these dtypes."""


def faults(subjects: Sequence[Subject], rules: Rules, dtypes: Sequence[str], trials: Trials) -> Asking[list[Fault]]:
    """The faults that `trials` find; of `dtypes` those are tried that hold all sums."""
    exact = [dtype for dtype in dtypes if dtype in WIDE]
    if not exact or not (rules.of or subjects[0].entry.takes.explicit != "no"):
        return []
    stream = np.random.Generator(np.random.PCG64(7))
    tried = [(subject, trial) for subject in subjects for trial in trials(stream, subject, rules, exact)]
    wrong = yield from _wrong(tried, rules)
    found: dict[str, Fault] = {}
    for subject, trial, words in wrong:
        if words not in found:
            trial, smallest = yield from _shrunk(subject, trial, words, rules)
            found[words] = _fault(subject, trial, smallest, rules)
    return list({fault.words: fault for fault in found.values()}.values())


def watched(asking: Asking[Any], seen: list[Fault]) -> Asking[Any]:
    """`asking`; every call that ends the process or breaks the worker is added to `seen`, and the first that is not
    repeatable. What is asked apart no case can say.
    """
    outcomes: list[Outcome] | None = None
    while True:
        try:
            questions = next(asking) if outcomes is None else asking.send(outcomes)
        except StopIteration as stop:
            return stop.value
        outcomes = yield questions
        for question, outcome in zip(questions, outcomes):
            seen += [fault for fault in _seen(question, outcome) if _is_new(fault, seen)]


def _is_new(fault: Fault, seen: Sequence[Fault]) -> bool:
    return fault not in seen and not (fault.words == UNSTEADY and any(each.words == UNSTEADY for each in seen))


def _seen(question: Question, outcome: Outcome) -> Iterator[Fault]:
    """What is wrong with an outcome, whatever the numbers are."""
    call = call_in_words(question)
    if isinstance(outcome, Died) and not (question.alone and outcome.reason.startswith(NOT_CALLED)):
        empty = any(not array.size for array in question.arrays.values())
        yield Fault(f"the process {in_words(outcome)}", call, excluded=empty or question.alone)
    elif isinstance(outcome, Broken):
        yield Fault(outcome.reason, call)
    elif isinstance(outcome, Answered) and outcome.not_repeatable:
        yield Fault(UNSTEADY, f"{call}; {outcome.not_repeatable}", excluded=question.alone)


def call_in_words(question: Question) -> str:
    x, w = question.arrays["input"], question.arrays["kernel"]
    settings = ", ".join(f"{name}={value!r}" for name, value in question.settings.items())
    return f"x {x.dtype} {x.shape}, w {w.dtype} {w.shape}, {settings}"


def _count(subject: Subject) -> int:
    return TRIALS if subject.entry.takes.stride else FEW_TRIALS


def trials(stream: np.random.Generator, subject: Subject, rules: Rules, dtypes: Sequence[str]) -> Iterator[Trial]:
    """The corners: far strides in every dtype, every boundary under a large kernel; then random settings."""
    words = list(rules.of)
    groups = 2 if subject.entry.takes.groups == "depthwise" and subject.many else 1
    for word, dtype in product(words, dtypes if subject.entry.takes.stride else ()):
        for stride in FAR:
            more = 0 if subject.limits.inputs else 1
            axes = tuple(Axis(stride + more * (index % 2), 1, stride) for index in range(subject.rank))
            yield Trial(word, axes, groups=groups, dtype=dtype)
    for word, boundary in product(words, subject.entry.takes.boundaries):
        yield Trial(word, (Axis(*OVER),) * subject.rank, groups=groups, boundary=boundary, dtype=dtypes[0])
    for _ in range(_count(subject)):
        yield _taken(subject, Trial(**drawn(stream, _range(subject, words, dtypes))))


def _taken(subject: Subject, trial: Trial) -> Trial:
    """A trial as the entry point takes it: with axes that are alike, and one number for a padding, where it must be."""
    one = subject.entry.takes.explicit == "one" and not isinstance(trial.padding, str)
    return replace(
        trial,
        axes=trial.axes[:1] * subject.rank if subject.square else trial.axes,
        padding=trial.padding[:1] * subject.rank if one else trial.padding,
    )


def _range(subject: Subject, words: Sequence[str], dtypes: Sequence[str]) -> Range:
    """Random settings that the entry point has arguments for."""
    takes = subject.entry.takes
    return Range(
        rank=subject.rank,
        words=[*words, *([NUMBERS] if takes.explicit != "no" else [])],
        dtypes=dtypes,
        sizes=range(1, 14),
        taps=(1, 2, 3, 3, 5),
        strides=(1, 2, 3, 4) if takes.stride else (1,),
        dilations=(1, 2, 3, 4) if takes.dilation else (1,),
        pads=range(4),
        wide=(1, 2, 3, 8, 17) if takes.stride and takes.groups != "depthwise" else (1, 2),
        even=takes.explicit in ("even", "one"),
        alike=0.7,
        boundaries=list(takes.boundaries),
        batch=(1, 2) if subject.batches else (1,),
        many=subject.many,
        groups={"depthwise": (1, 2, 5), "any": (1, 1, 2, 3)}.get(takes.groups, (1,)),
        depthwise=takes.groups == "depthwise",
    )


def _wrong(tried: Sequence[tuple[Subject, Trial]], rules: Rules) -> Asking[list[tuple[Subject, Trial, str]]]:
    """The trials that are answered otherwise than by the rules, and how."""
    meant = [(subject, trial, trial.form(subject, rules)) for subject, trial in tried if rules.cover(trial)]
    fitting = [each for each in meant if min(each[2].output_shape) > 0]
    outcomes = yield [trial.question(subject, form) for subject, trial, form in fitting]
    judged = [
        (subject, trial, _judged(subject, conv, outcome)) for (subject, trial, conv), outcome in zip(fitting, outcomes)
    ]
    return [each for each in judged if each[2]]


def _judged(subject: Subject, conv: Linear, outcome: Outcome) -> str:
    """What is wrong with an answer; "" where nothing is, or where there is none."""
    if not isinstance(outcome, Answered):
        return ""
    y = subject.read(outcome)
    if y is None or y.shape != conv.output_shape:
        return "the output has another shape than its rule says"
    return "" if (abs(y - direct(conv)) < 0.25).all() else "numbers are wrong"


def _shrunk(subject: Subject, trial: Trial, words: str, rules: Rules) -> Asking[tuple[Trial, str]]:
    """The smallest trial that still goes wrong, reached in steps that each make one number smaller."""
    for _ in range(ROUNDS):
        smaller = [(subject, each) for each in trial.smaller() if _makes_sense(subject, each)]
        wrong = yield from _wrong(smaller, rules)
        if not wrong:
            break
        _, trial, words = min(wrong, key=lambda each: each[1].weight())
    return trial, words


def _makes_sense(subject: Subject, trial: Trial) -> bool:
    sizes = tuple((axis.n, axis.k) for axis in trial.axes)
    return sizes == subject.sided(sizes) and (subject.entry.takes.groups != "depthwise" or trial.inputs == 1)


def _fault(subject: Subject, trial: Trial, words: str, rules: Rules) -> Fault:
    conv = trial.form(subject, rules)
    call = call_in_words(trial.question(subject, conv)) + f"; due is shape {conv.output_shape}"
    both = any(axis.stride > 1 for axis in trial.axes) and any(axis.dilation > 1 for axis in trial.axes)
    return Fault(words, call, trial.case_text(subject, conv, words), both and not subject.entry.takes.together)


def case_text(
    subject: Subject, operation: str, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any], words: str
) -> str:
    """A call as a case file; the arrays have the axes of canonical layouts."""
    source = subject.entry.docs
    lines = [
        f"title: {subject.entry.name}, {words}",
        "why: its own rules, each measured alone, come to other numbers for this combination of settings",
        *([f'source: "{source}"'] if source else []),
        f"operation: {operation}",
        "input:",
        f"  layout: {layout.canonical('input', subject.rank)}",
        f"  dtype: {arrays['input'].dtype}",
        f"  values: {arrays['input'].tolist()}",
        "kernel:",
        f"  layout: {layout.canonical('kernel', subject.rank)}",
        f"  values: {arrays['kernel'].tolist()}",
        *(f"{key}: {value}" for key, value in settings.items()),
        "",
    ]
    return "\n".join(lines)
