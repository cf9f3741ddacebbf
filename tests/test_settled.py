"""What a formula may ask for, and what is said of one that asks for more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import cli
from harness.canonical.magnitudes import magnitudes
from harness.canonical.reference import direct, evaluate
from harness.canonical.settled import FormulaError, Settled
from harness.operations import activation_family, softmax


def root(np: Any, x: Any) -> Any:
    return np.cbrt(x)


def cumulated(np: Any, x: Any) -> Any:
    return x.cumsum(2)


CASE = """
title: t
operation: activation
function: relu
input: {layout: W, values: [1, -2]}
recorded: [{system: s, origin: o, layout: W, values: [1, 0]}]
"""


class Summed:
    """A meaning whose formula only plain arrays have."""

    rounds = staticmethod(lambda settings: True)
    ways = staticmethod(lambda settings: ())
    output_shape = staticmethod(lambda shapes, settings: shapes["x"])

    @staticmethod
    def formula(np: Any, arrays: Any, settings: Any) -> Any:
        return cumulated(np, arrays["x"])


@pytest.mark.parametrize("command", ["check", "explain"])
def test_a_function_that_no_arithmetic_has_is_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    (tmp_path / "case.yaml").write_text(CASE)
    monkeypatch.setitem(activation_family.FORMULAS, "relu", root)
    assert cli.main([command, str(tmp_path / "case.yaml")]) == 2
    said = capsys.readouterr().err
    assert "the formula harness.operations.activation_family.formula asks for np.cbrt" in said
    assert "add it to plain.py, twofold.py and bounded.py" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(("computed", "arithmetic"), [(evaluate, "twofold"), (magnitudes, "bounded")])
def test_what_plain_arrays_alone_have_is_told_with_the_arithmetic_that_lacks_it(computed: Any, arithmetic: str) -> None:
    form = Settled({"x": np.ones((1, 1, 4))}, {}, Summed())
    np.testing.assert_array_equal(direct(form), [[[1, 2, 3, 4]]])
    with pytest.raises(FormulaError, match=rf"Summed\.formula asks for \.cumsum of an array, which .*{arithmetic}"):
        computed(form)


def test_other_faults_of_a_formula_stay_what_they_are() -> None:
    with pytest.raises(AttributeError, match="shapes"):
        direct(Settled({"x": np.ones((1, 1, 4))}, {"over": "C", "log": False}, _Faulty()))


class _Faulty(Summed):
    @staticmethod
    def formula(np: Any, arrays: Any, settings: Any) -> Any:
        return softmax.shapes
