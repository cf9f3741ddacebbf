"""Values that are drawn by a schema: all it allows come up, each shrinks to the simplest, and an axis less fits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.grammar.kinds import FLAG, integer, list_of, number, or_unknown, word
from harness.operations.by_settings.drawn_values import Values, values_of
from harness.operations.by_settings.letters_of_axes import AXES
from harness.operations.padding import SETTINGS as PADDING_BY_LETTER
from harness.operations.windowed.keys import PADDING, STEPS

KINDS = {
    "flag": FLAG.schema,
    "word": or_unknown(word("a", "b", "c")).schema,
    "whole": integer(1).schema,
    "signed": integer(-9).schema,
    "number": number().schema,
    "letters": or_unknown(AXES).schema,
    "list": list_of(integer(0)).schema,
    "steps": or_unknown(STEPS).schema,
    "padding": PADDING.schema,
    "by letter": PADDING_BY_LETTER["padding"].kind.schema,
}


def drawn(values: Values, axes: str = "HW", many: int = 300) -> list[Any]:
    stream = np.random.default_rng(5)
    return [values.draw(stream, axes) for _ in range(many)]


def found(values: Values) -> set[str]:
    return set(map(str, drawn(values)))


def test_every_value_of_a_kind_comes_up_and_unknown_is_none():
    assert found(values_of(KINDS["flag"])) == {"True", "False"}
    assert found(values_of(KINDS["word"])) == {"a", "b", "c"}
    assert found(values_of(KINDS["whole"])) == {"1", "2", "3", "4", "5"}
    assert found(values_of(KINDS["signed"])) == {"0", "1", "2", "3", "4", "-1", "-2"}
    assert found(values_of(KINDS["number"], (0.25, 3.0))) == {"0.25", "3.0"}
    assert {"N", "C", "H", "W"} <= found(values_of(KINDS["letters"]))
    assert not any("D" in each for each in found(values_of(KINDS["letters"])))
    assert {"valid", "same", "2", "[1, 1]", "[[2, 2], [2, 2]]"} <= found(values_of(KINDS["padding"]))


@pytest.mark.parametrize("kind", KINDS)
def test_each_value_shrinks_to_the_simplest_in_steps_that_weigh_less(kind: str):
    values = values_of(KINDS[kind])
    for value in drawn(values, many=60):
        while lighter := [each for each in values.simpler(value) if values.weight(each) < values.weight(value)]:
            assert all(map(values.fits, lighter))
            value = lighter[-1]
        assert values.weight(value) == 0


@pytest.mark.parametrize(
    ("kind", "value", "left"),
    [
        ("letters", "HW", "W"),
        ("letters", "H", "W"),
        ("steps", [2, 3], [3]),
        ("padding", [[0, 1], [2, 3]], [[2, 3]]),
        ("padding", "same", "same"),
        ("by letter", {"H": [1, 2], "C": [0, 1]}, {"C": [0, 1]}),
    ],
)
def test_a_value_of_an_input_without_its_first_spatial_axis(kind: str, value: Any, left: Any):
    assert values_of(KINDS[kind]).without(value, "H") == left


def test_a_value_that_is_never_drawn_is_further_from_the_simplest_than_all_that_are():
    values = values_of(KINDS["whole"])
    assert values.weight(77) > max(map(values.weight, drawn(values)))
    assert 1 in values.simpler(77)
