"""What a padding word comes to: (low, high) for many kernels, inputs, strides and dilations, and the rule behind them.

Data are outer products of one line per axis, so the answer is one, too, and one call measures another size on every
axis. A line is compared with the lines of all paddings; the one that gives it is what was padded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import product
from typing import Any

import numpy as np

from harness.canonical.axis import sample
from harness.canonical.window import OF_SAMPLES
from harness.operations.windowed.probes.subject import Subject, in_words, whole
from harness.parent.asking import Asking
from harness.worker.spans import output_size, padding_pair, position, span

Rule = Callable[[int, int, int, int], tuple[int, int]]


def _recipe(name: str) -> Rule:
    return lambda n, k, s, d: padding_pair(name, n, k, s, d)


def _fixed(count: int) -> Rule:
    return lambda n, k, s, d: (count, count)


BY = "by_"
"""How the rules begin that pad by a number."""
SAME = "T = max((ceil(n/s) - 1) s + e - n, 0)"
RULES: dict[str, tuple[Rule, str]] = {
    "valid": (_recipe("valid"), "(0, 0)"),
    "same_half": (_recipe("same_half"), "(e // 2, e - 1 - e // 2)"),
    "same_upper": (_recipe("same_upper"), f"(T // 2, T - T // 2), {SAME}"),
    "same_lower": (_recipe("same_lower"), f"(T - T // 2, T // 2), {SAME}"),
    "full": (_recipe("full"), "(e - 1, e - 1)"),
    "half": (_recipe("half"), "(e // 2, e // 2)"),
    "same_centre": (lambda n, k, s, d: ((span(k, d) - 1) // 2, span(k, d) // 2), "((e - 1) // 2, e // 2)"),
    "valid_ceil": (lambda n, k, s, d: (0, (span(k, d) - n) % s), "(0, (e - n) mod s): the last window may stand over"),
    "valid_last_phase": (lambda n, k, s, d: (1 - s, 0), "(1 - s, 0): of every s outputs the last"),
    "causal": (lambda n, k, s, d: (span(k, d) - 1, 0), "(e - 1, 0)"),
    "anticausal": (lambda n, k, s, d: (0, span(k, d) - 1), "(0, e - 1)"),
    "same_upper_undilated": (
        lambda n, k, s, d: padding_pair("same_upper", n, k, s, 1),
        f"(T // 2, T - T // 2), {SAME}, e = k whatever the dilation",
    ),
    **{f"{BY}{each}": (_fixed(each), f"({each}, {each}) whatever the kernel") for each in (1, 2)},
}
"""Name -> ((n, k, stride, dilation) -> (low, high), formula), e = (k - 1) d + 1 being the dilated kernel's size."""


def _numbers(low: int, high: int) -> Rule:
    return lambda n, k, s, d: (low, high)


OF_AXIS: dict[str, tuple[Rule, str]] = {
    **RULES,
    **{str(pair): (_numbers(*pair), str(pair)) for pair in product(range(-2, 3), repeat=2)},
}
"""Rules that are tried for each axis by itself where none fits all: numbers too, which crop below zero."""

SHIFTS = (0, -1, 1)
MOVED = ", shifted by "
"""Stands between the name of a rule and by how many samples it is shifted."""
MOSTLY = 0.9
"""Share of what was measured that a rule must fit; what it does not fit then are exceptions to it."""


@dataclass(frozen=True)
class Seen:
    """One axis of one call: its sizes, the output's, and every low padding that explains the numbers."""

    n: int
    k: int
    stride: int
    dilation: int
    size: int
    lows: frozenset[int]

    @property
    def alone(self) -> bool:
        """Whether it is among those that a rule is found by: a stride or a dilation stands alone."""
        return self.stride == 1 or self.dilation == 1

    def due(self, pair: tuple[int, int]) -> int:
        """Outputs that there are with this padding."""
        return output_size(self.n, self.k, self.stride, self.dilation, pair)

    def fits(self, rule: Rule, shift: int = 0) -> bool:
        low, high = rule(self.n, self.k, self.stride, self.dilation)
        size = max(self.due((low, high)), 0)
        return self.size == size and (size == 0 or low + shift in self.lows)

    def words(self) -> str:
        lows = ", ".join(map(str, sorted(self.lows))) or "none that explains the numbers"
        return f"n={self.n} k={self.k} stride={self.stride} dilation={self.dilation}: {self.size} outputs, low {lows}"


@dataclass(frozen=True)
class Sizes:
    """One call: (n, k) per axis, and the stride and dilation of all axes."""

    axes: tuple[tuple[int, int], ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]


Answer = tuple[Sizes, list[np.ndarray], list[np.ndarray], np.ndarray]
"""A call, the lines of its input and of its kernel, and what came of it."""


def grid(subject: Subject, strides: Sequence[int], dilations: Sequence[int], kernels: Sequence[int]) -> Iterator[Sizes]:
    """Calls that see every kernel with inputs of sizes around each stride, as many in one call as there are axes."""
    rank = subject.rank
    for stride, dilation in product(strides, dilations):
        pairs = [(max(span(k, dilation), 2) + more, k) for more in range(stride + 1) for k in kernels]
        pairs += pairs[: -len(pairs) % rank]
        each = [(pair,) * rank for pair in pairs] if subject.square else batched(pairs, rank)
        for axes in each:
            yield Sizes(tuple(axes), (stride,) * rank, (dilation,) * rank)


def batched(pairs: Sequence[tuple[int, int]], rank: int) -> Iterator[Sequence[tuple[int, int]]]:
    """As many pairs at a time as there are axes."""
    return (pairs[start : start + rank] for start in range(0, len(pairs), rank))


WIDER = 6
"""Samples by which inputs are larger that leave outputs whatever is cropped."""


def _wider(sizes: Sizes) -> Sizes:
    return replace(sizes, axes=tuple((n + WIDER, k) for n, k in sizes.axes))


def mixed(rank: int) -> Iterator[Sizes]:
    """Calls whose strides and dilations differ between the axes."""
    if rank > 1:
        sizes = ((9, 3), (10, 2), (8, 3))[:rank]
        yield Sizes(sizes, (1, 2, 3)[:rank], (1,) * rank)
        yield Sizes(sizes, (1,) * rank, (1, 2, 3)[:rank])


def measure(subject: Subject, native: Any, calls: Sequence[Sizes]) -> Asking[dict[str, Any]]:
    """The rule of a padding word: `rule`, `formula`, `fits`, `refuses`, `exceptions`, `checked` (axes measured) ...

    `boundary` is what the word pads with: zeros, unless a rule is found with something else only. Where none fits all
    axes, `along` has the rule of each, if each has one without exceptions; inputs are then larger, too.
    """
    answers, refuses = yield from answered(subject, native, calls)
    found = {**_rule_with_boundary(subject, answers), "refuses": refuses}
    if found["rule"]:
        return found
    more, _ = yield from answered(subject, native, [_wider(sizes) for sizes in calls])
    return {**found, **_along(subject, [*answers, *more])}


def answered(
    subject: Subject, native: Any, calls: Sequence[Sizes], told: Callable[[Sizes], Mapping[str, Any]] = lambda _: {}
) -> Asking[tuple[list[Answer], str]]:
    """The answers to whole numbers, and in words which calls are refused; `told` are more settings of a call."""
    data = [lines(subject, sizes.axes) for sizes in calls]
    outcomes = yield [
        subject.ask(*tensors(subject, *each), native, stride=sizes.stride, dilation=sizes.dilation, **told(sizes))
        for sizes, each in zip(calls, data, strict=True)
    ]
    answers: list[Answer] = []
    refused: list[tuple[Sizes, str]] = []
    for sizes, each, outcome in zip(calls, data, outcomes, strict=True):
        y = subject.read_whole(outcome)
        if y is None:
            refused.append((sizes, in_words(outcome)))
        else:
            answers.append((sizes, *each, y))
    return answers, _limits(calls, refused)


def _rule_with_boundary(subject: Subject, answers: Sequence[Answer]) -> dict[str, Any]:
    """The rule that fits `answers`, and the first boundary that it fits with; with zeros where there is no rule."""
    zero: dict[str, Any] = {}
    for boundary in ("zero", *OF_SAMPLES):
        seen = [axis for each in answers for axis in _axes(subject, *each, boundary)]
        found = {**rule_of(seen), "boundary": boundary}
        if found["rule"]:
            return found
        zero = zero or found
    return zero


def _along(subject: Subject, answers: Sequence[Answer]) -> dict[str, Any]:
    """The rule of each axis, and the first boundary that they fit with; empty where an axis has none."""
    for boundary in ("zero", *OF_SAMPLES):
        seen = zip(*(_axes(subject, *each, boundary) for each in answers))
        along = [_rule_of_axis(each) for each in seen]
        if along and all(along):
            return {"along": along, "boundary": boundary}
    return {}


def _rule_of_axis(seen: Sequence[Seen]) -> dict[str, Any]:
    """The rule of one axis with its formula; empty where it has none, exceptions to one, or none that outputs tell."""
    found = rule_of(seen, OF_AXIS)
    pairs = {tuple(_pair(name, each) for each in seen if each.size) for name in found["fits"]}
    if found["exceptional"] or len(pairs) != 1 or pairs == {()}:
        return {}
    return {name: found[name] for name in ("rule", "formula", "fits")}


def _pair(name: str, seen: Seen) -> tuple[int, int]:
    """What a rule of OF_AXIS, perhaps shifted, pads there."""
    rule, _, moved = name.partition(MOVED)
    low, high = OF_AXIS[rule][0](seen.n, seen.k, seen.stride, seen.dilation)
    return low + int(moved or 0), high - int(moved or 0)


def lines(
    subject: Subject, axes: Sequence[tuple[int, int]], high: int = 9
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """One line of input and one of kernel per axis of (n, k)."""
    high = high if len(axes) < 3 else 4  # products of three axes, too, must stay below 2**24
    x = [whole((n,), 7 * axis + n, high) for axis, (n, _) in enumerate(axes)]
    w = [subject.limits.taps(whole((k,), 7 * axis + 100 + k, high)) for axis, (_, k) in enumerate(axes)]
    return x, w


def tensors(subject: Subject, x: Sequence[np.ndarray], w: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Canonical arrays of one channel that are the outer products of the lines."""
    return outer(x)[None, None].astype(subject.dtype), outer(w)[None, None].astype(subject.dtype)


def outer(parts: Sequence[np.ndarray]) -> np.ndarray:
    return reduce(np.multiply.outer, parts)


def line(
    x: np.ndarray, w: np.ndarray, low: int, size: int, stride: int = 1, dilation: int = 1, boundary: str = "zero"
) -> np.ndarray:
    """The `size` samples of the cross-correlation of one axis when `low` samples are padded before the input."""
    place = position(np.arange(size)[:, None], np.arange(len(w)), stride, low, dilation)
    return np.asarray(np.append(x, 0)[sample(place, len(x), boundary)] @ w)


def _axes(
    subject: Subject, sizes: Sizes, x: list[np.ndarray], w: list[np.ndarray], y: np.ndarray, boundary: str
) -> Iterator[Seen]:
    own = [part[::-1] if backwards else part for part, backwards in zip(w, subject.reversal)]
    options = []
    for axis, (a, b) in enumerate(zip(x, own)):
        extent, step = span(len(b), sizes.dilation[axis]), sizes.stride[axis]
        lows = range(-step - 1, extent + step + 1)
        size, dilation = y.shape[axis + 2], sizes.dilation[axis]
        options.append({low: line(a, b, low, size, step, dilation, boundary) for low in lows})
    for axis, fits in enumerate(fitting(y[0, 0], options)):
        n, k = sizes.axes[axis]
        yield Seen(n, k, sizes.stride[axis], sizes.dilation[axis], y.shape[axis + 2], frozenset(fits))


def fitting(y: np.ndarray, options: Sequence[Mapping[Any, np.ndarray]]) -> list[list[Any]]:
    """For each axis of `y` the keys of the lines that, with lines of the other axes, have y as outer product.

    All lists are empty where nothing explains y.
    """
    if not y.size:
        return [list(each) for each in options]
    alike = [[key for key, part in each.items() if _factor(y, part, axis)] for axis, each in enumerate(options)]
    if not all(alike):
        return [[] for _ in options]
    exact = [
        keys for keys in product(*alike) if np.array_equal(outer([part[key] for part, key in zip(options, keys)]), y)
    ]
    return [list(dict.fromkeys(keys[axis] for keys in exact)) for axis in range(len(options))]


def _factor(y: np.ndarray, part: np.ndarray, axis: int) -> bool:
    """Whether `y` is the line `part` along `axis` times something that does not depend on that axis."""
    first = np.flatnonzero(part)
    if not len(first):
        return not y.any()
    rows = np.moveaxis(y, axis, 0)
    return bool((rows * part[first[0]] == outer([part, rows[first[0]]])).all())


def rule_of(seen: Sequence[Seen], rules: Mapping[str, tuple[Rule, str]] = RULES) -> dict[str, Any]:
    """Those of `rules` that fit what was seen, and the exceptions to the first of them.

    A rule is found where a stride or a dilation stands alone; whether it holds for both together is then seen. Where
    none is found, `nearest` is one that holds without both, and the exceptions are to that.
    """
    alone = [each for each in seen if each.alone]
    named = [(_name(name, shift), rule, shift) for shift in SHIFTS for name, (rule, _) in rules.items()]
    scores = {
        name: (sum(each.fits(rule, shift) for each in alone), sum(each.fits(rule, shift) for each in seen))
        for name, rule, shift in named
    }
    best = max(scores.values())
    fits = [name for name in scores if scores[name] == best and alone and best[0] >= MOSTLY * len(alone)]
    unstepped = [each for each in seen if each.stride == each.dilation == 1]
    nearest = [name for name, rule, shift in named if _mostly(unstepped, rule, shift)]
    first = [(rule, shift) for name, rule, shift in named if name in (fits or nearest)[:1]]
    wrong = [each for each in seen if not any(each.fits(rule, shift) for rule, shift in first)]
    return {
        "rule": fits[0] if fits else None,
        "formula": rules[fits[0].partition(MOVED)[0]][1] if fits else None,
        "fits": fits,
        "nearest": nearest[0] if nearest and not fits else None,
        "exceptions": [each.words() for each in wrong[:3]],
        "exceptional": len(wrong),
        "exceptional alone": sum(each in alone for each in wrong),
        "checked": len(seen),
    }


def _mostly(seen: Sequence[Seen], rule: Rule, shift: int) -> bool:
    return bool(seen) and sum(each.fits(rule, shift) for each in seen) >= MOSTLY * len(seen)


def _name(rule: str, shift: int) -> str:
    return f"{rule}{MOVED}{shift:+d}" if shift else rule


def _limits(calls: Sequence[Sizes], refused: Sequence[tuple[Sizes, str]]) -> str:
    """In words, which of the calls were refused; "" where none was."""
    if not refused:
        return ""
    kinds: dict[str, Callable[[Sizes], bool]] = {
        "every call": lambda sizes: True,
        "a stride above 1": lambda sizes: max(sizes.stride) > 1,
        "a dilation above 1": lambda sizes: max(sizes.dilation) > 1,
        "a stride or a dilation above 1": lambda sizes: max(sizes.stride + sizes.dilation) > 1,
        "a stride with a dilation above 1": lambda sizes: max(sizes.stride) > 1 and max(sizes.dilation) > 1,
        "a stride above the kernel": lambda sizes: any(s > k for s, (_, k) in zip(sizes.stride, sizes.axes)),
        "strides that differ": lambda sizes: len(set(sizes.stride)) > 1,
        "dilations that differ": lambda sizes: len(set(sizes.dilation)) > 1,
        "strides or dilations that differ": lambda sizes: len(set(sizes.stride)) > 1 or len(set(sizes.dilation)) > 1,
    }
    which = {id(sizes) for sizes, _ in refused}
    for words, kind in kinds.items():
        if {id(sizes) for sizes in calls if kind(sizes)} == which:
            return f"{words}: {refused[0][1]}"
    return f"{len(refused)} of {len(calls)} calls, the first with {refused[0][0]}: {refused[0][1]}"
