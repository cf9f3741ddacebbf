"""What a transposed convolution cuts off its full output, by a padding word, by numbers and by padding of the output.

As in `padding`, data are outer products of one line per axis; a line is compared with all parts of the full output.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.operations.windowed.probes import padding_rules
from harness.operations.windowed.probes.padding_rules import Rule, Seen, Sizes
from harness.operations.windowed.probes.stamping import full_sizes
from harness.operations.windowed.probes.subject import Subject, in_words
from harness.parent.asking import Asking, Question
from harness.parent.outcome import Outcome
from harness.worker.spans import cut_pair, span

KERNELS, STRIDES, DILATIONS = (1, 2, 3, 4, 5), (1, 2, 3, 4), (1, 2, 3)
"""The cut depends on these, and not on the size of the input."""

AS_GIVEN, RAW = "as given", "raw"
"""Padding by numbers is cut off the full output; or it pads the input between whose samples zeros stand."""

HIGH, LOW, ZEROS = "on the high side", "on the low side", "zeros on the high side"
NONE = "none taken"
PAIRS = {
    "even": ((1, 1), (2, 2), (0, 0)),
    "uneven": ((0, 1), (2, 0), (1, 2)),
}
BELOW_ZERO = ((-1, 0), (0, -1), (0, 0))


def _recipe(name: str) -> Rule:
    return lambda n, k, s, d: cut_pair(name, k, s, d)


CUTS: dict[str, tuple[Rule, str]] = {
    "valid": (_recipe("valid"), "cuts nothing"),
    "valid_filled": (_recipe("valid_filled"), "cuts nothing, and adds zeros up to n s outputs where s > e"),
    "same": (_recipe("same"), "n s outputs, the cut on the low side is max(0, (e - s) // 2)"),
    "same_lower": (_recipe("same_lower"), "n s outputs, the cut on the low side is max(0, (e - s + 1) // 2)"),
    "same_clipped": (_recipe("same_clipped"), "cuts (T // 2, T - T // 2), T = max(0, e - s)"),
    "full": (lambda n, k, s, d: (span(k, d) - 1, span(k, d) - 1), "cuts (e - 1, e - 1)"),
    "centred": (lambda n, k, s, d: ((span(k, d) - 1) // 2, span(k, d) // 2), "cuts ((e - 1) // 2, e // 2)"),
    "half": (lambda n, k, s, d: (span(k, d) // 2, span(k, d) // 2), "cuts (e // 2, e // 2)"),
    "same_undilated": (
        lambda n, k, s, d: (lambda low: (low, span(k, d) - s - low))(cut_pair("same", k, s, 1)[0]),
        "n s outputs, the cut on the low side is max(0, (k - s) // 2) whatever the dilation",
    ),
}
"""Name -> ((n, k, stride, dilation) -> (low, high) that are cut, formula), e = (k - 1) d + 1."""


@dataclass(frozen=True)
class Cut(Seen):
    """One axis of one call: its sizes, the output's, and every cut on the low side that explains the numbers."""

    @property
    def alone(self) -> bool:
        """Stamps that leave gaps are no part of a rule: what stands there tells rules apart that are alike else."""
        return super().alone and self.stride <= span(self.k, self.dilation)

    def due(self, pair: tuple[int, int]) -> int:
        """Outputs that there are with this cut."""
        return max(span(self.n, self.stride) - 1 + span(self.k, self.dilation) - sum(pair), 0)


def grid(rank: int, first: bool, stride: bool, dilation: bool) -> Iterator[Sizes]:
    """Calls that see every kernel with every stride and dilation that can be said; a few for ranks after the first."""
    strides = (STRIDES if first else (1, 2, 3)) if stride else (1,)
    dilations = (DILATIONS if first else (1, 2)) if dilation else (1,)
    kernels = KERNELS if first else (2, 3)
    for s in strides:
        for d in dilations:
            pairs = [(3 + index % 2, k) for index, k in enumerate(kernels)]
            pairs += pairs[: -len(pairs) % rank]
            for start in range(0, len(pairs), rank):
                yield Sizes(tuple(pairs[start : start + rank]), (s,) * rank, (d,) * rank)
    if stride and dilation:
        yield from padding_rules.mixed(rank)


TOLD: dict[str, Callable[[Sizes], dict[str, Any]]] = {
    "full": lambda sizes: {},
    "n s": lambda sizes: {"output_size": tuple(n * s for (n, _), s in zip(sizes.axes, sizes.stride))},
}
"""Sizes that a function is told which takes the size of its output: as nothing is said, and n stride."""


def measure(subject: Subject, native: Any, calls: Sequence[Sizes]) -> Asking[dict[str, Any]]:
    """As `padding_rules.measure`; `told` is the output's size that it was told, the first that no call refuses."""
    found: list[dict[str, Any]] = []
    for told in TOLD if subject.entry.takes.output_size else ["full"]:
        answers, refuses = yield from padding_rules.answered(subject, native, calls, TOLD[told])
        seen = [axis for each in answers for axis in _axes(subject, *each)]
        rule = padding_rules.rule_of(seen, CUTS)
        found.append({**rule, "boundary": "zero", "refuses": refuses, "told": told})
        if not refuses:
            break
    return max(found, key=lambda each: (not each["refuses"], each["checked"]))


def _axes(subject: Subject, sizes: Sizes, x: list[np.ndarray], w: list[np.ndarray], y: np.ndarray) -> Iterator[Seen]:
    options = []
    for axis, each in enumerate(stamped(subject, sizes, x, w)):
        stride, extent = sizes.stride[axis], span(len(w[axis]), sizes.dilation[axis])
        options.append({low: part(each, low, y.shape[axis + 2]) for low in range(-stride - 1, extent + stride + 1)})
    for axis, fits in enumerate(padding_rules.fitting(y[0, 0], options)):
        yield Cut(*sizes.axes[axis], sizes.stride[axis], sizes.dilation[axis], y.shape[axis + 2], frozenset(fits))


def stamped(subject: Subject, sizes: Sizes, x: list[np.ndarray], w: list[np.ndarray]) -> list[np.ndarray]:
    """The full output of each axis."""
    own = [part[::-1] if backwards else part for part, backwards in zip(w, subject.reversal)]
    return [_line(a, b, s, d) for a, b, s, d in zip(x, own, sizes.stride, sizes.dilation)]


def _line(x: np.ndarray, w: np.ndarray, stride: int, dilation: int) -> np.ndarray:
    apart = np.zeros(span(len(x), stride))
    apart[::stride] = x
    extent = span(len(w), dilation)
    return padding_rules.line(apart, w, extent - 1, len(apart) + extent - 1, dilation=dilation)


def part(full: np.ndarray, low: int, size: int) -> np.ndarray:
    """`size` samples of `full` and of the zeros around it, from the sample `low` on."""
    places = np.arange(low, low + size)
    inside = (places >= 0) & (places < len(full))
    return np.where(inside, full[np.clip(places, 0, len(full) - 1)], 0.0)


# --- by numbers ------------------------------------------------------------------------------------------------------


def numbers(subject: Subject) -> Asking[str]:
    """What (low, high) pairs come to: as given, raw, or what else."""
    if subject.entry.takes.explicit == "no":
        return NONE
    names = ["even"] if subject.entry.takes.explicit == "even" else list(PAIRS)
    sizes = _sizes(subject)
    x, w = padding_rules.lines(subject, sizes.axes)
    data = padding_rules.tensors(subject, x, w)
    outcomes = yield [_question(subject, sizes, data, PAIRS[name][: subject.rank]) for name in names]
    found = [_by_numbers(subject, sizes, PAIRS[name], outcome) for name, outcome in zip(names, outcomes)]
    return "; ".join(f"{name} {words}" for name, words in zip(names, found))


def negative(subject: Subject) -> Asking[str]:
    """What pairs below zero come to where low and high can be said, asked apart: some systems then write anywhere."""
    if subject.entry.takes.explicit in ("no", "even"):
        return ""
    sizes = _sizes(subject)
    data = padding_rules.tensors(subject, *padding_rules.lines(subject, sizes.axes))
    (outcome,) = yield [_question(subject, sizes, data, BELOW_ZERO[: subject.rank]).apart()]
    return f"; negative {_by_numbers(subject, sizes, BELOW_ZERO, outcome)}"


def _question(
    subject: Subject, sizes: Sizes, data: tuple[np.ndarray, np.ndarray], pairs: Any, added: int = 0
) -> Question:
    """The call that is told these pairs, and for a function that takes it the size that is left by a cut of them."""
    cut = [sum(pair) for pair in pairs] if pairs else [0] * subject.rank
    full = full_sizes(data[0].shape[2:], data[1].shape[2:], sizes.stride, sizes.dilation)
    size = tuple(m - c + added for m, c in zip(full, cut))
    more = (added,) * subject.rank
    return subject.ask(*data, pairs, stride=sizes.stride, output_padding=more, output_size=size)


def _sizes(subject: Subject) -> Sizes:
    """One call with kernels under which a raw padding and a cut are not the same."""
    rank = subject.rank
    return Sizes(((5, 4), (4, 3), (5, 3))[:rank], (2 if subject.entry.takes.stride else 1,) * rank, (1,) * rank)


def _by_numbers(subject: Subject, sizes: Sizes, pairs: Sequence[tuple[int, int]], outcome: Outcome) -> str:
    meanings: Mapping[str, Callable[[int, int, int], tuple[int, int]]] = {
        AS_GIVEN: lambda k, low, high: (low, high),
        RAW: lambda k, low, high: (k - 1 - low, k - 1 - high),
        "with low and high exchanged": lambda k, low, high: (high, low),
    }
    x, w = padding_rules.lines(subject, sizes.axes)
    lines = stamped(subject, sizes, x, w)
    for name, meaning in meanings.items():
        cuts = [meaning(k, *pair) for (_, k), pair in zip(sizes.axes, pairs)]
        if is_what_is_left(subject, outcome, [_cut(each, *cut) for each, cut in zip(lines, cuts)]):
            return name
    y = subject.read_whole(outcome)
    return in_words(outcome) if y is None else f"not as given, outputs of {y.shape[2:]}"


def _cut(full: np.ndarray, low: int, high: int) -> np.ndarray:
    return part(full, low, max(len(full) - low - high, 0))


def is_what_is_left(subject: Subject, outcome: Outcome, lines: Sequence[np.ndarray]) -> bool:
    """Whether an answer is the outer product of these lines."""
    y = subject.read_whole(outcome)
    return y is not None and np.array_equal(y[0, 0], padding_rules.outer(lines))


# --- behind the output -----------------------------------------------------------------------------------------------


def output_padding(subject: Subject) -> Asking[str]:
    """On which side a sample of output padding is, and whether it is a sample that would be cut, or zero."""
    if not subject.entry.takes.output_padding:
        return NONE
    sizes, rank = _sizes(subject), subject.rank
    x, w = padding_rules.lines(subject, sizes.axes)
    cuts: Any = ((1, 1),) * rank if subject.entry.takes.explicit != "no" else None
    data = padding_rules.tensors(subject, x, w)
    plain, more = yield [_question(subject, sizes, data, cuts, added) for added in (0, 1)]
    lines = stamped(subject, sizes, x, w)
    y = subject.read_whole(plain)
    if y is None:
        return in_words(plain)
    lows = padding_rules.fitting(
        y[0, 0], [{low: part(each, low, m) for low in range(4)} for each, m in zip(lines, y.shape[2:])]
    )
    if not all(lows):
        return "unknown"
    starts = [(each, low[0], m) for each, low, m in zip(lines, lows, y.shape[2:])]
    meanings = {
        HIGH: [part(each, low, m + 1) for each, low, m in starts],
        LOW: [part(each, low - 1, m + 1) for each, low, m in starts],
        ZEROS: [np.append(part(each, low, m), 0) for each, low, m in starts],
        "changes nothing": [part(each, low, m) for each, low, m in starts],
    }
    fits = [name for name, parts in meanings.items() if is_what_is_left(subject, more, parts)]
    return fits[0] if fits else "unknown" if subject.read(more) is not None else in_words(more)
