"""Whether an entry point ends with its sums: what a function makes of them shows under other signs and sizes.

All other probes ask with numbers above zero, whose sums are, too; a ReLU behind them would change nothing.
"""

from __future__ import annotations

import numpy as np

from harness.operations.card import Fault
from harness.operations.windowed.probes.faults import call_in_words
from harness.operations.windowed.probes.subject import Subject, whole
from harness.parent.asking import Asking

SIDE, TAPS, LARGE = 7, 3, 2.0**10
"""Samples of the input and of the kernel along each axis, and by what sums are made large."""
MADE = "something is made of the sums"
"""With what the words of such a fault begin."""
CLOSE = 1e-3
"""Share of the largest sum by which answers may be off: far more than rounding, far less than what is looked for."""


def linearity(subject: Subject) -> Asking[list[Fault]]:
    """A fault where sums of the other sign, of one call or the other operand, or 1024 times as large, are not so."""
    sizes = subject.sided(((SIDE, TAPS),) * subject.rank)
    x, w = (whole((1, 1, *side), seed).astype(subject.dtype) for seed, side in enumerate(zip(*sizes), 51))
    w = subject.limits.taps(w)
    questions = [subject.ask(*each) for each in ((x, w), (x, -w), (-x, w), (x * x.dtype.type(LARGE), w))]
    outcomes = yield questions
    plain, *others = (subject.read(outcome) for outcome in outcomes)
    if plain is None:
        return []
    for question, factor, found in zip(questions[1:], (-1.0, -1.0, LARGE), others):
        words = "" if found is None else _made(plain.astype(np.float64), factor, found.astype(np.float64))
        if words:
            call = f"{call_in_words(question)}; whole numbers up to {abs(factor) * 9:g}, all signs alike in each"
            return [Fault(f"{MADE}: {words}", call)]
    return []


def _made(plain: np.ndarray, factor: float, found: np.ndarray) -> str:
    """What was made of sums that are `factor` times those that gave `plain`; "" where nothing was."""
    due = factor * plain
    room = CLOSE * np.abs(due).max(initial=0)
    if found.shape != due.shape or not (np.abs(found - due) > room).any():
        return ""
    if factor > 0:
        return (
            "large ones end at a limit" if np.ptp(found) < np.ptp(due) / 2 else "large ones do not grow as the data do"
        )
    if not (np.abs(found) > room).any():
        return "negative ones become 0, as by a ReLU"
    if not (np.abs(found - plain) > room).any():
        return "negative ones lose their sign, as by an absolute value"
    slopes = found[due < 0] / due[due < 0]
    if slopes.size and np.ptp(slopes) < CLOSE:
        return f"negative ones are multiplied by {slopes.mean():.3g}, as by a leaky ReLU"
    return "negative ones are not the opposite of positive ones"
