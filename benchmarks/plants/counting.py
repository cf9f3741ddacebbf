"""What is recorded of a plant, what is answered about it, and whether that is so."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from harness.case.read import Case
from harness.explanation.diagnosis import Answer, diagnose
from harness.judge.verdict import Judge, Observation
from harness.operations.transforms.transform import Transform

Transforms = tuple[Transform, ...]
CONTROL = "control"
DIGITS = {f"printed {digits}": digits for digits in (4, 5, 6)}
CLOSE = 0.01
"""Share of the largest value by which outputs on other data may differ that come to the same: numbers are fitted."""
ALIKE = 0.9
"""Share of whole outputs that differ by no more than 1, for the same reason."""


class Plant(Protocol):
    """One question: a case, and what is planted in its output, or a control that nothing explains."""

    @property
    def number_format(self) -> str: ...
    @property
    def is_control(self) -> bool: ...
    def case(self) -> Case: ...
    def output(self) -> np.ndarray: ...
    def is_same(self, found: Transforms) -> bool:
        """Whether an explanation comes to what is planted, on other data."""


def seen(plant: Plant) -> Observation:
    """What is recorded of a plant."""
    y = plant.output()
    known, slack = np.ones(y.shape, bool), np.zeros(y.shape)
    if plant.number_format in DIGITS:
        texts = [f"{value:#.{DIGITS[plant.number_format]}g}" for value in y.ravel().tolist()]
        places = [_place(text) for text in texts]
        slack = 0.5 * 10.0 ** np.reshape(places, y.shape)
        return Observation(np.reshape([float(text) for text in texts], y.shape), "float64", "any", known, slack)
    return Observation(y.astype(plant.number_format), plant.number_format, "any", known, slack)


def _place(text: str) -> int:
    """The power of ten of the last digit of a printed number."""
    mantissa, _, exponent = text.partition("e")
    return int(exponent or 0) - len(mantissa.partition(".")[2])


def controlled(kind: str, y: np.ndarray, seed: Sequence[int]) -> np.ndarray:
    """An output that nothing explains, where `y` is meant."""
    rng, places = np.random.default_rng(seed), np.arange(y.size).reshape(y.shape)
    made = {
        "random": rng.normal(size=y.shape) * y.std() + y.mean(),
        "one wrong": np.where(places == y.size // 3, y + 3 * y.std(), y),
        "mixed": rng.permutation(y.ravel()).reshape(y.shape),
        "zeros": np.zeros(y.shape),
        "constant": np.full(y.shape, 2.0),
    }
    return made[kind]


def asked(plant: Plant) -> Answer:
    """What is answered about a plant."""
    return diagnose(Judge(plant.case()), seen(plant))


def counted(plant: Plant, answer: Answer) -> str:
    """`named`, `wrong` (a certain one that is not so) or `open`."""
    certain = bool(answer.explanations) and not answer.ambiguous
    if plant.is_control:
        first = answer.explanations[:1]
        return "wrong" if certain and all(each.by_conventions and each.transforms for each in first) else "named"
    tied = [each for number, each in enumerate(answer.explanations) if not number or each.tied]
    right = [plant.is_same(each.changes) for each in tied]
    if certain and not right[0]:
        return "wrong"
    return "named" if any(right) else "open"


def measured(chosen: Iterable[Plant], show: bool = False) -> dict[Plant, str]:
    """Each question, and what became of it; what is not named is told at once where that is to be shown."""
    found = {}
    for plant in chosen:
        answer = asked(plant)
        found[plant] = counted(plant, answer)
        if show and found[plant] != "named":
            first = "; ".join(each.words for each in answer.explanations[:3])
            print(f"{found[plant]}: {plant}: {first}", file=sys.stderr, flush=True)
    return found
