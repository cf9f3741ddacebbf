"""The work of a formula: numbers that are computed, not those that are merely looked at."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from harness.canonical.arithmetic import counted, plain
from harness.canonical.arithmetic.counted import DEAR
from harness.canonical.settled import Settled

COUNTED = {
    "nothing": (lambda x: x, 0),
    "a sum": (lambda x: x + 1, 12),
    "from the right": (lambda x: 1 - x, 12),
    "broadcast": (lambda x: x[:, None] * x[None], 36),
    "two steps": (lambda x: x * x + x, 24),
    "a function": (plain.exp, 12 * DEAR),
    "a power": (lambda x: x**0.75, 12 * DEAR),
    "a root": (plain.sqrt, 12),
    "a comparison and a choice": (lambda x: plain.where(x > 5, x, 0.0), 24),
    "a reduction": (lambda x: x.max(axis=0), 12),
    "a sum of an axis, and of that": (lambda x: x.sum(axis=1) + 1, 15),
    "a view": (lambda x: x[1:].reshape(-1).transpose(), 0),
    "gathered": (lambda x: x[:, [0, 0, 1, 2, 3]], 15),
    "gathered and reduced": (lambda x: x[:, [0, 0, 1, 2, 3]].max(axis=1), 30),
    "in place": (lambda x: x.__iadd__(1), 12),
}


@pytest.mark.parametrize("name", COUNTED)
def test_what_is_computed_is_counted(name):
    formula, work = COUNTED[name]
    x, tally = np.arange(12.0).reshape(3, 4), []
    found = formula(counted.lifted(x.copy(), tally))
    assert sum(tally) == work
    assert np.asarray(found).tolist() == formula(x.copy()).tolist()


def test_the_work_of_a_form_is_that_of_its_formula_for_each_output():
    meaning = SimpleNamespace(
        formula=lambda np, arrays, settings: np.exp(arrays["x"] * settings["factor"]).sum(axis=2),
        output_shape=lambda shapes, settings: shapes["x"][:2],
    )
    form = Settled({"x": np.ones((2, 3, 5))}, {"factor": 2.0}, meaning)
    assert form.work == 5 * (1 + DEAR + 1)
