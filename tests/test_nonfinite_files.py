"""Arrays that are named or held, and not finite: what is meant of them is explained, and nobody has to say so."""

from __future__ import annotations

import numpy as np
import pytest

from harness.case.of_files import case_of_arrays, case_of_files, odd
from harness.explanation.diagnosis import diagnose
from harness.judge.verdict import Judge

LAYOUTS = {"input": "HW", "kernel": "HW", "output": "HW"}
SETTINGS = {"padding": "valid"}


def arrays(number: float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=(9, 8)), rng.normal(size=(3, 3))
    x[4, 4] = number
    with np.errstate(invalid="ignore"):
        y = (np.lib.stride_tricks.sliding_window_view(x, w.shape) * w[::-1, ::-1]).sum(axis=(2, 3))
    return {"input": x, "kernel": w, "output": y}


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("named", [True, False])
def test_the_finite_part_is_explained(tmp_path, number, named):
    given = arrays(number)
    for role, each in given.items():
        np.save(tmp_path / f"{role}.npy", each)
    files = {role: str(tmp_path / f"{role}.npy") for role in given}
    make, what = (case_of_files, files) if named else (case_of_arrays, given)
    judge = Judge(make("convolution", what, LAYOUTS, SETTINGS))  # type: ignore[operator]
    answer = diagnose(judge, judge.observe(judge.case.recorded[0]))
    assert [each.id for each in answer.explanations[0].transforms] == ["reverse_kernel"] and not answer.ambiguous
    assert answer.known == np.isfinite(given["output"]).sum()


@pytest.mark.parametrize(
    ("value", "output", "meant"), [(np.nan, True, False), (np.inf, True, True), (np.nan, False, True)]
)
def test_a_nan_of_an_output_is_not_known_and_other_numbers_are_meant(value, output, meant):
    assert odd(np.array([1.0, value]), output) == meant and not odd(np.ones(2), output)
