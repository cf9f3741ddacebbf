"""Which channels the groups of an entry point read and write: one after another, or interleaved.

Channel c of the input holds 16**c, so each output shows what it multiplies each channel by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from harness.operations.windowed.probes.subject import Subject, in_words
from harness.operations.windowed.transposing import ungrouped
from harness.parent.asking import Asking

IN_ORDER, INTERLEAVED = "one after another", "interleaved"

Orders = Iterator[tuple[str, str, np.ndarray]]
"""The order of the outputs, of the inputs, and what each output (O) then multiplies each channel by: (O, C)."""
Maps = Callable[[np.ndarray, int], Orders]
"""From a kernel of one sample (O, I of a group) and the number of groups."""


def by_outputs(w: np.ndarray, groups: int) -> Orders:
    """Those of a kernel that has a row for each output."""
    outputs, inputs = w.shape
    o, i = np.arange(outputs)[:, None], np.arange(inputs)
    for of_outputs, group in _members(o, outputs // groups, groups).items():
        for of_inputs, channel in _places(group, i, inputs, groups).items():
            yield of_outputs, of_inputs, _filled((outputs, groups * inputs), o, channel, w)


def by_inputs(w: np.ndarray, groups: int) -> Orders:
    """Those of a kernel that has a row for each channel of the input, as a transposed convolution has it."""
    outputs, inputs = w.shape
    own = ungrouped(w, groups)
    o, channel = np.arange(len(own))[:, None], np.arange(groups * inputs)
    for of_inputs, group in _members(channel, inputs, groups).items():
        for of_outputs, place in _places(group, o, len(own), groups).items():
            yield of_outputs, of_inputs, _filled((outputs, groups * inputs), place, channel, own)


def _members(index: np.ndarray, each: int, groups: int) -> dict[str, np.ndarray]:
    """The group of a channel, of `each` in a group."""
    return {IN_ORDER: index // each, INTERLEAVED: index % groups}


def _places(group: np.ndarray, index: np.ndarray, each: int, groups: int) -> dict[str, np.ndarray]:
    """The channel that is number `index` of a group."""
    return {IN_ORDER: group * each + index, INTERLEAVED: index * groups + group}


def _filled(shape: tuple[int, int], rows: np.ndarray, columns: np.ndarray, values: np.ndarray) -> np.ndarray:
    found = np.zeros(shape, np.int64)
    found[rows, columns] = values
    return found


def groups(subject: Subject, maps: Maps = by_outputs) -> Asking[str]:
    """Which channels two groups of two read."""
    if subject.entry.takes.groups == "depthwise" or not subject.many:
        return "none"
    return (yield from _measured(subject, 2, np.arange(1.0, 9).reshape(4, 2), maps))


def depthwise(subject: Subject, maps: Maps = by_outputs) -> Asking[str]:
    """Which channel each output reads when there are as many groups as channels."""
    if not subject.many:
        return "none"
    w = np.ones((3, 1)) if subject.limits.ones else np.arange(1.0, 7).reshape(6, 1)
    return (yield from _measured(subject, 3, w, maps))


def _measured(subject: Subject, groups: int, w: np.ndarray, maps: Maps) -> Asking[str]:
    """In words, which channels feed which output."""
    outputs, channels = len(w), groups * w.shape[1]
    ones = (1,) * subject.rank
    x = np.broadcast_to(16.0 ** np.arange(channels).reshape(1, channels, *ones), (1, channels, *(3,) * subject.rank))
    taps = w.reshape(*w.shape, *ones)
    (outcome,) = yield [subject.ask(x.astype(subject.dtype), taps.astype(subject.dtype), groups=groups)]
    y = subject.read_whole(outcome)
    if y is None or not y.size:
        return in_words(outcome)
    if y.shape[:2] != (1, outputs):
        return f"gives {y.shape[1]} channels, not {outputs}"
    found = y[0].reshape(outputs, -1)[:, 0].astype(np.int64)  # constant over space
    shown = found[:, None] // 16 ** np.arange(channels) % 16
    orders = (_words(a, b, w.shape[1]) for a, b, due in maps(w, groups) if np.array_equal(shown, due))
    return next(orders, "unknown")


def _words(of_outputs: str, of_inputs: str, inputs: int) -> str:
    one = of_outputs == of_inputs or inputs == 1
    return of_outputs if one else f"outputs {of_outputs}, inputs {of_inputs}"
