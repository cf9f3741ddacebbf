"""Calls of a transposed convolution that are held against its own rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from harness.canonical.window import Linear, Window
from harness.operations.windowed.probes.faults import Rules, Trial, case_text
from harness.operations.windowed.probes.subject import Subject, whole
from harness.operations.windowed.probes.transposed_padding import AS_GIVEN, CUTS, HIGH, RAW
from harness.operations.windowed.transposing import ungrouped
from harness.operations.windowed.trials import NUMBERS, Axis, Range, drawn, pick
from harness.parent.asking import Question
from harness.worker.spans import span

COUNT = 12
"""Random calls for each rank, beside the corners."""


@dataclass(frozen=True)
class Stamps(Trial):
    """One call; `added` samples of output padding, `raw`: whether pairs pad the input instead of cutting the output."""

    added: int = 0
    raw: bool = False

    def form(self, subject: Subject, rules: Rules) -> Linear:
        """What it comes to by the rules, on whole numbers."""
        shape = (self.batch, self.groups * self.inputs, *(axis.n for axis in self.axes))
        kernel = (self.groups * self.outputs, self.inputs, *(axis.k for axis in self.axes))
        pads = tuple((low, high + self.added) for low, high in self._pads(rules))
        ones, steps = (1,) * len(self.axes), tuple(axis.stride for axis in self.axes)
        dilation = tuple(axis.dilation for axis in self.axes)
        window = Window(ones, dilation, pads, subject.reversal, base_dilation=steps, groups=self.groups)
        w = subject.limits.taps(whole(kernel, 42, 5))
        return Linear(whole(shape, 41, 5).astype(self.dtype), w.astype(self.dtype), None, window)

    def _pads(self, rules: Rules) -> Iterator[tuple[int, int]]:
        """(low, high) padding of the input between whose samples zeros stand."""
        for index, axis in enumerate(self.axes):
            extent = span(axis.k, axis.dilation)
            if isinstance(self.padding, str):
                cut = CUTS[rules.of[self.padding]][0](axis.n, axis.k, axis.stride, axis.dilation)
            elif self.raw:
                yield self.padding[index]
                continue
            else:
                cut = self.padding[index]
            yield extent - 1 - cut[0], extent - 1 - cut[1]

    def question(self, subject: Subject, form: Linear) -> Question:
        win = form.window
        settings = {"stride": win.base_dilation, "dilation": win.dilation, "groups": win.groups}
        sizes = {"output_padding": (self.added,) * form.rank, "output_size": form.output_shape[2:]}
        return subject.ask(form.x, form.w, self.native(subject), **settings, **sizes)

    def case_text(self, subject: Subject, form: Linear, words: str) -> str:
        win = form.window
        extents = map(span, form.w.shape[2:], win.dilation)
        settings = {
            "means": "cross-correlation" if all(win.reversal) else "convolution",
            "stride": list(win.base_dilation),
            "dilation": list(win.dilation),
            "padding": [[e - 1 - low, e - 1 - high + self.added] for e, (low, high) in zip(extents, win.padding)],
            "output_padding": self.added,
            "groups": win.groups,
        }
        arrays = {"input": form.x, "kernel": ungrouped(form.w, win.groups)}
        return case_text(subject, "transposed_convolution", arrays, settings, words)

    def smaller(self) -> Iterator[Self]:
        yield from super().smaller()
        if self.added:
            yield replace(self, added=0)


def trials(stream: np.random.Generator, subject: Subject, rules: Rules, dtypes: Sequence[str]) -> Iterator[Trial]:
    """Strides above the kernel under every word, then random settings."""
    for word in rules.of if subject.entry.takes.stride else ():
        yield Stamps(word, tuple(Axis(3, 1 + index % 2, 3) for index in range(subject.rank)), dtype=dtypes[0])
    for _ in range(COUNT):
        yield from _trial(stream, subject, rules, dtypes)


def _trial(stream: np.random.Generator, subject: Subject, rules: Rules, dtypes: Sequence[str]) -> Iterator[Trial]:
    """Random settings that the entry point has arguments for; none where it can be told no padding that is known."""
    takes, found = subject.entry.takes, rules.measured
    by_numbers = [name for name in (AS_GIVEN, RAW) if f"even {name}" in found["numbers"]]
    if not rules.of and not by_numbers:
        return
    may = Range(
        rank=subject.rank,
        words=[*rules.of, *([NUMBERS] if by_numbers else [])],
        dtypes=dtypes,
        sizes=(1, 2, 4, 5),
        taps=(1, 2, 3, 4),
        strides=(1, 2, 3) if takes.stride else (1,),
        dilations=(1, 2, 3) if takes.dilation else (1,),
        pads=(0, 1, 2),
        wide=(1,) if subject.limits.ones else (1, 2, 3),
        even=takes.explicit == "even",
        batch=(1, 2) if "N" in subject.input else (1,),
        many=subject.many,
        groups={"depthwise": (1, 2, 3), "any": (1, 1, 2)}.get(takes.groups, (1,)),
        depthwise=takes.groups == "depthwise",
    )
    trial = Stamps(**drawn(stream, may))
    if not isinstance(trial.padding, str):
        most = min(axis.stride for axis in trial.axes) if found["output padding"] == HIGH else 1
        trial = replace(trial, added=pick(stream, range(most)), raw=pick(stream, by_numbers) == RAW)
    yield trial
