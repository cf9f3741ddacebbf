"""Random calls of operations that are told by settings: whatever goes together comes up, and nothing that does not."""

from __future__ import annotations

import types
from functools import cache

import numpy as np
import pytest

from harness.operations import TABLE, activation
from harness.operations.by_settings.random_calls import Draw, Drawing
from harness.operations.spoken import vectors

TOLD = [name for name, operation in TABLE.items() if hasattr(operation, "PROGRAMS")]


@cache
def draws(operation: str, many: int = 250) -> list[Draw]:
    room = TABLE[operation].draws()
    return [room.draw(np.random.Generator(np.random.PCG64([7, number]))) for number in range(many)]


@pytest.mark.parametrize("operation", TOLD)
def test_all_settings_and_arrays_come_up_in_every_dtype_and_rank(operation: str):
    found = draws(operation)
    about = TABLE[operation]
    named = {name for each in found for name in (*each.given, *each.roles)}
    assert named >= {*about.SETTINGS, *vectors(about)}
    assert {len(each.axes) for each in found} == {1, 2, 3}
    assert {"float16", "float32", "float64"} <= {each.dtype for each in found}
    assert all(each.is_taken for each in found)


@pytest.mark.parametrize("operation", TOLD)
def test_no_setting_is_named_that_changes_nothing(operation: str):
    for each in draws(operation)[:40]:
        for key in each.given:
            shorter = each._without(key)
            assert not shorter.is_taken or shorter.settings() != each.settings()


def test_words_are_drawn_with_the_settings_that_belong_to_them():
    found = draws("activation", 600)
    words = {each.given["function"] for each in found}
    assert words == set(activation.FORMULAS)
    assert {each.given["approximate"] for each in found if "approximate" in each.given} >= {"tanh", "quick"}
    assert all(each.given["function"] == "gelu" for each in found if "approximate" in each.given)
    assert all(("slope" in each.roles) == (each.given["function"] == "prelu") for each in found)


def test_whole_numbers_are_drawn_where_the_operation_keeps_them_exact_only():
    assert {each.given["function"] for each in draws("activation", 600) if each.dtype == "int32"} <= {
        *("relu", "relu6", "clip", "absolute", "identity", "threshold"),
        *("prelu", "leaky_relu"),
    }
    assert any(each.dtype == "int32" for each in draws("dense"))
    assert not any(each.dtype == "int32" for each in draws("softmax"))


def test_an_operation_that_takes_nothing_says_so():
    refusing = types.ModuleType("refusing")
    refusing.__dict__.update(vars(activation), NAME="refusing", demand=refuse)
    with pytest.raises(LookupError, match="refusing: none of 2000 draws"):
        Drawing(refusing).draw(np.random.Generator(np.random.PCG64(0)))


def refuse(top: object) -> None:
    raise top.item.error("no")  # type: ignore[attr-defined]
