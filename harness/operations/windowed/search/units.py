"""Units in which a search computes: powers of two, so that float32 neither overflows nor loses small data to zero.

Input, kernel and bias in these units are at most 1, whatever their range, and what was observed is at most 2**DISTANT.
A division by a power of two is exact, so that nothing is rounded that would not be rounded without it.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from harness.canonical.window import Linear
from harness.operations.windowed.search.question import Question

DISTANT = 64
"""Binary places by which what was observed may be larger than any product of the data; data that are smaller by more
are as good as zero."""


SMALLEST = -1074
"""The least binary exponent of a float64, which nothing but zeros may be said to have, too."""


def exponent(values: np.ndarray | float) -> int:
    """The binary exponent of the largest finite magnitude, which is below 2**exponent."""
    largest = float(np.abs(values).max(initial=0.0, where=np.isfinite(values)))
    return math.frexp(largest)[1] if largest else SMALLEST


def of_input(form: Linear) -> int:
    """The binary exponent of the unit of the input and of what its padding is filled with."""
    return max(exponent(form.x), exponent(form.window.filling))


def of_output(question: Question) -> int:
    """The binary exponent of the unit of the output."""
    form = question.form
    products = of_input(form) + exponent(form.w)
    asked = max(exponent(question.observed), exponent(question.slack))
    return max(products, exponent(form.offsets), asked - DISTANT)


def in_units(values: np.ndarray, unit: int) -> np.ndarray:
    """`values` in units of 2**unit, float64."""
    return np.ldexp(values.astype(np.float64), -unit)


def in_own_units(question: Question) -> tuple[Question, int]:
    """`question` with input, kernel and bias up to 1, and the binary exponent of its kernel's unit."""
    unit, x = of_output(question), of_input(question.form)
    form = question.form.elementwise(lambda each: in_units(each, x), "x").map(
        lambda each: in_units(each, unit - x), "w"
    )
    return replace(
        observed_in_units(question, unit), form=form.map(lambda each: in_units(each, unit), "bias")
    ), unit - x


def observed_in_units(question: Question, unit: int) -> Question:
    """`question` with what was observed, and the bias to which it is compared, in units of 2**unit."""
    return replace(
        question,
        form=question.form.map(lambda each: in_units(each, unit), "bias"),
        observed=in_units(question.observed, unit),
        slack=math.ldexp(question.slack, -unit),
        room=None if question.room is None else in_units(question.room, unit),
    )


def of_one_size(values: np.ndarray) -> np.ndarray:
    """`values` in units of their largest magnitude, so that squares of them neither overflow nor vanish."""
    return in_units(values, exponent(values))
