"""The few windows and kernels that may have given an output of a size: what solvers begin from, one at a time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from harness.canonical.window import Linear
from harness.operations.transforms import in_order
from harness.operations.transforms.settings import Dilation, Stride
from harness.operations.transforms.transform import applied
from harness.operations.windowed.search import paddings
from harness.operations.windowed.search.question import Question
from harness.operations.windowed.search.variants import Transforms, kernel_orders, perhaps, reversals, windows
from harness.worker.spans import padding_pair


def fields(question: Question) -> Iterator[Transforms]:
    """Another stride, dilation, boundary or padding, a reversal, both, or none; each gives the output its size."""
    for changes in _settings(question):
        if applied(question.form, changes).output_shape == question.observed.shape:
            for reversal in perhaps(reversals(question.form.rank)):
                yield in_order((*reversal, *changes))


def kernel_axes(question: Question) -> Iterator[Transforms]:
    """Another order of the kernel's axes; each gives the output its size."""
    for change in kernel_orders(question.form):
        if applied(question.form, (change,)).output_shape == question.observed.shape:
            yield (change,)


def _settings(question: Question) -> Iterator[Transforms]:
    """Changes of the window, each once."""
    conv, seen = question.form, set()
    for settings in windows(question, conv, 1):
        for padding in question.pads(settings.window, conv.x.shape[2:], conv.w.shape[2:]):
            changes = tuple(
                replace(each, padding=padding) if isinstance(each, Stride | Dilation) else each
                for each in settings.transforms
            )
            window = applied(conv, changes).window
            window = window if any(map(any, window.padding)) else window.bounded("zero")
            if window not in seen:
                seen.add(window)
                yield changes
    for low in itertools.product(*(_lows(conv, axis) for axis in range(conv.rank))):
        change = next(iter(paddings.changes(conv, low, question.observed.shape[2:])))
        if (window := change.differ(conv).window) not in seen:
            seen.add(window)
            yield (change,)


def _lows(conv: Linear, axis: int) -> list[int]:
    """Low paddings along an axis: those next to the intended one, and those with a name."""
    win, n, k = conv.window, conv.x.shape[2 + axis], conv.w.shape[2 + axis]
    low = win.padding[axis][0]
    named = [padding_pair(mode, n, k, win.stride[axis], win.dilation[axis])[0] for mode in paddings.MODES]
    return list(dict.fromkeys([low, low - 1, low + 1, *named]))
