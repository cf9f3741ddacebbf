"""What a function that computes a dense layer keeps of its numbers: of the input, of the kernel, and of the sum.

The experiments are those of `windowed.probes.precision`: (1 + 2**-j) - 1 is 2**-j as long as the first term keeps j
bits of its fraction. Here each image is an experiment on the input, and each output channel one on the kernel.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np

from harness.canonical.layout import LayoutError, expand, from_canonical, to_canonical
from harness.operations.windowed.probes.precision import BITS, kept
from harness.operations.windowed.probes.subject import whole
from harness.parent.asking import Asking, Question, together
from harness.parent.outcome import Answered, Outcome
from harness.rounding.formats import DTYPES
from harness.worker.entry import EntryPoint

CHANNELS = 64
"""Numbers that are flattened, of which an experiment has three; the others are zero."""
POWERS = (6, 10, 14, 18, 20, 21, 22, 23, 30, 40, 50, 51, 52)


def measured(entry: EntryPoint) -> Asking[tuple[dict[str, Any], str]]:
    """Dtype -> `input`, `kernel`, `sum`: bits that are kept; `order`: which calls give the same bits.

    Besides, below what whole numbers are exact.
    """
    dtypes = [dtype for dtype in entry.dtypes if dtype in DTYPES]
    parts: dict[str, Asking[Any]] = {dtype: _bits(entry, dtype) for dtype in dtypes}
    parts |= {"order": _order(entry, dtypes[0]), "exact": _exact(entry, dtypes[0])}
    found = yield from together(parts)
    exact = found.pop("exact")
    return found, exact


def _bits(entry: EntryPoint, dtype: str) -> Asking[dict[str, str]]:
    own = [j for j in BITS if j < DTYPES[dtype].digits]
    sums = [j for j in BITS if 2.0**-j >= DTYPES[dtype].subnormal]
    orders = [order for j in sums for order in permutations((1.0, 2.0**-j, -1.0))]
    inputs = [(1 + 2.0**-j, 1.0, 0.0) for j in own]
    outcomes = yield [
        _asked(entry, inputs, [(1.0, -1.0, 0.0)], dtype),
        _asked(entry, [(1.0, 1.0, 0.0)], [(1 + 2.0**-j, -1.0, 0.0) for j in own], dtype),
        _asked(entry, orders, [(1.0, 1.0, 1.0)], dtype),
    ]
    counts = (len(own), len(own), len(orders))
    x, w, total = (_read(entry, *each) for each in zip(outcomes, counts))
    each = None if total is None else abs(total).reshape(len(sums), 6)
    right = None if each is None else (each == 2.0 ** -np.array(sums)[:, None]).all(1) * 2.0 ** -np.array(sums)
    return {"input": kept(own, x), "kernel": kept(own, w), "sum": kept(sums, right)}


def _asked(entry: EntryPoint, x: Sequence[Sequence[float]], w: Sequence[Sequence[float]], dtype: str) -> Question:
    """Rows of the input and of the kernel, each with zeros behind."""
    return _question(entry, *(np.pad(np.array(rows), ((0, 0), (0, CHANNELS - 3))).astype(dtype) for rows in (x, w)))


def _question(entry: EntryPoint, x: np.ndarray, w: np.ndarray) -> Question:
    """The call with an input (N, I) and a kernel (O, I)."""
    rank = max(entry.ranks)
    arrays = {
        role: from_canonical(each.reshape(*each.shape, *(1,) * rank), expand(entry.layouts[role], rank), role)
        for role, each in (("input", x), ("kernel", w))
    }
    return Question(entry, {role: np.ascontiguousarray(each) for role, each in arrays.items()}, {})


def _read(entry: EntryPoint, outcome: Outcome, count: int) -> np.ndarray | None:
    """The numbers of an answer, images before channels; None where there are not so many to read."""
    if not isinstance(outcome, Answered):
        return None
    rank = max(entry.ranks)
    try:
        y = to_canonical(outcome.array, expand(entry.layouts["output"], rank), "output", rank)
    except LayoutError:
        return None
    return np.ascontiguousarray(y).ravel() if y.size == count else None


def _order(entry: EntryPoint, dtype: str) -> Asking[dict[str, str]]:
    """Whether one image gives the same bits again, and alone as in a batch."""
    x, w = ((whole((rows, CHANNELS), seed, 10**6) / 1e6).astype(dtype) for rows, seed in ((8, 11), (16, 12)))
    outcomes = yield [*[_question(entry, x, w)] * 3, _question(entry, x[:1], w)]
    first, *others = (_read(entry, outcome, len(w) * len(x)) for outcome in outcomes[:3])
    alone = _read(entry, outcomes[3], len(w))
    if first is None or alone is None:
        return {}
    again = all(each is not None and first.tobytes() == each.tobytes() for each in others)
    same = first[: alone.size].tobytes() == alone.tobytes()
    return {"repeats": "yes" if again else "no", "same bits in a batch": "yes" if same else "no"}


def _exact(entry: EntryPoint, dtype: str) -> Asking[str]:
    """The power of two below which sums of whole numbers come out right."""
    rows = [2.0**power + 2 * whole((3,), 31 + power, 4) - 1 for power in POWERS]
    (outcome,) = yield [_asked(entry, [row.tolist() for row in rows], [(1.0, 1.0, 1.0)], dtype)]
    y = _read(entry, outcome, len(rows))
    good = [] if y is None else [bool(each == row.sum()) for each, row in zip(y, rows)]
    count = good.index(False) if False in good else len(good)
    return f"2**{POWERS[count - 1] + 2}" if count else "never"
