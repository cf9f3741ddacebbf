"""Where limits leave few different values, what was made of the sums is found all the same."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.plants.counting import asked, counted
from benchmarks.plants.sums import Plant
from harness.canonical.reference import direct
from harness.canonical.window import Linear, Window
from harness.operations.transforms import in_order
from harness.operations.transforms.arrays import ReverseKernel
from harness.operations.transforms.endings import Activation, OutputRounding, Overflow
from harness.operations.transforms.transform import Transform, applied, read
from harness.operations.windowed import search
from harness.operations.windowed.search.question import Question
from harness.operations.windowed.search.samples import rises

SATURATED = (OutputRounding("half_even"), Overflow("saturate", 0, 255))
RELU = (Activation("relu"),)


def convolution() -> Linear:
    """A picture whose sums are negative but for three of 36."""
    rng = np.random.default_rng(1)
    rng.normal(size=45)
    x, w = rng.integers(0, 256, (8, 8)), rng.normal(size=(3, 3)).round(2)
    return Linear(x[None, None].astype(float), w[None, None], None, Window((1, 1), (1, 1), ((0, 0),) * 2, (False,) * 2))


def seen(changes: tuple[Transform, ...]) -> Question:
    y = read(direct(applied(convolution(), changes)), changes, ())
    return Question(convolution(), y, 1e-4, dtype="uint8" if SATURATED[1] in changes else "float64")


def found(question: Question) -> list[tuple[Transform, ...]]:
    usual = list(search.explanations(search.Search(question, 2)))
    return usual or [ways[0] for ways in search.rarer(question)]


@pytest.mark.parametrize("reversal", [(), (ReverseKernel((0, 1)),)], ids=["alone", "reversed"])
@pytest.mark.parametrize("ending", [SATURATED, RELU], ids=["saturated", "relu"])
def test_few_values_between_limits_are_enough(ending, reversal):
    question = seen((*reversal, *ending))
    assert not rises(question)
    assert [each.id for each in found(question)[0]] == [each.id for each in in_order((*reversal, *ending))]


def test_functions_that_give_the_same_here_are_named_together():
    """Sums far from zero, of which many functions give nothing or themselves."""
    (relu,) = found(seen(RELU))[0]
    assert relu == Activation("relu") and "gelu" in relu.others
    assert "(the data do not tell it from: " in relu.words()


def test_values_that_differ_were_made_of_sums_that_do():
    """Of 977 paddings in which windows see nothing but zeros, as many were tried as fit, and the stride came later."""
    plant = Plant(3, "float32", "tanh", "stride")
    assert counted(plant, asked(plant)) == "named"
