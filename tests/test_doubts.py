"""Why an explanation is not certain, where its values do not carry it."""

from __future__ import annotations

import numpy as np
import pytest

from harness.explanation.diagnosis import Explanation
from harness.explanation.doubts import NOTHING, doubt
from harness.judge.verdict import Judge
from tests.test_weighing import leaky, made


@pytest.mark.parametrize(
    ("observed", "said"),
    [
        ([np.nan, np.inf, -np.inf], [NOTHING]),
        ([], []),
        ([2.0, 2.0, np.nan], ["too little is known to be certain: all known values are equal"]),
        ([1.0, 2.0, np.inf], ["too little is known to be certain, as so few values fit by chance, too; print more"]),
    ],
)
def test_values_that_say_little_are_told_to_say_so(tmp_path, observed, said):
    judge = Judge(made(tmp_path, leaky([1, 2, 3])))
    carried, lacking = (Explanation((), (), 0.0, "", 0, missing) for missing in (0.0, 3.0))
    told = list(doubt(judge, np.array(observed), [lacking]))
    assert [each.startswith(start) for each, start in zip(told, said, strict=True)] == [True] * len(said)
    assert list(doubt(judge, np.array(observed), [carried])) == []
