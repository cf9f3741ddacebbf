"""What is being probed, and how to talk to it in canonical form once its axes are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from harness.backends.program_words import AS_IT_IS
from harness.canonical import layout
from harness.parent.asking import Question
from harness.parent.outcome import Answered, Broken, Declined, Died, Outcome, Raised
from harness.worker.entry import EntryPoint, Word

DTYPES = ("float32", "float64")
"""Dtypes that conventions are measured in, best first."""


@dataclass(frozen=True)
class Limits:
    """What an entry point takes only, beyond its declaration; found by trying.

    kernels, inputs: those whose sides are equal. single: one image, one channel and one output channel. ones: kernels
    of ones, one for each channel. refused: what came of the first call beyond that.
    """

    kernels: bool = False
    inputs: bool = False
    single: bool = False
    ones: bool = False
    refused: str = ""

    def sided(self, axes: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
        """(n, k) of each axis, those of the first axis where the sides must be equal."""
        first, taps = axes[0]
        return tuple((first if self.inputs else n, taps if self.kernels else k) for n, k in axes)

    def words(self) -> str:
        """As `square kernels only; else it raises ...`; "" where there is no limit."""
        square = " and ".join(name for name in ("inputs", "kernels") if getattr(self, name))
        found = [
            f"{square} with equal sides only" if square else "",
            "one channel only" if self.single else "",
            "a kernel of ones only, one for each channel" if self.ones else "",
        ]
        words = ", ".join(filter(None, found))
        return f"{words}; else it {self.refused}" if words else ""

    def taps(self, values: np.ndarray) -> np.ndarray:
        """The numbers of a kernel, as far as they can be chosen."""
        return np.ones_like(values) if self.ones else values


FREE = Limits()


@dataclass(frozen=True)
class Subject:
    """An entry point at one spatial rank.

    input, kernel, output: letters of its axes. reversal: whether it reads the kernel backwards, per axis. low: what it
    pads before the input, per axis, with the padding `resting` and a kernel of 3 samples. limits: what it takes only.
    """

    entry: EntryPoint
    rank: int
    input: str
    kernel: str
    output: str
    reversal: tuple[bool, ...]
    low: tuple[int, ...]
    limits: Limits = FREE

    @cached_property
    def dtype(self) -> str:
        return usual_dtype(self.entry)

    @cached_property
    def many(self) -> bool:
        """Whether it takes channels."""
        return "C" in self.input and "I" in self.kernel and not self.limits.single

    @property
    def batches(self) -> bool:
        """Whether it takes several images."""
        return "N" in self.input and not self.limits.single

    @property
    def moved(self) -> dict[str, list[str]]:
        """Role -> letters as declared and as found, of each array whose axes are in another order than declared."""
        found = {"input": self.input, "kernel": self.kernel, "output": self.output}
        pairs = {role: [layout.expand(self.entry.layouts[role], self.rank), own] for role, own in found.items()}
        return {role: pair for role, pair in pairs.items() if len(set(pair)) > 1}

    @property
    def square(self) -> bool:
        """Whether the axes must be alike in some way."""
        return self.limits.kernels or self.limits.inputs

    def sided(self, axes: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
        """(n, k) of each axis, as it takes them."""
        return self.limits.sided(axes[: self.rank])

    def ask(self, x: np.ndarray, w: np.ndarray, padding: Any = None, **settings: Any) -> Question:
        """The call with x (N, C, *spatial) and w (O, I, *spatial); `settings` are fields of `Settings`."""
        return self.question(self.entry, x, w, self.input, self.kernel, padding, **settings)

    @staticmethod
    def question(
        entry: EntryPoint, x: np.ndarray, w: np.ndarray, input_: str, kernel: str, padding: Any = None, **settings: Any
    ) -> Question:
        """The call with canonical arrays, for a system of these axes; ones where nothing is said."""
        said = {**usual(entry, x, padding), "boundary": own_boundary(entry, "zero"), **settings}
        return Question(entry, native(x, w, input_, kernel), said)

    def read(self, outcome: Outcome) -> np.ndarray | None:
        """The answer as N O *spatial; None where there is none, or it has other axes, no image or complex numbers."""
        if not isinstance(outcome, Answered) or outcome.array.ndim != len(self.output):
            return None
        y = layout.to_canonical(outcome.array, self.output, "output")
        return y if min(y.shape[:2]) and y.dtype.kind != "c" else None

    def read_whole(self, outcome: Outcome) -> np.ndarray | None:
        """`read` of an answer to whole numbers: what an FFT left of them is rounded, other noise is not readable."""
        y = self.read(outcome)
        if y is None or not np.isfinite(y).all() or (abs(y - np.rint(y)) > 0.25).any():
            return None
        whole_numbers: np.ndarray = np.rint(y)
        return whole_numbers


def usual(entry: EntryPoint, x: np.ndarray, padding: Any = None) -> dict[str, Any]:
    """Settings of a call with x (N, C, *spatial) that is about none of them."""
    rank = x.ndim - 2
    return {
        "stride": (1,) * rank,
        "dilation": (1,) * rank,
        "padding": resting(entry, rank) if padding is None else padding,
        "groups": x.shape[1] if entry.takes.groups == "depthwise" else 1,
    }


def usual_dtype(entry: EntryPoint) -> str:
    """The dtype in which conventions of an entry point are measured."""
    return next((each for each in DTYPES if each in entry.dtypes), entry.dtypes[0])


def native(x: np.ndarray, w: np.ndarray, input_: str, kernel: str) -> dict[str, np.ndarray]:
    """Canonical arrays with the axes of a system."""
    return {"input": layout.from_canonical(x, input_, "input"), "kernel": layout.from_canonical(w, kernel, "kernel")}


def resting(entry: EntryPoint, rank: int) -> Any:
    """The padding for questions that are not about padding: untold, or none if it can be said, else the first word."""
    words = entry.takes.words
    if AS_IT_IS in words:
        return words[AS_IT_IS].native
    if "valid" in words:
        return words["valid"].native
    if entry.takes.explicit != "no":
        return ((0, 0),) * rank
    return next(iter(words.values()), Word(None, "valid")).native


def own_boundary(entry: EntryPoint, name: str) -> str:
    """The entry point's word for a boundary, its first where it has not that one."""
    boundaries: Mapping[str, str] = entry.takes.boundaries
    return boundaries.get(name, next(iter(boundaries.values())))


def whole(shape: Sequence[int], seed: int, high: int = 9) -> np.ndarray:
    """Whole numbers from 1 to `high`, the same on every machine; float64."""
    count = int(np.prod(shape))
    raw = np.random.Philox(key=seed).random_raw(max(count, 1))[:count]
    return (raw % np.uint64(high) + np.uint64(1)).astype(np.float64).reshape(shape)


KINDS = {Declined: "declines", Raised: "raises", Died: "dies", Broken: "is called by a worker that breaks:"}


def in_words(outcome: Outcome) -> str:
    """What came of a call that gave nothing to read."""
    if isinstance(outcome, Answered):
        return f"answers with shape {outcome.array.shape}"
    kind = KINDS[type(outcome)]
    text = outcome.reason.strip().splitlines()[0][:160] if outcome.reason.strip() else ""
    if isinstance(outcome, Died):
        return f"{kind}: {text}"
    return f"{kind} {text}"
