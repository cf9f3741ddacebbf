"""What a function makes of its sums, measured by products of two numbers, and the sums beneath it.

A kernel of one sample over an input of one gives g(x w), whatever the axes. Where g is a factor and a number added,
limits and another slope below zero, answers are put back to the sums, and all else is measured of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from harness.canonical import layout
from harness.operations.windowed.probes.subject import native, own_boundary, usual, usual_dtype
from harness.parent.asking import Asking, Finding, Question, step
from harness.parent.outcome import Answered, Outcome
from harness.worker.entry import EntryPoint

T = TypeVar("T")

SMALL = (0.25, 0.5, 0.75)
"""Sums by which a factor and what is added are read, and another that must fit."""
SAMPLES = (*SMALL, 1.0, 2.0, 5.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6)
FAR = 1e5, 1e6
"""Sums between which a limit holds, where there is one."""
LARGEST = 2.0**22
"""Above all sums of the probes of conventions."""
CLOSE = 1e-5

TAPS, SUM, MAGNITUDES = "the number of its taps", "the sum of the kernel", "the sum of the kernel's magnitudes"


@dataclass(frozen=True)
class Ending:
    """y = min(max(leaky(factor s / divisor + added), low), high) of a sum s; negative ones are multiplied by `slope`.

    divisor: what of the kernel sums are divided by, in words; "" for nothing.
    """

    factor: float = 1.0
    added: float = 0.0
    low: float = -np.inf
    high: float = np.inf
    slope: float = 1.0
    divisor: str = ""

    def of(self, sums: np.ndarray) -> np.ndarray:
        """What becomes of sums that are divided already."""
        straight = self.factor * sums + self.added
        return np.clip(np.where(straight < 0, self.slope * straight, straight), self.low, self.high)

    @property
    def formula(self) -> str:
        """As `clip(0.1 * y + 3, 0, 255)`; y alone where nothing is made of the sums."""
        factor = f"{self.factor:.6g} * y" if self.factor != 1 else "y"
        words = f"{factor} / {self.divisor}" if self.divisor else factor
        words += f" {'+' if self.added > 0 else '-'} {abs(self.added):.6g}" if self.added else ""
        if self.slope == -1:
            words = f"abs({words})"
        elif self.slope != 1:
            words = f"leaky_relu({words}, {self.slope:.6g})"
        if np.isinf(self.high):
            return words if np.isinf(self.low) else f"maximum({words}, {self.low:.6g})"
        both = f"clip({words}, {self.low:.6g}, {self.high:.6g})"
        return f"minimum({words}, {self.high:.6g})" if np.isinf(self.low) else both

    @property
    def scale(self) -> float:
        """A power of two by which positive sums are made small enough to meet no limit."""
        limit = self.high if self.factor > 0 else self.low
        room = (limit - self.added) / self.factor
        return 1.0 if np.isinf(room) or room > LARGEST else 2.0 ** np.floor(np.log2(room / LARGEST))

    def asked(self, question: Question) -> Question:
        """The question with an input so small that its sums meet no limit."""
        x = question.arrays["input"]
        if x.dtype.kind != "f" or self.scale == 1:
            return question
        return replace(question, arrays={**question.arrays, "input": (x * self.scale).astype(x.dtype)})

    def sums(self, question: Question, outcome: Outcome) -> Outcome:
        """An answer to `asked(question)` as the sums that it was made of."""
        if not isinstance(outcome, Answered) or outcome.array.dtype.kind not in "fiu":
            return outcome
        scale = self.scale if question.arrays["input"].dtype.kind == "f" else 1.0
        with np.errstate(all="ignore"):
            found = (outcome.array.astype(np.float64) - self.added) / self.factor / scale
            found = found * _divisor(self.divisor, question)
            near = np.rint(found)
            whole = np.where(np.abs(found - near) <= CLOSE * np.maximum(1, np.abs(near)), near, found)
            return replace(outcome, array=whole.astype(outcome.array.dtype))


def _divisor(name: str, question: Question) -> Any:
    """What the answer to a question was divided by."""
    w = question.arrays["kernel"].real.astype(np.float64)
    letters = layout.expand(question.entry.layouts["kernel"], len(question.settings["stride"]))
    outputs = w.shape[letters.index("O")] if "O" in letters else 1
    return {TAPS: w.size / outputs, SUM: w.sum(), MAGNITUDES: np.abs(w).sum()}.get(name, 1.0)


def measured(entry: EntryPoint, rank: int) -> Asking[Sequence[Ending]]:
    """The endings that explain products of two numbers; none where no factor, limits or slope do."""
    pairs = [(sign * s, 1.0) for sign in (1, -1) for s in SAMPLES] + [(1.0, 2.0), (1.0, -2.0)]
    outcomes = yield [_product(entry, rank, *pair) for pair in pairs]
    answered = [each for each in outcomes if isinstance(each, Answered) and each.array.dtype.kind in "fiu"]
    if len(answered) < len(pairs) or any(each.array.size != 1 for each in answered):
        return ()
    *seen, twice, minus_twice = (float(each.array.item()) for each in answered)
    sums = np.array([x * w for x, w in pairs[:-2]])
    ending = _fitted(sums, np.array(seen))
    if ending is None:
        return ()
    kinds = {("", "taps"): (2.0, -2.0), (SUM,): (1.0, 1.0), (MAGNITUDES,): (1.0, -1.0)}
    fits = [names for names, due in kinds.items() if _alike(ending.of(np.array(due)), np.array((twice, minus_twice)))]
    names = [TAPS if name == "taps" else name for each in fits[:1] for name in each]
    return tuple(replace(ending, divisor=name) for name in names if name or ending != Ending())


def _product(entry: EntryPoint, rank: int, x: float, w: float) -> Question:
    """x times w, each an array of one element."""
    shape, dtype = (1, 1, *(1,) * rank), usual_dtype(entry)
    arrays = np.full(shape, x, dtype), np.full(shape, w, dtype)
    letters = (layout.expand(entry.layouts[role], rank) for role in ("input", "kernel"))
    said = {**usual(entry, arrays[0]), "boundary": own_boundary(entry, "zero")}
    return Question(entry, native(*arrays, *letters), said)


def _fitted(sums: np.ndarray, seen: np.ndarray) -> Ending | None:
    """The ending without a divisor that gives what was seen of these sums."""
    at = dict(zip(sums.tolist(), seen.tolist(), strict=True))
    first, second = at[SMALL[0]], at[SMALL[1]]
    factor = (second - first) / (SMALL[1] - SMALL[0])
    if not np.isfinite(seen).all() or not factor:
        return None
    ends = [at[sign * far] for sign in (1, -1) for far in FAR]
    limits = [_limit(*ends[:2]), _limit(*ends[2:])]
    high, low = (limits[0], limits[1]) if factor > 0 else (limits[1], limits[0])
    added = first - factor * SMALL[0]
    factor, added = _short(factor), _short(added)
    negative = ends[2:] if factor > 0 else ends[:2]
    slope = 1.0 if low is not None else (negative[1] - negative[0]) / (FAR[1] - FAR[0]) / -abs(factor)
    slope = 1.0 if abs(slope - 1) < CLOSE else _short(slope)
    found = Ending(factor, added, -np.inf if low is None else low, np.inf if high is None else high, slope)
    return found if _alike(found.of(sums), seen) else None


def _limit(near: float, far: float) -> float | None:
    return near if near == far else None


def _short(value: float) -> float:
    """The number of few digits, or the part of one, that a measured one is."""
    near = [float(f"{value:.6g}"), 0.0, *([1 / round(1 / value)] if value and round(1 / value) else [])]
    return next((each for each in near if abs(each - value) <= CLOSE**2 * max(1, abs(value))), value)


def _alike(a: np.ndarray, b: np.ndarray) -> bool:
    return bool((np.abs(a - b) <= CLOSE * np.maximum(1, np.abs(b))).all())


def beneath(asking: Asking[T], ending: Ending) -> Asking[T]:
    """An asking whose answers are the sums that an ending was made of."""
    told = step(asking)
    while not isinstance(told, Finding):
        answers = yield [ending.asked(question) for question in told]
        told = step(asking, [ending.sums(*each) for each in zip(told, answers, strict=True)])
    return told.value
