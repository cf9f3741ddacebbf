"""The precision card: bits of the fraction that are kept of the input, of the kernel and of the running sum.

(1 + 2**-j) - 1 is 2**-j exactly as long as the first term keeps j bits of its fraction. Held in the input it measures
the input, in the kernel the kernel. Three terms 1, 2**-j and -1 measure the sum: whatever the order of summation, one
of their six orders adds the small term to a large one first.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np

from harness.operations.windowed.probes.subject import Subject, whole
from harness.parent.asking import Asking, Question, together
from harness.parent.outcome import Outcome
from harness.rounding.formats import DTYPES, keeping

BITS = (*range(2, 25), 30, 40, *range(48, 54), 60, 63, 64)
KERNEL_BITS = (3, 7, 8, 10, 11, 16, 22, 23, 30, 51, 52)
"""Each costs a call of its own."""

INEXACT = "not exact"
ROUNDED = "rounded to whole numbers behind the sum"
INTEGERS = ("int8", "uint8", "int16", "uint16", "int32")
"""Dtypes that arrays may be cast to, by their largest numbers."""
BLOCKS, ABOUT = 16, (1.25, 1.5, 1.75)
"""Lines of random numbers by whose sums under these taps errors are told."""
APART = 6
"""Samples from one experiment to the next on a line: outputs see one of them only."""


def precision(subject: Subject, dtypes: Sequence[str]) -> Asking[dict[str, Any]]:
    """Dtype -> `input`, `kernel` and `sum`, each bits and the format that has them; `repeats` and `same anywhere`."""
    parts: dict[str, Asking[Any]] = {dtype: _bits(subject, dtype) for dtype in dtypes if dtype in DTYPES}
    return (yield from together({**parts, "order": _order(subject)}))


def _bits(subject: Subject, dtype: str) -> Asking[dict[str, str]]:
    own, taps = ([j for j in bits if j < DTYPES[dtype].digits] for bits in (BITS, KERNEL_BITS))
    sums = [j for j in BITS if 2.0**-j >= DTYPES[dtype].subnormal]
    orders = [order for j in sums for order in permutations((1.0, 2.0**-j, -1.0))]
    subtract = (1.0, -1.0, 0.0)
    questions = [
        _line(subject, [(1 + 2.0**-j, 1.0, 0.0) for j in own], subtract, dtype),
        _line(subject, orders, (1.0, 1.0, 1.0), dtype),
        *(_line(subject, [(1.0, 1.0, 0.0)], (1 + 2.0**-j, -1.0, 0.0), dtype) for j in taps),
    ]
    outcomes = yield questions
    x = _values(subject, outcomes[0], len(own))
    total = _values(subject, outcomes[1], len(orders))
    w = [_values(subject, outcome, 1) for outcome in outcomes[2:]]
    kernel = None if any(each is None for each in w) else np.array([each[0] for each in w if each is not None])
    each_order = None if total is None else abs(total).reshape(len(sums), 6)
    right = None if each_order is None else np.where((each_order == 2.0 ** -np.array(sums)[:, None]).all(1), 1.0, 0.0)
    found = {
        "input": kept(own, x),
        "kernel": kept(taps, kernel),
        "sum": kept(sums, None if right is None else right * 2.0 ** -np.array(sums)),
    }
    if list(found.values()).count(INEXACT) > 1:  # one may come out by chance
        if whole_only := (yield from _whole_only(subject, dtype)):
            return found | dict.fromkeys(("input", "kernel"), whole_only)
        by_chance = dict.fromkeys(found, INEXACT) if found["sum"] == INEXACT else {}
        return found | by_chance | (yield from _about(subject, dtype))
    return found


def _whole_only(subject: Subject, dtype: str) -> Asking[str]:
    """In words, the whole numbers that it takes only, its arrays being cast to an integer dtype; "" where it is not so.

    Asked are 2.5, which is no such number, and the largest of each dtype, times 1. ROUNDED where it is the sums only.
    """
    shape = (1, 1, *(1,) * subject.rank)
    largest = {name: 2 ** (np.iinfo(name).bits - (np.dtype(name).kind == "i")) - 1 for name in INTEGERS}
    with np.errstate(over="ignore"):
        asked = [value for value in (2.5, *largest.values()) if np.array(value).astype(dtype).item() == value]
    products = [(value, 1) for value in asked] + [(0.5, 2)]
    outcomes = yield [subject.ask(*(np.full(shape, each, dtype) for each in pair)) for pair in products]
    *found, half = [y.item() if y is not None and y.size == 1 else None for y in map(subject.read, outcomes)]
    if found[0] not in (2, 3):
        return ""
    if half == 1:  # what is summed has fractions
        return ROUNDED
    held = [name for name, value, seen in zip(largest, asked[1:], found[1:]) if seen == value]
    return "whole numbers only" + (f", up to {largest[held[-1]]}" if held else "")


def _about(subject: Subject, dtype: str) -> Asking[dict[str, str]]:
    """The bits that are left of sums where no product comes out exactly, as of an FFT."""
    blocks = (whole((BLOCKS, 3), 13, 10**6) / 1e6).astype(dtype)
    (outcome,) = yield [_line(subject, blocks.tolist(), ABOUT, dtype)]
    seen, due = _values(subject, outcome, BLOCKS), blocks.astype(np.float64) @ np.array(ABOUT)
    if seen is None or not np.isfinite(seen).all():
        return {}
    error = max(float(np.abs(seen - due).max() / np.abs(due).max()), 2.0 ** -DTYPES["float64"].digits)
    return {"errors": f"about {max(0, int(-np.log2(error)))} bits are right"}


def _line(subject: Subject, blocks: Sequence[Sequence[float]], taps: Sequence[float], dtype: str) -> Question:
    """Blocks of three samples along the last axis, in the middle of the others, under a kernel of one line of taps."""
    size = APART * (len(blocks) + 1)
    x = np.zeros((1, 1, *(7,) * (subject.rank - 1), size), dtype)
    row = x[(0, 0, *(3,) * (subject.rank - 1))]
    for index, block in enumerate(blocks):
        row[APART * index + 3 : APART * index + 6] = block
    w = np.zeros((1, 1, *(3,) * subject.rank), dtype)
    own = taps[::-1] if subject.reversal[-1] else taps
    w[(0, 0, *(1,) * (subject.rank - 1))] = own
    if set(taps) == {1.0}:
        w = subject.limits.taps(w)  # all else in x is zero
    return subject.ask(x, w)


def _values(subject: Subject, outcome: Outcome, count: int) -> np.ndarray | None:
    """The outputs that see a whole block, as float64."""
    y = subject.read(outcome)
    if y is None:
        return None
    row = y[(0, 0, *(2 + low for low in subject.low[:-1]))]
    places = APART * np.arange(count) + 3 + subject.low[-1]
    return row[places].astype(np.float64) if len(row) > places.max() else None


def kept(bits: Sequence[int], values: np.ndarray | None) -> str:
    """The most bits up to which all values are right, in words."""
    if values is None:
        return "unknown"
    right = abs(values) == 2.0 ** -np.array(bits)
    kept = (
        bits[-1]
        if right.all()
        else max((j for j, good in zip(bits, np.logical_and.accumulate(right)) if good), default=0)
    )
    if not kept:
        return INEXACT
    name = keeping(int(kept))
    more = " or more" if right.all() and not name else ""
    return f"{kept} bits{more}" + (f" ({name})" if name else "")


def _order(subject: Subject) -> Asking[dict[str, str]]:
    """Whether one window gives the same bits again, elsewhere in the image, and in a batch."""
    channels, batch = (4 if subject.many else 1), (2 if subject.batches else 1)
    inputs = 1 if subject.entry.takes.groups == "depthwise" else channels
    outputs = channels if "O" in subject.kernel else 1
    period = (whole((1, channels, *(9,) * (subject.rank - 1), 8), 11, 10**6) / 1e6).astype(subject.dtype)
    image = np.concatenate([period] * 4, axis=-1)
    x = np.concatenate([image] * batch)
    w = subject.limits.taps(whole((outputs, inputs, *(3,) * subject.rank), 12, 10**6) / 1e6).astype(subject.dtype)
    outcomes = yield [subject.ask(x, w), subject.ask(x, w), subject.ask(x, w), subject.ask(image, w)]
    first, *others = map(subject.read, outcomes)
    if first is None:
        return {}
    inner = first[..., 4:28]
    return {
        "repeats": _yes(all(_same(first, other) for other in others[:2])),
        "same bits anywhere": _yes(_same(inner[..., :-8], inner[..., 8:])),
        "same bits in a batch": _yes(all(_same(image[None], others[2]) for image in first)),
    }


def _same(a: np.ndarray, b: np.ndarray | None) -> bool:
    return b is not None and a.shape == b.shape and a.tobytes() == b.tobytes()


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"
