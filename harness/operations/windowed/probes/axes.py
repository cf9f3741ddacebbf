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
from harness.operations.windowed.probes.subject import Subject, in_words, usual_dtype, whole
from harness.parent.asking import Asking, Question
from harness.parent.outcome import Answered, Declined, Outcome
from harness.worker.entry import EntryPoint

SIZES, KERNEL, CENTRE = (9, 15, 23), (2, 3, 4), 4
"""Input, kernel and place of the impulse per axis. Whatever the padding, an output has a size near its input's only."""

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
    for guesses in ([first], [guess for guess in _guesses(entry, rank) if guess != first]):
        outcomes = yield [_impulse(kind, entry, *guess, KERNEL[:rank]) for guess in guesses]
        for guess, outcome in zip(guesses, outcomes, strict=True):
            reading = _read(entry, guess[1], outcome, KERNEL[:rank]) if isinstance(outcome, Answered) else None
            if reading:
                return (yield from _with_low(kind, entry, rank, guess[0], reading))
        answers += outcomes
    declined = next((outcome for outcome in answers if isinstance(outcome, Declined)), None)
    if declined and all(isinstance(outcome, Declined) for outcome in answers):
        return Unreadable(f"declines every call: {declined.reason}", declined=True)
    altered = _altered(entry, first, answers[0], KERNEL[:rank]) if isinstance(answers[0], Answered) else ""
    return Unreadable(f"no order of axes explains it{altered}; the first call {in_words(answers[0])}")


def _altered(entry: EntryPoint, guess: tuple[str, str], outcome: Answered, size: tuple[int, ...]) -> str:
    """In words, the factor and the sum that hide an answer which can be read without them; "" where none do."""
    x, w = _data(entry, *guess, size)
    response = _response(x[_centre(len(size))], w)
    if response is None or not outcome.array.any() or not np.isfinite(outcome.array).all():
        return ""
    values = outcome.array.astype(np.float64)
    added = float(np.median(values))
    factor = float(abs(values - added).sum() / abs(response).sum())
    for each in (factor, -factor) if factor else ():
        if _read(entry, guess[1], replace(outcome, array=(values - added) / each), size):
            return f" as it is; it could be read with {added:g} subtracted and divided by {each:.6g}"
    return ""


def _with_low(
    kind: type[Subject], entry: EntryPoint, rank: int, input_: str, reading: Reading
) -> Asking[Subject | Unreadable]:
    """The subject; the low padding is that for kernels of 3 samples."""
    (outcome,) = yield [_impulse(kind, entry, input_, reading.kernel, (3,) * rank)]
    if isinstance(outcome, Answered):
        y = layout.to_canonical(outcome.array, reading.output, "output")
        starts = _patch(y)[1]
        low = tuple(start - CENTRE + 2 for start in starts)
        return kind(entry, rank, input_, reading.kernel, reading.output, reading.reversal, low)
    return Unreadable(in_words(outcome))


def _guesses(entry: EntryPoint, rank: int) -> list[tuple[str, str]]:
    """Layouts of input and kernel with the letters that the entry point has."""

    def known(patterns: tuple[str, ...], letters: str) -> dict[str, None]:
        full = (layout.expand(pattern, rank) for pattern in patterns)
        return dict.fromkeys("".join(letter for letter in each if letter in letters) for each in full)

    inputs = known(INPUTS, layout.expand(entry.layouts["input"], rank))
    kernels = known(KERNELS, layout.expand(entry.layouts["kernel"], rank))
    return list(product(inputs, kernels))


def _sizes(entry: EntryPoint, input_: str, kernel: str) -> tuple[int, int, int, int]:
    """(batch, channels, outputs, inputs per group), as different as the letters allow."""
    channels = 3 if "C" in input_ else 1
    inputs = 1 if entry.takes.groups == "depthwise" or "I" not in kernel else channels
    outputs = (6 if entry.takes.groups == "depthwise" else 5) if "O" in kernel else 1
    return (2 if "N" in input_ else 1), channels, outputs, inputs


def _data(entry: EntryPoint, input_: str, kernel: str, size: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """x (N, C, *spatial), an impulse in each channel, and w (O, I, *size)."""
    batch, channels, outputs, inputs = _sizes(entry, input_, kernel)
    x = np.zeros((batch, channels, *SIZES[: len(size)]))
    x[_centre(len(size))] = whole((batch, channels), 1)
    return x, whole((outputs, inputs, *size), 2)


def _centre(rank: int) -> tuple[Any, ...]:
    return (slice(None), slice(None), *(CENTRE,) * rank)


def _impulse(kind: type[Subject], entry: EntryPoint, input_: str, kernel: str, size: tuple[int, ...]) -> Question:
    x, w = _data(entry, input_, kernel, size)
    dtype = usual_dtype(entry)
    return kind.question(entry, x.astype(dtype), w.astype(dtype), input_, kernel)


def _read(entry: EntryPoint, kernel: str, outcome: Answered, size: tuple[int, ...]) -> Reading | None:
    rank = len(size)
    output = layout.expand(entry.layouts["output"], rank)
    if outcome.array.ndim != len(output) or not np.isfinite(outcome.array).all():
        return None
    found = np.where(abs(outcome.array) < 0.25, 0, np.rint(outcome.array))
    declared = layout.expand(entry.layouts["input"], rank), kernel
    x, w = _data(entry, *declared, size)
    heights = x[_centre(rank)]
    native = layout.from_canonical(w, kernel, "kernel")
    for letters in _orders(output):
        y = layout.to_canonical(found, letters, "output")
        if any(abs(m - n) >= max(KERNEL) for m, n in zip(y.shape[2:], SIZES)):
            continue
        patch, starts = _patch(y)
        for as_read in _orders(kernel):
            own = layout.to_canonical(native, as_read, "kernel")
            response = _response(heights, own)
            if response is None or response.shape != patch.shape:
                continue
            for reversal in product((False, True), repeat=rank):
                axes = tuple(axis + 2 for axis, backwards in enumerate(reversal) if not backwards)
                if np.array_equal(np.flip(response, axes), patch):
                    low = [start - CENTRE + k - 1 for start, k in zip(starts, own.shape[2:])]
                    return Reading(as_read, letters, reversal, tuple(low))
    return None


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
