"""The order of the axes, and which of them the kernel is read backwards along.

An impulse in every channel, each of another height, answers with the kernel itself: a patch whose shape tells the axes
apart, as all sizes differ, and whose values tell how it lies. Where the patch stands says what is padded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import permutations, product
from typing import Any, NamedTuple

import numpy as np

from harness.canonical import layout
from harness.operations.card import FIRST_CALL
from harness.operations.windowed.probes.subject import FREE, Limits, Subject, in_words, usual_dtype, whole
from harness.parent.asking import Asking, Question
from harness.parent.outcome import Answered, Declined, Outcome
from harness.worker.entry import EntryPoint

SIZES, KERNEL, CENTRE = (9, 21, 35), (2, 3, 4), 4
"""Input, kernel and place of the impulse per axis."""
NEAR = 6
"""Samples below which the size of an output is near that of its input, whatever the padding, and near no other's."""

INPUTS, KERNELS = ("NC*", "N*C", "*CN"), ("OI*", "*IO", "IO*", "*OI", "O*I")
"""Layouts that are tried, after the declared ones, where those cannot be read."""


class Reading(NamedTuple):
    """The axes of an answer: letters of kernel and output, reversal and low padding per axis."""

    kernel: str
    output: str
    reversal: tuple[bool, ...]
    low: tuple[int, ...]


@dataclass(frozen=True)
class Unreadable:
    """Why the axes cannot be read; `declined`: the entry point takes no such call, so nothing is wrong with it."""

    reason: str
    declined: bool = False


def subject(entry: EntryPoint, rank: int, kind: type[Subject] = Subject) -> Asking[Subject | Unreadable]:
    """The entry point with its axes, or why they cannot be read; `kind` knows how to call it."""
    first = layout.expand(entry.layouts["input"], rank), layout.expand(entry.layouts["kernel"], rank)
    answers: list[Outcome] = []
    simplest: Outcome | None = None
    for limits in _limits(entry, rank, *first):
        asked = Asked(kind, entry, rank, limits)
        for guesses in ([first], [guess for guess in _guesses(entry, rank) if guess != first]):
            outcomes = yield [asked.impulse(*guess) for guess in guesses]
            for guess, outcome in zip(guesses, outcomes, strict=True):
                reading = asked.read(guess[1], outcome) if isinstance(outcome, Answered) else None
                if reading:
                    why = replace(limits, refused=_refused(answers[0])) if answers and limits != FREE else limits
                    return (yield from replace(asked, limits=why).with_low(guess[0], reading))
            answers += outcomes
            simplest = outcomes[0] if guesses == [first] else simplest
    if isinstance(simplest, Declined) and all(isinstance(outcome, Declined) for outcome in answers):
        return Unreadable(f"declines every call: {simplest.reason}", declined=True)
    altered = Asked(kind, entry, rank).altered(first, answers[0]) if isinstance(answers[0], Answered) else ""
    return Unreadable(f"no order of axes explains it{altered}; {FIRST_CALL} {in_words(answers[0])}")


def _limits(entry: EntryPoint, rank: int, input_: str, kernel: str) -> Iterator[Limits]:
    """What is tried, the least limits first."""
    sides = ((False, False), (True, False), (False, True), (True, True)) if rank > 1 else ((False, False),)
    for single in (False, True) if set("NC") & set(input_) or set("OI") & set(kernel) else (False,):
        for kernels, inputs in sides:
            yield Limits(kernels, inputs, single)
    if entry.takes.groups == "depthwise":
        yield Limits(ones=True)


def _refused(outcome: Outcome) -> str:
    """What came of a call beyond the limits."""
    answered = isinstance(outcome, Answered)
    return "answers, with what no convention explains" if answered else in_words(outcome)


@dataclass(frozen=True)
class Asked:
    """An entry point whose axes are asked for, within limits; `kind` knows how to call it."""

    kind: type[Subject]
    entry: EntryPoint
    rank: int
    limits: Limits = FREE

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """(input, kernel) of each axis."""
        return self.limits.sided([*zip(SIZES, KERNEL)][: self.rank])

    @property
    def taps(self) -> tuple[int, ...]:
        return tuple(k for _, k in self.sizes)

    def impulse(self, input_: str, kernel: str, taps: tuple[int, ...] = ()) -> Question:
        """The call with axes of these letters."""
        x, w = self.data(input_, kernel, taps or self.taps)
        dtype = usual_dtype(self.entry)
        return self.kind.question(self.entry, x.astype(dtype), w.astype(dtype), input_, kernel)

    def data(self, input_: str, kernel: str, taps: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
        """x (N, C, *spatial), an impulse in each channel, and w (O, I, *taps)."""
        batch, channels, outputs, inputs = self._channels(input_, kernel)
        x = np.zeros((batch, channels, *(n for n, _ in self.sizes)))
        x[_centre(self.rank)] = whole((batch, channels), 1)
        return x, self.limits.taps(whole((outputs, inputs, *taps), 2))

    def _channels(self, input_: str, kernel: str) -> tuple[int, int, int, int]:
        """(batch, channels, outputs, inputs per group), as different as the letters allow."""
        if self.limits.single:
            return 1, 1, 1, 1
        depthwise = self.entry.takes.groups == "depthwise"
        channels = 3 if "C" in input_ else 1
        inputs = 1 if depthwise or "I" not in kernel else channels
        outputs = (3 if self.limits.ones else 6 if depthwise else 5) if "O" in kernel else 1
        return (2 if "N" in input_ else 1), channels, outputs, inputs

    def altered(self, guess: tuple[str, str], outcome: Answered) -> str:
        """In words, the factor and the sum that hide an answer which can be read without them; "" where none do."""
        x, w = self.data(*guess, self.taps)
        response = _response(x[_centre(self.rank)], w)
        if response is None or not outcome.array.any() or not np.isfinite(outcome.array).all():
            return ""
        values = outcome.array.astype(np.float64)
        added = float(np.median(values))
        factor = float(abs(values - added).sum() / abs(response).sum())
        for each in (factor, -factor) if factor else ():
            if self.read(guess[1], replace(outcome, array=(values - added) / each)):
                return f" as it is; it could be read with {added:g} subtracted and divided by {each:.6g}"
        return ""

    def with_low(self, input_: str, reading: Reading) -> Asking[Subject | Unreadable]:
        """The subject; the low padding is that for kernels of 3 samples."""
        (outcome,) = yield [self.impulse(input_, reading.kernel, (3,) * self.rank)]
        if isinstance(outcome, Answered):
            y = layout.to_canonical(_rounded(outcome.array), reading.output, "output")
            low = tuple(start - CENTRE + 2 for start in _patch(y)[1])
            axes = input_, reading.kernel, reading.output
            return self.kind(self.entry, self.rank, *axes, reading.reversal, low, self.limits)
        return Unreadable(in_words(outcome))

    def read(self, kernel: str, outcome: Answered) -> Reading | None:
        """How an answer is to be read, where the kernel was given in these axes; None where nothing explains it."""
        output = layout.expand(self.entry.layouts["output"], self.rank)
        if outcome.array.ndim != len(output) or not np.isfinite(outcome.array).all():
            return None
        found = _rounded(outcome.array)
        x, w = self.data(layout.expand(self.entry.layouts["input"], self.rank), kernel, self.taps)
        heights = x[_centre(self.rank)]
        native = layout.from_canonical(w, kernel, "kernel")
        for letters in _orders(output):
            y = layout.to_canonical(found, letters, "output")
            if any(abs(m - n) >= NEAR for m, (n, _) in zip(y.shape[2:], self.sizes)):
                continue
            patch, starts = _patch(y)
            for as_read in _orders(kernel):
                own = layout.to_canonical(native, as_read, "kernel")
                if reversal := _reversal(_response(heights, own), patch):
                    low = [start - CENTRE + k - 1 for start, k in zip(starts, own.shape[2:])]
                    return Reading(as_read, letters, reversal, tuple(low))
        return None


def _rounded(y: np.ndarray) -> np.ndarray:
    """Whole numbers, without what an FFT leaves beside them."""
    return np.where(abs(y) < 0.25, 0, np.rint(y))


def _reversal(response: np.ndarray | None, patch: np.ndarray) -> tuple[bool, ...] | None:
    """Along which axes a kernel that answers with `patch` is read backwards, None where none explains it."""
    if response is None or response.shape != patch.shape:
        return None
    for reversal in product((False, True), repeat=patch.ndim - 2):
        axes = tuple(axis + 2 for axis, backwards in enumerate(reversal) if not backwards)
        if np.array_equal(np.flip(response, axes), patch):
            return reversal
    return None


def _guesses(entry: EntryPoint, rank: int) -> list[tuple[str, str]]:
    """Layouts of input and kernel with the letters that the entry point has."""

    def known(patterns: tuple[str, ...], letters: str) -> dict[str, None]:
        full = (layout.expand(pattern, rank) for pattern in patterns)
        return dict.fromkeys("".join(letter for letter in each if letter in letters) for each in full)

    inputs = known(INPUTS, layout.expand(entry.layouts["input"], rank))
    kernels = known(KERNELS, layout.expand(entry.layouts["kernel"], rank))
    return list(product(inputs, kernels))


def _centre(rank: int) -> tuple[Any, ...]:
    return (slice(None), slice(None), *(CENTRE,) * rank)


def _orders(letters: str) -> Iterator[str]:
    """All orders of the letters, the given one first."""
    yield from dict.fromkeys([letters, *map("".join, permutations(letters))])


def _response(heights: np.ndarray, w: np.ndarray) -> np.ndarray | None:
    """(N, O, *kernel): the kernel times the impulses of height (N, C), None where the channels do not fit."""
    channels, (outputs, inputs) = heights.shape[1], w.shape[:2]
    if inputs == channels:
        return np.tensordot(heights, w, axes=([1], [1]))
    if inputs == 1 and outputs % channels == 0:  # depthwise
        own = heights[:, np.arange(outputs) // (outputs // channels)]
        return np.asarray(own.reshape(own.shape + (1,) * (w.ndim - 2)) * w[:, 0])
    return None


def _patch(y: np.ndarray) -> tuple[np.ndarray, tuple[int, ...]]:
    """The smallest box of spatial samples outside of which y (N, O, *spatial) is zero, and where it starts."""
    places = np.argwhere(y.any(axis=(0, 1)))
    if not len(places):
        return y[:, :, *(slice(0),) * (y.ndim - 2)], (0,) * (y.ndim - 2)
    first, last = places.min(axis=0), places.max(axis=0)
    box = y[:, :, *(slice(low, high + 1) for low, high in zip(first, last))]
    return box, tuple(first.tolist())
