"""What padding by numbers comes to, (low, high) on each axis, and below zero too: as given, or what else."""

from __future__ import annotations

import numpy as np

from harness.canonical.window import Pairs
from harness.operations.windowed.probes import padding_rules
from harness.operations.windowed.probes.subject import Subject, in_words
from harness.parent.asking import Asking
from harness.parent.outcome import Died, Outcome
from harness.worker.spans import output_size

AXES = ((6, 3), (7, 2), (5, 2))
"""Samples of input and kernel along each axis."""

PAIRS = {
    "one": ((1, 1), (1, 1), (1, 1)),
    "even": ((1, 1), (2, 2), (0, 0)),
    "uneven": ((0, 1), (2, 0), (1, 3)),
}
NEGATIVE = {"before": (-1, 0), "after": (0, -1), "on both sides": (-1, -1)}
"""Where samples are taken away -> the pair of every axis."""

OFTEN = 20
"""Calls with a pair below zero: the real Knet 1.3.0 dies within 20."""

AS_GIVEN = "as given"


def numbers(subject: Subject) -> Asking[str]:
    """What the pairs of PAIRS come to, as far as they can be said."""
    if subject.entry.takes.explicit == "no":
        return "none taken"
    explicit = subject.entry.takes.explicit
    names = ["even", "uneven"] if explicit == "uneven" else [explicit]
    pairs = [PAIRS[name][: subject.rank] for name in names]
    outcomes = yield [subject.ask(*_data(subject), each) for each in pairs]
    return "; ".join(
        f"{name} {_found(subject, each, outcome)}" for name, each, outcome in zip(names, pairs, outcomes, strict=True)
    )


def negative(subject: Subject) -> Asking[str]:
    """What pairs below zero come to, asked apart: some systems then write where they must not, and die of it later.

    So each is asked often, and all in one process; where they are not all as given, each in one of its own.
    """
    if subject.entry.takes.explicit == "no":
        return ""
    sides = list(NEGATIVE) if subject.entry.takes.explicit == "uneven" else ["on both sides"]
    pairs = [(NEGATIVE[side],) * subject.rank for side in sides]
    often = [each for each in pairs for _ in range(OFTEN)]
    outcomes = yield [subject.ask(*_data(subject), each).apart() for each in often]
    if {_found(subject, *each) for each in zip(often, outcomes, strict=True)} == {AS_GIVEN}:
        return f"; negative {AS_GIVEN}"
    found = []
    for each in pairs:
        outcomes = yield [subject.ask(*_data(subject), each).apart()] * OFTEN
        found.append(_often(subject, each, outcomes))
    if len(set(found)) == 1:
        return f"; negative {found[0]}"
    return "; negative " + ", ".join(f"{words} {side}" for words, side in zip(found, sides, strict=True))


def _often(subject: Subject, pairs: Pairs, outcomes: list[Outcome]) -> str:
    """What one call comes to that is made often: what it gives at first, and how the process ends if it does."""
    first, *others = outcomes
    found = _found(subject, pairs, first)
    death = next((each for each in others if isinstance(each, Died)), None)
    return found if death is None or isinstance(first, Died) else f"{found} at first, then {in_words(death)},"


def _data(subject: Subject) -> tuple[np.ndarray, np.ndarray]:
    return padding_rules.tensors(subject, *padding_rules.lines(subject, subject.sided(AXES)))


def _found(subject: Subject, pairs: Pairs, outcome: Outcome) -> str:
    y = subject.read_whole(outcome)
    if y is None:
        return in_words(outcome)
    axes = subject.sided(AXES)
    x, w = padding_rules.lines(subject, axes)
    own = [part[::-1] if backwards else part for part, backwards in zip(w, subject.reversal, strict=True)]
    shape = tuple(output_size(n, k, 1, 1, pair) for (n, k), pair in zip(axes, pairs, strict=True))
    if y.shape[2:] != shape:
        return f"give {y.shape[2:]} outputs, not {shape}"
    meant = padding_rules.outer(
        [padding_rules.line(a, b, low, m) for a, b, (low, _), m in zip(x, own, pairs, shape, strict=True)]
    )
    return AS_GIVEN if np.array_equal(meant, y[0, 0]) else "not as given"
