"""`harness.options.of_explain`: what the settings of a command line mean."""

from __future__ import annotations

import pytest

from harness.operations import SPOKEN, USUAL
from harness.options.of_explain import SETTINGS


@pytest.mark.parametrize("key", sorted({key for each in SPOKEN.values() for key in each.OPTIONS}))
def test_a_key_that_operations_take_otherwise_names_each_of_them(key: str):
    words = {name: each.OPTIONS[key] for name, each in SPOKEN.items() if key in each.OPTIONS}
    if USUAL in words:
        assert SETTINGS[key] == words[USUAL]
        return
    assert all(each in SETTINGS[key] for each in words.values())
    named = [name for name in words if f"{name.replace('_', ' ')}" in SETTINGS[key]]
    assert len(set(words.values())) == 1 or named == list(words)
