"""The convention card: what an entry point computes, measured with whole numbers, never read from its declaration.

Of the declaration only the vocabulary is taken: the words that can be passed, and the arguments that there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from harness.operations.windowed.probes import padding_rules
from harness.operations.windowed.probes.boundary_rules import boundaries
from harness.operations.windowed.probes.by_numbers import numbers
from harness.operations.windowed.probes.channel_orders import depthwise, groups
from harness.operations.windowed.probes.subject import Subject, in_words, resting
from harness.parent.asking import Asking, together
from harness.parent.outcome import Answered, Broken, Declined, Outcome, Raised
from harness.worker.entry import Word

KERNELS, STRIDES, DILATIONS = range(1, 8), (1, 2, 3), (1, 2, 3)
BRIEF_KERNELS, BRIEF_STEPS = (2, 3), (1, 2)
"""For the ranks after the first, and for words by numbers."""

OF_LARGER = ", of larger kernels "
"""Stands between the dtype that a kernel of one sample gives and that of others, where they differ."""

NO_WORD = "nosuchpadding"
"""In a word: no system has it."""

ALL_DTYPES = ("float16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64")
OTHERWISE = ", but what should be 6 is "
"""Stands between the dtype of an answer that is wrong and its first number."""
MIXED = (("float32", "float64"), ("float64", "float32"), ("float32", "float16"), ("int32", "float32"))


def conventions(subjects: Sequence[Subject]) -> Asking[dict[str, Any]]:
    """Property -> what was measured. The first subject is measured in full, those of other ranks for their padding."""
    first = subjects[0]
    parts: dict[str, Asking[Any]] = {
        **{f"padding {word}": _padding(subjects, own) for word, own in first.entry.takes.words.items()},
        "numbers": numbers(first),
        "boundaries": boundaries(first),
        "groups": groups(first),
        "depthwise": depthwise(first),
        "kernel larger": _larger(first),
        **common(first),
    }
    found = yield from together(parts)
    return {**by_rank(subjects), **takes_only(first), **found}


def takes_only(subject: Subject) -> dict[str, Any]:
    """What the entry point takes only, as far as trying shows, whether it takes a stride, and which axes it moves."""
    words, moved = subject.limits.words(), subject.moved
    strided = {"strided": True} if subject.entry.takes.stride else {}
    return {**({"takes": words} if words else {}), **({"moved": moved} if moved else {}), **strided}


def common(subject: Subject) -> dict[str, Asking[Any]]:
    """Properties that do not depend on how the window moves."""
    return {
        "unknown word": _unknown_word(subject),
        "empty": _empty(subject),
        "dtypes": _dtypes(subject),
        "promotion": _promotion(subject),
        "overflow": _overflow(subject),
        "conjugation": _conjugation(subject),
    }


def by_rank(subjects: Sequence[Subject]) -> dict[str, Any]:
    """The axes that were read, and along which the kernel is read backwards, for each rank; ones do not tell it."""
    ranks = {subject.rank: subject for subject in subjects}
    return {
        "ranks": sorted(ranks),
        **{
            role: {rank: getattr(subject, role) for rank, subject in sorted(ranks.items())}
            for role in ("input", "kernel", "output")
        },
        "reversal": {
            rank: [] if subject.limits.ones else list(subject.reversal) for rank, subject in sorted(ranks.items())
        },
    }


def _padding(subjects: Sequence[Subject], word: Word) -> Asking[dict[str, Any]]:
    """The rule of a word at the first rank, and by rank, where the others differ."""
    parts = {}
    for index, subject in enumerate(subjects):
        strides = (STRIDES if index == 0 else BRIEF_STEPS) if subject.entry.takes.stride else (1,)
        dilations = (DILATIONS if index == 0 else BRIEF_STEPS) if subject.entry.takes.dilation else (1,)
        calls = list(padding_rules.grid(subject, strides, dilations, KERNELS if index == 0 else BRIEF_KERNELS))
        if subject.entry.takes.stride and subject.entry.takes.dilation:
            calls += [replace(sizes, axes=subject.sided(sizes.axes)) for sizes in padding_rules.mixed(subject.rank)]
        parts[str(subject.rank)] = padding_rules.measure(subject, word.native, calls)
    found = yield from together(parts)
    return {**of_all_ranks(found), "word": word.native}


def of_all_ranks(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The rule of the first rank, with what the others do not share: `fits` are the rules that fit every rank."""
    first, *others = found.values()
    each = [first, *others]
    differing = {rank: other for rank, other in found.items() if not set(other["fits"]) & set(first["fits"])}
    return {
        **first,
        "fits": [name for name in first["fits"] if all(name in other["fits"] for other in others)],
        "exceptions": [words for other in each for words in other["exceptions"]][:3],
        **{name: sum(other[name] for other in each) for name in ("exceptional", "exceptional alone", "checked")},
        "refuses": next((other["refuses"] for other in each if other["refuses"]), ""),
        **({"other ranks": differing} if differing else {}),
    }


def _unknown_word(subject: Subject) -> Asking[str]:
    """What comes of a padding word that is none: it is refused, or taken for one of the words that are some."""
    words = {name: word.native for name, word in subject.entry.takes.words.items() if word.native is not None}
    if not words:
        return "none taken"
    x, w = padding_rules.tensors(subject, *padding_rules.lines(subject, subject.sided(((7, 3), (8, 2), (6, 3)))))
    outcomes = yield [subject.ask(x, w, native) for native in (NO_WORD, *words.values())]
    unknown, *known = map(subject.read, outcomes)
    if unknown is None:
        return "refused"
    alike = [name for name, y in zip(words, known) if y is not None and np.array_equal(y, unknown)]
    return f"taken for {' or '.join(alike) or 'something else'}"


def _larger(subject: Subject) -> Asking[dict[str, str]]:
    """Word -> what comes of a kernel larger than the input."""
    words = subject.entry.takes.words
    x, w = padding_rules.lines(subject, ((2, 6),) * subject.rank)
    outcomes = yield [subject.ask(*padding_rules.tensors(subject, x, w), word.native) for word in words.values()]
    return {name: _larger_words(subject, x, w, outcome) for name, outcome in zip(words, outcomes)}


def _larger_words(subject: Subject, x: list[np.ndarray], w: list[np.ndarray], outcome: Outcome) -> str:
    y = subject.read_whole(outcome)
    if y is None:
        return in_words(outcome)
    if not y.size:
        return f"gives {y.shape[2]} outputs"
    n, k, m = len(x[0]), len(w[0]), y.shape[2]
    own = [part[::-1] if backwards else part for part, backwards in zip(w, subject.reversal)]
    for step, end in ((1, ""), (-1, ", read backwards")):
        options = [
            {low: padding_rules.line(a, b, low, size)[::step] for low in range(-n, k + 2)}
            for a, b, size in zip(x, own, y.shape[2:])
        ]
        lows = padding_rules.fitting(y[0, 0], options)[0]
        if lows:
            return _larger_rule(n, k, m, frozenset(lows)) + end
    return "unknown"


def _larger_rule(n: int, k: int, size: int, lows: frozenset[int]) -> str:
    """The rule behind a kernel of k samples over an input of n < k; with exchanged operands all is k - n further on."""
    names = ("valid", "same_half", "same_upper", "same_lower", "full", "half")
    for name in names:
        if padding_rules.Seen(n, k, 1, 1, size, lows).fits(padding_rules.RULES[name][0]):
            return name
    for name in names:
        if padding_rules.Seen(k, n, 1, 1, size, frozenset(low - (k - n) for low in lows)).fits(
            padding_rules.RULES[name][0]
        ):
            return f"{name}, operands exchanged"
    return f"{size} outputs, low {', '.join(map(str, sorted(lows)))}"


def _empty(subject: Subject) -> Asking[dict[str, str]]:
    """What comes of an input without samples, and of one without spatial samples."""
    shapes = {"spatial": (1, 1, *(0,) * subject.rank)}
    if subject.batches:
        shapes["batch"] = (0, 1, *(5,) * subject.rank)
    w = np.ones((1, 1, *(3,) * subject.rank), subject.dtype)
    outcomes = yield [subject.ask(np.zeros(shape, subject.dtype), w) for shape in shapes.values()]
    return {name: in_words(outcome) for name, outcome in zip(shapes, outcomes)}


def _one_tap(subject: Subject, x: Any, w: Any, x_dtype: str, w_dtype: str, size: int = 1) -> Any:
    """x times w: input and kernel of one sample, or of `size` equal ones along each axis."""
    shape = (1, 1, *(size,) * subject.rank)
    return subject.ask(np.full(shape, x, x_dtype), np.full(shape, w, w_dtype), resting(subject.entry, subject.rank))


def _six(subject: Subject, x_dtype: str, w_dtype: str, size: int = 1) -> Any:
    """3 times 2, or 6 times 1 where a kernel holds nothing else."""
    return _one_tap(subject, *((6, 1) if subject.limits.ones else (3, 2)), x_dtype, w_dtype, size)


def _dtypes(subject: Subject) -> Asking[dict[str, str]]:
    """Dtype of input and kernel -> dtype of the output, and that under a larger kernel where it is another."""
    outcomes = yield [_six(subject, dtype, dtype, size) for size in (1, 2) for dtype in ALL_DTYPES]
    small, large = outcomes[: len(ALL_DTYPES)], outcomes[len(ALL_DTYPES) :]
    return {dtype: _dtype(one) + _otherwise(one, other) for dtype, one, other in zip(ALL_DTYPES, small, large)}


def _otherwise(one: Outcome, other: Outcome) -> str:
    """In words, the dtype of the second answer where it is not that of the first."""
    if isinstance(one, Answered) and isinstance(other, Answered) and one.array.dtype != other.array.dtype:
        return f"{OF_LARGER}{other.array.dtype}"
    return ""


def _promotion(subject: Subject) -> Asking[dict[str, str]]:
    """Dtypes of input and kernel -> dtype of the output."""
    outcomes = yield [_six(subject, *pair) for pair in MIXED]
    return {" x ".join(pair): _dtype(outcome) for pair, outcome in zip(MIXED, outcomes)}


def _dtype(outcome: Outcome) -> str:
    if isinstance(outcome, Answered):
        right = outcome.array.size == 1 and outcome.array.item() == 6
        return str(outcome.array.dtype) + ("" if right else f"{OTHERWISE}{outcome.array.ravel()[:1]}")
    return _unanswered(outcome)


def _unanswered(outcome: Outcome) -> str:
    """In a word or two, who is to blame for no answer: only what a system raises is refused by it."""
    words: dict[type, str] = {Raised: "refused", Declined: "not offered", Broken: "not known, as the worker broke"}
    return words.get(type(outcome)) or in_words(outcome)


def _overflow(subject: Subject) -> Asking[dict[str, str]]:
    """Integer dtype -> what twice its largest number is."""
    dtypes = [dtype for dtype in ALL_DTYPES if "int" in dtype]
    outcomes = yield [_one_tap(subject, np.iinfo(dtype).max, 2, dtype, dtype) for dtype in dtypes]
    return {
        dtype: _overflowed(dtype, outcome) for dtype, outcome in zip(dtypes, outcomes) if isinstance(outcome, Answered)
    }


def _overflowed(dtype: str, outcome: Answered) -> str:
    largest = int(np.iinfo(dtype).max)
    value = outcome.array.ravel()[0].item() if outcome.array.size else None
    names = {2 * largest: "exact", largest: "saturates"}
    if outcome.array.dtype.kind in "iu":
        bits = 8 * outcome.array.dtype.itemsize
        wrapped = np.array(2 * largest % 2**bits, np.uint64).astype(outcome.array.dtype).item()
        names.setdefault(wrapped, "wraps")
    elif outcome.array.dtype.kind == "f":
        return f"computes in {outcome.array.dtype}"
    return names.get(value, f"gives {value}")  # type: ignore[arg-type]


def _conjugation(subject: Subject) -> Asking[str]:
    """Which operand of complex numbers is conjugated; of a kernel of ones only the input tells."""
    ones = subject.limits.ones
    (outcome,) = yield [_one_tap(subject, 1 + 2j, 1 if ones else 3 + 5j, "complex64", "complex64")]
    if not isinstance(outcome, Answered) or outcome.array.size != 1:
        return f"complex {_unanswered(outcome)}"
    value = complex(np.round(outcome.array.item()))
    return (OF_ONES if ones else OF_BOTH).get(value, f"unknown: (1+2j)({'1' if ones else '3+5j'}) is {value}")


OF_BOTH: dict[complex, str] = {
    -7 + 11j: "none",
    13 + 1j: "kernel",
    13 - 1j: "input",
    3: "imaginary parts dropped",
}
"""1 + 2j times 3 + 5j -> which of them is conjugated."""

OF_ONES: dict[complex, str] = {1 + 2j: "none", 1 - 2j: "input", 1: "imaginary parts dropped"}
"""The same of 1 + 2j times 1."""
