"""Why an explanation is not certain, where its values do not carry it."""

from __future__ import annotations

import numpy as np
import pytest

from harness.explanation.diagnosis import Explanation
from harness.explanation.doubts import NOTHING, doubt, rivals
from harness.judge.verdict import Judge
from harness.operations.transforms.told import Setting
from harness.operations.transforms.values import Scale
from tests.test_weighing import leaky, made


@pytest.mark.parametrize(
    ("observed", "said"),
    [
        ([np.nan, np.inf, -np.inf], [NOTHING]),
        ([], []),
        ([2.0, 2.0, np.nan], ["too little is known to be certain: all known values are equal"]),
        ([1.0, 2.0, np.inf], ["too little is known to be certain: so few values may fit by chance; print more"]),
    ],
)
def test_values_that_say_little_are_told_to_say_so(tmp_path, observed, said):
    judge = Judge(made(tmp_path, leaky([1, 2, 3])))
    carried, lacking = (Explanation((), (), 0.0, "", 0, missing) for missing in (0.0, 3.0))
    told = list(doubt(judge, np.array(observed), [lacking]))
    assert [each.startswith(start) for each, start in zip(told, said, strict=True)] == [True] * len(said)
    assert list(doubt(judge, np.array(observed), [carried])) == []


@pytest.mark.parametrize(("name", "factor", "groups"), [("a factor", 0.9128672, {0, 1}), ("2", 2.0, {0})])
def test_a_number_of_many_digits_is_assumed_as_much_as_another_change(name, factor, groups):
    """Of an unbiased variance there is a factor that gives nearly the same; that it is 2 is hardly chance."""
    scale = Scale(name, (factor,))
    settings = Setting("statistic", "unbiased_variance", "variance"), Setting("epsilon_at", "deviation", "variance")
    told = [Explanation(each, (), 0.0, "", number) for number, each in enumerate([(scale,), settings])]
    assert rivals(told, 2).keys() == groups
